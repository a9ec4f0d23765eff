/*
 * The directory with many machines: what a look-up, a machine's memory, a start
 * and an edit cost, beside glibc's hash table of the same keys, SQLite reading
 * the same rows, and an fsync of the same disk.
 *
 *	directory measure MACHINES DOMAINS FOLDER
 *		lines of: what, by whom, value, unit, with tabs between.  FOLDER
 *		is where files are made, and gone again
 *	directory look MACHINES DOMAINS
 *		of these only what needs no file and no peer
 *	directory fill FILE MACHINES DOMAINS
 *		a store with these machines, as musterd opens it
 *	directory edit FILE MACHINES DOMAINS
 *		the edits alone, in a store that was filled so
 *	directory start FILE MACHINES DOMAINS
 *		the start alone, from such a store
 *
 * glibc and SQLite have addresses as letters, "a" for a half byte of 0, to "p",
 * and all keys from the end: as they are written, most of them collide in
 * glibc's hash, which then is quadratic.
 *
 * Look-ups are of machines at random.  "random": any of all, so the more there
 * are, the less of them is in the processor's cache.  "warm": the same thousand
 * again and again.  "cold": a thousand, after 256 MiB of something else have
 * gone through the cache.
 */
#include "app/load.h"
#include "base/rand.h"
#include "host/loop.h"
#include "host/memory.h"
#include "machines.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Its entry is not ours. */
#define entry search_entry
#include <search.h>
#undef entry

enum {
	ROUNDS = 1 << 18, /* look-ups of one figure */
	FEW = 1000,       /* machines in the cache */
	TIMES = 5,        /* that figures of FEW are measured */
	EDITS = 500,      /* one by one */
	BATCH = 1024,
	BATCHES = 160,
	HISTORIES = 50,
	LITTER = 256 << 20,
	LEVELS = 3,
};

enum by { BY_HW, BY_IP, BY_NAME, BYS };

static const char *const by_names[BYS] = {"hardware address", "IP address",
					  "name"};

/* What somebody asks for, in all forms: they lie in the order in which they are
 * asked, so that making them costs no look-up anything. */
struct asked {
	uint32_t i, id, domain, ip;
	struct hwaddr hw;
	char name[16];
	char text[BYS][20]; /* for others than Muster */
};

struct bench {
	struct machines m;
	const char *folder;
	char path[512];
	struct directory *d;
	struct asked *asked; /* ROUNDS */
	uint8_t *litter;
	size_t in_use; /* bytes that the directory has from the heap */
	uint32_t *instances;
};

_Noreturn static void die(const char *what, int rc)
{
	fprintf(stderr, "bench/directory: %s: %s\n", what, strerror(-rc));
	exit(EXIT_FAILURE);
}

static void must(const char *what, int rc)
{
	if (rc)
		die(what, rc);
}

static void say(const char *what, const char *who, double value,
		const char *unit)
{
	printf("%s\t%s\t%.4g\t%s\n", what, who, value, unit);
	fflush(stdout);
}

static double us_since(usec start)
{
	return (double)(host_now() - start);
}

/* Of this thread's processor time: what others do on the machine meanwhile
 * counts only for the cache that they take. */
static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	usec x = *(const usec *)a, y = *(const usec *)b;

	return (x > y) - (x < y);
}

static double median(usec *v, size_t n)
{
	qsort(v, n, sizeof *v, ascending);
	n /= 2;
	return (double)v[n];
}

/* ---- memory ------------------------------------------------------------- */

/* What malloc(3) sets aside for it, its own word among it. */
static size_t piece(void *p)
{
	return p ? malloc_usable_size(p) + sizeof(size_t) : 0;
}

static void *counted_get(void *arg, size_t n, size_t size)
{
	struct bench *b = arg;
	void *p = host_memory.get(host_memory.arg, n, size);

	b->in_use += piece(p);
	return p;
}

static void counted_put(void *arg, void *p)
{
	struct bench *b = arg;

	b->in_use -= piece(p);
	host_memory.put(host_memory.arg, p);
}

static double resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[80], *here = NULL;

	if (f && fgets(line, sizeof line, f))
		here = strchr(line, ' ');
	if (!here)
		die("/proc/self/statm", -EIO);
	fclose(f);
	return strtod(here, NULL) * (double)sysconf(_SC_PAGESIZE);
}

static int apply(void *arg, const struct change *c)
{
	struct bench *b = arg;

	return directory_apply(b->d, c);
}

static void fill(struct bench *b)
{
	struct alloc counted = {b, counted_get, counted_put};
	double before = resident();
	double start = cpu();

	must("memory", directory_open(&b->d, &counted, 1024, 1));
	must("the machines", machines_each(&b->m, apply, b));
	say("making one", "muster", (cpu() - start) / b->m.n, "ns");
	say("memory, of the heap", "muster", (double)b->in_use / b->m.n,
	    "bytes");
	say("memory, resident", "muster", (resident() - before) / b->m.n,
	    "bytes");
}

/* ---- look-ups ----------------------------------------------------------- */

/* Something that finds a machine: false if it does not. */
struct finder {
	const char *who;
	bool (*find)(struct finder *f, enum by by, const struct asked *a);
	const struct directory *d;
	struct hsearch_data tables[BYS];
	sqlite3 *db;
	sqlite3_stmt *stmt[BYS];
	uint32_t rounds;
};

/* Backwards: of long keys, that hash forgets what is behind. */
static void spell(char *to, const uint8_t *b, size_t len)
{
	while (len-- > 0) {
		*to++ = (char)('a' + (b[len] & 15));
		*to++ = (char)('a' + (b[len] >> 4));
	}
}

static struct asked ask_for(const struct machines *m, uint32_t i)
{
	struct asked a = {.i = i,
			  .id = machine_id(m, i),
			  .domain = domain_id(machine_domain_number(m, i)),
			  .ip = machine_ip(i),
			  .hw = machine_hw(i)};
	uint8_t ip[4];
	struct wr w = wr_over(ip, sizeof ip);

	wr_u32(&w, a.ip);
	spell(a.text[BY_HW], a.hw.b, a.hw.len);
	spell(a.text[BY_IP], ip, sizeof ip);
	machine_name_of(i, a.name);
	for (size_t k = 0, len = strlen(a.name); k < len; k++)
		a.text[BY_NAME][k] = a.name[len - 1 - k];
	return a;
}

/* Some of the first `among` machines, spread over all, at random. */
static void ask_some(struct bench *b, uint32_t n, uint32_t among)
{
	struct rand r;

	rand_seed(&r, among);
	if (among > b->m.n)
		among = b->m.n;
	for (uint32_t k = 0; k < n; k++) {
		uint64_t i = rand_below(&r, among) * b->m.n / among;

		b->asked[k] = ask_for(&b->m, (uint32_t)i);
	}
}

static double find_all(struct finder *f, enum by by, const struct asked *a,
		       uint32_t n)
{
	double start = cpu();

	for (uint32_t k = 0; k < n; k++)
		if (!f->find(f, by, &a[k]))
			die(f->who, -ENOENT);
	return (cpu() - start) / n;
}

static void find_cold(struct bench *b, struct finder *f, enum by by,
		      const char *what)
{
	double sum = 0;

	for (uint32_t t = 0; t < TIMES; t++) {
		memset(b->litter, (int)t, LITTER);
		sum += find_all(f, by, b->asked + (size_t)t * FEW, FEW);
	}
	say(what, f->who, sum / TIMES, "ns");
}

static void find(struct bench *b, struct finder *f)
{
	char what[64];

	ask_some(b, f->rounds, b->m.n);
	for (enum by by = 0; by < BYS; by++) {
		snprintf(what, sizeof what, "by %s, random", by_names[by]);
		(void)find_all(f, by, b->asked, f->rounds);
		say(what, f->who, find_all(f, by, b->asked, f->rounds), "ns");
		snprintf(what, sizeof what, "by %s, cold", by_names[by]);
		find_cold(b, f, by, what);
	}
	ask_some(b, f->rounds, FEW);
	for (enum by by = 0; by < BYS; by++) {
		snprintf(what, sizeof what, "by %s, warm", by_names[by]);
		say(what, f->who, find_all(f, by, b->asked, f->rounds), "ns");
	}
}

/* From the nearest domain of the machine. */
static bool muster_find(struct finder *f, enum by by, const struct asked *a)
{
	const struct entry *e = NULL;

	switch (by) {
	case BY_HW:
		e = machine_by_hw(f->d, a->domain, &a->hw);
		break;
	case BY_IP:
		e = machine_by_ip(f->d, a->domain, a->ip);
		break;
	case BY_NAME:
		e = machine_by_name(f->d, a->domain, a->name);
		break;
	case BYS:
		break;
	}
	return e && e->id == a->id;
}

static void find_muster(struct bench *b)
{
	struct finder f = {.who = "muster",
			   .find = muster_find,
			   .d = b->d,
			   .rounds = ROUNDS};

	find(b, &f);
}

/* From a domain that is so many levels below the machine's. */
static void climb(struct bench *b)
{
	struct finder f = {.who = "muster", .find = muster_find, .d = b->d};
	char what[64];

	for (uint32_t levels = 1; levels <= LEVELS; levels++) {
		ask_some(b, ROUNDS, b->m.n);
		f.rounds = 0;
		for (uint32_t k = 0; k < ROUNDS; k++) {
			struct asked *a = &b->asked[k];
			uint32_t low = machine_domain_number(&b->m, a->i);

			for (uint32_t n = 0; n < levels; n++)
				low = low * BRANCHES + 1;
			if (low >= b->m.domains)
				continue;
			a->domain = domain_id(low);
			b->asked[f.rounds++] = *a;
		}
		if (!f.rounds)
			return;
		snprintf(what, sizeof what,
			 "by hardware address, %u domains up, random", levels);
		say(what, "muster", find_all(&f, BY_HW, b->asked, f.rounds),
		    "ns");
	}
}

/* ---- the floor ---------------------------------------------------------- */

static bool glibc_find(struct finder *f, enum by by, const struct asked *a)
{
	/* It never writes to the key of a search. */
	ENTRY want = {.key = (char *)(uintptr_t)a->text[by]}, *found;

	return hsearch_r(want, FIND, &found, &f->tables[by]) &&
	       (uintptr_t)found->data == a->id;
}

static void find_glibc(struct bench *b)
{
	struct finder f = {
		.who = "glibc", .find = glibc_find, .rounds = ROUNDS};
	struct asked *all = calloc(b->m.n, sizeof *all), *a;
	ENTRY *found;

	if (!all)
		die("memory", -ENOMEM);
	for (int by = 0; by < BYS; by++)
		if (!hcreate_r((size_t)b->m.n * 3 / 2, &f.tables[by]))
			die("hcreate_r", -ENOMEM);
	for (uint32_t i = 0; i < b->m.n; i++) {
		a = &all[i];
		*a = ask_for(&b->m, i);
		for (int by = 0; by < BYS; by++)
			(void)hsearch_r(
				(ENTRY){.key = a->text[by],
					.data = (void *)(uintptr_t)a->id},
				ENTER, &found, &f.tables[by]);
	}
	find(b, &f);
	for (int by = 0; by < BYS; by++)
		hdestroy_r(&f.tables[by]);
	free(all);
}

/* ---- the alternative ---------------------------------------------------- */

static const char machine_table[] =
	"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;"
	"PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;"
	"CREATE TABLE machine (id INTEGER PRIMARY KEY, hw TEXT, ip TEXT,"
	" name TEXT, props BLOB); BEGIN";

static const char machine_indexes[] =
	"CREATE UNIQUE INDEX by_hw ON machine (hw);"
	"CREATE UNIQUE INDEX by_ip ON machine (ip);"
	"CREATE UNIQUE INDEX by_name ON machine (name); COMMIT";

static const char *const machine_select[BYS] = {
	[BY_HW] = "SELECT id, props FROM machine WHERE hw = ?1",
	[BY_IP] = "SELECT id, props FROM machine WHERE ip = ?1",
	[BY_NAME] = "SELECT id, props FROM machine WHERE name = ?1",
};

static bool sqlite_find(struct finder *f, enum by by, const struct asked *a)
{
	sqlite3_stmt *q = f->stmt[by];

	sqlite3_reset(q);
	sqlite3_bind_text(q, 1, a->text[by], -1, SQLITE_STATIC);
	return sqlite3_step(q) == SQLITE_ROW &&
	       sqlite3_column_int64(q, 0) == a->id && sqlite3_column_blob(q, 1);
}

static void sqlite_must(struct finder *f, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "bench/directory: %s\n", sqlite3_errmsg(f->db));
	exit(EXIT_FAILURE);
}

static void sqlite_fill(struct bench *b, struct finder *f)
{
	uint8_t room[MACHINE_BYTES];
	sqlite3_stmt *q;

	sqlite_must(f, sqlite3_exec(f->db, machine_table, NULL, NULL, NULL));
	sqlite_must(f, sqlite3_prepare_v2(f->db,
					  "INSERT INTO machine VALUES"
					  " (?1, ?2, ?3, ?4, ?5)",
					  -1, &q, NULL));
	for (uint32_t i = 0; i < b->m.n; i++) {
		struct asked a = ask_for(&b->m, i);
		struct plist props = machine_props(i, room);

		sqlite3_bind_int64(q, 1, a.id);
		for (int by = 0; by < BYS; by++)
			sqlite3_bind_text(q, 2 + by, a.text[by], -1,
					  SQLITE_STATIC);
		sqlite3_bind_blob(q, 5, props.bytes, (int)props.len,
				  SQLITE_STATIC);
		sqlite_must(f, sqlite3_step(q));
		sqlite3_reset(q);
	}
	sqlite3_finalize(q);
	sqlite_must(f, sqlite3_exec(f->db, machine_indexes, NULL, NULL, NULL));
}

static void find_sqlite(struct bench *b)
{
	struct finder f = {
		.who = "sqlite", .find = sqlite_find, .rounds = ROUNDS / 4};
	char path[512];

	snprintf(path, sizeof path, "%s/points.db", b->folder);
	sqlite_must(&f, sqlite3_open(path, &f.db));
	sqlite_fill(b, &f);
	for (int by = 0; by < BYS; by++)
		sqlite_must(&f, sqlite3_prepare_v2(f.db, machine_select[by], -1,
						   &f.stmt[by], NULL));
	find(b, &f);
	for (int by = 0; by < BYS; by++)
		sqlite3_finalize(f.stmt[by]);
	sqlite3_close(f.db);
	(void)unlink(path);
}

/* ---- the store ---------------------------------------------------------- */

/* Changes on their way into the store, a batch at a time. */
struct filling {
	struct store *store;
	struct change changes[BATCH];
	struct commit commits[BATCH];
	uint8_t rooms[BATCH][MACHINE_BYTES];
	size_t n;
};

static int flush(struct filling *f)
{
	uint64_t revision;
	int rc;

	for (size_t i = 0; i < f->n; i++)
		f->commits[i] = (struct commit){.change = &f->changes[i]};
	rc = f->store->ops->commit(f->store, f->commits, f->n, &revision);
	for (size_t i = 0; i < f->n && !rc; i++)
		rc = f->commits[i].rc;
	f->n = 0;
	return rc;
}

static int take(void *arg, const struct change *c)
{
	struct filling *f = arg;
	struct change *to = &f->changes[f->n];

	*to = *c;
	memcpy(f->rooms[f->n], c->props.bytes, c->props.len);
	to->props.bytes = f->rooms[f->n++];
	return f->n == BATCH ? flush(f) : 0;
}

static struct store *open_store(const char *path)
{
	struct store *store = NULL;
	char why[512];

	if (!store_sqlite_open(&store, path, why, sizeof why) && store)
		return store;
	fprintf(stderr, "bench/directory: %s\n", why);
	exit(EXIT_FAILURE);
}

static void fill_store(const struct machines *m, const char *path)
{
	struct filling *f = calloc(1, sizeof *f);

	if (!f)
		die("memory", -ENOMEM);
	f->store = open_store(path);
	must(path, machines_each(m, take, f));
	must(path, flush(f));
	f->store->ops->close(f->store);
	free(f);
}

/* As if the machine had just been switched on, as far as that file goes. */
static void forget_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path, -errno);
	(void)fsync(fd);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static void no_lease(void *arg, const struct lease *l)
{
	(void)arg;
	(void)l;
}

/* As musterd does: the store is opened and read, the directory made. */
static void start(const struct bench *b, const char *what, const char *what_cpu)
{
	static struct settings settings;
	struct site site = {.domain = DOMAIN_FIRST, .settings = &settings};
	usec begun = host_now();
	double used = cpu();
	struct store *store = open_store(b->path);

	must("memory", directory_open(&site.directory, &host_memory, 1024, 1));
	must("memory", leases_open(&site.leases, &host_memory, 4096, 1));
	must(b->path, load_site(store, &site, &host_memory, no_lease, NULL));
	say(what, "muster", us_since(begun) / 1e6, "s");
	say(what_cpu, "muster", (cpu() - used) / 1e9, "s");
	if (directory_machines(site.directory) != b->m.n)
		die("machines are missing", -ENOENT);
	leases_close(site.leases, &host_memory);
	directory_close(site.directory);
	store->ops->close(store);
}

/* ---- edits -------------------------------------------------------------- */

static void measure_sync(const struct bench *b)
{
	static const uint8_t page[4096] = {1};
	usec took[EDITS];
	char path[512];

	snprintf(path, sizeof path, "%s/sync", b->folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die(path, -errno);
	for (int i = 0; i < EDITS; i++) {
		usec begun = host_now();

		if (pwrite(fd, page, sizeof page, 0) != (ssize_t)sizeof page ||
		    fdatasync(fd))
			die(path, -errno);
		took[i] = host_now() - begun;
	}
	close(fd);
	(void)unlink(path);
	say("a page and its sync, median", "disk", median(took, EDITS), "us");
}

/* The machine's boot file is another one. */
static void edit_of(struct bench *b, uint32_t i, struct change *c,
		    uint8_t *room)
{
	uint8_t was[MACHINE_BYTES];
	struct plist_out o = plist_begin(room, MACHINE_BYTES);
	struct plist props = machine_props(i, was);
	char file[16];
	const char *values[] = {file};

	*c = machine_change(&b->m, i, was);
	c->instance = ++b->instances[i] + 1;
	snprintf(file, sizeof file, "mach.%u", c->instance);
	if (!plist_replace(&props, "bootfile", values, 1, &o) ||
	    !plist_end(&o, &c->props))
		die("an edit", -EMSGSIZE);
}

/* Checked, durable, applied. */
static void edit(struct bench *b, struct filling *f, struct rand *r, size_t n)
{
	uint32_t other;

	for (f->n = 0; f->n < n; f->n++) {
		struct change *c = &f->changes[f->n];

		edit_of(b, (uint32_t)rand_below(r, b->m.n), c, f->rooms[f->n]);
		must("check", directory_check(b->d, c, &other));
		must("apply", directory_apply(b->d, c));
	}
	must("commit", flush(f));
}

/* Bytes that this process has given to write(2) and its kin. */
static double written(void)
{
	FILE *f = fopen("/proc/self/io", "re");
	char line[80];
	double n = -1;

	while (f && n < 0 && fgets(line, sizeof line, f))
		if (!strncmp(line, "wchar: ", 7))
			n = strtod(line + 7, NULL);
	if (n < 0)
		die("/proc/self/io", -EIO);
	fclose(f);
	return n;
}

/* As many bytes, and as often made durable: what no store can be faster than.
 */
static void write_floor(const struct bench *b, double bytes)
{
	size_t len = (size_t)(bytes / BATCHES);
	uint8_t *batch = malloc(len);
	char path[sizeof b->path + 8];
	usec begun;

	snprintf(path, sizeof path, "%s-floor", b->path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (!batch || fd < 0)
		die(path, -errno);
	memset(batch, 1, len);
	begun = host_now();
	for (int i = 0; i < BATCHES; i++)
		if (write(fd, batch, len) != (ssize_t)len || fdatasync(fd))
			die(path, -errno);
	say("edits in batches", "disk",
	    BATCHES * BATCH / (us_since(begun) / 1e6), "/s");
	close(fd);
	(void)unlink(path);
	free(batch);
}

static int no_line(void *arg, const struct store_line *l)
{
	uint32_t *n = arg;

	(void)l;
	++*n;
	return 0;
}

/* Of some of the machines that were edited, in a history that is full. */
static void histories(const struct bench *b, struct store *s)
{
	struct asked a;
	char path[64];
	uint32_t lines = 0;
	double used = cpu();

	for (uint32_t i = 0; i < HISTORIES; i++) {
		a = ask_for(&b->m,
			    (uint32_t)((uint64_t)i * b->m.n / HISTORIES));
		snprintf(path, sizeof path, "/machines/%s", a.name);
		struct store_query q = {
			.domain = a.domain, .path = path, .most = 100};

		must("history", s->ops->history(s, &q, no_line, &lines));
	}
	say("the history of a machine", "muster",
	    (cpu() - used) / HISTORIES / 1e6, "ms");
}

static void edits(struct bench *b)
{
	struct filling *f = calloc(1, sizeof *f);
	usec took[EDITS], begun, longest = 0;
	double bytes, used;
	struct rand r;

	b->instances = calloc(b->m.n, sizeof *b->instances);
	if (!f || !b->instances)
		die("memory", -ENOMEM);
	rand_seed(&r, 2);
	f->store = open_store(b->path);
	for (int i = 0; i < EDITS; i++) {
		begun = host_now();
		edit(b, f, &r, 1);
		took[i] = host_now() - begun;
	}
	say("an edit, median", "muster", median(took, EDITS), "us");
	begun = host_now();
	bytes = written();
	used = cpu();
	for (int i = 0; i < BATCHES; i++) {
		usec since = host_now();

		edit(b, f, &r, BATCH);
		longest = usec_max(longest, host_now() - since);
	}
	used = cpu() - used;
	bytes = written() - bytes;
	say("edits in batches", "muster",
	    BATCHES * BATCH / (us_since(begun) / 1e6), "/s");
	say("the slowest batch", "muster", (double)longest / 1e3, "ms");
	say("written for an edit in a batch", "muster",
	    bytes / (BATCHES * BATCH), "bytes");
	say("processor time of an edit in a batch", "muster",
	    used / 1e3 / (BATCHES * BATCH), "us");
	write_floor(b, bytes);
	histories(b, f->store);
	f->store->ops->close(f->store);
	free(b->instances);
	free(f);
}

/* ---- the run ------------------------------------------------------------ */

static int look(struct bench *b)
{
	b->asked = calloc(ROUNDS, sizeof *b->asked);
	b->litter = malloc(LITTER);
	if (!b->asked || !b->litter)
		die("memory", -ENOMEM);
	memset(b->litter, 1, LITTER);
	memset(b->asked, 1, ROUNDS * sizeof *b->asked);
	fill(b);
	find_muster(b);
	climb(b);
	return EXIT_SUCCESS;
}

static int measure(struct bench *b)
{
	snprintf(b->path, sizeof b->path, "%s/muster.db", b->folder);
	(void)look(b);
	find_glibc(b);
	find_sqlite(b);
	fill_store(&b->m, b->path);
	start(b, "start", "start, processor time");
	forget_file(b->path);
	start(b, "start, file not in the cache",
	      "start, file not in the cache, processor time");
	measure_sync(b);
	edits(b);
	directory_close(b->d);
	(void)unlink(b->path);
	free(b->litter);
	free(b->asked);
	return EXIT_SUCCESS;
}

/* Of a store that is there, and once only. */
static int edit_only(struct bench *b, const char *path)
{
	snprintf(b->path, sizeof b->path, "%s", path);
	must("memory", directory_open(&b->d, &host_memory, 1024, 1));
	must("the machines", machines_each(&b->m, apply, b));
	edits(b);
	directory_close(b->d);
	return EXIT_SUCCESS;
}

static bool get_machines(struct machines *m, const char *n, const char *domains)
{
	m->n = (uint32_t)strtoul(n, NULL, 10);
	m->domains = (uint32_t)strtoul(domains, NULL, 10);
	return m->n > 0 && m->n <= MACHINES_MOST && m->domains > 0 &&
	       m->domains <= m->n;
}

int main(int argc, char **argv)
{
	static struct bench b;

	if (argc == 5 && !strcmp(argv[1], "measure") &&
	    get_machines(&b.m, argv[2], argv[3])) {
		b.folder = argv[4];
		return measure(&b);
	}
	if (argc == 5 && !strcmp(argv[1], "start") &&
	    get_machines(&b.m, argv[3], argv[4])) {
		snprintf(b.path, sizeof b.path, "%s", argv[2]);
		start(&b, "start", "start, processor time");
		return EXIT_SUCCESS;
	}
	if (argc == 4 && !strcmp(argv[1], "look") &&
	    get_machines(&b.m, argv[2], argv[3]))
		return look(&b);
	if (argc == 5 && !strcmp(argv[1], "fill") &&
	    get_machines(&b.m, argv[3], argv[4])) {
		fill_store(&b.m, argv[2]);
		return EXIT_SUCCESS;
	}
	if (argc == 5 && !strcmp(argv[1], "edit") &&
	    get_machines(&b.m, argv[3], argv[4]))
		return edit_only(&b, argv[2]);
	fputs("usage: directory measure MACHINES DOMAINS FOLDER\n"
	      "       directory look MACHINES DOMAINS\n"
	      "       directory fill FILE MACHINES DOMAINS\n"
	      "       directory edit FILE MACHINES DOMAINS\n"
	      "       directory start FILE MACHINES DOMAINS\n",
	      stderr);
	return 2;
}
