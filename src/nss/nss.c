/*
 * Asking, and what all the databases share.
 */
#include "nss/nss.h"

#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- asking -------------------------------------------------------------- */

static usec now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

/* Lets the next call wait until then; false: it is too late for one.  Before
 * each, since a signal that the program catches ends a call early: it must
 * neither be the answer nor make the whole longer. */
static bool may_wait(int fd, int option, usec until)
{
	usec left = until - now();
	const struct timeval t = {.tv_sec = left / SECONDS(1),
				  .tv_usec = left % SECONDS(1)};

	errno = ETIMEDOUT;
	return left > 0 && !setsockopt(fd, SOL_SOCKET, option, &t, sizeof t);
}

/* musterd looks for its own user at SIGHUP, say: it would wait for itself, and
 * everybody for it. */
static bool is_ourselves(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       peer.pid == getpid();
}

/* Even connect(2) waits, when many do. */
static int connected(usec until)
{
	static const struct sockaddr_un at = {.sun_family = AF_UNIX,
					      .sun_path = NSS_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -1;
	do
		rc = may_wait(fd, SO_SNDTIMEO, until)
			     ? connect(fd, (const struct sockaddr *)&at,
				       sizeof at)
			     : -1;
	while (rc && errno == EINTR);
	if (!rc && !is_ourselves(fd))
		return fd;
	close(fd);
	return -1;
}

static ssize_t exchange(const uint8_t *question, size_t len,
			struct nss_answer *to)
{
	usec until = now() + SECONDS(NSS_PATIENCE);
	int fd = connected(until);
	ssize_t n;

	if (fd < 0)
		return -1;
	/* The first of a connection: there is room for it. */
	n = send(fd, question, len, MSG_NOSIGNAL);
	if (n >= 0)
		do
			n = may_wait(fd, SO_RCVTIMEO, until)
				    ? recv(fd, to->bytes, sizeof to->bytes, 0)
				    : -1;
		while (n < 0 && errno == EINTR);
	close(fd);
	return n;
}

static enum nss_status status_of(const struct lookup_answer *a)
{
	switch (a->status) {
	case LOOKUP_FOUND:
		return NSS_STATUS_SUCCESS;
	case LOOKUP_UNAVAILABLE:
	case LOOKUP_BUSY:
		return NSS_STATUS_TRYAGAIN;
	default:
		return NSS_STATUS_NOTFOUND;
	}
}

static int error_of(enum nss_status status)
{
	if (status == NSS_STATUS_TRYAGAIN)
		return EAGAIN;
	return status == NSS_STATUS_UNAVAIL ? ENOENT : 0;
}

struct nss_answer *nss_ask(uint8_t op, const char *category, const char *key,
			   const char *value, uint64_t position,
			   enum nss_status *status, int *errnop)
{
	const struct lookup_question q = {.op = op,
					  .sequence = 1,
					  .position = position,
					  .category = category,
					  .key = key,
					  .value = value};
	struct nss_answer *to = malloc(sizeof *to);
	uint8_t bytes[LOOKUP_QUESTION_MAX];
	struct wr w = wr_over(bytes, sizeof bytes);
	struct rd r;
	ssize_t n;

	*status = NSS_STATUS_NOTFOUND;
	lookup_question_put(&q, &w);
	n = to && !w.bad ? exchange(bytes, wr_len(&w), to) : -1;
	r = rd_over(to ? to->bytes : NULL, n > 0 ? (size_t)n : 0);
	if (!w.bad)
		*status = n > 0 && lookup_answer_get(&to->a, &r)
				  ? status_of(&to->a)
				  : NSS_STATUS_UNAVAIL;
	*errnop = error_of(*status);
	if (*status == NSS_STATUS_SUCCESS)
		return to;
	free(to);
	return NULL;
}

/* ---- room ---------------------------------------------------------------- */

struct nss_room nss_room(char *buffer, size_t len)
{
	return (struct nss_room){.p = buffer, .left = len};
}

static void *take(struct nss_room *r, size_t n, size_t align)
{
	size_t gap = -(uintptr_t)r->p & (align - 1);
	char *at = r->p + gap;

	if (r->full || n > r->left || gap > r->left - n) {
		r->full = true;
		return NULL;
	}
	r->p = at + n;
	r->left -= gap + n;
	return at;
}

char *nss_string(struct nss_room *r, const char *s)
{
	size_t n = strlen(s) + 1;
	char *to = take(r, n, 1);

	return to ? memcpy(to, s, n) : NULL;
}

char **nss_pointers(struct nss_room *r, size_t n)
{
	char **v = take(r, (n + 1) * sizeof *v, _Alignof(char *));

	if (v)
		memset(v, 0, (n + 1) * sizeof *v);
	return v;
}

char **nss_values(struct nss_room *r, const struct plist *p, const char *name,
		  unsigned from)
{
	struct property of = {.n = 0, .values = rd_over(NULL, 0)};
	bool is_there = plist_find(p, name, &of);
	size_t n = is_there && of.n > from ? of.n - from : 0, len;
	char **v = nss_pointers(r, n);
	const char *value;

	for (unsigned i = 0; v && i < of.n; i++) {
		value = rd_cstr(&of.values, &len);
		if (value && i >= from)
			v[i - from] = nss_string(r, value);
	}
	return v;
}

const char *nss_value(const struct plist *p, const char *name,
		      const char *otherwise)
{
	const char *value = plist_value(p, name);

	return value ? value : otherwise;
}

bool nss_number(const struct plist *p, const char *name, uint32_t max,
		uint32_t *to)
{
	const char *value = plist_value(p, name);
	uint64_t n;

	if (!value || !number_parse(value, strlen(value), max, &n))
		return false;
	*to = (uint32_t)n;
	return true;
}

/* ---- one ----------------------------------------------------------------- */

static enum nss_status made(bool is_good, const struct nss_result *r,
			    int *errnop)
{
	if (!is_good)
		return NSS_STATUS_NOTFOUND;
	if (!r->room.full)
		return NSS_STATUS_SUCCESS;
	*errnop = ERANGE;
	return NSS_STATUS_TRYAGAIN;
}

enum nss_status nss_one(const char *category, const char *key,
			const char *value, nss_make *make, struct nss_result *r,
			int *errnop)
{
	enum nss_status status;
	struct nss_answer *a =
		nss_ask(LOOKUP_ONE, category, key, value, 0, &status, errnop);
	struct lookup_item i;

	if (!a)
		return status;
	status = NSS_STATUS_NOTFOUND;
	if (lookup_item_next(&a->a.items, &i)) {
		const struct plist p = {i.props, i.len};

		status = made(plist_is_sound(&p) && make(r, &p), r, errnop);
	}
	free(a);
	return status;
}

/* ---- all ----------------------------------------------------------------- */

enum nss_status nss_begin(struct nss_list *l)
{
	pthread_mutex_lock(&l->lock);
	free(l->answer);
	l->answer = NULL;
	l->items = rd_over(NULL, 0);
	l->position = 0;
	l->part = 0;
	l->has_ended = false;
	pthread_mutex_unlock(&l->lock);
	return NSS_STATUS_SUCCESS;
}

/* The next page.  One that fails ends the list: who walks it must not walk for
 * ever. */
static enum nss_status turn(struct nss_list *l, int *errnop)
{
	enum nss_status status;

	free(l->answer);
	l->answer = nss_ask(LOOKUP_ALL, l->category, "", "", l->position,
			    &status, errnop);
	if (!l->answer) {
		l->has_ended = true;
		return status == NSS_STATUS_TRYAGAIN ? NSS_STATUS_NOTFOUND
						     : status;
	}
	l->items = l->answer->a.items;
	l->position = l->answer->a.position;
	l->part = 0;
	return NSS_STATUS_SUCCESS;
}

/* An entry is left only when it was made whole: the next call has more room. */
static enum nss_status get(struct nss_list *l, nss_make *make,
			   struct nss_result *r, int *errnop)
{
	const struct nss_room whole = r->room;

	for (;;) {
		struct rd before = l->items;
		struct lookup_item i;
		struct plist p;

		if (!lookup_item_next(&l->items, &i)) {
			enum nss_status status = NSS_STATUS_NOTFOUND;

			if (l->has_ended || (l->answer && !l->position))
				return status;
			status = turn(l, errnop);
			if (status != NSS_STATUS_SUCCESS)
				return status;
			continue;
		}
		p = (struct plist){i.props, i.len};
		r->room = whole;
		r->part = l->part;
		if (!plist_is_sound(&p) || !make(r, &p)) {
			l->part = 0;
			continue;
		}
		l->items = before;
		if (!r->room.full)
			l->part++;
		return made(true, r, errnop);
	}
}

enum nss_status nss_get(struct nss_list *l, nss_make *make,
			struct nss_result *r, int *errnop)
{
	enum nss_status status;

	pthread_mutex_lock(&l->lock);
	status = get(l, make, r, errnop);
	pthread_mutex_unlock(&l->lock);
	return status;
}
