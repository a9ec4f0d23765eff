/*
 * libnss_muster: what `passwd: files muster` in nsswitch.conf(5) stands for.
 * Each question is a connection to lookupd of this machine, closed again at
 * once: nothing is shared by threads or kept over a fork, and a lookupd that
 * was started anew needs no notice.
 *
 * No question waits for longer than NSS_PATIENCE; without a lookupd it is
 * answered at once: unavailable; so it is in lookupd itself.  It needs nothing
 * but the C library.
 */
#ifndef MUSTER_NSS_NSS_H
#define MUSTER_NSS_NSS_H

#include "model/plist.h"
#include "wire/lookup.h"

#include <nss.h>
#include <pthread.h>

#define NSS_SOCKET "/run/muster/lookup"
/* What the C library calls, and all that others see: its prototype, which no
 * header has, and then its definition. */
#define NSS_ENTRY(name, ...)                                                   \
	enum nss_status _nss_muster_##name(__VA_ARGS__);                       \
	__attribute__((visibility(                                             \
		"default"))) enum nss_status _nss_muster_##name(__VA_ARGS__)

enum { NSS_PATIENCE = 12 /* seconds; lookupd's agents have 3 each */ };

/* An answer, and the walk through its items. */
struct nss_answer {
	uint8_t bytes[LOOKUP_RECORD];
	struct lookup_answer a;
};

/* NULL: there is no memory, or no answer; *status says what to return.  Else
 * the caller's, to free(). */
struct nss_answer *nss_ask(uint8_t op, const char *category, const char *key,
			   const char *value, uint64_t position,
			   enum nss_status *status, int *errnop);

/* The caller's buffer, which the result's strings and lists are in. */
struct nss_room {
	char *p;
	size_t left;
	bool full;
};
struct nss_room nss_room(char *buffer, size_t len);
/* A copy; NULL, and it is full, if it does not fit. */
char *nss_string(struct nss_room *r, const char *s);
/* n + 1 pointers, the last of them NULL. */
char **nss_pointers(struct nss_room *r, size_t n);
/* Copies of a property's values from number `from` on, and NULL. */
char **nss_values(struct nss_room *r, const struct plist *p, const char *name,
		  unsigned from);
/* The first value, or else this. */
const char *nss_value(const struct plist *p, const char *name,
		      const char *otherwise);
/* The first value as a number; false: it is none up to max. */
bool nss_number(const struct plist *p, const char *name, uint32_t max,
		uint32_t *to);

/*
 * Makes a result of an entry, in the caller's buffer; false: it is of no use,
 * and as if it were not there.  `want` is what more there is to say of the
 * question: a protocol, say.
 */
struct nss_result {
	void *to; /* struct passwd, ... */
	struct nss_room room;
	const void *want;
	unsigned part; /* of an entry that is several results: which one */
};
typedef bool nss_make(struct nss_result *r, const struct plist *p);

/* One. */
enum nss_status nss_one(const char *category, const char *key,
			const char *value, nss_make *make, struct nss_result *r,
			int *errnop);

/* All, one by one: set, get, end. */
struct nss_list {
	const char *category;
	pthread_mutex_t lock;
	struct nss_answer *answer; /* NULL: none yet */
	struct rd items;
	uint64_t position;
	unsigned part;
	bool has_ended;
};
#define NSS_LIST(name)                                                         \
	{                                                                      \
		.category = (name), .lock = PTHREAD_MUTEX_INITIALIZER          \
	}
enum nss_status nss_begin(struct nss_list *l);
enum nss_status nss_get(struct nss_list *l, nss_make *make,
			struct nss_result *r, int *errnop);

#endif
