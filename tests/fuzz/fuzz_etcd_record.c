/*
 * Any bytes as a value in etcd, of the kind that the first byte says: what is
 * read can be written, and says the same then.
 *
 * max_len: 2048
 */
#include "store/etcd_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct etcd_kv again(const struct sheet *s, const struct etcd_kv *kv)
{
	assert(!s->failed);
	return (struct etcd_kv){.key = kv->key,
				.value = (const uint8_t *)s->s,
				.len = s->len,
				.revision = kv->revision};
}

static void check_entry(struct etcd_kv *kv)
{
	struct sheet s = sheet_open(&fuzz_memory);
	struct change a, b;

	kv->key = "e/00000007";
	if (!etcd_entry_read(kv, &a)) {
		etcd_entry_write(&s, &a);
		struct etcd_kv back = again(&s, kv);

		assert(!etcd_entry_read(&back, &b) && b.id == a.id &&
		       b.kind == a.kind && b.parent == a.parent &&
		       b.instance == a.instance && b.props.len == a.props.len);
	}
	sheet_close(&s);
}

static void check_lease(struct etcd_kv *kv)
{
	struct sheet s = sheet_open(&fuzz_memory);
	uint32_t net_a, net_b;
	usec wall_a, wall_b;
	struct lease a, b;

	kv->key = "l/0a000007";
	if (!etcd_lease_read(kv, &a, &net_a, &wall_a)) {
		etcd_lease_write(&s, &a, net_a, wall_a);
		struct etcd_kv back = again(&s, kv);

		assert(!etcd_lease_read(&back, &b, &net_b, &wall_b) &&
		       net_a == net_b && wall_a == wall_b && a.kind == b.kind &&
		       hwaddr_is(&a.hw, &b.hw) && a.wall_ends == b.wall_ends &&
		       a.term == b.term && !strcmp(a.name, b.name));
	}
	sheet_close(&s);
}

static int each_line(void *arg, const struct store_line *l)
{
	struct sheet *s = arg;

	if (!s->len)
		etcd_lines_begin(s, l->wall, l->who);
	etcd_line_write(s, l);
	return 0;
}

static void check_lines(struct etcd_kv *kv)
{
	struct sheet s = sheet_open(&fuzz_memory), t = sheet_open(&fuzz_memory);

	kv->key = "y/1/1";
	if (!etcd_lines_read(kv, each_line, &s) && s.len) {
		struct etcd_kv back = again(&s, kv);

		assert(!etcd_lines_read(&back, each_line, &t));
		assert(s.len == t.len && !memcmp(s.s, t.s, s.len));
	}
	sheet_close(&s);
	sheet_close(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct etcd_kv kv = {.value = bytes + 1, .len = len - 1, .revision = 3};
	uint32_t n;

	if (!len)
		return 0;
	switch (bytes[0]) {
	case 'e':
		check_entry(&kv);
		break;
	case 'l':
		check_lease(&kv);
		break;
	case 'y':
		check_lines(&kv);
		break;
	default:
		(void)etcd_address_read(&kv, &n);
	}
	return 0;
}
