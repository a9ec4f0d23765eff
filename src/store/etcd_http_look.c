/*
 * How the members are: each endpoint is asked for its own status, which it
 * tells without a majority, too.
 */
#include "store/etcd_http_inside.h"

#include "base/text.h"
#include "store/store.h"

#include <string.h>

size_t http_look(struct etcd_link *l, struct store_member *v)
{
	struct http *h = (struct http *)l;
	usec until = http_now() + 2 * h->config.wait;

	for (unsigned i = 0; i < h->n_endpoints; i++) {
		exchange_begin(&h->v[i], "maintenance/status");
		sheet_add(&h->v[i].body, "{}");
		h->v[i].is_safe = h->v[i].is_pinned = true;
		h->v[i].endpoint = i;
	}
	http_ask(h, h->v, h->n_endpoints, until);
	for (unsigned i = 0; i < h->n_endpoints; i++) {
		const char *address = h->config.endpoints[i];

		v[i] = (struct store_member){.rc = h->v[i].rc};
		(void)text_copy(v[i].address, sizeof v[i].address, address,
				strlen(address));
		if (!v[i].rc)
			v[i].rc = etcd_get_status(&v[i],
						  exchange_answer(&h->v[i]));
	}
	return h->n_endpoints;
}
