/*
 * What is counted of a fleet, and what it is held to after every event.  The
 * contents of a file are told by their place, so any part of it can be checked
 * by itself as it comes in.
 */
#include "engine/note.h"
#include "sim/fleet_impl.h"
#include "wire/frame.h"

static uint64_t word_at(uint32_t image, uint64_t offset)
{
	return hash_u64(offset / 8, image);
}

static uint8_t byte_of(uint64_t word, uint64_t offset)
{
	return (uint8_t)(word >> offset % 8 * 8);
}

void fleet_read(void *arg, const struct ref *ref, uint8_t *to)
{
	uint64_t word = word_at(ref->image, ref->offset);

	if (ref->kind == REF_REPAIRS) {
		fleet_read_repair(arg, ref, to);
		return;
	}
	for (uint64_t at = ref->offset; at < ref->offset + ref->len; at++) {
		if (at % 8 == 0)
			word = word_at(ref->image, at);
		*to++ = byte_of(word, at);
	}
}

static bool is_of(const uint8_t *bytes, const struct ref *ref)
{
	uint64_t word = word_at(ref->image, ref->offset);

	for (uint64_t at = ref->offset; at < ref->offset + ref->len; at++) {
		if (at % 8 == 0)
			word = word_at(ref->image, at);
		if (*bytes++ != byte_of(word, at))
			return false;
	}
	return true;
}

unsigned fleet_image(const struct fleet *f, uint32_t image)
{
	unsigned i = 0;

	while (i < f->config->n_images && f->image_ids[i] != image)
		i++;
	return image && i < f->config->n_images ? i : FLEET_IMAGES;
}

/* Which image a machine's file number is: behind a script the kernel is file 1,
 * else what the boot address named is file 0. */
static uint32_t place_of_file(const struct machine *m, uint32_t file)
{
	return boot_was_script(m->boot) ? file - 1 : file;
}

static bool is_right(const struct fleet *f, const struct keep *k,
		     uint32_t image)
{
	struct ref ref = {.image = image, .offset = k->offset, .len = k->len};

	if (f->config->has_payload)
		return !k->body.len && is_of(k->bytes, &ref);
	return !k->len && k->body.image == image && k->body.offset == k->offset;
}

static void on_keep(void *arg, uint32_t node, usec now, const struct keep *k)
{
	struct fleet *f = arg;
	struct machine *m = &f->machines[node - 1];
	uint32_t place = place_of_file(m, k->file);
	uint64_t end = k->offset + k->len + k->body.len;

	(void)now;
	if (k->file >= BOOT_FILES || place >= f->config->n_images) {
		fleet_broken(f, "a machine keeps a file that is not there");
		return;
	}
	if (k->is_scratch) {
		fleet_keep_scratch(f, m, k);
		return;
	}
	m->kept[k->file] += hash_u64(end, 0) - hash_u64(k->offset, 0);
	/* While the server is down nobody knows the images' numbers. */
	if (f->server && !is_right(f, k, f->image_ids[place]))
		fleet_broken(f,
			     "a machine keeps bytes that are not the file's");
}

/* What a machine has solved for counts as kept. */
static int on_mend(void *arg, uint32_t node, const struct mend *m)
{
	struct fleet *f = arg;
	struct machine *machine = &f->machines[node - 1];
	uint32_t place = place_of_file(machine, m->file);
	uint32_t image = place < f->config->n_images ? f->image_ids[place] : 0;
	int rc = fleet_mend(f, node, image, m);

	if (rc)
		return rc;
	for (unsigned i = 0; i < m->n_missing; i++) {
		uint64_t at =
			layout_offset(&m->layout, m->block, m->missing[i]);
		size_t len = layout_len(&m->layout, m->block, m->missing[i]);

		machine->kept[m->file] += hash_u64(at + len, 0) -
					  hash_u64(at, 0);
	}
	return 0;
}

void fleet_check_files(struct fleet *f)
{
	const struct fleet_config *c = f->config;

	for (uint32_t i = 0; i < c->machines; i++) {
		struct machine *m = &f->machines[i];
		uint32_t first = boot_was_script(m->boot) ? 1 : 0;

		if (boot_phase(m->boot) != BOOT_READY)
			continue;
		for (unsigned k = 0; k < c->n_images; k++)
			if (m->kept[first + k] !=
			    hash_u64(c->images[k].size, 0) - hash_u64(0, 0))
				fleet_broken(f,
					     "a machine is ready without all "
					     "of its files");
	}
}

/* ---- promises ------------------------------------------------------------ */

/* The server lets a BOOTP message out: does it promise an address? */
static void check_promise(struct fleet *f, const uint8_t *bytes, size_t len,
			  usec now)
{
	struct rd r = rd_over(bytes, len);
	uint32_t lease;
	struct bootp m;

	if (!bootp_get(&m, &r) || m.op != BOOTP_REPLY || !m.yiaddr ||
	    (m.type != DHCP_ACK && m.type != DHCP_NONE))
		return;
	f->report->promises++;
	if (m.type == DHCP_NONE)
		ledger_promise(f->ledger, m.yiaddr, &m.hw, NEVER);
	else if (bootp_option_u32(&m, OPT_LEASE_TIME, &lease))
		ledger_promise(f->ledger, m.yiaddr, &m.hw,
			       now + SECONDS((usec)lease));
	else
		fleet_broken(f, "an ACK without a lease time");
}

static void on_send(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct fleet *f = arg;
	struct rd r = rd_over(s->head, s->head_len);
	unsigned image;
	struct frame_udp frame;

	if (node)
		return;
	if (s->body.len) {
		fleet_sends(f, now);
		image = fleet_image(f, s->body.image);
		if (image < FLEET_IMAGES)
			f->sent[image]++;
	} else if (s->how == SEND_UDP && s->from.port == BOOTP_SERVER_PORT) {
		check_promise(f, s->head, s->head_len, now);
	} else if (s->how == SEND_FRAME && frame_udp_get(&frame, &r) &&
		   frame.from.port == BOOTP_SERVER_PORT) {
		check_promise(f, frame.bytes, frame.len, now);
	}
}

/* No address is held twice, and whoever has one was promised it. */
static void check_address(struct fleet *f, struct machine *m, uint32_t node,
			  usec now)
{
	uint32_t ip = boot_answer(m->boot)->ip;
	uint32_t *holder = &f->holder[ip & ~FLEET_MASK];
	struct hwaddr hw = fleet_link(node, 0).hw;

	if (!ip || ip == m->ip)
		return;
	if (m->ip)
		fleet_broken(f, "a machine came back to another address");
	if (*holder && *holder != node)
		fleet_broken(f, "an address is held by two machines");
	if (!ledger_promised(f->ledger, ip, &hw))
		fleet_broken(f, "a machine has an address that it was not "
				"promised");
	*holder = node;
	m->ip = ip;
	f->report->bound++;
	f->report->last_bound = now - FLEET_BEGIN;
}

/* ---- the machines -------------------------------------------------------- */

static bool is_booted(const struct fleet *f, const struct machine *m,
		      enum boot_phase phase)
{
	if (f->config->n_images)
		return phase == BOOT_READY;
	return phase == BOOT_BROKEN && boot_answer(m->boot)->ip;
}

static void count_booted(struct fleet *f, struct machine *m, int by)
{
	f->report->booted += (uint32_t)by;
	if (by > 0)
		m->took = lan_now(f->lan) - m->on;
	f->booted_in += by * m->took;
	if (by > 0 && !m->has_fault)
		f->report->last_well = lan_now(f->lan) - FLEET_BEGIN;
}

void fleet_count_phase(struct fleet *f, struct machine *m,
		       enum boot_phase phase)
{
	struct fleet_report *r = f->report;

	r->phase[m->phase]--;
	r->phase[phase]++;
	f->done -= machine_is_done(m);
	count_booted(f, m, -is_booted(f, m, m->phase));
	count_booted(f, m, is_booted(f, m, phase));
	m->phase = phase;
	f->done += machine_is_done(m);
	fleet_settled(f);
}

static void tick(struct fleet *f, usec now)
{
	if (!f->config->tick || now < f->next_tick)
		return;
	f->next_tick = now + MILLISECONDS(100);
	fleet_count_files(f);
	f->config->tick(f->config->arg, now, f->report);
}

static void after(void *arg, uint32_t node, usec now)
{
	struct fleet *f = arg;
	struct machine *m;
	enum boot_phase phase;

	if (ledger_broken(f->ledger))
		fleet_broken(f, ledger_broken(f->ledger));
	if (!node) {
		tick(f, now);
		return;
	}
	m = &f->machines[node - 1];
	phase = boot_phase(m->boot);
	if (phase == m->phase)
		return;
	if (phase >= BOOT_ADDRESSING)
		check_address(f, m, node, now);
	fleet_count_phase(f, m, phase);
}

/* A machine begins to listen for a file.  What file 0 is nobody knows yet; if
 * it is a script, file 1 says it again for the first image. */
static void count_missed(struct fleet *f, struct machine *m, uint64_t file)
{
	uint64_t place = file ? file - 1 : 0;

	f->came_at = lan_now(f->lan);
	if (place < f->config->n_images)
		m->missed[place] = f->sent[place];
}

static void on_note(void *arg, uint32_t node, usec now, const struct note *n)
{
	struct fleet *f = arg;

	if (node && n->code == NOTE_BOOT_LOADING)
		count_missed(f, &f->machines[node - 1], n->a);
	if (node && n->code == NOTE_FELL_BACK) /* it loads all of it again */
		f->machines[node - 1]
			.kept[boot_file(f->machines[node - 1].boot)] = 0;
	if (!node && n->code == NOTE_TRAIN_DEPARTED)
		f->trains++;
	if (!node && n->code == NOTE_TRAIN_DONE) {
		f->trains--;
		fleet_settled(f);
	}
	if (f->config->note)
		f->config->note(f->config->arg, node, now, n);
}

struct lan_watcher fleet_watcher(struct fleet *f)
{
	return (struct lan_watcher){.send = on_send,
				    .note = on_note,
				    .keep = on_keep,
				    .mend = on_mend,
				    .after = after,
				    .arg = f};
}
