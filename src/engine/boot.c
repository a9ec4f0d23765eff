/*
 * boot.  After each call of a part, step() looks at what has become of it and
 * goes on; the parts know nothing of each other.
 */
#include "engine/boot.h"

#include "engine/bootpc.h"
#include "engine/dhcpc.h"
#include "engine/effects.h"
#include "engine/first.h"
#include "engine/loader.h"
#include "engine/note.h"
#include "wire/frame.h"

#include <errno.h>

/* The loader is the last: the owners of its effects are its parts, above it. */
enum part { PART_OWN, PART_ADDRESS, PART_LOADER, PARTS };
enum { WHY_MAX = 768 };
enum { TOLD_LEAST = 65536, TOLD_TIMES = 32, TOLD_BLIND = 1 << 20 };

static const usec ADDRESS_WAIT = SECONDS(10);

struct boot {
	struct engine engine;
	struct boot_config config;
	struct bootpc *bootpc; /* one of the two, the other is NULL */
	struct dhcpc *dhcpc;
	struct loadc *loader;
	struct engine *part[PARTS];

	enum boot_phase phase;
	usec due; /* our own: the interface must be configured by then */
	struct address_answer answer;

	uint32_t file, files; /* files: known so far */
	struct url url;       /* of this file */
	struct loadc_progress progress;
	struct manifest *had; /* BOOT_FILES; NULL: there are no keys */
	bool is_had[BOOT_FILES];
	uint64_t told; /* bytes, at the last progress note */
	/* For a train, and for its manifest, and said so. */
	bool has_waited, has_prepared;

	struct first first;
	struct script script; /* points into its text */
	struct url script_url;
};

static struct boot *of(struct engine *e)
{
	return (struct boot *)e;
}

static const struct boot *of_const(const struct engine *e)
{
	return (const struct boot *)e;
}

/* ---- notes and ends ----------------------------------------------------- */

static struct note *note(struct boot *b, enum note_code code,
			 struct effects *fx)
{
	struct note *n = effects_note(fx, code);

	n->hw = b->config.address.link.hw;
	n->ip = b->answer.ip;
	return n;
}

/* What came from the wire is made safe here, where it becomes a text. */
static const char *wire_text(struct effects *fx, const char *s, size_t len)
{
	char room[WHY_MAX];
	struct text t = text_over(room, sizeof(room));

	text_wire(&t, s, len);
	return effects_text(fx, room, t.len);
}

static void stop_loader(struct boot *b, usec now, struct effects *fx)
{
	size_t from = fx->n;

	loadc_stop(b->loader, now, fx);
	effects_own_above(fx, from, PART_LOADER);
}

/* `about` may be NULL; it comes from the wire, `why` does not. */
static void break_off(struct boot *b, usec now, int rc, const char *about,
		      const char *why, struct effects *fx)
{
	char room[WHY_MAX];
	struct text t = text_over(room, sizeof(room));
	struct note *n;

	if (about) {
		text_wire(&t, about, strlen(about));
		text_add(&t, ": ");
	}
	text_add(&t, why);
	n = note(b, NOTE_BOOT_FAILED, fx);
	n->a = (uint64_t)-rc;
	n->text = effects_text(fx, room, t.len);
	b->phase = BOOT_BROKEN;
	b->due = NEVER;
	stop_loader(b, now, fx);
}

/* ---- the address -------------------------------------------------------- */

static enum addressc_state address_state(const struct boot *b)
{
	return b->bootpc ? bootpc_state(b->bootpc) : dhcpc_state(b->dhcpc);
}

static void enter_addressing(struct boot *b, usec now, struct effects *fx)
{
	struct address *a = &effects_add(fx, EFFECT_ADDRESS)->address;

	b->answer = b->bootpc ? *bootpc_answer(b->bootpc)
			      : *dhcpc_answer(b->dhcpc);
	a->link = b->config.address.link.index;
	a->ip = b->answer.ip;
	a->mask = b->answer.mask;
	a->router = b->answer.router;
	a->name = b->answer.name;
	b->phase = BOOT_ADDRESSING;
	b->due = now + ADDRESS_WAIT;
}

/* As NeXT's machines do when they are configured: it updates the tables of all
 * who knew another machine by this address. */
static void announce(const struct boot *b, struct effects *fx)
{
	const struct link *link = &b->config.address.link;
	struct frame_arp arp = {.op = ARP_REQUEST,
				.sender_ip = b->answer.ip,
				.target_ip = b->answer.ip};
	struct wr w = effects_head(fx);

	memset(arp.dst, 0xff, sizeof(arp.dst));
	memcpy(arp.src, link->hw.b, sizeof(arp.src));
	memcpy(arp.sender_mac, link->hw.b, sizeof(arp.sender_mac));
	frame_arp_put(&arp, &w);
	effects_frame(fx, &w, link->index);
}

/* ---- loading ------------------------------------------------------------ */

/* Why we cannot load from there; NULL if we can. */
static const char *find_server(struct boot *b, struct url *u)
{
	if (!loader_knows(u->scheme))
		return "this way of loading is not supported";
	if (u->scheme == URL_TFTP && !u->path[0])
		return "names no file";
	if (u->host[0])
		return "the server must be an IP address";
	if (!u->server)
		u->server = b->file ? b->script_url.server : b->answer.server;
	return addressc_is_usable(u->server) ? NULL : "no usable server";
}

static void start_loader(struct boot *b, usec now, struct effects *fx)
{
	size_t from = fx->n;

	/* A train's packets come in no order, and are read back from where they
	 * were put: nothing of it is held back. */
	if (!b->file && b->url.scheme == URL_TRAIN)
		b->first.kind = FIRST_IMAGE;
	loadc_start(b->loader, now, &b->url, b->file, fx);
	effects_own_above(fx, from, PART_LOADER);
	b->progress = b->loader->progress;
}

static void give_up_file(struct boot *b, usec now, struct effects *fx)
{
	break_off(b, now, b->progress.rc,
		  b->url.path[0] ? b->url.path : url_scheme_name(b->url.scheme),
		  b->progress.why, fx);
}

/* Who has keys takes files of trains alone: nothing else is signed. */
static const char *mistrust(const struct boot *b)
{
	return b->config.load.n_keys && b->url.scheme != URL_TRAIN
		       ? "a key was given, and only a train can be verified"
		       : NULL;
}

static void begin_file(struct boot *b, usec now, const char *s, size_t len,
		       struct effects *fx)
{
	char address[sizeof(b->url.path) + sizeof(b->url.host) + 64];
	enum url_error e = url_parse(s, len, &b->url);
	const char *why = e ? url_error_text(e) : find_server(b, &b->url);
	struct note *n;

	/* The first may be a script, which nobody signs: it is made for this
	 * machine.  What it names is loaded by trains. */
	if (!why && b->file)
		why = mistrust(b);
	if (why) {
		/* One that is longer is not worth repeating. */
		text_copy(address, sizeof(address), s, len);
		break_off(b, now, -EINVAL, address, why, fx);
		return;
	}
	n = note(b, NOTE_BOOT_LOADING, fx);
	n->a = b->file;
	n->text = wire_text(fx, s, len);
	b->told = 0;
	b->has_waited = b->has_prepared = false;
	start_loader(b, now, fx);
	/* No event may follow to tell it by. */
	if (b->progress.state == LOADC_FAILED)
		give_up_file(b, now, fx);
}

static void on_addressed(struct boot *b, usec now, int rc, struct effects *fx)
{
	struct note *n;

	if (rc < 0) {
		break_off(b, now, rc, NULL,
			  "the interface could not be configured", fx);
		return;
	}
	b->due = NEVER;
	announce(b, fx);
	n = note(b, NOTE_BOOT_ADDRESSED, fx);
	n->text = effects_text(fx, b->answer.name, strlen(b->answer.name));
	if (!b->answer.file[0]) {
		break_off(b, now, -ENOENT, NULL,
			  "the server named no boot file", fx);
		return;
	}
	n = note(b, NOTE_BOOT_FILE, fx);
	n->text = wire_text(fx, b->answer.file, strlen(b->answer.file));
	b->phase = BOOT_LOADING;
	begin_file(b, now, b->answer.file, strlen(b->answer.file), fx);
}

static void begin_script(struct boot *b, usec now, struct effects *fx)
{
	char room[64];
	struct text why = text_over(room, sizeof(room));
	unsigned line;

	b->script_url = b->url;
	if (!script_get(&b->script, b->first.text, b->first.len, &line)) {
		text_add(&why, "boot script, line ");
		text_u64(&why, line);
		text_add(&why, ": not understood");
		break_off(b, now, -ENOEXEC, b->answer.file, room, fx);
		return;
	}
	if (!b->script.kernel.len) {
		break_off(b, now, -ENOEXEC, b->answer.file,
			  "boot script without a kernel", fx);
		return;
	}
	b->files = 2 + b->script.initrds;
}

/* ---- from file to file -------------------------------------------------- */

static void get_ready(struct boot *b, struct effects *fx)
{
	struct note *n = note(b, NOTE_BOOT_READY, fx);

	n->text = effects_text(
		fx, b->script.arguments.s ? b->script.arguments.s : "",
		b->script.arguments.len);
	b->phase = BOOT_READY;
}

static void on_loaded(struct boot *b, usec now, struct effects *fx)
{
	struct note *n;
	struct script_part next;

	if (b->file == 0)
		first_judge(&b->first, b->progress.size, fx);
	if (b->file == 0 && b->first.kind != FIRST_SCRIPT && mistrust(b)) {
		break_off(b, now, -EBADMSG, b->answer.file, mistrust(b), fx);
		return;
	}
	if (b->had && b->progress.manifest) {
		b->had[b->file] = *b->progress.manifest;
		b->is_had[b->file] = true;
	}
	n = note(b, NOTE_BOOT_LOADED, fx);
	n->a = b->file;
	n->b = b->progress.have;
	if (b->file == 0 && b->first.kind == FIRST_SCRIPT)
		begin_script(b, now, fx);
	if (b->phase != BOOT_LOADING)
		return;
	if (b->file + 1 == b->files) {
		get_ready(b, fx);
		return;
	}
	b->file++;
	next = b->file == 1 ? b->script.kernel : b->script.initrd[b->file - 2];
	begin_file(b, now, next.s, next.len, fx);
}

/* Once for each file and reason: a train says it again and again. */
static void tell_waiting(struct boot *b, struct effects *fx)
{
	bool is_preparing = b->progress.is_preparing;
	bool *has = is_preparing ? &b->has_prepared : &b->has_waited;
	struct note *n;

	if ((!is_preparing && !b->progress.is_waiting) || *has)
		return;
	*has = true;
	n = note(b, NOTE_BOOT_WAITING, fx);
	n->a = b->progress.leaving_ms;
	n->b = b->progress.expected;
}

static void tell_progress(struct boot *b, struct effects *fx)
{
	uint64_t size = b->progress.size;
	uint64_t step = size ? size / TOLD_TIMES : TOLD_BLIND;
	struct note *n;

	if (step < TOLD_LEAST)
		step = TOLD_LEAST;
	tell_waiting(b, fx);
	if (b->progress.have < b->told + step)
		return;
	b->told = b->progress.have;
	n = note(b, NOTE_BOOT_PROGRESS, fx);
	n->a = b->progress.have;
	n->b = size;
}

static void step_loading(struct boot *b, usec now, struct effects *fx)
{
	if (address_state(b) != ADDRESSC_BOUND) {
		break_off(b, now, -EADDRNOTAVAIL, NULL, "the lease was lost",
			  fx);
		return;
	}
	if (b->first.is_too_long) {
		break_off(b, now, -EFBIG, b->answer.file,
			  "boot script too long", fx);
		return;
	}
	switch (b->progress.state) {
	case LOADC_IDLE:
		break;
	case LOADC_LOADING:
		tell_progress(b, fx);
		break;
	case LOADC_DONE:
		on_loaded(b, now, fx);
		break;
	case LOADC_FAILED:
		give_up_file(b, now, fx);
		break;
	}
}

/* What a part has just done moves the boot on. */
static void step(struct boot *b, usec now, struct effects *fx)
{
	switch (b->phase) {
	case BOOT_ASKING:
		if (address_state(b) == ADDRESSC_BOUND)
			enter_addressing(b, now, fx);
		else if (address_state(b) == ADDRESSC_FAILED)
			break_off(b, now, -ETIMEDOUT, NULL,
				  "nobody gave this machine an address", fx);
		break;
	case BOOT_LOADING:
		step_loading(b, now, fx);
		break;
	case BOOT_OFF:
	case BOOT_ADDRESSING:
	case BOOT_READY:
	case BOOT_BROKEN:
		break;
	}
}

/* A part was called and added the effects from `from` on. */
static void after(struct boot *b, usec now, enum part part, size_t from,
		  struct effects *fx)
{
	effects_own_above(fx, from, (uint8_t)part);
	if (part == PART_LOADER && b->phase == BOOT_LOADING) {
		b->progress = b->loader->progress;
		if (!b->file)
			first_hold_back(&b->first, b->progress.size, from, fx);
	}
	step(b, now, fx);
}

/* ---- the engine --------------------------------------------------------- */

/* The address matters until all is loaded; then the system takes over. */
static bool is_awake(const struct boot *b, enum part part)
{
	if (part == PART_ADDRESS)
		return b->phase >= BOOT_ASKING && b->phase <= BOOT_LOADING;
	return b->phase == BOOT_LOADING || b->phase == BOOT_READY;
}

static enum part part_for(const struct boot *b, const struct dgram *d)
{
	if (d->kind == DGRAM_FRAME || d->to.port == BOOTP_CLIENT_PORT)
		return PART_ADDRESS;
	return loadc_claims(b->loader, d) ? PART_LOADER : PART_OWN;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct boot *b = of(e);
	enum part part = part_for(b, d);
	size_t from = fx->n;

	if (part == PART_OWN || !is_awake(b, part))
		return;
	b->part[part]->input(b->part[part], now, d, fx);
	after(b, now, part, from, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct boot *b = of(e);
	struct outcome told = *o;
	size_t from = fx->n;
	enum part part;

	if (o->owner == PART_OWN) {
		if (o->kind == EFFECT_ADDRESS && b->phase == BOOT_ADDRESSING)
			on_addressed(b, now, o->rc, fx);
		return;
	}
	part = o->owner < PART_LOADER ? (enum part)o->owner : PART_LOADER;
	told.owner = (uint8_t)(o->owner - part);
	b->part[part]->settle(b->part[part], now, &told, fx);
	after(b, now, part, from, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct boot *b = of(e);

	if (now >= b->due) {
		break_off(b, now, -ETIMEDOUT, NULL,
			  "the interface could not be configured", fx);
		return;
	}
	for (enum part part = PART_ADDRESS; part < PARTS; part++) {
		struct engine *it = b->part[part];
		size_t from = fx->n;

		if (!is_awake(b, part) || it->deadline(it) > now)
			continue;
		it->expire(it, now, fx);
		after(b, now, part, from, fx);
	}
}

static usec deadline(const struct engine *e)
{
	const struct boot *b = of_const(e);
	usec due = b->due;

	for (enum part part = PART_ADDRESS; part < PARTS; part++)
		if (is_awake(b, part))
			due = usec_min(due,
				       b->part[part]->deadline(b->part[part]));
	return due;
}

/* ---- its own functions -------------------------------------------------- */

static int open_address(struct boot *b, const struct alloc *alloc)
{
	int rc;

	if (b->config.uses_bootp) {
		rc = bootpc_open(&b->bootpc, &b->config.address, alloc);
		if (rc == 0)
			b->part[PART_ADDRESS] = bootpc_engine(b->bootpc);
	} else {
		rc = dhcpc_open(&b->dhcpc, &b->config.address, alloc);
		if (rc == 0)
			b->part[PART_ADDRESS] = dhcpc_engine(b->dhcpc);
	}
	return rc;
}

int boot_open(struct boot **out, const struct boot_config *config,
	      const struct alloc *alloc)
{
	struct boot *b = alloc_get(alloc, 1, sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	b->engine = (struct engine){on_input, on_settle, on_expire, deadline};
	b->config = *config;
	b->due = NEVER;
	rc = open_address(b, alloc);
	if (rc == 0 && config->load.n_keys) {
		b->had = alloc_get(alloc, BOOT_FILES, sizeof(*b->had));
		rc = b->had ? 0 : -ENOMEM;
	}
	if (rc == 0)
		rc = loader_open(&b->loader, &config->load, alloc);
	if (rc < 0) {
		boot_close(b, alloc);
		return rc;
	}
	b->part[PART_LOADER] = &b->loader->engine;
	/* Those are the caller's, and were needed at open only. */
	b->config.address.class_id = NULL;
	*out = b;
	return 0;
}

void boot_close(struct boot *b, const struct alloc *alloc)
{
	if (b->bootpc)
		bootpc_close(b->bootpc, alloc);
	if (b->dhcpc)
		dhcpc_close(b->dhcpc, alloc);
	loadc_close(b->loader, alloc);
	alloc_put(alloc, b->had);
	alloc_put(alloc, b);
}

struct engine *boot_engine(struct boot *b)
{
	return &b->engine;
}

void boot_start(struct boot *b, usec now, struct effects *fx)
{
	size_t from;

	stop_loader(b, now, fx);
	b->phase = BOOT_ASKING;
	b->due = NEVER;
	b->file = 0;
	b->files = 1;
	b->progress = (struct loadc_progress){0};
	b->answer = (struct address_answer){0};
	first_reset(&b->first);
	b->script = (struct script){0};
	from = fx->n;
	if (b->bootpc)
		bootpc_start(b->bootpc, now, fx);
	else
		dhcpc_start(b->dhcpc, now, fx);
	effects_own(fx, from, PART_ADDRESS);
}

enum boot_phase boot_phase(const struct boot *b)
{
	return b->phase;
}

const struct address_answer *boot_answer(const struct boot *b)
{
	return &b->answer;
}

struct loadc_progress boot_progress(const struct boot *b)
{
	return b->progress;
}

uint32_t boot_file(const struct boot *b)
{
	return b->file;
}

const struct manifest *boot_manifest(const struct boot *b, uint32_t file)
{
	return file < BOOT_FILES && b->is_had[file] ? &b->had[file] : NULL;
}

bool boot_was_script(const struct boot *b)
{
	return b->first.kind == FIRST_SCRIPT;
}
