/*
 * A simulated boot of a whole fleet.  The server is the real server engine on a
 * memory store, each machine the real boot engine; what is added is trouble,
 * and the counting.
 */
#include "sim/fleet_impl.h"

#include "wire/pxe.h"
#include "wire/slam.h"

#include <errno.h>
#include <stdlib.h>

void fleet_broken(struct fleet *f, const char *what)
{
	if (!f->report->broken)
		f->report->broken = what;
	lan_stop(f->lan);
}

void fleet_settled(struct fleet *f)
{
	bool is_over = f->done + f->hung == f->config->machines && !f->troubles;

	if (is_over && !(f->hung && f->trains))
		lan_stop(f->lan);
}

static void *memory_get(void *arg, size_t n, size_t size)
{
	struct fleet *f = arg;

	if (!f->is_opening)
		fleet_broken(f, "an engine took memory while it ran");
	return lan_memory.get(NULL, n, size);
}

static void memory_put(void *arg, void *p)
{
	(void)arg;
	lan_memory.put(NULL, p);
}

uint64_t fleet_block(enum transport via, uint64_t size)
{
	switch (via) {
	case VIA_DEFAULT:
	case VIA_SLAM:
		return slam_block_size(size);
	case VIA_TFTP:
	case VIA_TFTM:
	case VIA_HTTP:
		break;
	case VIA_MTFTP:
		return 512;
	case VIA_TRAIN:
		return TRAIN_PACKET;
	}
	return FLEET_BLKSIZE;
}

static void settings_of(struct fleet *f)
{
	struct settings *s = &f->settings;

	settings_default(s);
	if (f->config->settings)
		settings_copy(s, f->config->settings);
	s->unknown = UNKNOWN_SERVE;
	s->unknown_share = 100;
	s->transport = f->config->via == VIA_DEFAULT ? VIA_SLAM
						     : f->config->via;
	for (unsigned i = 0; i < f->config->n_images; i++) {
		const char *name = f->config->images[i].name;
		char *to = i ? s->initrd[i - 1] : s->kernel;

		text_copy(to, SETTINGS_NAME, name, strlen(name));
	}
}

/* ---- machines ------------------------------------------------------------ */

static uint64_t largest(const struct fleet_config *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < c->n_images; i++)
		if (c->images[i].size > n)
			n = c->images[i].size;
	return n;
}

static int open_machine(struct fleet *f, uint32_t i)
{
	struct machine *m = &f->machines[i];
	struct boot_config boot = {.uses_bootp = !f->config->dhcp_only &&
						 i % 2};
	int rc;

	boot.address = (struct addressc_config){.link = fleet_link(i + 1, 0),
						.class_id = "muster",
						.arch = ARCH_X64_UEFI,
						.seed = rand_u64(&f->rand)};
	boot.load = (struct loadc_config){.size_max = largest(f->config) + 4096,
					  .seed = rand_u64(&f->rand),
					  .blksize = FLEET_BLKSIZE,
					  .windowsize = 16,
					  .crypt = &fleet_crypt,
					  .slots = 1024,
					  .leaves = 64};
	f->is_opening = true;
	rc = boot_open(&m->boot, &boot, &f->memory);
	f->is_opening = false;
	return rc;
}

static void start_machine(void *arg, usec now, struct effects *fx)
{
	struct machine *m = arg;

	boot_start(m->boot, now, fx);
}

static int add_machine(struct fleet *f, uint32_t i)
{
	struct machine *m = &f->machines[i];
	struct link link = fleet_link(i + 1, 0);
	uint32_t id;
	usec at;
	int rc;

	m->fleet = f;
	rc = open_machine(f, i);
	if (!rc)
		rc = lan_add(f->lan, &link, boot_engine(m->boot), &id);
	if (rc)
		return rc;
	at = (usec)rand_below(&f->rand, (uint64_t)f->config->arrive + 1);
	m->on = FLEET_BEGIN + at;
	lan_switch_on(f->lan, id, m->on, start_machine, m);
	f->report->phase[BOOT_OFF]++;
	return 0;
}

/* Somebody pulls the plug of a machine, and puts it in again. */
static void reboot(void *arg, usec now)
{
	struct fleet *f = arg;
	uint32_t i = (uint32_t)rand_below(&f->rand, f->config->machines);
	struct machine *m = &f->machines[i];

	f->troubles--;
	lan_kill(f->lan, i + 1);
	fleet_count_phase(f, m, BOOT_OFF);
	boot_close(m->boot, &f->memory);
	m->boot = NULL;
	if (open_machine(f, i)) {
		fleet_broken(f, "a machine could not be opened again");
		return;
	}
	memset(m->kept, 0, sizeof(m->kept));
	lan_replace(f->lan, i + 1, boot_engine(m->boot));
	m->on = now + MILLISECONDS(100);
	lan_switch_on(f->lan, i + 1, m->on, start_machine, m);
}

/* ---- trouble ------------------------------------------------------------- */

/* A machine's program stands still; one that is on its way, if there is any. */
static void hang(void *arg, usec now)
{
	struct fleet *f = arg;
	uint32_t n = f->config->machines;
	uint32_t first = (uint32_t)rand_below(&f->rand, n);

	(void)now;
	f->troubles--;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (first + i) % n;
		struct machine *m = &f->machines[at];

		if (machine_is_done(m) || m->has_fault)
			continue;
		m->has_fault = true;
		f->hung++;
		lan_set_fault(f->lan, at + 1,
			      &(struct lan_fault){.is_hung = true});
		break;
	}
	fleet_settled(f);
}

static void jump(void *arg, usec now)
{
	struct fleet *f = arg;
	usec by = f->config->trouble.jump_by;

	(void)now;
	lan_jump(f->lan, (usec)rand_below(&f->rand, 2 * (uint64_t)by + 1) - by);
	f->troubles--;
	fleet_settled(f);
}

static void plan(struct fleet *f, unsigned n, usec from,
		 void (*call)(void *, usec))
{
	uint64_t within = (uint64_t)f->config->trouble.within + 1;

	while (n--)
		lan_at(f->lan, from + (usec)rand_below(&f->rand, within), call,
		       f);
}

static void plan_trouble(struct fleet *f)
{
	const struct fleet_trouble *t = &f->config->trouble;

	f->troubles = t->crashes + t->reboots + t->jumps + t->hangs;
	plan(f, t->crashes, FLEET_BEGIN, fleet_crash);
	plan(f, t->reboots, FLEET_BEGIN, reboot);
	plan(f, t->jumps, FLEET_BEGIN, jump);
	for (uint32_t i = 0; i < t->lossy && i < f->config->machines; i++)
		f->machines[i].has_fault = true;
}

void fleet_sends(struct fleet *f, usec now)
{
	const struct fleet_trouble *t = &f->config->trouble;
	const uint32_t *in = f->report->phase;

	/* They still have to board. */
	if (f->is_complete || now - f->came_at < MILLISECONDS(20) ||
	    in[BOOT_OFF] + in[BOOT_ASKING] + in[BOOT_ADDRESSING])
		return;
	f->is_complete = true;
	lan_change_weather(f->lan, &f->config->weather);
	for (uint32_t i = 0; i < t->lossy && i < f->config->machines; i++)
		lan_set_fault(f->lan, i + 1,
			      &(struct lan_fault){.loss = t->loss});
	plan(f, t->hangs, now, hang);
}

/* ---- the run ------------------------------------------------------------- */

static int open_lan(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct lan_watcher watcher = fleet_watcher(f);
	struct lan_config lan = {.weather = c->weather,
				 .seed = c->seed,
				 .nodes = c->machines + 1,
				 .has_payload = c->has_payload,
				 .read = fleet_read,
				 .arg = f,
				 .gather = c->gather,
				 .commit_delay = MILLISECONDS(1)};
	int rc = ledger_open(&f->ledger, &c->trouble.faults);

	if (rc)
		return rc;
	if (c->is_clear_at_first)
		lan.weather = (struct lan_weather){.delay = c->weather.delay,
						   .rate = c->weather.rate};
	lan.store = ledger_store(f->ledger);
	rc = lan_open(&f->lan, &lan, &watcher);
	if (!rc)
		ledger_clock(f->ledger, f->lan);
	return rc;
}

static int open_fleet(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	int rc;

	f->memory = (struct alloc){f, memory_get, memory_put};
	rand_seed(&f->rand, c->seed + 1);
	settings_of(f);
	f->machines = calloc(c->machines, sizeof(*f->machines));
	f->holder = calloc(1 << 16, sizeof(*f->holder));
	if (!f->machines || !f->holder)
		return -ENOMEM;
	rc = open_lan(f);
	if (!rc)
		rc = fleet_open_server(f);
	for (uint32_t i = 0; !rc && i < c->machines; i++)
		rc = add_machine(f, i);
	if (!rc)
		plan_trouble(f);
	return rc;
}

static void close_fleet(struct fleet *f)
{
	lan_close(f->lan);
	fleet_close_server(f);
	for (uint32_t i = 0; f->machines && i < f->config->machines; i++) {
		if (f->machines[i].boot)
			boot_close(f->machines[i].boot, &f->memory);
		free(f->machines[i].scratch);
	}
	ledger_close(f->ledger);
	free(f->machines);
	free(f->holder);
}

static struct fleet_file file_of(const struct fleet *f, unsigned i)
{
	const struct fleet_config *c = f->config;
	uint64_t size = c->images[i].size;
	uint64_t block = fleet_block(c->via, size);
	struct fleet_file file = {.packets = (size + block - 1) / block,
				  .sent = f->sent[i]};

	for (uint32_t k = 0; k < c->machines; k++)
		if (f->machines[k].missed[i] > file.missed)
			file.missed = f->machines[k].missed[i];
	return file;
}

void fleet_count_files(struct fleet *f)
{
	for (unsigned i = 0; i < f->config->n_images; i++)
		f->report->files[i] = file_of(f, i);
}

static usec mean_well(const struct fleet *f)
{
	usec sum = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->config->machines; i++) {
		const struct machine *m = &f->machines[i];

		if (m->has_fault || m->phase != BOOT_READY)
			continue;
		sum += m->took;
		n++;
	}
	return n ? sum / n : 0;
}

static void sum_up(struct fleet *f)
{
	const struct fleet_config *c = f->config;
	struct fleet_report *r = f->report;

	fleet_count_files(f);
	for (unsigned i = 0; i < c->n_images; i++) {
		r->image_bytes += c->images[i].size;
		r->packets_needed += r->files[i].packets;
	}
	r->packets_sent = lan_stats(f->lan)->data_sent;
	if (f->server) {
		const struct traind_stats *s =
			traind_stats(server_traind(f->server));

		r->train_reports = s->reports;
		r->train_picked = s->picked;
	}
	r->hung = f->hung;
	if (r->packets_needed)
		r->wire_ratio = (double)r->packets_sent /
				(double)r->packets_needed;
	r->failed = c->machines - r->booted;
	r->lasted = lan_now(f->lan) - FLEET_BEGIN;
	r->mean = r->booted ? f->booted_in / r->booted : 0;
	r->mean_well = mean_well(f);
	r->batches = ledger_batches(f->ledger);
	r->trace = lan_stats(f->lan)->trace;
}

static bool is_sane(const struct fleet_config *c)
{
	return c->machines && c->machines <= 65000 &&
	       c->n_images <= FLEET_IMAGES;
}

int fleet_boot(const struct fleet_config *config, struct fleet_report *r)
{
	struct fleet *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return -ENOMEM;
	f->config = config;
	f->report = r;
	*r = (struct fleet_report){.machines = config->machines};
	rc = is_sane(config) ? open_fleet(f) : -EINVAL;
	if (!rc) {
		(void)lan_run(f->lan, config->patience);
		fleet_check_files(f);
		ledger_audit(f->ledger);
		if (ledger_broken(f->ledger))
			fleet_broken(f, ledger_broken(f->ledger));
		sum_up(f);
	}
	close_fleet(f);
	free(f);
	return rc;
}
