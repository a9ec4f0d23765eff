/*
 * What a look-up costs, in instructions: counted by callgrind, so the same on a
 * machine that does other work.  The program runs itself in valgrind and reads
 * what that has counted; only the look-ups are.  They are of the release's
 * code, by gcc -O2: other compilers and processors differ by a few in a
 * hundred, which the bounds leave room for.  time limit: 120 s
 */
#include "base/rand.h"
#include "base/text.h"
#include "engine/netinfo_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <cmocka.h>

#include "../../bench/machines.h"

enum { FEW = 1000, MANY = 100000, DOMAINS = 1111, ROUNDS = 2000, LEVELS = 3 };
enum by { BY_HW, BY_IP, BY_NAME, BYS };

static const char *const by_names[BYS] = {"hardware address", "IP address",
					  "name"};

/* ---- what is counted, within valgrind ----------------------------------- */

struct asked {
	uint32_t id, domain, ip;
	struct hwaddr hw;
	char name[16];
};

struct room {
	struct machines m;
	struct directory *d;
	struct asked asked[ROUNDS];
};

static void *get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static void put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct alloc heap = {NULL, get, put};

static int apply(void *arg, const struct change *c)
{
	struct room *r = arg;

	return directory_apply(r->d, c);
}

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "big_look_ups: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Machines at random, asked for in a domain so many levels below theirs. */
static void ask_some(struct room *r, uint32_t levels)
{
	struct rand rand;

	rand_seed(&rand, r->m.n);
	for (uint32_t k = 0; k < ROUNDS;) {
		uint32_t i = (uint32_t)rand_below(&rand, r->m.n);
		uint32_t low = machine_domain_number(&r->m, i);
		struct asked *a = &r->asked[k];

		for (uint32_t n = 0; n < levels; n++)
			low = low * BRANCHES + 1;
		if (low >= r->m.domains)
			continue;
		*a = (struct asked){.id = machine_id(&r->m, i),
				    .domain = domain_id(low),
				    .ip = machine_ip(i),
				    .hw = machine_hw(i)};
		machine_name_of(i, a->name);
		k++;
	}
}

static const struct entry *find(const struct directory *d, enum by by,
				const struct asked *a)
{
	switch (by) {
	case BY_HW:
		return machine_by_hw(d, a->domain, &a->hw);
	case BY_IP:
		return machine_by_ip(d, a->domain, a->ip);
	case BY_NAME:
		return machine_by_name(d, a->domain, a->name);
	case BYS:
		break;
	}
	return NULL;
}

static void count_by(struct room *r, enum by by, const char *what)
{
	uint32_t found = 0;

	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	for (uint32_t k = 0; k < ROUNDS; k++) {
		const struct entry *e = find(r->d, by, &r->asked[k]);

		found += e && e->id == r->asked[k].id;
	}
	CALLGRIND_DUMP_STATS_AT(what);
	CALLGRIND_STOP_INSTRUMENTATION;
	must(found == ROUNDS, what);
}

static void count_in(struct room *r, uint32_t machines, uint32_t domains)
{
	r->m = (struct machines){.n = machines, .domains = domains};
	must(!directory_open(&r->d, &heap, 1024, 1), "memory");
	must(!machines_each(&r->m, apply, r), "the machines");
	for (uint32_t levels = 0; levels <= (domains > 1 ? LEVELS : 0);
	     levels++) {
		ask_some(r, levels);
		for (enum by by = 0; by < BYS; by++) {
			char what[64];

			snprintf(what, sizeof what, "%u %u %u %s", machines,
				 domains, levels, by_names[by]);
			count_by(r, by, what);
		}
	}
	directory_close(r->d);
}

/* An entry of a copied domain, its object's number there and what is behind. */
static void add_copied(struct directory *d, struct change *c, uint32_t object,
		       const struct plist *rest)
{
	struct netinfo_mark mark = {.id = {object, 1}, .checksum = 1};
	uint8_t room[2 * MACHINE_BYTES];
	struct plist_out o = plist_begin(room, sizeof room);

	netinfo_mark_put(&mark, !object, &o);
	wr_bytes(&o.w, rest->bytes, rest->len);
	must(plist_end(&o, &c->props), "a property list");
	must(!directory_apply(d, c), "an object");
}

static struct plist one(const char *property, const char *value, uint8_t *room)
{
	struct plist_out o = plist_begin(room, MACHINE_BYTES);
	struct plist props;

	plist_add(&o, property);
	plist_add_value(&o, value);
	(void)plist_end(&o, &props);
	return props;
}

/* A domain that is copied from another master, whose objects have ids of ours
 * that are others. */
static void fill_copy(struct directory *d, uint32_t domain, uint32_t machines)
{
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .id = domain,
			   .parent = DOMAIN_FIRST,
			   .instance = 1};
	uint8_t room[MACHINE_BYTES];
	struct plist props = one("master", "10.0.0.3/network", room);

	add_copied(d, &c, 0, &props);
	props = one("name", "machines", room);
	c = (struct change){.kind = CHANGE_ENTRY_PUT,
			    .domain = domain,
			    .id = domain + 1,
			    .parent = domain,
			    .instance = 1};
	add_copied(d, &c, 1, &props);
	c.parent = c.id;
	for (uint32_t i = 0; i < machines; i++) {
		c.id++;
		props = machine_props(i, room);
		add_copied(d, &c, machines + 1 - i, &props);
	}
}

static void count_copied(struct room *r, uint32_t machines)
{
	static struct settings settings;
	struct site s = {.settings = &settings};
	uint32_t domain, found = 0;
	struct rand rand;
	char what[64];

	must(!directory_open(&r->d, &heap, 1024, 1), "memory");
	domain = directory_next_id(r->d);
	fill_copy(r->d, domain, machines);
	s.directory = r->d;
	must(netinfo_is_copy(&s, domain), "it is no copy");
	rand_seed(&rand, machines);
	snprintf(what, sizeof what, "%u 1 0 copied object", machines);
	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	for (uint32_t k = 0; k < ROUNDS; k++) {
		uint32_t object = 2 + (uint32_t)rand_below(&rand, machines);
		const struct entry *e = netinfo_entry(&s, domain, object);

		found += e && e->id == domain + 2 + machines + 1 - object;
	}
	CALLGRIND_DUMP_STATS_AT(what);
	CALLGRIND_STOP_INSTRUMENTATION;
	must(found == ROUNDS, what);
	directory_close(r->d);
}

static int count(void)
{
	static struct room r;

	count_in(&r, FEW, 1);
	count_in(&r, MANY, 1);
	count_in(&r, MANY, DOMAINS);
	count_copied(&r, FEW);
	count_copied(&r, MANY);
	return 0;
}

/* ---- what is asserted, outside ------------------------------------------ */

static char dump[4096];

/* Instructions a look-up, which has this name. */
static unsigned cost_of(uint32_t machines, uint32_t domains, uint32_t levels,
			const char *name)
{
	char want[128], line[256];
	unsigned long n = 0;
	bool is_it = false;
	FILE *f = fopen(dump, "r");

	snprintf(want, sizeof want,
		 "desc: Trigger: Client Request: %u %u %u %s\n", machines,
		 domains, levels, name);
	assert_non_null(f);
	while (!n && fgets(line, sizeof line, f)) {
		is_it = is_it || !strcmp(line, want);
		if (is_it && !strncmp(line, "totals: ", 8))
			n = strtoul(line + 8, NULL, 10);
	}
	fclose(f);
	n /= ROUNDS;
	print_message("%u machines, %u domains, %u up, by %s: %lu "
		      "instructions\n",
		      machines, domains, levels, name, n);
	return (unsigned)n;
}

static unsigned cost(uint32_t machines, uint32_t domains, uint32_t levels,
		     enum by by)
{
	return cost_of(machines, domains, levels, by_names[by]);
}

static void a_look_up_takes_so_many_instructions(void **state)
{
	static const unsigned most[BYS] = {660, 510, 860};

	(void)state;
	for (enum by by = 0; by < BYS; by++)
		assert_in_range(cost(MANY, 1, 0, by), 1, most[by]);
}

static void a_hundred_times_the_machines_cost_a_tenth_more(void **state)
{
	(void)state;
	for (enum by by = 0; by < BYS; by++)
		assert_in_range(10 * cost(MANY, 1, 0, by), 1,
				11 * cost(FEW, 1, 0, by));
}

/* However many domains there are. */
static void each_domain_on_the_way_up_costs_the_same(void **state)
{
	static const unsigned most[BYS] = {830, 675, 1030};
	static const unsigned each[BYS] = {300, 235, 350};

	(void)state;
	for (enum by by = 0; by < BYS; by++)
		for (uint32_t n = 0; n <= LEVELS; n++)
			assert_in_range(cost(MANY, DOMAINS, n, by), 1,
					most[by] + n * each[by]);
}

static void an_object_of_a_copied_domain_costs_no_more(void **state)
{
	static const char name[] = "copied object";

	(void)state;
	assert_in_range(cost_of(MANY, 1, 0, name), 1, 2300);
	assert_in_range(10 * cost_of(MANY, 1, 0, name), 1,
			11 * cost_of(FEW, 1, 0, name));
}

static int run_counted(void **state)
{
	char self[1024], out[sizeof dump + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int status = -1;
	pid_t pid;

	(void)state;
	assert_true(n > 0);
	self[n] = '\0';
	snprintf(dump, sizeof dump, "%s.callgrind", self);
	snprintf(out, sizeof out, "--callgrind-out-file=%s", dump);
	(void)unlink(dump);
	pid = fork();
	if (!pid) {
		execlp("valgrind", "valgrind", "-q", "--tool=callgrind",
		       "--instr-atstart=no", "--combine-dumps=yes", out, self,
		       "count", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int forget(void **state)
{
	(void)state;
	return unlink(dump);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_up_takes_so_many_instructions),
		cmocka_unit_test(
			a_hundred_times_the_machines_cost_a_tenth_more),
		cmocka_unit_test(each_domain_on_the_way_up_costs_the_same),
		cmocka_unit_test(an_object_of_a_copied_domain_costs_no_more),
	};

	if (argc == 2 && !strcmp(argv[1], "count"))
		return count();
	return cmocka_run_group_tests(tests, run_counted, forget);
}
