/*
 * Any bytes as a boot script.  What was understood, written and read again
 * must be the same script.
 */
#include "wire/script.h"

#include <assert.h>

static void same(struct script_part a, struct script_part b)
{
	assert(a.len == b.len && (!a.len || !memcmp(a.s, b.s, a.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char s[16384];
	struct text t = text_over(s, sizeof s);
	const char *text = (const char *)bytes;
	struct script k, again;
	unsigned line;

	if (!script_get(&k, text, len, &line)) {
		assert(line >= 1 && line <= len + 1);
		return 0;
	}
	assert(script_is(text, len) && k.initrds <= SCRIPT_INITRDS);
	assert(!k.boots || k.kernel.len);
	script_put(&t, &k);
	assert(!t.full);
	assert(script_get(&again, s, t.len, &line));
	same(k.kernel, again.kernel);
	same(k.arguments, again.arguments);
	assert(k.initrds == again.initrds && k.boots == again.boots);
	for (unsigned i = 0; i < k.initrds; i++)
		same(k.initrd[i], again.initrd[i]);
	return 0;
}
