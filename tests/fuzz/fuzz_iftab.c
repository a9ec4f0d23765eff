/*
 * Any bytes as /etc/iftab: what is understood makes a plan for a few
 * interfaces, and its words are understood again.
 */
#include "model/netplan.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct netplan_step *s)
{
	char room[512];
	struct text t = text_over(room, sizeof(room));
	struct ifconfig again;
	struct complaint why;

	netplan_put(&t, s);
	assert(!t.full);
	if (s->kind != NETPLAN_IFCONFIG)
		return;
	assert(ifconfig_get(&again, span_of(s->words), &why));
	assert(again.ip == s->ifconfig.ip && again.mask == s->ifconfig.mask);
	assert(again.netmask != IFCONFIG_GIVEN ||
	       (again.mask && !(again.mask & (~again.mask >> 1))));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const names[] = {"en0", "ppp0", "eth1", "lo"};
	static struct netplan plan;
	struct netplan_sources from = {span_of("HOSTNAME=-AUTOMATIC-\n"),
				       {len ? (const char *)bytes : "", len},
				       names,
				       4,
				       true};
	enum netplan_file which;
	struct complaint why;

	if (!netplan_make(&plan, &from, &which, &why)) {
		assert(which == NETPLAN_OF_IFTAB && why.text[0]);
		assert(why.number >= 1 && why.number <= len);
		return 0;
	}
	assert(plan.n >= 1 && plan.n <= 5);
	for (unsigned i = 0; i < plan.n; i++)
		check(&plan.v[i]);
	return 0;
}
