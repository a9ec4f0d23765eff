/*
 * A watch's lines.  A message has events of several revisions, and what one
 * revision changed may be cut over several messages; so events are gathered
 * until one of another revision comes, or a message that is the last of its
 * kind.  Whatever was not told when a connection broke is thrown away: it comes
 * again.
 */
#include "store/etcd_stream.h"

#include "store/etcd_json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the key and the value of one lie. */
struct spot {
	size_t key, value, len;
	bool is_deleted;
};

struct etcd_stream {
	char prefix[ETCD_PREFIX];
	uint64_t told, latest;
	bool is_created;
	int rc; /* of this connection */

	/* What was heard: bytes from..to wait, and no line ends before
	 * `searched`. */
	char *heard;
	size_t from, to, room, searched;

	/* The message that is being read. */
	json_t *message;
	size_t next;
	bool is_cut; /* the next one goes on with it */

	/* The revision that is being gathered. */
	uint64_t revision;
	struct spot *spots;
	struct etcd_kv *kvs;
	uint8_t *bytes;
	size_t n, most, len, bytes_room;
	bool is_whole; /* and was told */
};

int etcd_stream_open(struct etcd_stream **s, const char *prefix)
{
	struct etcd_stream *new = calloc(1, sizeof *new);

	size_t len = strlen(prefix);

	assert(len < ETCD_PREFIX);
	*s = new;
	if (!new)
		return -ENOMEM;
	memcpy(new->prefix, prefix, len);
	return 0;
}

static void drop_message(struct etcd_stream *s)
{
	json_decref(s->message);
	s->message = NULL;
	s->next = 0;
}

static void drop_group(struct etcd_stream *s)
{
	s->n = s->len = 0;
	s->revision = 0;
	s->is_whole = false;
}

void etcd_stream_close(struct etcd_stream *s)
{
	if (!s)
		return;
	drop_message(s);
	free(s->spots);
	free(s->kvs);
	free(s->bytes);
	free(s->heard);
	free(s);
}

void etcd_stream_begin(struct etcd_stream *s, uint64_t after)
{
	drop_message(s);
	drop_group(s);
	s->from = s->to = s->searched = 0;
	s->is_cut = s->is_created = false;
	s->told = after;
	s->rc = 0;
}

uint64_t etcd_stream_told(const struct etcd_stream *s)
{
	return s->told;
}

uint64_t etcd_stream_latest(const struct etcd_stream *s)
{
	return s->latest;
}

bool etcd_stream_is_created(const struct etcd_stream *s)
{
	return s->is_created;
}

/* ---- lines -------------------------------------------------------------- */

/* The end of the line that comes next; NULL if that is not yet there. */
static char *find_end(struct etcd_stream *s)
{
	char *end = s->to > s->searched ? memchr(s->heard + s->searched, '\n',
						 s->to - s->searched)
					: NULL;

	s->searched = end ? (size_t)(end - s->heard) : s->to;
	return end;
}

bool etcd_stream_has_room(struct etcd_stream *s)
{
	/* After an error all is thrown away. */
	return s->rc || s->to - s->from < ETCD_STREAM_FULL || !find_end(s);
}

static int make_room(struct etcd_stream *s, size_t len)
{
	size_t room = s->room ? s->room : 4096;
	char *p;

	if (s->from) {
		memmove(s->heard, s->heard + s->from, s->to - s->from);
		s->to -= s->from;
		s->searched -= s->from;
		s->from = 0;
	}
	while (room - s->to < len)
		room *= 2;
	if (room == s->room)
		return 0;
	p = realloc(s->heard, room);
	if (!p)
		return -ENOMEM;
	s->heard = p;
	s->room = room;
	return 0;
}

int etcd_stream_put(struct etcd_stream *s, struct span bytes)
{
	if (s->rc || !bytes.len)
		return 0;
	if (s->to - s->from + bytes.len > ETCD_STREAM_LINE) {
		s->rc = -ESTALE;
		return 0;
	}
	if (s->room - s->to < bytes.len && make_room(s, bytes.len))
		return -ENOMEM;
	memcpy(s->heard + s->to, bytes.s, bytes.len);
	s->to += bytes.len;
	return 0;
}

/* What an object of a stream says that is no event. */
static int read_message(struct etcd_stream *s, const json_t *result)
{
	uint64_t compacted, revision;
	struct span why = etcd_json_text(result, "cancel_reason");

	if (!etcd_json_u64(result, "compact_revision", &compacted) ||
	    !etcd_json_revision(result, &revision))
		return -EPROTO;
	if (revision > s->latest)
		s->latest = revision;
	if (compacted)
		return -ESTALE;
	if (json_is_true(json_object_get(result, "canceled")))
		return etcd_error_of(why.s, why.len);
	if (json_is_true(json_object_get(result, "created")))
		s->is_created = true;
	else if (!json_object_get(result, "events") && !s->revision &&
		 revision > s->told)
		s->told = revision; /* nothing happened here until then */
	s->is_cut = json_is_true(json_object_get(result, "fragment"));
	return 0;
}

static int read_line(struct etcd_stream *s, struct span line)
{
	const json_t *result, *error;
	struct span words;

	s->message = etcd_json_open(line);
	result = json_object_get(s->message, "result");
	error = json_object_get(s->message, "error");
	if (json_is_object(result))
		return read_message(s, result);
	/* Once it is {"error":{"message":...}}, once as elsewhere. */
	words = etcd_json_text(json_is_object(error) ? error : s->message,
			       "message");
	return error ? etcd_error_of(words.s, words.len) : -EPROTO;
}

/* Read the next line, if it is whole. */
static int next_message(struct etcd_stream *s)
{
	char *end = find_end(s);
	struct span line;
	int rc = 0;

	if (!end)
		return 0;
	line = (struct span){s->heard + s->from,
			     (size_t)(end - s->heard) - s->from};
	if (span_trim(line).len)
		rc = read_line(s, line);
	s->from = s->searched = (size_t)(end - s->heard) + 1;
	return rc;
}

/* ---- revisions ---------------------------------------------------------- */

static int grow_spots(struct etcd_stream *s)
{
	size_t most = s->most ? 2 * s->most : 64;
	struct spot *spots;
	struct etcd_kv *kvs;

	if (s->n < s->most)
		return 0;
	if (most > ETCD_STREAM_KEYS)
		return -ESTALE;
	spots = realloc(s->spots, most * sizeof *spots);
	if (!spots)
		return -ENOMEM;
	s->spots = spots;
	kvs = realloc(s->kvs, most * sizeof *kvs);
	if (!kvs)
		return -ENOMEM;
	s->kvs = kvs;
	s->most = most;
	return 0;
}

static int grow_bytes(struct etcd_stream *s, size_t len)
{
	size_t room = s->bytes_room ? s->bytes_room : 4096;
	uint8_t *p;

	while (room - s->len < len)
		room *= 2;
	if (room == s->bytes_room)
		return 0;
	if (room > ETCD_STREAM_BYTES)
		return -ESTALE;
	p = realloc(s->bytes, room);
	if (!p)
		return -ENOMEM;
	s->bytes = p;
	s->bytes_room = room;
	return 0;
}

/* Keys that can't be ours are passed over. */
static int gather(struct etcd_stream *s, const struct etcd_pair *pair,
		  bool is_deleted)
{
	size_t room = etcd_base64_most(pair->key.len) + 1, key_len;
	struct spot spot = {.key = s->len, .is_deleted = is_deleted};
	int rc = grow_spots(s);

	if (!rc)
		rc = grow_bytes(s, room + etcd_base64_most(pair->value.len));
	if (rc)
		return rc;
	if (!etcd_pair_key(pair, s->prefix, (char *)s->bytes + s->len,
			   &key_len))
		return -EPROTO;
	if (!etcd_is_key((char *)s->bytes + s->len, key_len))
		return 0;
	spot.value = s->len + key_len + 1;
	if (!etcd_base64_get(pair->value, s->bytes + spot.value, &spot.len))
		return -EPROTO;
	s->len = spot.value + spot.len;
	s->spots[s->n++] = spot;
	return 0;
}

static const json_t *events_of(const struct etcd_stream *s)
{
	return json_object_get(json_object_get(s->message, "result"), "events");
}

/* 1: this event is of another revision than what was gathered. */
static int read_event(struct etcd_stream *s, const json_t *event)
{
	struct span type = etcd_json_text(event, "type");
	struct etcd_pair pair;

	if (!etcd_json_pair(json_object_get(event, "kv"), &pair))
		return -EPROTO;
	if (pair.revision <= s->told)
		return 0; /* a new connection may begin too early */
	if (s->revision && pair.revision < s->revision)
		return -EPROTO;
	if (s->revision && pair.revision > s->revision)
		return 1;
	s->revision = pair.revision;
	return gather(s, &pair, span_is(type, "DELETE"));
}

/* 1: a revision is whole; 0: the message has no more. */
static int read_events(struct etcd_stream *s)
{
	const json_t *events = events_of(s);
	size_t n = json_array_size(events);

	while (s->next < n) {
		int rc = read_event(s, json_array_get(events, s->next));

		if (rc)
			return rc;
		s->next++;
	}
	if (s->revision && !s->is_cut)
		return 1;
	drop_message(s);
	return 0;
}

/* As pointers, since nothing moves any more. */
static void tell(struct etcd_stream *s, struct etcd_event *to)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct spot *p = &s->spots[i];

		s->kvs[i] = (struct etcd_kv){
			.key = (char *)s->bytes + p->key,
			.value = p->is_deleted ? NULL : s->bytes + p->value,
			.len = p->len,
			.revision = s->revision,
		};
	}
	*to = (struct etcd_event){s->kvs, s->n, s->revision};
	s->told = s->revision;
	s->is_whole = true;
}

/* One step: 1: a revision is whole; 0: go on. */
static int step(struct etcd_stream *s, bool *needs_more)
{
	int rc = s->message ? read_events(s) : next_message(s);

	*needs_more = !rc && !s->message && !find_end(s);
	return rc;
}

int etcd_stream_next(struct etcd_stream *s, struct etcd_event *to)
{
	bool needs_more = false;
	int rc = s->rc;

	if (s->is_whole)
		drop_group(s);
	while (!rc && !needs_more) {
		rc = step(s, &needs_more);
		if (rc == 1 && !s->n) { /* nothing of it is ours */
			s->told = s->revision;
			drop_group(s);
			rc = 0;
		}
	}
	if (rc < 0)
		s->rc = rc;
	if (rc == 1)
		tell(s, to);
	return rc;
}
