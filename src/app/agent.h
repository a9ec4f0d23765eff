/*
 * What lookupd's agents know, asked in threads of their own, since all of them
 * may take their time: files of /etc, maps of NIS, names of DNS.
 *
 * Each answers a question of engine.h's: 0, and *to is a lookup_result;
 * -ENOENT, -ENODEV, or why it failed.
 */
#ifndef MUSTER_APP_AGENT_H
#define MUSTER_APP_AGENT_H

#include "base/cursor.h"
#include "engine/engine.h"
#include "model/lookup.h"
#include "wire/lookup.h"

enum { AGENT_ANSWER = 24 * 1024 }; /* room for one; a list goes on later */

/* An open text that entries are found in; zeros: none was read yet. */
struct agent_text {
	char *text; /* malloc'd */
	size_t len;
	int64_t version[5]; /* of a file: which one; of a map: until when */
};

struct agent_files {
	const char *dir; /* "/etc" */
	struct agent_text of[LOOKUP_CATEGORIES];
};

struct agent_nis {
	struct agent_text of[LOOKUP_CATEGORIES];
	char domain[64]; /* of what is in them */
};

/* One thread at a time. */
int agent_files_answer(struct agent_files *f, const struct question *q,
		       struct wr *to);
void agent_files_close(struct agent_files *f);
int agent_nis_answer(struct agent_nis *n, const struct question *q,
		     struct wr *to);
void agent_nis_close(struct agent_nis *n);
/* Any thread. */
int agent_dns_answer(const struct question *q, struct wr *to);

/* The master's answer to READALL, one record of at most so many bytes, malloc'd
 * whatever comes of it.  0; -EMSGSIZE, -ETIMEDOUT, -ECONNRESET: it was torn; or
 * another negative errno.  Any thread. */
int agent_copy_answer(const struct question *q, size_t most, uint8_t **answer,
		      size_t *len);
/* The same of a server's answer to LISTALL; -ENOENT: it has no such directory.
 */
int agent_list_answer(const struct question *q, size_t most, uint8_t **answer,
		      size_t *len);

/* Entries of flat lines, as the question wants them: the one, or those from
 * byte q->from on, as many as there is room for. */
int agent_text_answer(const struct agent_text *t, const struct question *q,
		      const char *domain, const char *server, struct wr *to);

#endif
