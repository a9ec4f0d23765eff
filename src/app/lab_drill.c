/*
 * The real drill: musterd and a fleet of `muster boot` in the lab.  What each
 * says on its pipe is counted; the hashes that the machines report are held
 * against those of the files.
 */
#include "app/drill.h"

#include "app/command.h"
#include "app/exit.h"
#include "app/lab.h"
#include "app/sink.h"
#include "base/heap.h"
#include "base/rand.h"
#include "base/text.h"
#include "engine/boot.h"
#include "host/loop.h"
#include "host/memory.h"
#include "host/privs.h"
#include "wire/slam.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 1024, BLKSIZE = 1428 /* that our client asks for */ };

struct lab_drill;

struct speaker {
	struct lab_drill *lab;
	uint32_t number; /* 0 the server, 1 .. machines */
	struct watch watch;
	char line[LINE];
	size_t len;
	enum boot_phase phase;
	unsigned right; /* a bit for each image with the right hash */
};

struct lab_drill {
	const struct drill *drill;
	struct drill_state *state;
	struct loop *loop;
	struct lab_host *hosts;
	struct speaker *speakers;
	struct watch signals;
	FILE *log; /* NULL: nobody wants it */
	uint8_t sha256[DRILL_IMAGES][SHA256_BYTES];
	uint32_t over;
	uint64_t tftp_packets;
	bool is_serving, is_stopping, has_server_died;
	usec power_on;
	char root[256], muster[256], musterd[256];
};

/* ---- what they say ------------------------------------------------------ */

static void enter(struct speaker *s, enum boot_phase phase)
{
	struct fleet_report *r = &s->lab->state->report;

	if (s->phase == BOOT_READY || s->phase == BOOT_BROKEN)
		return;
	r->phase[s->phase]--;
	r->phase[phase]++;
	s->phase = phase;
	if (phase != BOOT_READY && phase != BOOT_BROKEN)
		return;
	s->lab->over++;
	if (phase == BOOT_READY)
		r->booted++;
	else
		r->failed++;
}

static void on_loaded(struct speaker *s, const char *line)
{
	uint8_t sha256[SHA256_BYTES];
	const char *hex = strrchr(line, ' ');

	if (!hex || !sha256_parse(hex + 1, sha256))
		return;
	for (unsigned i = 0; i < s->lab->drill->n_images; i++)
		if (!memcmp(sha256, s->lab->sha256[i], SHA256_BYTES))
			s->right |= 1u << i;
}

static bool begins(const char *line, const char *word)
{
	return !strncmp(line, word, strlen(word));
}

static void fail(struct speaker *s, const char *why)
{
	fprintf(stderr, "machine %u: %s\n", s->number, why);
	enter(s, BOOT_BROKEN);
}

static void on_machine(struct speaker *s, const char *line)
{
	unsigned all = (1u << s->lab->drill->n_images) - 1;

	if (begins(line, "asking"))
		enter(s, BOOT_ASKING);
	else if (begins(line, "address "))
		enter(s, BOOT_ADDRESSING);
	else if (begins(line, "loading "))
		enter(s, BOOT_LOADING);
	else if (begins(line, "loaded "))
		on_loaded(s, line);
	else if (begins(line, "ready") && s->right == all)
		enter(s, BOOT_READY);
	else if (begins(line, "ready"))
		fail(s, "not the bytes that were served");
	else if (begins(line, "failed"))
		fail(s, line);
}

static struct drill_train *train_named(struct drill_state *state,
				       const char *name)
{
	struct drill_train *t;

	for (unsigned i = 0; i < state->n_trains; i++)
		if (!strcmp(state->trains[i].name, name))
			return &state->trains[i];
	if (state->n_trains == DRILL_TRAINS)
		return NULL;
	t = &state->trains[state->n_trains++];
	snprintf(t->name, sizeof(t->name), "%s", name);
	return t;
}

static void on_train(struct drill_state *state, const char *event,
		     const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "file"));
	uint64_t sent =
		(uint64_t)json_integer_value(json_object_get(o, "sent"));
	struct drill_train *t = name ? train_named(state, name) : NULL;

	bool is_mtftp = begins(event, "mtftp");

	if (!t || !strcmp(event, "train-slowed"))
		return;
	t->packets = (uint64_t)json_integer_value(
		json_object_get(o, is_mtftp ? "blocks" : "packets"));
	t->sent = sent;
	if (strstr(event, is_mtftp ? "-done" : "train-done")) {
		t->before += sent;
		t->sent = 0;
		t->is_done = true;
	} else {
		t->is_done = false;
	}
}

/* LIMIT: by TFTP what was sent again is not counted. */
static void on_transfer(struct lab_drill *l, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "file"));
	json_int_t bytes = json_integer_value(json_object_get(o, "bytes"));

	for (unsigned i = 0; name && i < l->drill->n_images; i++)
		if (!strcmp(name, l->drill->images[i].name))
			l->tftp_packets += ((uint64_t)bytes + BLKSIZE - 1) /
					   BLKSIZE;
}

static void on_server(struct speaker *s, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *event = json_string_value(json_object_get(o, "event"));

	if (!event)
		fprintf(stderr, "%s\n", line);
	else if (!strcmp(event, "serving"))
		s->lab->is_serving = true;
	else if (!strcmp(event, "tftp-done"))
		on_transfer(s->lab, o);
	else if (begins(event, "train-") || !strcmp(event, "mtftp-begun") ||
		 !strcmp(event, "mtftp-done") || !strcmp(event, "mtftp-lost"))
		on_train(s->lab->state, event, o);
	json_decref(o);
}

static void on_end(struct speaker *s)
{
	loop_unwatch(s->lab->loop, &s->watch);
	if (!s->number)
		s->lab->has_server_died = true;
	else if (s->phase != BOOT_READY && s->phase != BOOT_BROKEN)
		fail(s, "ended without a word");
}

static void keep_line(const struct speaker *s, const char *line)
{
	const struct lab_drill *l = s->lab;
	usec now = loop_now(l->loop) - l->power_on;

	if (l->log)
		fprintf(l->log, "%.3f %u %s\n",
			l->power_on ? (double)now / SECOND : 0.0, s->number,
			line);
}

static void take_lines(struct speaker *s)
{
	char *begin = s->line, *end;

	s->line[s->len] = 0;
	while ((end = strchr(begin, '\n'))) {
		*end = 0;
		keep_line(s, begin);
		if (s->number)
			on_machine(s, begin);
		else
			on_server(s, begin);
		begin = end + 1;
	}
	s->len = strlen(begin);
	memmove(s->line, begin, s->len + 1);
	if (s->len == LINE - 1)
		s->len = 0; /* no line of ours is that long */
}

static void on_output(void *arg, unsigned events)
{
	struct speaker *s = arg;
	ssize_t n = read(s->watch.fd, s->line + s->len, LINE - 1 - s->len);

	(void)events;
	if (n > 0) {
		s->len += (size_t)n;
		take_lines(s);
	} else if (!n || errno != EAGAIN) {
		on_end(s);
	}
}

static void on_signal(void *arg, unsigned events)
{
	struct lab_drill *l = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(l->signals.fd)))
		l->is_stopping |= signal == SIGINT || signal == SIGTERM ||
				  signal == SIGHUP;
}

/* ---- setting up --------------------------------------------------------- */

static int copy_to(const char *from, const char *to)
{
	char buffer[4096];
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	size_t n;
	int rc = in && out ? 0 : -errno;

	while (!rc && (n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		if (fwrite(buffer, 1, n, out) != n)
			rc = -ENOSPC;
	if (in && fclose(in))
		rc = -EIO;
	if (out && fclose(out))
		rc = -EIO;
	return rc;
}

/* The boot directory: where the files are, or our own with copies of them. */
static int lay_out_files(struct lab_drill *l)
{
	const struct drill *d = l->drill;
	char path[512];
	int rc;

	for (unsigned i = 0; i < d->n_images; i++) {
		rc = sha256_of_file(d->images[i].path, l->sha256[i]);
		if (rc)
			return failed("drill", "%s: %s", d->images[i].path,
				      strerror(-rc));
	}
	snprintf(path, sizeof(path), "%s", d->images[0].path);
	snprintf(l->root, sizeof(l->root), "%s", dirname(path));
	if (!d->owns_images)
		return 0;
	snprintf(l->root, sizeof(l->root), "%s/boot", LAB_FILES);
	if (mkdir(l->root, 0755) < 0)
		return failed("drill", "%s: %s", l->root, strerror(errno));
	for (unsigned i = 0; i < d->n_images; i++) {
		snprintf(path, sizeof(path), "%s/%s", l->root,
			 d->images[i].name);
		rc = copy_to(d->images[i].path, path);
		if (rc)
			return failed("drill", "%s: %s", d->images[i].path,
				      strerror(-rc));
	}
	return 0;
}

/* Our programs lie beside each other. */
static int find_programs(struct lab_drill *l)
{
	ssize_t n =
		readlink("/proc/self/exe", l->muster, sizeof(l->muster) - 2);
	char dir[256];

	if (n <= 0)
		return failed("drill", "/proc/self/exe: %s", strerror(errno));
	l->muster[n] = 0;
	snprintf(dir, sizeof(dir), "%s", l->muster);
	if (snprintf(l->musterd, sizeof(l->musterd), "%s/musterd",
		     dirname(dir)) >= (int)sizeof(l->musterd))
		return failed("drill", "%s: a long path", dir);
	if (access(l->musterd, X_OK))
		return failed("drill", "%s: %s", l->musterd, strerror(errno));
	return 0;
}

static int listen_to(struct lab_drill *l, uint32_t i)
{
	struct speaker *s = &l->speakers[i];

	s->lab = l;
	s->number = i;
	s->watch = (struct watch){
		.fd = l->hosts[i].output, .arg = s, .ready = on_output};
	return loop_watch(l->loop, &s->watch, LOOP_READ);
}

struct arguments {
	char *v[64];
	unsigned n;
	char room[2048];
	size_t used;
};

static void argue(struct arguments *a, const char *key, const char *value)
{
	char *at = a->room + a->used;
	int n = snprintf(at, sizeof(a->room) - a->used, "%s%s", key, value);

	if (a->n < 63 && n >= 0 && (size_t)n < sizeof(a->room) - a->used) {
		a->v[a->n++] = at;
		a->used += (size_t)n + 1;
	}
}

static void set(struct arguments *a, const char *key, const char *value)
{
	argue(a, "-o", "");
	argue(a, key, value);
}

/* The embedded default and the directory; --image says which file is which. */
static void server_arguments(const struct lab_drill *l, struct arguments *a)
{
	const struct drill *d = l->drill;
	char room[700];
	struct text initrd = text_over(room, sizeof(room));

	argue(a, l->musterd, "");
	argue(a, "--config=/dev/null", "");
	set(a, "root=", l->root);
	set(a, "state=", LAB_FILES);
	set(a, "run=", LAB_FILES);
	set(a, "user=", "");
	set(a, "unknown=", "serve");
	set(a, "unknown-share=", "100");
	set(a, "log-format=", "json");
	set(a, "log-level=", "debug");
	/* Hundreds of machines on a few processors take their time to come. */
	set(a, "train.hold=", "200");
	set(a, "transport=", transport_name(d->via));
	if (!d->owns_images)
		return;
	set(a, "kernel=", d->images[0].name);
	for (unsigned i = 1; i < d->n_images; i++) {
		text_add(&initrd, i > 1 ? "," : "");
		text_add(&initrd, d->images[i].name);
	}
	if (initrd.len)
		set(a, "initrd=", room);
}

static int add_server(struct lab_drill *l)
{
	struct arguments a = {0};
	struct lab_plan plan = {.ip = "10.77.0.1/16",
				.nice = -15,
				.argv = a.v,
				.has_errors = true,
				.has_wire = l->drill->loss > 0};

	server_arguments(l, &a);
	return lab_host(&l->hosts[0], &plan);
}

static int add_machine(struct lab_drill *l, uint32_t i, struct rand *rand)
{
	const struct drill *d = l->drill;
	char *argv[] = {
		l->muster, "boot", "eth0", "--report", i % 2 ? NULL : "--bootp",
		NULL};
	struct lab_plan plan = {.loss = d->loss, .argv = argv};

	/* Where packets travel one by one, the kernel's own threads are a busy
	 * wire, which the machines must not slow. */
	if (d->loss > 0)
		plan.nice = 19;

	plan.wait = (usec)rand_below(rand, (uint64_t)d->arrive + 1);
	l->state->report.phase[BOOT_OFF]++;
	return lab_host(&l->hosts[i], &plan);
}

static int add_hosts(struct lab_drill *l)
{
	uint32_t n = l->drill->machines + 1;
	struct rand rand;
	int rc = add_server(l);

	rand_seed(&rand, l->drill->seed);
	for (uint32_t i = 1; !rc && i < n; i++)
		rc = add_machine(l, i, &rand);
	if (!rc)
		rc = lab_plug(l->hosts, n, 0);
	for (uint32_t i = 0; !rc && i < n; i++)
		rc = listen_to(l, i);
	return rc ? failed("drill", "namespaces: %s", strerror(-rc)) : 0;
}

static int open_lab(struct lab_drill *l)
{
	uint32_t n = l->drill->machines + 1;
	const char *what;
	int rc;

	if (geteuid())
		return failed("drill", "--namespaces takes root") +
		       EXIT_NO_PERMISSION - EXIT_FAILURE;
	privs_raise_files();
	rc = loop_open(&l->loop, &host_memory);
	l->signals = (struct watch){
		.fd = signals_open(), .arg = l, .ready = on_signal};
	if (!rc)
		rc = loop_watch(l->loop, &l->signals, LOOP_READ);
	if (l->drill->log && !(l->log = fopen(l->drill->log, "we")))
		return failed("drill", "%s: %s", l->drill->log,
			      strerror(errno));
	l->hosts = calloc(n, sizeof(*l->hosts));
	l->speakers = calloc(n, sizeof(*l->speakers));
	if (rc || !l->hosts || !l->speakers)
		return failed("drill", "no memory");
	rc = find_programs(l);
	if (rc)
		return rc;
	rc = lab_open(&what);
	if (rc)
		return failed("drill", "%s: %s", what, strerror(-rc));
	rc = lay_out_files(l);
	return rc ? rc : add_hosts(l);
}

/* ---- running ------------------------------------------------------------ */

static void round_of(struct lab_drill *l)
{
	(void)loop_wait(l->loop, loop_now(l->loop) + MILLISECONDS(100));
	if (l->power_on)
		drill_show(l->drill, l->state, loop_now(l->loop) - l->power_on);
}

static bool trains_are_done(const struct drill_state *state)
{
	for (unsigned i = 0; i < state->n_trains; i++)
		if (!state->trains[i].is_done)
			return false;
	return true;
}

static int run(struct lab_drill *l)
{
	uint32_t n = l->drill->machines;

	lab_go(&l->hosts[0]);
	while (!l->is_serving && !l->is_stopping && !l->has_server_died)
		round_of(l);
	l->power_on = loop_now(l->loop);
	for (uint32_t i = 1; i <= n; i++)
		lab_go(&l->hosts[i]);
	while (l->over < n && !l->is_stopping && !l->has_server_died)
		round_of(l);
	l->state->report.lasted = loop_now(l->loop) - l->power_on;
	if (l->has_server_died)
		return failed("drill", "the server ended");
	if (l->is_stopping)
		return failed("drill", "interrupted");
	/* Its trains end when the last rider has said goodbye or was given up;
	 * only then is known what they have sent. */
	for (int i = 0; i < 5 || (i < 150 && !trains_are_done(l->state)); i++)
		round_of(l);
	return 0;
}

static void sum(struct lab_drill *l)
{
	struct fleet_report *r = &l->state->report;
	const struct drill *d = l->drill;

	for (unsigned i = 0; i < d->n_images; i++) {
		uint64_t size = d->images[i].size;
		uint64_t block = fleet_block(d->via, size);

		r->image_bytes += size;
		r->packets_needed += (size + block - 1) / block;
	}
	for (unsigned i = 0; i < l->state->n_trains; i++)
		r->packets_sent += l->state->trains[i].before +
				   l->state->trains[i].sent;
	r->packets_sent += l->tftp_packets;
	r->wire_ratio = (double)r->packets_sent / (double)r->packets_needed;
}

int lab_drill(const struct drill *d, struct drill_state *state)
{
	struct lab_drill *l = calloc(1, sizeof(*l));
	int rc;

	if (!l)
		return failed("drill", "no memory");
	l->drill = d;
	l->state = state;
	state->report.machines = d->machines;
	rc = open_lab(l);
	if (!rc)
		rc = run(l);
	if (l->hosts)
		lab_close(l->hosts, d->machines + 1);
	sum(l);
	if (l->log && fclose(l->log) && !rc)
		rc = failed("drill", "%s: %s", d->log, strerror(errno));
	loop_close(l->loop, &host_memory);
	free(l->hosts);
	free(l->speakers);
	free(l);
	return rc;
}
