/*
 * What the stores have in common.  A snapshot has no words of its own: whatever
 * it must tell is told in changes.
 */
#include "store/store_inside.h"

#include "model/directory.h"

int store_each_gone(store_each *each, void *arg, uint32_t last_id)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = last_id,
			   .parent = ENTRY_ROOT,
			   .instance = 1};
	int rc = each(arg, &c);

	if (rc)
		return rc;
	c.kind = CHANGE_ENTRY_DESTROY;
	c.instance = 2;
	return each(arg, &c);
}
