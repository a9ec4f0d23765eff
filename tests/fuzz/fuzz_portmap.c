/*
 * Any bytes as each of the arguments and results of the port mapper and of boot
 * parameters.  The first byte says of which.  What was understood reads the
 * same when written again, and is no longer than it was.
 */
#include "wire/portmap.h"

#include "wire/bootparam.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static uint8_t back[4096];

static struct rd written(const struct wr *w, size_t len)
{
	assert(!w->bad && wr_len(w) <= len);
	return rd_over(back, wr_len(w));
}

static bool same(struct bootparam_text a, struct bootparam_text b)
{
	return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

static void dump(struct rd r)
{
	size_t len = rd_left(&r), n = 0;
	struct pmap_mapping m;
	struct wr w = wr_over(back, sizeof(back));
	const uint8_t *at = r.p;

	while (pmap_item_next(&m, &r)) {
		pmap_item_put(&m, &w);
		n++;
	}
	assert(n <= len / 20);
	if (r.bad)
		return;
	pmap_end_put(&w);
	assert(!w.bad && !memcmp(back, at, wr_len(&w)));
}

static void mapping(struct rd r)
{
	struct wr w = wr_over(back, sizeof(back));
	struct pmap_mapping m;
	const uint8_t *at = r.p;

	if (!pmap_mapping_get(&m, &r))
		return;
	pmap_mapping_put(&m, &w);
	assert(wr_len(&w) == 16 && !memcmp(back, at, 16));
}

static void callit(struct rd r)
{
	struct wr w = wr_over(back, sizeof(back));
	size_t len = rd_left(&r);
	struct pmap_callit c, again;

	if (!pmap_callit_get(&c, &r))
		return;
	assert(c.args && c.len <= PMAP_CALLIT_ARGS);
	pmap_callit_put(&c, &w);
	r = written(&w, len);
	assert(pmap_callit_get(&again, &r));
	assert(again.program == c.program && again.version == c.version &&
	       again.procedure == c.procedure && again.len == c.len);
	assert(!memcmp(again.args, c.args, c.len));
}

static void called(struct rd r)
{
	struct wr w = wr_over(back, sizeof(back));
	size_t len = rd_left(&r);
	struct pmap_called c, again;

	if (!pmap_called_get(&c, &r))
		return;
	assert(c.results && c.len <= PMAP_CALLIT_RESULTS);
	pmap_called_put(&c, &w);
	r = written(&w, len);
	assert(pmap_called_get(&again, &r));
	assert(again.port == c.port && again.len == c.len);
	assert(!memcmp(again.results, c.results, c.len));
}

static void whoami(struct rd r)
{
	struct wr w = wr_over(back, sizeof(back));
	size_t len = rd_left(&r);
	struct bootparam_whoami a, again;

	if (!bootparam_whoami_get(&a, &r))
		return;
	assert(a.name.s && a.name.len <= BOOTPARAM_NAME);
	bootparam_whoami_put(&a, &w);
	r = written(&w, len);
	assert(bootparam_whoami_get(&again, &r));
	assert(same(a.name, again.name) && same(a.domain, again.domain));
	assert(a.router == again.router);
}

static void ask(struct rd r)
{
	struct wr w = wr_over(back, sizeof(back));
	size_t len = rd_left(&r);
	struct bootparam_ask a, again;

	if (!bootparam_ask_get(&a, &r))
		return;
	assert(a.key.s && a.key.len <= BOOTPARAM_KEY);
	bootparam_ask_put(&a, &w);
	r = written(&w, len);
	assert(bootparam_ask_get(&again, &r));
	assert(same(a.name, again.name) && same(a.key, again.key));
}

static void file(struct rd r)
{
	struct wr w = wr_over(back, sizeof(back));
	size_t len = rd_left(&r);
	struct bootparam_file f, again;

	if (!bootparam_file_get(&f, &r))
		return;
	assert(f.path.s && f.path.len <= BOOTPARAM_PATH);
	bootparam_file_put(&f, &w);
	assert(wr_len(&w) <= BOOTPARAM_RESULTS);
	r = written(&w, len);
	assert(bootparam_file_get(&again, &r));
	assert(same(f.server, again.server) && same(f.path, again.path));
	assert(f.ip == again.ip);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static void (*const kinds[])(struct rd r) = {
		mapping, dump, callit, called, whoami, ask, file};

	if (!len)
		return 0;
	kinds[b[0] % 7](rd_over(b + 1, len - 1));
	return 0;
}
