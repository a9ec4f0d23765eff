/*
 * Manifests of a real boot directory: which one a file gets, of that beside it
 * and the one that is made, and when it is made anew.
 */
#include "app/catalog.h"
#include "app/fresh.h"
#include "app/keys.h"
#include "engine/turn.h"
#include "host/crypt.h"
#include "host/loop.h"
#include "host/memory.h"
#include "model/sidecar.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 300007, PACKET = 64, BLOCK = 100 };

struct world {
	char dir[64];
	uint8_t bytes[SIZE];
	struct images *images;
	struct catalog *catalog;
	struct secret_key key;
	struct catalog_fault fault; /* the last one */
	struct outcome settled;     /* too */
};

/* ---- the directory ------------------------------------------------------ */

static const char *path_of(const struct world *w, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return path;
}

static void put_file(const struct world *w, const char *name, const void *bytes,
		     size_t len)
{
	assert_int_equal(fresh_put(path_of(w, name), 0644, bytes, len), 0);
}

static void refuse(void *arg, const char *name, int rc)
{
	(void)arg;
	fail_msg("%s is refused: %d", name, rc);
}

static void turn(struct world *w)
{
	struct pollfd p = {.fd = catalog_fd(w->catalog), .events = POLLIN};
	struct catalog_fault f;
	struct outcome o;

	(void)poll(&p, 1, 20);
	(void)catalog_turn(w->catalog, host_now(), refuse, NULL);
	while (catalog_arrived(w->catalog, &o))
		w->settled = o;
	if (catalog_fault(w->catalog, &f))
		w->fault = f;
}

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->dir, sizeof(w->dir), "/tmp/muster-catalog.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	for (size_t i = 0; i < SIZE; i++)
		w->bytes[i] = (uint8_t)(i ^ i >> 8);
	put_file(w, "linux", w->bytes, SIZE);
	sign_draw(w->key.seed);
	memset(w->key.id, 7, sizeof(w->key.id));
	assert_int_equal(images_open(&w->images, &host_memory, 10000, 8, 1), 0);
	assert_int_equal(catalog_open(&w->catalog, w->dir, w->images, 0), 0);
	while (!catalog_is_scanned(w->catalog))
		turn(w);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	catalog_close(w->catalog);
	images_close(w->images);
	(void)unlink(path_of(w, "linux"));
	(void)unlink(path_of(w, "linux.manifest"));
	assert_int_equal(rmdir(w->dir), 0);
	free(w);
	return 0;
}

static const struct image *image(const struct world *w, const char *name)
{
	return images_find(w->images, name, strlen(name));
}

/* Until the catalogue has seen that the file is as long as that; -1: that it is
 * gone. */
static void see(struct world *w, const char *name, long size)
{
	const struct image *im;
	int turns = 0;

	do {
		assert_true(++turns < 500);
		turn(w);
		im = image(w, name);
	} while (im ? (long)im->size != size : size >= 0);
}

static int ask(struct world *w, const struct image *im)
{
	struct fetch f = {.ref = {.image = im->id,
				  .version = im->version,
				  .kind = REF_MANIFEST,
				  .packet = TRAIN_PACKET,
				  .packets = TRAIN_BLOCK},
			  .cookie = 17};

	w->settled = (struct outcome){0};
	return catalog_fetch(w->catalog, &f, 3);
}

/* As when a machine boards: it is settled when there is one.  A change may be
 * told twice; who asks between the two asks again. */
static const struct image_manifest *manifest(struct world *w)
{
	const struct image *im = image(w, "linux");
	const struct image_manifest *m;
	int rc = ask(w, im);

	for (int i = 0; i < 500 && rc == -ESTALE; i++) {
		turn(w);
		rc = ask(w, im);
	}
	m = images_manifest(w->images, im->id, im->version);
	assert_int_equal(rc, m ? 0 : CARRIED_LATER);
	for (int i = 0; i < 500 && rc && !w->settled.kind; i++)
		turn(w);
	m = images_manifest(w->images, im->id, im->version);
	assert_non_null(m);
	assert_int_equal(w->settled.owner, rc ? 3 : 0);
	assert_int_equal(w->settled.cookie, rc ? 17 : 0);
	assert_int_equal(w->settled.rc, 0);
	return m;
}

/* ---- sidecars ----------------------------------------------------------- */

struct sidecar {
	uint8_t bytes[MANIFEST_HEAD_MAX + 64 * CRYPT_HASH];
	size_t len, head;
	struct manifest is;
};

/* Of the first `size` bytes, signed, in smaller packets than usual. */
static void make_sidecar(struct sidecar *s, struct world *w, const char *name,
			 size_t size)
{
	uint8_t leaves[BLOCK * MANIFEST_LEAF], list[64 * CRYPT_HASH];
	struct listing l = {
		.crypt = &host_crypt, .leaves = leaves, .list = list};
	size_t len;

	assert_true(layout_make(&l.layout, size, PACKET, BLOCK));
	assert_true(l.layout.blocks <= 64);
	listing_add(&l, w->bytes, size);
	assert_true(listing_is_whole(&l));
	len = (size_t)l.layout.blocks * CRYPT_HASH;
	s->is = (struct manifest){
		.version = 7, .layout = l.layout, .k_max = BLOCK};
	snprintf(s->is.name, sizeof(s->is.name), "%s", name);
	memcpy(s->is.key_id, w->key.id, sizeof(s->is.key_id));
	host_crypt.hash(s->is.list_hash, CRYPT_HASH, list, len);
	s->head =
		manifest_put(&s->is, s->bytes, &host_crypt, keys_sign, &w->key);
	memcpy(s->bytes + s->head, list, len);
	s->len = s->head + len;
}

static void put_sidecar(struct world *w, const struct sidecar *s)
{
	put_file(w, "linux.manifest", s->bytes, s->len);
	see(w, "linux.manifest", (long)s->len);
}

static void expect_unsigned(struct world *w, const char *why)
{
	const struct image_manifest *m = manifest(w);

	assert_false(m->is.is_signed);
	assert_int_equal(m->is.layout.packet, TRAIN_PACKET);
	assert_int_equal(m->is.layout.size, image(w, "linux")->size);
	assert_string_equal(m->is.name, "linux");
	assert_string_equal(w->fault.why ? w->fault.why : "", why);
	if (*why)
		assert_string_equal(w->fault.name, "linux.manifest");
}

/* ---- tests -------------------------------------------------------------- */

static void a_file_alone_gets_an_unsigned_manifest(void **state)
{
	expect_unsigned(*state, "");
}

static void the_manifest_beside_a_file_is_taken_as_it_is(void **state)
{
	struct world *w = *state;
	const struct image_manifest *m;
	struct sidecar s;

	make_sidecar(&s, w, "linux", SIZE);
	put_sidecar(w, &s);
	m = manifest(w);
	assert_int_equal(m->is.train, s.is.train);
	assert_true(m->is.is_signed);
	assert_int_equal(m->head_len, s.head);
	assert_memory_equal(m->head, s.bytes, s.head);
	assert_memory_equal(m->list, s.bytes + s.head, s.len - s.head);
	assert_null(w->fault.why);
}

static void one_that_comes_later_is_another_train(void **state)
{
	struct world *w = *state;
	struct sidecar s;
	uint64_t train;

	expect_unsigned(w, "");
	train = manifest(w)->is.train;
	make_sidecar(&s, w, "linux", SIZE);
	put_sidecar(w, &s);
	assert_int_equal(manifest(w)->is.train, s.is.train);
	assert_int_equal(unlink(path_of(w, "linux.manifest")), 0);
	see(w, "linux.manifest", -1);
	assert_int_equal(manifest(w)->is.train, train);
}

static void one_of_another_file_is_told_and_not_used(void **state)
{
	struct world *w = *state;
	struct sidecar s;

	make_sidecar(&s, w, "linux", SIZE);
	w->bytes[SIZE - 1] ^= 1;
	put_file(w, "linux", w->bytes, SIZE);
	put_sidecar(w, &s);
	expect_unsigned(w, "it is of another file");
}

static void another_size_or_name_is_another_file(void **state)
{
	struct world *w = *state;
	struct sidecar s;

	make_sidecar(&s, w, "linux", SIZE - 1);
	put_sidecar(w, &s);
	expect_unsigned(w, "it is of another file: of another size");
	make_sidecar(&s, w, "linux-6", SIZE);
	put_sidecar(w, &s);
	expect_unsigned(w, "it is of a file with another name");
}

static void half_a_manifest_is_none(void **state)
{
	struct world *w = *state;
	struct sidecar s;
	size_t len;

	make_sidecar(&s, w, "linux", SIZE);
	for (len = s.len - 1; len; len /= 2) {
		w->fault.why = NULL;
		s.len = len;
		put_sidecar(w, &s);
		expect_unsigned(w, "it is no manifest, or not all of one");
	}
	put_file(w, "linux.manifest", "", 0);
	see(w, "linux.manifest", 0);
	expect_unsigned(w, "it is no manifest, or not all of one");
}

static void a_list_that_was_touched_does_not_fit_its_head(void **state)
{
	struct world *w = *state;
	struct sidecar s;

	make_sidecar(&s, w, "linux", SIZE);
	s.bytes[s.len - 1] ^= 1;
	put_sidecar(w, &s);
	expect_unsigned(w, "it is no manifest, or not all of one");
}

static void one_that_is_too_long_is_not_even_read(void **state)
{
	struct world *w = *state;
	size_t len = (size_t)sidecar_most(SIZE) + 1;
	char *many = calloc(1, len);

	assert_non_null(many);
	put_file(w, "linux.manifest", many, len);
	free(many);
	see(w, "linux.manifest", (long)len);
	expect_unsigned(w, "it is no manifest, or not all of one");
}

static void names_go_both_ways(void **state)
{
	char name[IMAGE_NAME], whose[IMAGE_NAME], longest[IMAGE_NAME];

	(void)state;
	assert_true(sidecar_name("a/linux", name));
	assert_string_equal(name, "a/linux.manifest");
	assert_true(sidecar_of(name, whose));
	assert_string_equal(whose, "a/linux");
	assert_false(sidecar_of("manifest", name));
	assert_false(sidecar_of(".manifest", name));
	assert_false(sidecar_of("linux.manifests", name));
	memset(longest, 'n', sizeof(longest));
	longest[IMAGE_NAME - 9] = 0;
	assert_false(sidecar_name(longest, name));
	longest[IMAGE_NAME - 10] = 0;
	assert_true(sidecar_name(longest, name));
}

int main(void)
{
#define IN_A_WORLD(f)                                                          \
	cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_file_alone_gets_an_unsigned_manifest),
		IN_A_WORLD(the_manifest_beside_a_file_is_taken_as_it_is),
		IN_A_WORLD(one_that_comes_later_is_another_train),
		IN_A_WORLD(one_of_another_file_is_told_and_not_used),
		IN_A_WORLD(another_size_or_name_is_another_file),
		IN_A_WORLD(half_a_manifest_is_none),
		IN_A_WORLD(a_list_that_was_touched_does_not_fit_its_head),
		IN_A_WORLD(one_that_is_too_long_is_not_even_read),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
