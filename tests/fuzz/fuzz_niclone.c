/*
 * The replication stream: what a master's READALL may be.  Whatever comes, our
 * copy is all of it, with the checksum that it tells, or stays as it was.
 */
#include "engine/niclone_impl.h"

#include "rpc_site.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

static struct directory *open_directory(uint32_t *domain)
{
	static const uint8_t props[] = "name\0\0\1net\0master\0\0\1"
				       "10.0.0.3/net";
	struct directory *d;
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .parent = DOMAIN_FIRST,
			   .instance = 1,
			   .props = {props, sizeof(props)}};

	assert(!directory_open(&d, &fuzz_memory, 16, 1));
	c.id = *domain = directory_next_id(d);
	assert(!directory_apply(d, &c));
	return d;
}

static uint32_t checksum_of(const struct directory *d, uint32_t domain)
{
	const struct entry *e = directory_entry(d, domain);
	struct netinfo_mark m;
	uint32_t sum = 0, told = 0;

	for (; e; e = netinfo_next_down(d, e)) {
		assert(netinfo_mark_get(&e->props, &m));
		sum += (m.id.object + 1) * m.id.instance;
		told = e->id == domain ? m.checksum : told;
	}
	assert(sum == told);
	return sum;
}

static void take(struct directory *d, uint32_t domain, struct rd bytes)
{
	uint32_t status, which;
	struct changes *all;
	struct copy *c;
	int rc = copy_get(&c, bytes.p, rd_left(&bytes), &fuzz_memory, &status);

	if (rc || !c)
		return;
	if (!copy_changes(c, d, domain, &all, &which)) {
		assert(!all->n || !directory_apply_all(d, all->v, all->n));
		assert(checksum_of(d, domain) == c->checksum);
		changes_drop(all);
	}
	copy_drop(c);
}

/* Two copies, one after the other; the first byte says how long one is. */
int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	uint32_t domain;
	struct directory *d = open_directory(&domain);
	size_t first = 4 * (size_t)rd_u8(&r), left = rd_left(&r);

	take(d, domain, rd_sub(&r, first < left ? first : left));
	take(d, domain, r);
	directory_close(d);
	return 0;
}
