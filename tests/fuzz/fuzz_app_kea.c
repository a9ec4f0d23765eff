/*
 * Any bytes as Kea's configuration: what is refused has a reason, what is read
 * can be written, and what is written says the same when it is read and
 * written again.
 *
 * max_len: 4096
 */
#include "app/formats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct sheet again(struct span text, bool *is_good)
{
	const struct format *f = formats_named("kea");
	struct sheet to = sheet_open(&fuzz_memory);
	struct complaint why = {.text = ""};
	struct draft *d;

	assert(!draft_open(&d, &fuzz_memory));
	*is_good = format_read(f, d, text, &why);
	assert(*is_good || why.text[0]);
	if (*is_good)
		f->write(d, &to);
	assert(!to.failed && !draft_failed(d));
	draft_close(d);
	return to;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	bool is_good;
	struct sheet a =
		again((struct span){(const char *)bytes, len}, &is_good);
	struct sheet b = sheet_open(&fuzz_memory);

	if (is_good) {
		b = again((struct span){a.s, a.len}, &is_good);
		assert(is_good && a.len == b.len && !memcmp(a.s, b.s, a.len));
	}
	sheet_close(&a);
	sheet_close(&b);
	return 0;
}
