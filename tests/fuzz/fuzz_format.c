/*
 * Any bytes as a file of a format, which the first byte chooses: what is
 * refused has a reason, what is read can be written, and what is written says
 * the same when it is read and written again.  A raw dump is also written as
 * every other format.
 *
 * max_len: 4096
 */
#include "model/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct draft *read_in(const struct format *f, struct span text,
			     bool must)
{
	struct complaint why = {.text = ""};
	struct draft *d;

	assert(!draft_open(&d, &fuzz_memory));
	if (format_read(f, d, text, &why))
		return d;
	assert(!must && why.text[0] && !draft_failed(d));
	draft_close(d);
	return NULL;
}

static struct sheet write_out(const struct format *f, struct draft *d)
{
	struct sheet to = sheet_open(&fuzz_memory);

	f->write(d, &to);
	assert(!to.failed && !draft_failed(d));
	return to;
}

static struct span span_over(const struct sheet *s)
{
	return (struct span){s->s, s->len};
}

static void check(const struct format *f, struct draft *d)
{
	struct sheet first = write_out(f, d), second;
	struct draft *again = read_in(f, span_over(&first), true);

	second = write_out(f, again);
	assert(second.len == first.len &&
	       (!first.len || !memcmp(first.s, second.s, first.len)));
	draft_close(again);
	sheet_close(&first);
	sheet_close(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct format *f = len ? format_at(bytes[0] - 'a') : NULL;
	struct draft *d;

	if (!f || !f->read)
		return 0;
	d = read_in(f, (struct span){(const char *)bytes + 1, len - 1}, false);
	if (!d)
		return 0;
	check(f, d);
	for (unsigned i = 0; !f->directories[0] && format_at(i); i++) {
		struct sheet to = write_out(format_at(i), d);

		sheet_close(&to);
	}
	draft_close(d);
	return 0;
}
