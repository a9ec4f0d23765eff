/*
 * A loading client: one file from one server, handed on as KEEP effects.  Each
 * transport is an engine of its own (tftpc, slamc) behind these functions;
 * loader.h chooses among them.
 */
#ifndef MUSTER_ENGINE_LOADC_H
#define MUSTER_ENGINE_LOADC_H

#include "base/alloc.h"
#include "base/crypt.h"
#include "base/heap.h"
#include "engine/engine.h"
#include "model/manifest.h"
#include "wire/url.h"

/* The highest version of a file that was had, signed by one key. */
struct loadc_seen {
	uint8_t key_id[MANIFEST_KEY_ID];
	const char *name;
	uint64_t version;
};

/*
 * How long a server may be wholly silent, and asked in vain, for who has
 * another one to ask.  It is more than twice what the slowest servers take to
 * repeat what was lost (atftpd: 5 s), and less than others wait who have nobody
 * else: iPXE 16 s, tftp-hpa and atftp 25.  engine/patience.h has the rule.
 */
#define LOADC_PATIENCE SECONDS(10)

/* No files are larger: what fetch and boot have tables for. */
#define LOADC_SIZE_MAX ((uint64_t)64 << 30)

struct loadc_config {
	uint64_t size_max; /* larger files are refused */
	/* At least so long a silent server is waited for.  0: as long as its
	 * protocol has it, TFTP 31 s and the others about a minute.  A train
	 * does not look here: it asks all servers of its network by itself. */
	usec patience;
	uint64_t seed;
	uint16_t blksize; /* TFTP: to ask for; 0: none */
	uint16_t windowsize;

	/* Trains. */
	const struct crypt *crypt; /* NULL: no train can be taken */
	const uint8_t (*keys)[CRYPT_KEY];
	unsigned n_keys;               /* 0: a manifest need not be signed */
	uint64_t version_min;          /* of a signed one */
	const struct loadc_seen *seen; /* and no lower than in these */
	unsigned n_seen;
	unsigned slots;  /* repairs at a time; 0: 4096 */
	unsigned leaves; /* packets of a block that can be sorted if some
			  * of them are false, else it is fetched anew;
			  * 0: 4096 */
};

enum loadc_state { LOADC_IDLE, LOADC_LOADING, LOADC_DONE, LOADC_FAILED };

struct loadc_progress {
	enum loadc_state state;
	int rc;          /* FAILED: negative errno */
	const char *why; /* FAILED: in words, with the server's own error text
			  * made safe; owned by the client engine */
	uint64_t size;   /* 0 while unknown */
	uint64_t have;   /* bytes kept */
	uint64_t packets_heard, packets_new; /* data */
	uint64_t requests;                   /* that it sent */
	/* A train: what it loads by, the client engine's own; NULL before. */
	const struct manifest *manifest;
	uint32_t poisoned; /* times that a block was false */
	bool is_preparing; /* the server reads the file for its manifest */
	/* A train that has not left yet says when, and for whom it waits. */
	bool is_waiting;
	uint32_t leaving_ms, on_board, expected;
};

struct loadc;

struct loadc_ops {
	void (*start)(struct loadc *, usec now, const struct url *,
		      uint32_t file, struct effects *);
	void (*stop)(struct loadc *, usec now, struct effects *);
	bool (*claims)(const struct loadc *, const struct dgram *);
	void (*close)(struct loadc *, const struct alloc *);
};

/* Embedded first in each client, which opens it. */
struct loadc {
	struct engine engine;
	struct loadc_progress progress;
	const struct loadc_ops *ops;
};

static inline struct loadc *loadc_of(struct engine *e)
{
	return CONTAINER(e, struct loadc, engine);
}

/* Begin with a file, number `file` in its KEEP effects.  url->server is set. */
static inline void loadc_start(struct loadc *c, usec now, const struct url *url,
			       uint32_t file, struct effects *fx)
{
	c->ops->start(c, now, url, file, fx);
}

/* Give up and close its sockets; the state is then LOADC_IDLE. */
static inline void loadc_stop(struct loadc *c, usec now, struct effects *fx)
{
	c->ops->stop(c, now, fx);
}

static inline bool loadc_claims(const struct loadc *c, const struct dgram *d)
{
	return c->ops->claims(c, d);
}

/* alloc: the one it was opened with.  NULL is allowed for c. */
static inline void loadc_close(struct loadc *c, const struct alloc *alloc)
{
	if (c)
		c->ops->close(c, alloc);
}

#endif
