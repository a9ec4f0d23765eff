/*
 * The inside of tftmc.
 *
 *	tftmc.c        the engine: requests, datagrams, time
 *	tftmc_train.c  on board: the OACK, blocks, ACKs
 */
#ifndef MUSTER_ENGINE_TFTMC_IMPL_H
#define MUSTER_ENGINE_TFTMC_IMPL_H

#include "base/bitmap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/patience.h"
#include "engine/tftmc.h"
#include "wire/tftp.h"

enum {
	BLOCKS_MAX = 65535,
	WHY_MAX = 192,
	COOKIE_OWN = 1,
	COOKIE_GROUP,
	COOKIES, /* tftpc's are ports */
};

enum phase {
	PHASE_OFF,
	PHASE_OPENING, /* LISTEN has not settled */
	PHASE_ASKING,  /* the request is out */
	PHASE_RIDING,
	PHASE_PLAIN, /* tftpc does it */
};

/* A port that is done but for the last ACK, which may have been lost. */
struct linger {
	uint16_t port; /* 0: none */
	uint16_t block;
	struct endpoint peer;
	usec until;
};

struct tftmc {
	struct loadc loadc;
	struct loadc_config config;
	struct loadc *plain;
	struct rand rand;
	char why[WHY_MAX];

	enum phase phase;
	struct url url;
	uint32_t file;
	uint16_t port;
	unsigned port_tries;
	bool is_asking; /* a request has not been answered */
	unsigned asked; /* in a row */
	usec ask_at;

	struct endpoint peer;  /* the train */
	struct endpoint group; /* that is joined; port 0: none */
	uint16_t blksize;
	uint32_t blocks; /* 0: never boarded */
	bool has_gaps;
	uint32_t number; /* of the file's version, with gaps */
	struct bitmap have;

	bool is_master;
	uint32_t wanted; /* the block that our last ACK asked for */
	unsigned spoken; /* ACKs in a row that nothing came of */
	usec speak_at;   /* the next ACK */
	struct patience patience;
	usec jitter; /* so that not all ask at once */
	struct linger linger;
};

/* ---- tftmc.c ---- */
void tftmc_send(struct tftmc *c, const struct wr *w, struct endpoint to,
		struct effects *fx);
void tftmc_send_error(struct tftmc *c, struct endpoint to, uint16_t code,
		      const char *text, struct effects *fx);
void tftmc_fail(struct tftmc *c, int rc, const char *why, struct effects *fx);
/* The server that answered from `peer` is told not to wait for us. */
void tftmc_go_plain(struct tftmc *c, usec now, struct endpoint peer,
		    struct effects *fx);
/* All of it is there: the port lingers. */
void tftmc_finish(struct tftmc *c, usec now, struct effects *fx);

/* ---- tftmc_train.c ---- */
void tftmc_oack(struct tftmc *c, usec now, const struct dgram *d, struct rd *r,
		struct effects *fx);
void tftmc_data(struct tftmc *c, usec now, struct rd *r, const struct ref *body,
		struct effects *fx);
void tftmc_ack(struct tftmc *c, usec now, struct effects *fx);
void tftmc_leave_group(struct tftmc *c, struct effects *fx);

#endif
