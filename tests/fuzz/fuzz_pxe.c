/*
 * Option 43 from anywhere, and requests whose options are anything: the walk
 * agrees with a simpler one, and what is written reads back.
 */
#include "wire/pxe.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static void check_walk(const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	struct pxe_opt o;
	size_t i = 0;

	while (pxe_option_next(&r, &o)) {
		uint8_t back[257];
		struct wr w = wr_over(back, sizeof(back));

		while (b[i] == 0)
			i++;
		assert(o.tag == b[i] && o.len == b[i + 1]);
		assert(o.bytes == b + i + 2);
		pxe_option_put(&w, o.tag, o.bytes, o.len);
		assert(!w.bad && wr_len(&w) == o.len + 2u);
		assert(!memcmp(back, b + i, wr_len(&w)));
		i += o.len + 2u;
	}
	while (i < len && b[i] == 0)
		i++;
	if (i < len && b[i] == PXE_END)
		assert(!r.bad);
	else
		assert(r.bad == (i < len));
}

static void check_mtftp(const uint8_t *b, size_t len)
{
	uint8_t back[20];
	struct rd r = rd_over(b, len);
	struct wr w = wr_over(back, sizeof(back));
	struct pxe_mtftp m, again;

	if (!pxe_mtftp_get(&m, &r))
		return;
	pxe_mtftp_put(&m, &w);
	assert(!w.bad && wr_len(&w) == sizeof(back));
	r = rd_over(back, sizeof(back));
	assert(pxe_mtftp_get(&again, &r));
	assert(again.group == m.group && again.timeout == m.timeout);
	assert(again.client_port == m.client_port);
	assert(again.server_port == m.server_port);
	assert(again.start_delay == m.start_delay);
	/* The five tags in turn and nothing else: the same bytes. */
	if (len == sizeof(back) && b[0] == 1 && b[6] == 2 && b[10] == 3 &&
	    b[14] == 4 && b[17] == 5)
		assert(!memcmp(back, b, len));
}

static void check_client(const uint8_t *b, size_t len)
{
	static const struct bootp_head head = {.op = BOOTP_REQUEST};
	size_t n = BOOTP_FIXED + 4 + len;
	uint8_t *all = malloc(n);
	struct wr w = wr_over(all, n);
	struct rd r = rd_over(all, n);
	struct bootp m;
	struct client c;

	assert(all);
	bootp_begin(&head, &w, n);
	wr_bytes(&w, b, len);
	if (bootp_get(&m, &r)) {
		client_of(&c, &m);
		assert(c.has_arch || c.arch == ARCH_UNKNOWN);
		assert(!c.max_size ||
		       (c.max_size >= 576 && c.max_size <= BOOTP_MTU_MAX));
		assert(!c.has_uuid || c.uuid[0] == 0);
		assert(client_class_name(c.class) && arch_name(c.arch));
	}
	free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	check_walk(b, len);
	check_mtftp(b, len);
	check_client(b, len);
	return 0;
}
