/*
 * The boot directory on a real one, with its real threads: what is found, what
 * happens to transfers when files change under them, and that a slow file
 * delays only those who want it.
 */
#include "host/files.h"
#include "host/loop.h"
#include "host/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MEGABYTE = 1 << 20, KNOWN = 64 };

/* A directory, the files served from it, and the news they brought. */
struct stage {
	char dir[64];
	struct files *files;
	struct files_options options;
	struct files_news known[KNOWN]; /* the last of each file number */
	unsigned found, changed, gone, refused, scanned;
	int refusal;
};

static void path_of(const struct stage *s, char *to, const char *name)
{
	snprintf(to, 512, "%s/%s", s->dir, name);
}

/* A byte that depends on where it is and on whose it is. */
static uint8_t byte_at(uint64_t offset, uint8_t salt)
{
	return (uint8_t)(offset * 31 + offset / 251 + salt);
}

static void put_file(const struct stage *s, const char *name, size_t len,
		     uint8_t salt)
{
	uint8_t *bytes = malloc(len + 1);
	char path[512];
	FILE *file;

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i, salt);
	path_of(s, path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	free(bytes);
}

static void make_dir(const struct stage *s, const char *name)
{
	char path[512];

	path_of(s, path, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void take_news(struct stage *s)
{
	struct files_news n;

	while (files_news(s->files, &n)) {
		s->found += n.what == FILES_FOUND;
		s->changed += n.what == FILES_CHANGED;
		s->gone += n.what == FILES_GONE;
		s->scanned += n.what == FILES_SCANNED;
		if (n.what == FILES_REFUSED) {
			s->refused++;
			s->refusal = n.rc;
		}
		if (n.file && n.file < KNOWN)
			s->known[n.file] = n;
	}
}

/* One turn, after something rang; false if nothing did for 10 s. */
static bool turn(struct stage *s)
{
	struct pollfd p = {.fd = files_fd(s->files), .events = POLLIN};

	if (poll(&p, 1, 10000) != 1)
		return false;
	files_turn(s->files, host_now());
	take_news(s);
	return true;
}

#define UNTIL(s, condition)                                                    \
	while (!(condition))                                                   \
	assert_true(turn(s))

static void open_stage(struct stage *s)
{
	assert_int_equal(
		files_open(&s->files, s->dir, &s->options, &host_memory), 0);
	UNTIL(s, s->scanned);
}

static int set_up(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	strcpy(s->dir, "/tmp/muster-files-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->options = files_defaults();
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *s = *state;
	char command[128];

	files_close(s->files);
	snprintf(command, sizeof command, "chmod -R u+rwX %s; rm -rf %s",
		 s->dir, s->dir);
	assert_int_equal(system(command), 0);
	free(s);
	return 0;
}

/* The number of a name; 0 if it was never heard of. */
static uint32_t number_of(const struct stage *s, const char *name)
{
	for (uint32_t i = 1; i < KNOWN; i++)
		if (s->known[i].file && !strcmp(s->known[i].name, name))
			return i;
	return 0;
}

static struct files_ask ask_for(const struct stage *s, const char *name,
				uint64_t offset, size_t len)
{
	uint32_t i = number_of(s, name);

	assert_int_not_equal(i, 0);
	return (struct files_ask){.file = i,
				  .version = s->known[i].version,
				  .offset = offset,
				  .len = len};
}

/* Get it, waiting if need be: 0, and then its bytes are at hand. */
static int fetch(struct stage *s, const struct files_ask *want)
{
	int rc = files_get(s->files, want);
	struct files_ask got;

	if (rc)
		return rc < 0 ? rc : 0;
	for (;;) {
		assert_true(turn(s));
		if (!files_arrived(s->files, &got, &rc))
			continue;
		assert_int_equal(got.offset, want->offset);
		assert_int_equal(got.cookie, want->cookie);
		return rc;
	}
}

static void check_bytes(struct stage *s, const struct files_ask *part,
			uint8_t salt)
{
	struct iovec v[80];
	int n = files_at(s->files, part, v, 80);
	uint64_t at = part->offset;

	assert_true(n >= 0);
	for (int i = 0; i < n; i++)
		for (size_t j = 0; j < v[i].iov_len; j++, at++)
			if (((uint8_t *)v[i].iov_base)[j] != byte_at(at, salt))
				fail_msg("wrong byte at %lu",
					 (unsigned long)at);
	assert_int_equal(at, part->offset + part->len);
}

static void fetch_and_check(struct stage *s, const char *name, uint64_t offset,
			    size_t len, uint8_t salt)
{
	struct files_ask want = ask_for(s, name, offset, len);

	assert_int_equal(fetch(s, &want), 0);
	check_bytes(s, &want, salt);
}

static void finds_files_below_directories(void **state)
{
	struct stage *s = *state;

	put_file(s, "vmlinuz", 1000, 1);
	make_dir(s, "boot");
	make_dir(s, "boot/amd64");
	put_file(s, "boot/amd64/initrd.gz", 70000, 2);
	put_file(s, ".hidden", 10, 3);
	put_file(s, "empty", 0, 4);
	open_stage(s);

	assert_int_equal(s->found, 3);
	assert_int_equal(s->known[number_of(s, "vmlinuz")].size, 1000);
	fetch_and_check(s, "boot/amd64/initrd.gz", 0, 70000, 2);
	fetch_and_check(s, "boot/amd64/initrd.gz", 65000, 1428, 2);
	fetch_and_check(s, "empty", 0, 0, 4);
}

static void serves_one_single_file(void **state)
{
	struct stage *s = *state;
	char path[512];

	put_file(s, "a.img", 5000, 1);
	put_file(s, "b.img", 5000, 2);
	path_of(s, path, "b.img");
	assert_int_equal(files_open(&s->files, path, &s->options, &host_memory),
			 0);
	UNTIL(s, s->scanned);
	assert_int_equal(s->found, 1);
	fetch_and_check(s, "b.img", 0, 5000, 2);
	put_file(s, "c.img", 1, 3);
	put_file(s, "b.img", 6000, 4);
	UNTIL(s, s->changed);
	assert_int_equal(s->found, 1);
	fetch_and_check(s, "b.img", 0, 6000, 4);
}

static void says_at_once_what_cannot_be_served(void **state)
{
	struct stage *s = *state;
	struct files *f = NULL;

	assert_int_equal(
		files_open(&f, "/nowhere/at/all", &s->options, &host_memory),
		-ENOENT);
	assert_int_equal(files_open(&f, "/dev/null", &s->options, &host_memory),
			 -EINVAL);
}

static void follows_links_but_not_out(void **state)
{
	struct stage *s = *state;
	char path[512];

	make_dir(s, "real");
	put_file(s, "real/kernel", 3000, 7);
	path_of(s, path, "kernel");
	assert_int_equal(symlink("real/kernel", path), 0);
	path_of(s, path, "same");
	assert_int_equal(symlink("real", path), 0);
	path_of(s, path, "real/up");
	assert_int_equal(symlink("..", path), 0);
	path_of(s, path, "out");
	assert_int_equal(symlink("/etc/passwd", path), 0);
	path_of(s, path, "dangling");
	assert_int_equal(symlink("nothing", path), 0);
	open_stage(s);

	fetch_and_check(s, "kernel", 0, 3000, 7);
	fetch_and_check(s, "same/kernel", 0, 3000, 7);
	assert_int_equal(s->found, 3);
	assert_int_equal(s->refused, 1);
	assert_int_equal(s->refusal, -EXDEV);
}

static void passes_over_a_fifo(void **state)
{
	struct stage *s = *state;
	char path[512];

	path_of(s, path, "fifo");
	assert_int_equal(mkfifo(path, 0644), 0);
	put_file(s, "file", 10, 1);
	open_stage(s);
	assert_int_equal(s->found, 1);

	/* A file that becomes one while it is served must not hang either. */
	struct files_ask want = ask_for(s, "file", 0, 10);
	char other[512];

	path_of(s, other, "file");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(fetch(s, &want), -ESTALE);
	UNTIL(s, s->gone);
}

static void reads_every_byte_of_a_big_file_in_order(void **state)
{
	struct stage *s = *state;
	const size_t size = 3 * MEGABYTE + 17, step = 1428;

	put_file(s, "big", size, 9);
	open_stage(s);
	for (uint64_t at = 0; at < size; at += step)
		fetch_and_check(s, "big", at,
				size - at < step ? size - at : step, 9);
	/* Each chunk once, and read ahead: hardly ever waited for. */
	assert_int_equal(files_counts(s->files).reads, 49);
	assert_int_equal(files_counts(s->files).evicted, 0);
}

static void reads_ahead_of_who_reads_in_order(void **state)
{
	struct stage *s = *state;

	put_file(s, "big", MEGABYTE, 9);
	open_stage(s);
	fetch_and_check(s, "big", 0, 100, 9);
	UNTIL(s, files_counts(s->files).reads == 9);
	fetch_and_check(s, "big", FILES_CHUNK, 100, 9);
	assert_int_equal(files_counts(s->files).misses, 1);
}

static void hands_out_many_chunks_at_once(void **state)
{
	struct stage *s = *state;

	put_file(s, "big", 2 * MEGABYTE, 9);
	open_stage(s);
	fetch_and_check(s, "big", 12345, MEGABYTE + 5, 9);
}

static void refuses_what_is_not_in_the_file(void **state)
{
	struct stage *s = *state;
	struct files_ask want;

	put_file(s, "file", 100, 1);
	open_stage(s);
	want = ask_for(s, "file", 90, 11);
	assert_int_equal(files_get(s->files, &want), -EINVAL);
	want = ask_for(s, "file", 101, 0);
	assert_int_equal(files_get(s->files, &want), -EINVAL);
	want = ask_for(s, "file", UINT64_MAX, 2);
	assert_int_equal(files_get(s->files, &want), -EINVAL);
	want = ask_for(s, "file", 0, 100);
	want.file = 77;
	assert_int_equal(files_get(s->files, &want), -EINVAL);
	want.file = 0;
	assert_int_equal(files_get(s->files, &want), -EINVAL);
	want = ask_for(s, "file", 0, 100);
	want.version++;
	assert_int_equal(files_get(s->files, &want), -ESTALE);
}

static void notices_a_new_a_changed_and_a_removed_file(void **state)
{
	struct stage *s = *state;
	uint32_t first;
	char path[512];

	open_stage(s);
	put_file(s, "new", 100, 1);
	UNTIL(s, s->found == 1);
	first = s->known[number_of(s, "new")].version;
	fetch_and_check(s, "new", 0, 100, 1);

	/* The same size, and perhaps the same time stamp. */
	put_file(s, "new", 100, 2);
	UNTIL(s, s->changed >= 1);
	fetch_and_check(s, "new", 0, 100, 2);
	assert_true(s->known[number_of(s, "new")].version > first);

	path_of(s, path, "new");
	assert_int_equal(unlink(path), 0);
	UNTIL(s, s->gone == 1);
	make_dir(s, "later");
	put_file(s, "later/file", 5, 3);
	UNTIL(s, s->found == 2);
	fetch_and_check(s, "later/file", 0, 5, 3);
}

/* Time stamps are coarse: two versions may bear the same one. */
static void a_rewrite_in_the_same_instant_is_noticed(void **state)
{
	struct stage *s = *state;
	struct timespec times[2];
	struct stat st;
	char path[512];
	int fd;

	put_file(s, "file", 4, 1);
	open_stage(s);
	path_of(s, path, "file");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(write(fd, "abcd", 4), 4);
	assert_int_equal(futimens(fd, times), 0);
	assert_int_equal(close(fd), 0);
	UNTIL(s, s->changed == 1);
}

static void a_renamed_directory_is_found_again(void **state)
{
	struct stage *s = *state;
	char from[512], to[512];

	make_dir(s, "old");
	put_file(s, "old/file", 50, 3);
	open_stage(s);
	path_of(s, from, "old");
	path_of(s, to, "new");
	assert_int_equal(rename(from, to), 0);
	UNTIL(s, s->gone == 1 && s->found == 2);
	fetch_and_check(s, "new/file", 0, 50, 3);
	put_file(s, "new/file", 60, 4);
	UNTIL(s, s->changed == 1);
	fetch_and_check(s, "new/file", 0, 60, 4);
}

static void a_truncated_file_is_stale_and_never_mixed(void **state)
{
	struct stage *s = *state;
	struct files_ask early, late;
	char path[512];

	put_file(s, "file", MEGABYTE, 1);
	open_stage(s);
	early = ask_for(s, "file", 0, 1000);
	late = ask_for(s, "file", MEGABYTE - 1000, 1000);
	assert_int_equal(fetch(s, &early), 0);
	path_of(s, path, "file");
	assert_int_equal(truncate(path, 500000), 0);
	assert_int_equal(fetch(s, &late), -ESTALE);
	UNTIL(s, s->changed);
	assert_int_equal(fetch(s, &early), -ESTALE);
	/* A reader may have found it before the kernel told of it: it is so
	 * young that it may have been written twice. */
	late = ask_for(s, "file", 499000, 1000);
	if (fetch(s, &late) == -ESTALE)
		UNTIL(s, s->changed > 1);
	fetch_and_check(s, "file", 499000, 1000, 1);
	assert_true(s->changed <= 2);
}

static void a_replaced_file_is_stale_and_never_mixed(void **state)
{
	struct stage *s = *state;
	struct files_ask late;
	char from[512], to[512];

	put_file(s, "file", MEGABYTE, 1);
	open_stage(s);
	fetch_and_check(s, "file", 0, 1000, 1);
	put_file(s, ".upload", MEGABYTE, 2);
	path_of(s, from, ".upload");
	path_of(s, to, "file");
	late = ask_for(s, "file", MEGABYTE / 2, 1000);
	assert_int_equal(rename(from, to), 0);
	/* A reader that still has the old one open may finish with it. */
	if (fetch(s, &late) != -ESTALE)
		check_bytes(s, &late, 1);
	UNTIL(s, s->changed);
	assert_int_equal(fetch(s, &late), -ESTALE);
	fetch_and_check(s, "file", MEGABYTE / 2, 1000, 2);
}

static void a_removed_file_is_stale(void **state)
{
	struct stage *s = *state;
	struct files_ask want;
	char path[512];

	put_file(s, "file", 1000, 1);
	open_stage(s);
	want = ask_for(s, "file", 0, 1000);
	path_of(s, path, "file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fetch(s, &want), -ESTALE);
}

static void an_upload_is_not_served_before_it_is_finished(void **state)
{
	struct stage *s = *state;
	char path[512];
	FILE *file;

	open_stage(s);
	path_of(s, path, "slow.img");
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(fwrite("0123456789", 1, 10, file), 10);
		assert_int_equal(fflush(file), 0);
		usleep(100000);
		files_turn(s->files, host_now());
		take_news(s);
		assert_int_equal(s->found, 0);
	}
	assert_int_equal(fclose(file), 0);
	UNTIL(s, s->found);
	assert_int_equal(s->known[number_of(s, "slow.img")].size, 120);
}

static void ten_thousand_files_are_found(void **state)
{
	struct stage *s = *state;
	char name[64];

	for (int i = 0; i < 10000; i++) {
		if (i % 100 == 0) {
			snprintf(name, sizeof name, "d%d", i / 100);
			make_dir(s, name);
		}
		snprintf(name, sizeof name, "d%d/f%d", i / 100, i);
		put_file(s, name, 1, 0);
	}
	open_stage(s);
	assert_int_equal(s->found, 10000);
}

static void a_full_catalogue_says_so(void **state)
{
	struct stage *s = *state;

	put_file(s, "a", 1, 0);
	put_file(s, "b", 1, 0);
	put_file(s, "c", 1, 0);
	s->options.files = 2;
	open_stage(s);
	assert_int_equal(s->found, 2);
	assert_int_equal(s->refused, 1);
	assert_int_equal(s->refusal, -ENFILE);
}

static void a_small_cache_makes_room_again_and_again(void **state)
{
	struct stage *s = *state;
	uint32_t at = 1;

	s->options.cache = 8 * MEGABYTE;
	put_file(s, "big", 24 * MEGABYTE, 5);
	open_stage(s);
	for (int i = 0; i < 1000; i++) {
		at = at * 1664525 + 1013904223;
		fetch_and_check(s, "big", at % (24 * MEGABYTE - 1000), 1000, 5);
	}
	assert_true(files_counts(s->files).evicted > 300);
}

static void what_a_turn_holds_stays_in_the_cache(void **state)
{
	struct stage *s = *state;
	struct files_ask held[32], more, got;
	int arrived = 0, rc;

	s->options.cache = 8 * MEGABYTE;
	put_file(s, "big", 24 * MEGABYTE, 5);
	open_stage(s);
	for (unsigned i = 0; i < 32; i++) {
		held[i] = ask_for(s, "big", (uint64_t)i * FILES_CHUNK * 4,
				  FILES_CHUNK * 4);
		fetch(s, &held[i]);
	}
	/* The whole cache in one turn: what is here, is held. */
	files_turn(s->files, host_now());
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(files_get(s->files, &held[i]), 1);
	for (uint64_t i = 0; i < 64; i++) {
		more = ask_for(s, "big", 16 * MEGABYTE + i * FILES_CHUNK, 100);
		assert_int_equal(files_get(s->files, &more), 0);
	}
	for (unsigned i = 0; i < 32; i++)
		check_bytes(s, &held[i], 5);
	/* And the others come, once it is over. */
	while (arrived < 64) {
		assert_true(turn(s));
		while (files_arrived(s->files, &got, &rc)) {
			assert_int_equal(rc, 0);
			check_bytes(s, &got, 5);
			arrived++;
		}
	}
}

static void what_was_not_taken_in_its_turn_comes_again(void **state)
{
	struct stage *s = *state;
	struct files_ask want, got;
	int rc;

	put_file(s, "file", 1000, 1);
	open_stage(s);
	want = ask_for(s, "file", 0, 1000);
	assert_int_equal(files_get(s->files, &want), 0);
	UNTIL(s, files_counts(s->files).reads == 1);
	files_turn(s->files, host_now());
	assert_int_equal(files_at(s->files, &want, &(struct iovec){0}, 1), 1);
	assert_true(files_arrived(s->files, &got, &rc));
	check_bytes(s, &got, 1);
	files_turn(s->files, host_now());
	assert_int_equal(files_at(s->files, &want, &(struct iovec){0}, 1),
			 -EINVAL);
}

static void too_many_asks_are_refused(void **state)
{
	struct stage *s = *state;
	struct files_ask want;

	put_file(s, "file", MEGABYTE, 1);
	s->options.asks = 1;
	open_stage(s);
	want = ask_for(s, "file", 0, 10);
	assert_int_equal(files_get(s->files, &want), 0);
	want = ask_for(s, "file", FILES_CHUNK * 8, 10);
	assert_int_equal(files_get(s->files, &want), -EAGAIN);
}

/* A disk that hangs on files of one size, until it is let go. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static ssize_t slow_read(int fd, void *to, size_t len, off_t at)
{
	struct stat st;

	if (!fstat(fd, &st) && st.st_size >= 5 * MEGABYTE) {
		pthread_mutex_lock(&gate);
		pthread_mutex_unlock(&gate);
	}
	return pread(fd, to, len, at);
}

static void a_hanging_file_delays_nobody_else(void **state)
{
	struct stage *s = *state;
	struct files_ask want, got;
	int rc;

	s->options.read = slow_read;
	put_file(s, "hangs", 5 * MEGABYTE, 1);
	put_file(s, "good", MEGABYTE, 2);
	open_stage(s);
	pthread_mutex_lock(&gate);
	for (uint64_t i = 0; i < 50; i++) {
		want = ask_for(s, "hangs", i * FILES_CHUNK, 10);
		want.cookie = 1000 + i;
		assert_int_equal(files_get(s->files, &want), 0);
	}
	for (uint64_t at = 0; at < MEGABYTE; at += 1024)
		fetch_and_check(s, "good", at, 1024, 2);
	pthread_mutex_unlock(&gate);
	for (int n = 0; n < 50;) {
		while (files_arrived(s->files, &got, &rc)) {
			assert_int_equal(rc, 0);
			check_bytes(s, &got, 1);
			n++;
		}
		if (n < 50)
			assert_true(turn(s));
	}
}

static ssize_t broken_read(int fd, void *to, size_t len, off_t at)
{
	(void)fd;
	(void)to;
	(void)len;
	if (at)
		return errno = EIO, -1;
	return pread(fd, to, len < 1000 ? len : 1000, at);
}

static void a_broken_disk_is_reported(void **state)
{
	struct stage *s = *state;
	struct files_ask want;

	s->options.read = broken_read;
	put_file(s, "file", 5000, 1);
	open_stage(s);
	want = ask_for(s, "file", 0, 5000);
	assert_int_equal(fetch(s, &want), -EIO);
	assert_int_equal(fetch(s, &want), -EIO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_files_below_directories),
		TEST(serves_one_single_file),
		TEST(says_at_once_what_cannot_be_served),
		TEST(follows_links_but_not_out),
		TEST(passes_over_a_fifo),
		TEST(reads_every_byte_of_a_big_file_in_order),
		TEST(reads_ahead_of_who_reads_in_order),
		TEST(hands_out_many_chunks_at_once),
		TEST(refuses_what_is_not_in_the_file),
		TEST(notices_a_new_a_changed_and_a_removed_file),
		TEST(a_rewrite_in_the_same_instant_is_noticed),
		TEST(a_renamed_directory_is_found_again),
		TEST(a_truncated_file_is_stale_and_never_mixed),
		TEST(a_replaced_file_is_stale_and_never_mixed),
		TEST(a_removed_file_is_stale),
		TEST(an_upload_is_not_served_before_it_is_finished),
		TEST(ten_thousand_files_are_found),
		TEST(a_full_catalogue_says_so),
		TEST(a_small_cache_makes_room_again_and_again),
		TEST(what_a_turn_holds_stays_in_the_cache),
		TEST(what_was_not_taken_in_its_turn_comes_again),
		TEST(too_many_asks_are_refused),
		TEST(a_hanging_file_delays_nobody_else),
		TEST(a_broken_disk_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
