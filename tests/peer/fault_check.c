/*
 * Judges what machines and administrators were told while servers died: reads a
 * journal and says what can't be true of one store, if anything.
 *
 *	fault_check <JOURNAL
 *
 * A line is one operation, in any order: KIND ASKED ANSWERED WHO KEY VALUE
 * SERVER NOTE, times in microseconds of the monotonic clock, "-" where there is
 * nothing:
 *
 *	bind	a REQUEST and its ACK: WHO a machine, KEY an address, VALUE the
 *		seconds; ANSWERED "-": nothing was heard of it
 *	nak	a REQUEST and its NAK; NOTE: in which state the machine was
 *	release	never answered
 *	add, set, remove
 *		an edit: KEY a name, VALUE what it has then; NOTE "ok",
 *		"refused" (nothing was done), or "unknown"
 *	holds	what a server says of an address at rest, which WHO has or
 *		had last; NOTE "live" or "ended"
 *	shows	what a server says of a name at rest
 *	end	all servers (VALUE: how many) have said all; what was not
 *		answered by now has happened, or never will
 *
 * Three questions.  Do two machines hold promises of an address at a time, each
 * from its ACK until its term, counted from its REQUEST?  Does a machine get
 * another address, or a NAK, while it has a promise?  And is the history of
 * each address and name linearizable: is there an order of the operations, each
 * at some moment between question and answer, in which one register gives just
 * these answers (Wing and Gong, 1993)?  An address is a register that frees
 * itself: another machine's bind must wait for the end of the lease, so each
 * operation is put as early as it can be, which is never worse for those after
 * it.  What was not answered may be left out.
 *
 * A RELEASE ends the lease that its machine had when it said so, at any later
 * time, but not a longer one that it was given since.  That a lease has ended
 * before its time some server may say, which began with a clock that is ahead,
 * but not all of them.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPS = 128, WORD = 24, STEPS = 5000000 };
__extension__ typedef unsigned __int128 ops; /* a bit for each */

static const int64_t SECOND = 1000000, NEVER = INT64_MAX;

enum kind {
	BIND,
	NAK,
	RELEASE,
	ADD,
	SET,
	REMOVE,
	HOLDS,
	SHOWS,
	END,
	NOTHING, /* a server says nothing of the key */
};

static const char *const kinds[] = {"bind", "nak",    "release", "add",
				    "set",  "remove", "holds",   "shows",
				    "end",  "nothing"};

struct op {
	enum kind kind;
	int64_t asked, answered;
	char who[WORD], key[WORD], value[WORD], server[WORD], note[WORD];
};

struct journal {
	struct op *v;
	size_t n, room;
	unsigned wrong;
	unsigned binds, edits, ends;
};

/* What a key holds.  value: the machine, or what a name has; "": nothing. */
struct state {
	char value[WORD];
	int64_t until; /* of a lease: nobody else may have it before */
	int64_t since; /* when it was asked for, or for so long */
	int64_t at;    /* the last operation's moment */
};

/* A key's state between two times of rest. */
struct known {
	char key[WORD];
	struct state state;
};

static struct known *known;
static size_t n_known;

/* ---- reading ------------------------------------------------------------- */

static int64_t time_of(const char *word)
{
	return *word == '-' ? NEVER : strtoll(word, NULL, 10);
}

static bool op_get(struct op *o, const char *line)
{
	char kind[WORD], asked[WORD], answered[WORD];

	if (sscanf(line, "%23s %23s %23s %23s %23s %23s %23s %23s", kind, asked,
		   answered, o->who, o->key, o->value, o->server, o->note) != 8)
		return false;
	o->asked = time_of(asked);
	o->answered = time_of(answered);
	for (o->kind = 0; o->kind < NOTHING; o->kind++)
		if (!strcmp(kind, kinds[o->kind]))
			return true;
	return false;
}

static struct op *op_new(struct journal *j)
{
	if (j->n == j->room) {
		j->room = j->room ? 2 * j->room : 1024;
		j->v = realloc(j->v, j->room * sizeof *j->v);
		if (!j->v)
			exit(2);
	}
	memset(&j->v[j->n], 0, sizeof *j->v);
	return &j->v[j->n++];
}

static void journal_read(struct journal *j)
{
	char line[256];

	while (fgets(line, sizeof line, stdin)) {
		if (!op_get(op_new(j), line)) {
			fprintf(stderr, "fault_check: what is %s", line);
			exit(2);
		}
	}
}

static int by_time(const void *a, const void *b)
{
	const struct op *x = a, *y = b;

	if (x->asked != y->asked)
		return x->asked > y->asked ? 1 : -1;
	return (x->kind == END) - (y->kind == END);
}

static int by_key(const void *a, const void *b)
{
	const struct op *x = a, *y = b;
	int d = strcmp(x->key, y->key);

	return d ? d : by_time(a, b);
}

static int by_who(const void *a, const void *b)
{
	const struct op *x = a, *y = b;
	int d = strcmp(x->who, y->who);

	return d ? d : by_time(a, b);
}

static void print(const struct op *o)
{
	printf("    %s %" PRId64 " ", kinds[o->kind], o->asked);
	if (o->answered == NEVER)
		printf("-");
	else
		printf("%" PRId64, o->answered);
	printf(" %s %s %s %s %s\n", o->who, o->key, o->value, o->server,
	       o->note);
}

/* ---- promises ------------------------------------------------------------ */

static int64_t seconds(const struct op *o)
{
	return strtoll(o->value, NULL, 10) * SECOND;
}

/* Until when its machine may believe in the bind v[at]; v by machine and time.
 */
static int64_t promised(const struct op *v, size_t n, size_t at)
{
	int64_t end = v[at].asked + seconds(&v[at]);

	for (size_t i = at + 1; i < n && !strcmp(v[i].who, v[at].who); i++) {
		if (strcmp(v[i].key, v[at].key) != 0)
			continue;
		if (v[i].kind == RELEASE || v[i].kind == NAK ||
		    (v[i].kind == BIND && v[i].answered != NEVER))
			return v[i].asked < end ? v[i].asked : end;
	}
	return end;
}

struct promise {
	const struct op *bind;
	int64_t end;
};

static int by_address(const void *a, const void *b)
{
	const struct promise *x = a, *y = b;
	int d = strcmp(x->bind->key, y->bind->key);

	if (d)
		return d;
	return (x->bind->answered > y->bind->answered) -
	       (x->bind->answered < y->bind->answered);
}

static void judge_overlaps(struct journal *j, const struct promise *p, size_t n)
{
	size_t last = 0; /* that of this address which ends last */

	for (size_t i = 1; i < n; i++) {
		const struct op *a = p[last].bind, *b = p[i].bind;

		if (strcmp(a->key, b->key) != 0) {
			last = i;
			continue;
		}
		if (strcmp(a->who, b->who) != 0 && b->answered < p[last].end) {
			printf("not ok - %s is promised to two machines\n",
			       b->key);
			print(a);
			print(b);
			j->wrong++;
		}
		if (p[i].end >= p[last].end)
			last = i;
	}
}

/* v by machine and time: it gets no other address as long as it was promised
 * this one.  A NAK in that time is against the address's register. */
static void judge_machine(struct journal *j, size_t at)
{
	const struct op *v = j->v, *bind = &v[at];
	int64_t end = promised(v, j->n, at);

	for (size_t i = at + 1; i < j->n && !strcmp(v[i].who, bind->who); i++) {
		bool is_bind = v[i].kind == BIND && v[i].answered != NEVER;

		if (v[i].answered == NEVER || v[i].answered >= end)
			continue;
		if (is_bind && strcmp(v[i].key, bind->key) != 0) {
			printf("not ok - %s gets another address\n", bind->who);
			print(bind);
			print(&v[i]);
			j->wrong++;
		}
		if (is_bind)
			break;
	}
}

static void judge_promises(struct journal *j)
{
	struct promise *p = calloc(j->n + 1, sizeof *p);
	size_t n = 0;

	if (!p)
		exit(2);
	qsort(j->v, j->n, sizeof *j->v, by_who);
	for (size_t i = 0; i < j->n; i++) {
		if (j->v[i].kind != BIND || j->v[i].answered == NEVER)
			continue;
		judge_machine(j, i);
		p[n++] = (struct promise){&j->v[i], promised(j->v, j->n, i)};
	}
	qsort(p, n, sizeof *p, by_address);
	judge_overlaps(j, p, n);
	free(p);
}

/* ---- one register -------------------------------------------------------- */

struct search {
	const struct op *v[MOST_OPS];
	size_t n;
	unsigned steps;
	struct state end;
};

static bool is_edit(const struct op *o)
{
	return o->kind == ADD || o->kind == SET || o->kind == REMOVE;
}

/* It may never have happened. */
static bool is_optional(const struct op *o)
{
	return o->kind == RELEASE || o->answered == NEVER ||
	       !strcmp(o->note, "unknown");
}

static bool bind(struct state *s, const struct op *o)
{
	bool is_same = !strcmp(s->value, o->who);
	int64_t end;

	if (s->value[0] && !is_same && s->at < s->until)
		s->at = s->until;
	/* Who was not answered was promised nothing. */
	end = o->answered == NEVER ? s->at : s->at + seconds(o);
	/* What remains is told in whole seconds, by when a server heard. */
	if (!is_same || end > s->until + SECOND)
		s->since = o->asked;
	if (!is_same || end > s->until)
		s->until = end;
	strcpy(s->value, o->who);
	return s->at <= o->answered;
}

static bool edit(struct state *s, const struct op *o)
{
	bool can = (o->kind == ADD) == !s->value[0];

	if (!can)
		return is_optional(o); /* refused, and nobody heard it */
	strcpy(s->value, o->kind == REMOVE ? "" : o->value);
	return true;
}

/* The register after the operation, or false: it would have given another
 * answer. */
static bool step(struct state *s, const struct op *o)
{
	if (s->at < o->asked)
		s->at = o->asked;
	if (s->at > o->answered)
		return false;
	switch (o->kind) {
	case BIND:
		return bind(s, o);
	case NAK:
		return strcmp(s->value, o->who) != 0 || s->at >= s->until;
	case RELEASE:
		if (!strcmp(s->value, o->who)) {
			if (o->asked < s->since)
				return false;
			s->value[0] = '\0';
			s->until = s->at;
		}
		return true;
	case ADD:
	case SET:
	case REMOVE:
		return edit(s, o);
	case HOLDS: /* what has ended stands there until another has it */
		if (strcmp(o->note, "ended") != 0)
			return !strcmp(s->value, o->who);
		return !s->value[0] || s->at >= s->until;
	case SHOWS:
		return !strcmp(s->value, o->value);
	case NOTHING:
		return !s->value[0] ||
		       (strcmp(o->note, "lease") == 0 && s->at >= s->until);
	case END:
		break;
	}
	return false;
}

/* Whether it may be the next one: nothing that is left was over before it was
 * asked for. */
static bool is_next(const struct search *s, ops done, size_t i)
{
	if (done >> i & 1)
		return false;
	for (size_t k = 0; k < s->n; k++)
		if (!(done >> k & 1) && !is_optional(s->v[k]) &&
		    s->v[k]->answered < s->v[i]->asked)
			return false;
	return true;
}

static bool is_all(const struct search *s, ops done)
{
	for (size_t i = 0; i < s->n; i++)
		if (!(done >> i & 1) && !is_optional(s->v[i]))
			return false;
	return true;
}

struct level {
	ops done;
	struct state state;
	size_t at;
};

/* Depth first; false: there is no such order, or it takes too long to find. */
static bool search(struct search *s, const struct state *from)
{
	struct level stack[MOST_OPS + 1] = {{.state = *from}};
	size_t depth = 1;

	while (depth && s->steps++ < STEPS) {
		struct level *l = &stack[depth - 1], *next = &stack[depth];

		if (is_all(s, l->done)) {
			s->end = l->state;
			return true;
		}
		while (l->at < s->n && !is_next(s, l->done, l->at))
			l->at++;
		if (l->at == s->n) {
			depth--;
			continue;
		}
		*next = (struct level){.done = l->done | (ops)1 << l->at,
				       .state = l->state};
		if (step(&next->state, s->v[l->at++]))
			depth++;
	}
	return false;
}

/* ---- from one time of rest to the next ----------------------------------- */

static struct state *state_of(const char *key)
{
	for (size_t i = 0; i < n_known; i++)
		if (!strcmp(known[i].key, key))
			return &known[i].state;
	known = realloc(known, (n_known + 1) * sizeof *known);
	if (!known)
		exit(2);
	memset(&known[n_known], 0, sizeof *known);
	strcpy(known[n_known].key, key);
	return &known[n_known++].state;
}

static bool is_holder(const struct op *v, size_t n, const char *who)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == HOLDS && !strcmp(v[i].who, who))
			return true;
	return false;
}

/* Whether it says anything of the key, all of whose operations are v.  A bind
 * without an answer explains nothing but that its machine is there at last. */
static bool takes_part(const struct op *o, const struct op *v, size_t n)
{
	if (o->kind == BIND && o->answered == NEVER)
		return is_holder(v, n, o->who);
	if (o->kind == NAK)
		return strcmp(o->note, "select") != 0;
	if (is_edit(o))
		return strcmp(o->note, "refused") != 0;
	return true;
}

/* Those servers that did not say anything of a key said that it holds nothing.
 */
static void add_silent(struct search *s, struct op *nothing,
		       const struct op *end)
{
	unsigned servers = (unsigned)strtoul(end->value, NULL, 10), said = 0;

	for (size_t i = 0; i < s->n; i++)
		said += s->v[i]->kind == HOLDS || s->v[i]->kind == SHOWS;
	if (!s->n || said >= servers || s->n == MOST_OPS)
		return;
	*nothing = *end;
	nothing->kind = NOTHING;
	strcpy(nothing->key, s->v[0]->key);
	strcpy(nothing->note, strchr(nothing->key, '.') ? "lease" : "-");
	s->v[s->n++] = nothing;
}

/* What one of them says has ended, and another one says is live, is the
 * machine's. */
static void believe_the_living(struct op *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].kind != HOLDS || strcmp(v[i].note, "live") != 0)
			continue;
		for (size_t k = 0; k < n; k++)
			if (v[k].kind == HOLDS && !strcmp(v[k].who, v[i].who))
				strcpy(v[k].note, "live");
	}
}

static void judge_key(struct journal *j, struct op *v, size_t n,
		      const struct op *end)
{
	struct search s = {.n = 0};
	struct state *state = state_of(v[0].key);
	struct op nothing;

	believe_the_living(v, n);
	for (size_t i = 0; i < n; i++) {
		if (!takes_part(&v[i], v, n))
			continue;
		if (s.n == MOST_OPS) {
			printf("not ok - too much was done to %s\n", v[0].key);
			j->wrong++;
			return;
		}
		s.v[s.n++] = &v[i];
	}
	add_silent(&s, &nothing, end);
	if (search(&s, state)) {
		*state = s.end;
		return;
	}
	printf("not ok - %s: no order explains this%s\n", v[0].key,
	       s.steps >= STEPS ? " (or none was found)" : "");
	printf("    it held %s until %" PRId64 "\n",
	       state->value[0] ? state->value : "nothing", state->until);
	for (size_t i = 0; i < s.n; i++)
		print(s.v[i]);
	j->wrong++;
}

/* Whatever was not touched must be there still. */
static void judge_untouched(struct journal *j, const struct op *v, size_t n,
			    const struct op *end)
{
	for (size_t i = 0; i < n_known; i++) {
		const struct known *k = &known[i];
		bool is_lease = strchr(k->key, '.') != NULL, is_there = false;

		for (size_t at = 0; at < n && !is_there; at++)
			is_there = !strcmp(v[at].key, k->key);
		if (is_there || !k->state.value[0] ||
		    (is_lease && k->state.until <= end->asked))
			continue;
		printf("not ok - %s is gone, which held %s\n", k->key,
		       k->state.value);
		j->wrong++;
	}
}

static void judge_span(struct journal *j, struct op *v, size_t n,
		       const struct op *end)
{
	size_t from = 0;

	qsort(v, n, sizeof *v, by_key);
	judge_untouched(j, v, n, end);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && !strcmp(v[i].key, v[from].key))
			continue;
		judge_key(j, v + from, i - from, end);
		from = i;
	}
}

static void judge_registers(struct journal *j)
{
	size_t from = 0;

	qsort(j->v, j->n, sizeof *j->v, by_time);
	for (size_t i = 0; i < j->n; i++) {
		if (j->v[i].kind != END)
			continue;
		judge_span(j, j->v + from, i - from, &j->v[i]);
		from = i + 1;
		j->ends++;
	}
	if (from < j->n) {
		printf("not ok - the journal has no end\n");
		j->wrong++;
	}
}

int main(void)
{
	static struct journal j;

	journal_read(&j);
	for (size_t i = 0; i < j.n; i++) {
		j.binds += j.v[i].kind == BIND && j.v[i].answered != NEVER;
		j.edits += is_edit(&j.v[i]) && !strcmp(j.v[i].note, "ok");
	}
	judge_promises(&j);
	judge_registers(&j);
	printf("%zu operations, %u bindings, %u edits, %u times at rest, "
	       "%u wrong\n",
	       j.n, j.binds, j.edits, j.ends, j.wrong);
	return j.wrong != 0;
}
