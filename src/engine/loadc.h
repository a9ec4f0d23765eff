/*
 * What the loading clients tftpc and slamc share: one file from one server,
 * handed on as KEEP effects.
 */
#ifndef MUSTER_ENGINE_LOADC_H
#define MUSTER_ENGINE_LOADC_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "wire/url.h"

struct loadc_config {
	uint64_t size_max; /* larger files are refused */
	uint64_t seed;
	uint16_t blksize; /* TFTP: to ask for; 0: none */
	uint16_t windowsize;
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
};

#endif
