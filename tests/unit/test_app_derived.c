/*
 * Repairs as they are made of files: a block is read once for all that are
 * wanted of it, and nothing is made that is not.
 */
#include "app/derived.h"
#include "base/rlc.h"
#include "host/loop.h"
#include "host/memory.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sanitizer/allocator_interface.h>

enum { PACKET = 1408, PACKETS = 20, SIZE = PACKET * PACKETS, FIRST = 4096 };

static atomic_size_t n_read;

static ssize_t read_counted(int fd, void *to, size_t len, off_t at)
{
	ssize_t n = pread(fd, to, len, at);

	n_read += n > 0 ? (size_t)n : 0;
	return n;
}

struct world {
	char dir[64];
	uint8_t bytes[SIZE];
	struct files *files;
	struct coding coding;
	struct derived *derived;
	struct derived_source from;
};

static void turn(struct world *w)
{
	struct files_stream *s;
	struct files_news news;

	files_turn(w->files, host_now());
	derived_turn(w->derived);
	while (files_news(w->files, &news))
		if (news.what == FILES_FOUND)
			w->from = (struct derived_source){
				news.file, news.version, news.size};
	while ((s = files_streamed(w->files)))
		derived_made(s);
}

static int open_world(void **state)
{
	struct files_options o = files_defaults();
	struct world *w = calloc(1, sizeof(*w));
	char path[96];
	FILE *f;

	strcpy(w->dir, "/tmp/derived-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	for (unsigned i = 0; i < SIZE; i++)
		w->bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	snprintf(path, sizeof(path), "%s/file", w->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(w->bytes, 1, SIZE, f), SIZE);
	fclose(f);
	o.read = read_counted;
	coding_here(&w->coding);
	assert_int_equal(files_open(&w->files, w->dir, &o, &host_memory), 0);
	assert_int_equal(derived_open(&w->derived, w->files, &w->coding), 0);
	while (!w->from.file) {
		struct pollfd p = {.fd = files_fd(w->files), .events = POLLIN};

		poll(&p, 1, 1000);
		turn(w);
	}
	n_read = 0;
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/file", w->dir);
	files_close(w->files);
	derived_close(w->derived);
	unlink(path);
	rmdir(w->dir);
	free(w);
	return 0;
}

static struct ref repairs(uint32_t number, unsigned n, unsigned wanted)
{
	return (struct ref){.len = (size_t)n * PACKET,
			    .kind = REF_REPAIRS,
			    .number = number,
			    .packet = PACKET,
			    .packets = PACKETS,
			    .wanted = (uint16_t)wanted};
}

/* Whether it had to be made first. */
static bool get(struct world *w, const struct ref *ref)
{
	bool is_new = false;
	int rc;

	turn(w);
	while (!(rc = derived_get(w->derived, ref, &w->from))) {
		struct pollfd p = {.fd = files_fd(w->files), .events = POLLIN};

		is_new = true;
		poll(&p, 1, 1000);
		turn(w);
	}
	assert_int_equal(rc, 1);
	return is_new;
}

static void expect_right(struct world *w, const struct ref *ref)
{
	const struct rlc_block block = {&gf256_portable, 0, PACKETS, PACKET};
	uint8_t want[PACKET], *sum = want;
	struct rlc_encoder e;

	for (uint32_t i = 0; i < ref->len / PACKET; i++) {
		struct ref one = *ref;
		struct iovec v;

		one.number += i;
		one.len = PACKET;
		rlc_encoder_open(&e, &block, &one.number, &sum, 1);
		rlc_encoder_add(&e, 0, w->bytes, SIZE);
		assert_int_equal(derived_at(w->derived, &one, &v), 1);
		assert_int_equal(v.iov_len, PACKET);
		assert_memory_equal(v.iov_base, want, PACKET);
	}
}

static void a_block_is_read_once_for_all_that_are_wanted(void **state)
{
	struct world *w = *state;

	for (uint32_t at = 0; at < 24; at += 4) {
		struct ref r = repairs(FIRST + at, 4, 24 - at);

		assert_int_equal(get(w, &r), at == 0);
		expect_right(w, &r);
	}
	assert_int_equal(n_read, SIZE);
}

static void what_was_not_wanted_then_is_made_when_it_is(void **state)
{
	struct world *w = *state;
	struct ref two = repairs(FIRST, 2, 2), more = repairs(FIRST + 1, 3, 3);

	assert_true(get(w, &two));
	expect_right(w, &two);
	assert_true(get(w, &more));
	expect_right(w, &more);
	assert_false(get(w, &more));
	assert_int_equal(n_read, 2 * SIZE);
}

/* It could be asked for in the next turn. */
static void what_is_in_use_is_not_made_anew(void **state)
{
	struct world *w = *state;
	struct ref two = repairs(FIRST, 2, 2), more = repairs(FIRST, 3, 3);

	assert_true(get(w, &two));
	assert_int_equal(derived_get(w->derived, &more, &w->from), -EAGAIN);
	expect_right(w, &two);
}

static void old_ones_make_room(void **state)
{
	enum { GROUPS = 1000, MOST = 5 << 20 };
	struct world *w = *state;
	struct ref first = repairs(FIRST, REF_GROUP, 0), r;
	size_t before = __sanitizer_get_current_allocated_bytes();

	assert_true(get(w, &first));
	for (uint32_t i = 1; i < GROUPS; i++) {
		r = repairs(FIRST + i * REF_GROUP, REF_GROUP, 0);
		assert_true(get(w, &r));
	}
	assert_true(__sanitizer_get_current_allocated_bytes() < before + MOST);
	expect_right(w, &r);
	assert_false(get(w, &r));
	assert_true(get(w, &first));
	expect_right(w, &first);
}

int main(void)
{
#define IN_A_WORLD(f)                                                          \
	cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_block_is_read_once_for_all_that_are_wanted),
		IN_A_WORLD(what_was_not_wanted_then_is_made_when_it_is),
		IN_A_WORLD(what_is_in_use_is_not_made_anew),
		IN_A_WORLD(old_ones_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
