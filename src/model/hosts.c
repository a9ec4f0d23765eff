/*
 * The text, and two indexes over its lines.  Only the first line of an address
 * and of a name is in them.
 */
#include "model/hosts.h"

#include "base/addr.h"
#include "base/hash.h"

#include <errno.h>
#include <string.h>

struct host {
	uint32_t ip;
	struct span names;
};

struct hosts {
	const struct alloc *alloc;
	char *text;
	struct host *v;
	uint32_t n;
	struct index by_ip, by_name;
};

static bool host_get(struct host *h, struct span line)
{
	const char *comment = line.len ? memchr(line.s, '#', line.len) : NULL;
	struct span w;

	if (comment)
		line.len = (size_t)(comment - line.s);
	w = span_word(&line);
	h->names = line;
	return w.len && ip_parse(w.s, w.len, &h->ip) && span_word(&line).len;
}

static bool is_named(const struct host *h, struct span name)
{
	struct span rest = h->names, w;

	while ((w = span_word(&rest)).len)
		if (span_is_same(w, name))
			return true;
	return false;
}

static const struct host *by_ip(const struct hosts *h, uint32_t ip)
{
	for (uint32_t at = 0, id;
	     index_next(&h->by_ip, hash_u64(ip, 0), &at, &id);)
		if (h->v[id].ip == ip)
			return &h->v[id];
	return NULL;
}

static const struct host *by_name(const struct hosts *h, struct span name)
{
	uint64_t hash = hash_name(name.s, name.len, 0);

	for (uint32_t at = 0, id; index_next(&h->by_name, hash, &at, &id);)
		if (is_named(&h->v[id], name))
			return &h->v[id];
	return NULL;
}

static int add_names(struct hosts *h, const struct host *host, uint32_t id)
{
	struct span rest = host->names, w;
	int rc = 0;

	while (!rc && (w = span_word(&rest)).len)
		if (!by_name(h, w))
			rc = index_add(&h->by_name, hash_name(w.s, w.len, 0),
				       id);
	return rc;
}

static int add_all(struct hosts *h, struct span text)
{
	struct span line;
	int rc = 0;

	while (!rc && span_line(&text, &line)) {
		struct host *host = &h->v[h->n];
		bool is_first;

		if (!host_get(host, line))
			continue;
		is_first = !by_ip(h, host->ip);
		h->n++;
		if (is_first)
			rc = index_add(&h->by_ip, hash_u64(host->ip, 0),
				       h->n - 1);
		if (!rc)
			rc = add_names(h, host, h->n - 1);
	}
	return rc;
}

static uint32_t count_lines(struct span text)
{
	struct span line;
	uint32_t n = 0;

	while (span_line(&text, &line))
		n++;
	return n;
}

static int take(struct hosts *h, const char *text, size_t len)
{
	uint32_t lines = count_lines((struct span){text, len});
	int rc;

	h->text = alloc_get(h->alloc, len + 1, 1);
	h->v = alloc_get(h->alloc, lines + 1, sizeof(*h->v));
	if (!h->text || !h->v)
		return -ENOMEM;
	if (len)
		memcpy(h->text, text, len);
	rc = index_open(&h->by_ip, h->alloc, 16, true);
	if (!rc)
		rc = index_open(&h->by_name, h->alloc, 16, true);
	return rc ? rc : add_all(h, (struct span){h->text, len});
}

int hosts_open(struct hosts **to, const struct alloc *alloc, const char *text,
	       size_t len)
{
	struct hosts *h = alloc_get(alloc, 1, sizeof(*h));
	int rc;

	if (!h)
		return -ENOMEM;
	h->alloc = alloc;
	rc = take(h, text, len);
	if (rc)
		hosts_close(h);
	else
		*to = h;
	return rc;
}

void hosts_close(struct hosts *h)
{
	if (!h)
		return;
	index_close(&h->by_ip, h->alloc);
	index_close(&h->by_name, h->alloc);
	alloc_put(h->alloc, h->v);
	alloc_put(h->alloc, h->text);
	alloc_put(h->alloc, h);
}

bool hosts_name(const struct hosts *h, uint32_t ip, unsigned i,
		struct span *name)
{
	const struct host *host = h ? by_ip(h, ip) : NULL;
	struct span rest;

	if (!host)
		return false;
	rest = host->names;
	do
		*name = span_word(&rest);
	while (name->len && i--);
	return name->len;
}

uint32_t hosts_ip(const struct hosts *h, struct span name)
{
	const struct host *host = h ? by_name(h, name) : NULL;

	return host ? host->ip : 0;
}
