/*
 * The TFTP server in mode netascii: what the blocks hold, where a line's end
 * falls on the end of one, what is sent again, and what is agreed on.
 */
#include "base/rand.h"
#include "tftpd_world.h"

#include <errno.h>

enum { BLOCKS = 4096, ROOM = 1 << 16, TEXT = 5000 };

/* The client: its blocks, each as it came first. */
struct client {
	uint8_t bytes[ROOM];
	size_t at[BLOCKS + 2]; /* where block n begins in bytes; [1] is 0 */
	unsigned n, again;     /* how many blocks, and how many a second time */
};

static void on_data(void *arg, const struct send *s)
{
	struct client *c = arg;
	struct rd r = rd_over(s->head, s->head_len);
	struct tftp_data d;

	if (!tftp_data_get(&d, &r))
		return;
	assert_int_equal(s->body.len, 0);
	assert_in_range(d.block, 1, c->n + 1);
	assert_in_range(d.block, 1, BLOCKS);
	if (d.block <= c->n) {
		c->again++;
		assert_int_equal(d.len, c->at[d.block + 1] - c->at[d.block]);
		assert_memory_equal(d.bytes, c->bytes + c->at[d.block], d.len);
		return;
	}
	assert_true(c->at[d.block] + d.len <= ROOM);
	memcpy(c->bytes + c->at[d.block], d.bytes, d.len);
	c->n++;
	c->at[d.block + 1] = c->at[d.block] + d.len;
}

static struct tftpd_world *text_world(struct client *c, const void *text,
				      size_t len)
{
	struct tftpd_world *w = world_open();

	*c = (struct client){0};
	w->st->text = text;
	w->st->text_len = len;
	w->st->sent = on_data;
	w->st->arg = c;
	file(w, "motd", len);
	return w;
}

static void ask_text(struct tftpd_world *w, const char *request)
{
	ask_as(w, TFTP_RRQ, "NetASCII", request);
}

/* The client has exactly these bytes. */
#define has(c, s)                                                              \
	do {                                                                   \
		assert_int_equal((c)->at[(c)->n + 1], sizeof(s) - 1);          \
		assert_memory_equal((c)->bytes, s, sizeof(s) - 1);             \
	} while (0)

static void lines_end_with_crlf_and_a_cr_is_followed_by_nul(void **state)
{
	static const char text[] = "one\ntwo\rthree\r\n\xff\0four";
	struct client c;
	struct tftpd_world *w = text_world(&c, text, sizeof(text) - 1);

	(void)state;
	w->st->hides[EFFECT_FETCH] = false;
	ask_text(w, "motd");
	ack(w, 1);
	stage_expect(w->st, "    0 ms  fetch 1 @0 +21\n"
			    "    0 ms  DATA 1 +25\n"
			    "    0 ms  close a port\n");
	has(&c, "one\r\ntwo\r\0three\r\0\r\n\xff\0four");
	world_close(w);
}

static void a_pair_is_parted_by_the_end_of_a_block(void **state)
{
	static const char text[] = "1234567\n123456\rabc";
	struct client c;
	struct tftpd_world *w = text_world(&c, text, sizeof(text) - 1);

	(void)state;
	w->st->hides[EFFECT_FETCH] = false;
	ask_text(w, "motd blksize=8");
	ack(w, 0);
	ack(w, 1);
	assert_int_equal(c.bytes[7], '\r');
	assert_int_equal(c.bytes[8], '\n');
	ack(w, 2);
	ack(w, 3);
	stage_expect(w->st, "    0 ms  OACK blksize=8\n"
			    "    0 ms  fetch 1 @0 +8\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  fetch 1 @7 +8\n"
			    "    0 ms  DATA 2 +8\n"
			    "    0 ms  fetch 1 @14 +4\n"
			    "    0 ms  DATA 3 +4\n"
			    "    0 ms  close a port\n");
	has(&c, "1234567\r\n123456\r\0abc");
	world_close(w);
}

static void the_last_byte_of_all_may_be_half_a_pair(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "1234567\n", 8);

	(void)state;
	ask_text(w, "motd blksize=8");
	ack(w, 0);
	ack(w, 1);
	ack(w, 2);
	stage_expect(w->st, "    0 ms  OACK blksize=8\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  DATA 2 +1\n"
			    "    0 ms  close a port\n");
	has(&c, "1234567\r\n");
	world_close(w);
}

static void a_text_of_whole_blocks_ends_with_an_empty_one(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "123456\n", 7);

	(void)state;
	ask_text(w, "motd blksize=8 windowsize=4");
	ack(w, 0);
	ack(w, 2);
	stage_expect(w->st, "    0 ms  OACK blksize=8 windowsize=4\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  DATA 2 +0\n"
			    "    0 ms  close a port\n");
	has(&c, "123456\r\n");
	world_close(w);
}

static void an_empty_text_is_one_empty_block(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "", 0);

	(void)state;
	w->st->hides[EFFECT_FETCH] = false;
	ask_text(w, "motd");
	ack(w, 1);
	stage_expect(w->st, "    0 ms  DATA 1 +0\n"
			    "    0 ms  close a port\n");
	has(&c, "");
	world_close(w);
}

static void a_window_that_was_lost_is_sent_again_as_it_was(void **state)
{
	static const char text[] = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
	struct client c;
	struct tftpd_world *w = text_world(&c, text, 15);

	(void)state;
	ask_text(w, "motd blksize=9 windowsize=3");
	ack(w, 0);
	stage_wait(w->st, SECONDS(1)); /* all three are lost */
	assert_int_equal(c.again, 4);
	ack(w, 1); /* what followed it is */
	ack(w, 4);
	stage_expect(w->st, "    0 ms  OACK blksize=9 windowsize=3\n"
			    "    0 ms  DATA 1 +9\n"
			    "    0 ms  DATA 2 +9\n"
			    "    0 ms  DATA 3 +9\n"
			    "   20 ms  DATA 3 +9\n"
			    " 1000 ms  DATA 1 +9\n"
			    " 1000 ms  DATA 2 +9\n"
			    " 1000 ms  DATA 3 +9\n"
			    " 1000 ms  DATA 2 +9\n"
			    " 1000 ms  DATA 3 +9\n"
			    " 1000 ms  DATA 4 +3\n"
			    " 1000 ms  close a port\n");
	has(&c, "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");
	world_close(w);
}

static void an_ack_that_comes_while_the_disk_is_busy_counts(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "12345678\n2345678\nabc", 20);

	(void)state;
	ask_text(w, "motd blksize=8 windowsize=2");
	ack(w, 0);
	w->st->holds[EFFECT_FETCH] = true;
	stage_wait(w->st, SECONDS(1)); /* asks for both again */
	ack(w, 2);                     /* they had only been late */
	stage_forget(w->st);
	stage_settle(w->st, EFFECT_FETCH, 0); /* of what is not wanted */
	stage_settle(w->st, EFFECT_FETCH, 0);
	stage_expect(w->st, " 1000 ms  DATA 3 +6\n");
	has(&c, "12345678\r\n2345678\r\nabc");
	world_close(w);
}

static void a_text_that_is_replaced_is_not_mixed(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "12345678\n", 9);

	(void)state;
	ask_text(w, "motd blksize=8");
	ack(w, 0);
	w->st->rc[EFFECT_FETCH] = -ESTALE;
	ack(w, 1);
	stage_expect(w->st, "    0 ms  OACK blksize=8\n"
			    "    0 ms  DATA 1 +8\n"
			    "    0 ms  ERROR 0 \"file changed\"\n"
			    "    0 ms  close a port\n");
	world_close(w);
}

static void a_text_has_no_size_beforehand(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "abc\n", 4);

	(void)state;
	ask_text(w, "motd tsize=0 blksize=65464 windowsize=64");
	stage_expect(w->st, "    0 ms  OACK blksize=1468 windowsize=16\n");
	w->st->peer.port++;
	ask_text(w, "motd tsize=0");
	stage_expect(w->st, "    0 ms  DATA 1 +5\n");
	world_close(w);
}

static void octet_is_sent_by_reference_as_ever(void **state)
{
	struct client c;
	struct tftpd_world *w = text_world(&c, "abc\n", 4);

	(void)state;
	w->st->sent = NULL;
	ask(w, "motd tsize=0");
	ack(w, 0);
	assert_int_equal(w->st->last_len, TFTP_HEAD);
	assert_int_equal(w->st->last_send.body.len, 4);
	stage_expect(w->st, "    0 ms  OACK tsize=4\n"
			    "    0 ms  DATA 1 +4\n");
	world_close(w);
}

/* ---- against a plain model ---------------------------------------------- */

static size_t model(uint8_t *to, const uint8_t *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			to[n++] = '\r';
		to[n++] = text[i] == '\r' ? 0 : text[i];
	}
	return n;
}

/* ACKs any block of the window, or is silent, until it is served. */
static void load_badly(struct tftpd_world *w, struct client *c, struct rand *r)
{
	uint32_t acked = 0;

	ack(w, 0);
	for (int i = 0; tftpd_stats(w->t)->open_now && i < 20000; i++) {
		if (!rand_below(r, 8)) {
			stage_step(w->st);
			continue;
		}
		acked += (uint32_t)rand_below(r, c->n - acked + 1);
		ack(w, acked);
	}
}

static void load_random(struct rand *r)
{
	static uint8_t text[TEXT], wanted[2 * TEXT];
	static const char bytes[] = "\r\n\n\n\r ab";
	static struct client c;
	size_t len = rand_below(r, TEXT), n;
	struct tftpd_world *w;
	char request[80];

	for (size_t i = 0; i < len; i++)
		text[i] = (uint8_t)bytes[rand_below(r, sizeof(bytes) - 1)];
	n = model(wanted, text, len);
	w = text_world(&c, text, len);
	(void)snprintf(request, sizeof(request),
		       "motd blksize=%u windowsize=%u",
		       (unsigned)(8 + rand_below(r, 100)),
		       (unsigned)(1 + rand_below(r, 20)));
	ask_text(w, request);
	load_badly(w, &c, r);
	assert_int_equal(tftpd_stats(w->t)->done, 1);
	assert_int_equal(c.at[c.n + 1], n);
	assert_memory_equal(c.bytes, wanted, n);
	world_close(w);
}

static void any_text_arrives_through_any_losses(void **state)
{
	struct rand r;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		rand_seed(&r, seed);
		load_random(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			lines_end_with_crlf_and_a_cr_is_followed_by_nul),
		cmocka_unit_test(a_pair_is_parted_by_the_end_of_a_block),
		cmocka_unit_test(the_last_byte_of_all_may_be_half_a_pair),
		cmocka_unit_test(a_text_of_whole_blocks_ends_with_an_empty_one),
		cmocka_unit_test(an_empty_text_is_one_empty_block),
		cmocka_unit_test(
			a_window_that_was_lost_is_sent_again_as_it_was),
		cmocka_unit_test(
			an_ack_that_comes_while_the_disk_is_busy_counts),
		cmocka_unit_test(a_text_that_is_replaced_is_not_mixed),
		cmocka_unit_test(a_text_has_no_size_beforehand),
		cmocka_unit_test(octet_is_sent_by_reference_as_ever),
		cmocka_unit_test(any_text_arrives_through_any_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
