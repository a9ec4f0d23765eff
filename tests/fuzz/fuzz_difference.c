/*
 * Two files, with a NUL between them, imported one after the other: the
 * difference may always be computed; if it may be made, it is, and then there
 * is none any more.  The first byte says of which format they are and how.
 *
 * max_len: 4096
 */
#include "model/difference.h"
#include "model/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* How many changes there were; -1: it is no such file, or may not be. */
static long import(struct directory *d, const struct format *f,
		   struct difference_options *o, struct span text)
{
	struct complaint why;
	struct difference x;
	struct draft *draft;
	uint32_t other;
	size_t failed;
	long n = -1;

	assert(!draft_open(&draft, &fuzz_memory));
	if (format_read(f, draft, text, &why)) {
		assert(!difference_make(&x, &fuzz_memory, o, draft));
		n = (long)x.changes->n;
		if (directory_check_all(d, x.changes->v, x.changes->n, &failed,
					&other))
			n = -1;
		else
			assert(!directory_apply_all(d, x.changes->v,
						    x.changes->n));
		difference_close(&x);
	}
	draft_close(draft);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct format *f = len ? format_at(bytes[0] % 32) : NULL;
	const char *text = (const char *)bytes + 1;
	struct difference_options o = {.domain = DOMAIN_FIRST,
				       .top = ENTRY_ROOT};
	struct directory *d;
	size_t n;

	if (!f || !f->read)
		return 0;
	n = strnlen(text, len - 1);
	assert(!directory_open(&d, &fuzz_memory, 8, 1));
	o.directory = d;
	o.merges = bytes[0] & 32;
	o.deletes = bytes[0] & 64;
	o.names_one = f->names_one;
	o.key = f->key;
	o.is_exact = !f->directories[0];
	(void)import(d, f, &o, (struct span){text, n});
	if (n < len - 1) {
		struct span second = {text + n + 1, len - n - 2};

		if (import(d, f, &o, second) >= 0)
			assert(!import(d, f, &o, second));
	}
	directory_close(d);
	return 0;
}
