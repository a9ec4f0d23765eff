/*
 * Notes of engines as lines of the log.  The list in note.h says what the
 * fields of each are called.
 */
#include "app/notes.h"

#include "base/hash.h"

#include <string.h>

/* What tells two lines of one event apart for the limiter: the machine, or the
 * file. */
static uint64_t key_of(const struct note *n)
{
	uint64_t h = hash_u64((uint64_t)n->peer.ip << 32 | n->ip, 1);

	if (n->hw.len)
		h ^= hash_hwaddr(&n->hw, 1);
	if (n->text)
		h ^= hash_bytes(n->text, strlen(n->text), 1);
	/* Progress is never a repetition. */
	if (n->code == NOTE_TRAIN_PROGRESS)
		h ^= hash_u64(n->a, 2);
	return h;
}

static bool has(const char *field)
{
	return field[0] != 0;
}

void notes_log(struct log *log, usec now, const struct note *n)
{
	const struct note_kind *k = note_kind(n->code);
	struct log_line l;

	if (!log_begin(&l, log, (enum log_level)k->level, k->name, now,
		       key_of(n)))
		return;
	if (n->hw.len)
		log_hwaddr(&l, "machine", &n->hw);
	if (n->ip)
		log_ip(&l, "ip", n->ip);
	if (n->peer.ip)
		log_endpoint(&l, "peer", n->peer);
	if (has(k->text) && n->text)
		log_wire(&l, k->text, n->text, strlen(n->text));
	if (has(k->a))
		log_u64(&l, k->a, n->a);
	if (has(k->b))
		log_u64(&l, k->b, n->b);
	log_end(&l);
}

void notes_manifest(struct log *log, usec now, const char *name,
		    const char *why)
{
	struct log_line l;

	if (!log_begin(&l, log, LEVEL_WARN, "manifest-refused", now,
		       hash_bytes(name, strlen(name), 1)))
		return;
	log_wire(&l, "file", name, strlen(name));
	log_text(&l, "why", why);
	log_end(&l);
}
