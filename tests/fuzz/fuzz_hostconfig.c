/*
 * Any bytes as /etc/hostconfig: nothing that a shell would run is taken, and an
 * edit changes nothing but its key.
 */
#include "model/hostconfig.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct hostconfig_value *v, unsigned most)
{
	size_t n = strlen(v->text);

	assert(n < sizeof(v->text) && v->line <= most);
	assert(!strpbrk(v->text, "$`;()&|<>\\\"'\n"));
	/* No slip becomes a name. */
	assert(v->kind != HOSTCONFIG_NAME || v->text[0] != '-');
}

static void edit(const struct hostconfig *h, const char *text, size_t len,
		 enum hostconfig_key key)
{
	static char room[4096];
	struct text t = text_over(room, sizeof(room));
	struct hostconfig again;
	struct complaint why;
	const char *value = key == HOSTCONFIG_NETMASTER ? "-YES-" : "-NO-";

	hostconfig_set(&t, text, len, key, span_of(value));
	assert(!t.full && hostconfig_get(&again, room, t.len, &why));
	for (unsigned k = 0; k < HOSTCONFIG_KEYS; k++)
		assert(!strcmp(again.v[k].text,
			       k == key ? value : h->v[k].text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct hostconfig h;
	struct complaint why;

	if (!hostconfig_get(&h, text, len, &why)) {
		assert(why.number >= 1 && why.number <= len && why.text[0]);
		return 0;
	}
	for (unsigned k = 0; k < HOSTCONFIG_KEYS; k++)
		check(&h.v[k], (unsigned)len);
	edit(&h, text, len, HOSTCONFIG_NETMASTER);
	edit(&h, text, len, HOSTCONFIG_ROUTER);
	return 0;
}
