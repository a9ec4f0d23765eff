/*
 * Keys and values in etcd.  The first line of a value is text, words apart by
 * spaces, the last of which may be empty; what follows it are bytes.
 */
#include "store/etcd_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/span.h"
#include "base/text.h"

enum { FORM = 1, HEAD = 256 };

/* ---- keys ---------------------------------------------------------------- */

static void number_key(char to[ETCD_KEY], char kind, uint32_t n)
{
	snprintf(to, ETCD_KEY, "%c/%08" PRIx32, kind, n);
}

void etcd_entry_key(char to[ETCD_KEY], uint32_t id)
{
	number_key(to, 'e', id);
}

void etcd_lease_key(char to[ETCD_KEY], uint32_t ip)
{
	number_key(to, 'l', ip);
}

void etcd_master_key(char to[ETCD_KEY], uint32_t domain)
{
	number_key(to, 'm', domain);
}

static void hw_put(struct text *t, const struct hwaddr *hw)
{
	text_hex(t, &hw->type, 1, 0);
	text_add(t, "-");
	text_hex(t, hw->b, hw->len, 0);
}

void etcd_machine_key(char to[ETCD_KEY], const struct hwaddr *hw,
		      uint32_t network)
{
	struct text t = text_over(to, ETCD_KEY);
	uint8_t net[4] = {(uint8_t)(network >> 24), (uint8_t)(network >> 16),
			  (uint8_t)(network >> 8), (uint8_t)network};

	text_add(&t, "h/");
	hw_put(&t, hw);
	text_add(&t, "/");
	text_hex(&t, net, sizeof net, 0);
}

/* Eight digits. */
static bool hex_u32(const char *s, uint32_t *n)
{
	uint8_t b[4];
	struct rd r = rd_over(b, sizeof b);
	bool is = text_hex_get(s, 8, b, sizeof b);

	if (is)
		*n = rd_u32(&r);
	return is;
}

static bool number_of(const char *key, char kind, uint32_t *n)
{
	return key[0] == kind && key[1] == '/' && strlen(key) == 10 &&
	       hex_u32(key + 2, n);
}

bool etcd_entry_of(const char *key, uint32_t *id)
{
	return number_of(key, 'e', id);
}

bool etcd_lease_of(const char *key, uint32_t *ip)
{
	return number_of(key, 'l', ip);
}

bool etcd_master_of(const char *key, uint32_t *domain)
{
	return number_of(key, 'm', domain);
}

/* ---- writing ------------------------------------------------------------- */

static void put_bytes(struct sheet *s, const void *p, size_t n)
{
	sheet_bytes(s, p, n);
}

static void put_u32(struct sheet *s, uint32_t n)
{
	uint8_t b[4];
	struct wr w = wr_over(b, sizeof b);

	wr_u32(&w, n);
	put_bytes(s, b, sizeof b);
}

static void put_piece(struct sheet *s, const void *p, size_t n)
{
	put_u32(s, (uint32_t)n);
	put_bytes(s, p, n);
}

void etcd_entry_write(struct sheet *to, const struct change *c)
{
	char head[HEAD];
	bool is_domain = c->kind == CHANGE_DOMAIN_PUT;

	snprintf(head, sizeof head,
		 "%s %d domain=%" PRIu32 " parent=%" PRIu32 " instance=%" PRIu32
		 "\n",
		 is_domain ? "domain" : "entry", FORM,
		 is_domain ? c->id : c->domain, c->parent, c->instance);
	sheet_add(to, head);
	put_bytes(to, c->props.bytes, c->props.len);
}

void etcd_address_write(struct sheet *to, uint32_t n)
{
	char head[HEAD];

	snprintf(head, sizeof head, "number %d %08" PRIx32 "\n", FORM, n);
	sheet_add(to, head);
}

void etcd_copy_write(struct sheet *to, const uint8_t id[STORE_COPY_ID])
{
	char text[2 * STORE_COPY_ID + 1];
	struct text t = text_over(text, sizeof text);

	text_hex(&t, id, STORE_COPY_ID, 0);
	sheet_add(to, "copy 1 ");
	sheet_add(to, text);
	sheet_add(to, "\n");
}

bool etcd_copy_read(const struct etcd_kv *kv, uint8_t id[STORE_COPY_ID])
{
	static const char head[] = "copy 1 ";
	const char *s = (const char *)kv->value;
	size_t len = sizeof head - 1;

	return kv->len == len + 2 * STORE_COPY_ID + 1 &&
	       !memcmp(s, head, len) && s[kv->len - 1] == '\n' &&
	       text_hex_get(s + len, 2 * STORE_COPY_ID, id, STORE_COPY_ID);
}

static const char *const kinds[] = {[LEASE_DHCP] = "dhcp",
				    [LEASE_BOOTP] = "bootp",
				    [LEASE_DECLINED] = "declined"};

void etcd_lease_write(struct sheet *to, const struct lease *l, uint32_t network,
		      usec wall)
{
	char head[HEAD], hw[48];
	struct text t = text_over(hw, sizeof hw);

	hw_put(&t, &l->hw);
	snprintf(head, sizeof head,
		 "lease %d %s hw=%s ends=%" PRId64 " term=%" PRIu32
		 " network=%08" PRIx32 " wall=%" PRId64 " name=",
		 FORM, kinds[l->kind], hw, l->wall_ends, l->term, network,
		 wall);
	sheet_add(to, head);
	put_bytes(to, l->name, strnlen(l->name, sizeof l->name));
	sheet_add(to, "\n");
}

void etcd_lines_begin(struct sheet *to, usec wall, const char *who)
{
	char head[HEAD];

	snprintf(head, sizeof head, "lines %d wall=%" PRId64 " who=", FORM,
		 wall);
	sheet_add(to, head);
	sheet_add(to, who ? who : "");
	sheet_add(to, "\n");
}

void etcd_line_write(struct sheet *to, const struct store_line *l)
{
	const struct change *c = &l->change;

	put_u32(to, c->kind);
	put_u32(to, l->went_along);
	put_u32(to, c->domain);
	put_u32(to, c->id);
	put_u32(to, c->parent);
	put_u32(to, c->instance);
	put_piece(to, l->path, strlen(l->path) + 1);
	put_piece(to, c->props.bytes, c->props.len);
	put_piece(to, l->before.bytes, l->before.len);
}

/* ---- reading ------------------------------------------------------------- */

/* The next word, which says `name`; its value.  A name that is "" has a value
 * only. */
static bool word_get(const char **at, const char *name, struct span *to)
{
	size_t len = strlen(name);
	const char *s = *at;

	if (*s++ != ' ' || strncmp(s, name, len) != 0)
		return false;
	to->s = s + len;
	to->len = strcspn(to->s, " ");
	*at = to->s + to->len;
	return true;
}

static bool number_get(const char **at, const char *name, uint64_t max,
		       uint64_t *to)
{
	struct span v;

	return word_get(at, name, &v) && number_parse(v.s, v.len, max, to);
}

static bool u32_get(const char **at, const char *name, uint32_t *to)
{
	uint64_t n;

	if (!number_get(at, name, UINT32_MAX, &n))
		return false;
	*to = (uint32_t)n;
	return true;
}

static bool time_get(const char **at, const char *name, usec *to)
{
	uint64_t n;

	if (!number_get(at, name, INT64_MAX, &n))
		return false;
	*to = (usec)n;
	return true;
}

static bool hex_get(const char **at, const char *name, uint32_t *to)
{
	struct span v;

	return word_get(at, name, &v) && v.len == 8 && hex_u32(v.s, to);
}

/* The rest of the line, which may have spaces. */
static bool rest_get(const char **at, const char *name, const char **to)
{
	size_t len = strlen(name);

	if (**at != ' ' || strncmp(*at + 1, name, len) != 0)
		return false;
	*to = *at + 1 + len;
	return true;
}

/* The first line, without its end, as text of its own; *at is behind its first
 * two words, what follows the line stays in r.  0; -EBADMSG, or -EPROTO if its
 * form is newer. */
static int head_get(const struct etcd_kv *kv, char head[HEAD], const char *what,
		    const char **at, struct rd *r)
{
	const uint8_t *end = kv->len ? memchr(kv->value, '\n', kv->len) : NULL;
	size_t len = end ? (size_t)(end - kv->value) : HEAD;
	size_t word = strlen(what);
	uint64_t form;

	if (len >= HEAD || memchr(kv->value, 0, len))
		return -EBADMSG;
	memcpy(head, kv->value, len);
	head[len] = '\0';
	*r = rd_over(end + 1, kv->len - len - 1);
	*at = head + word;
	if (strncmp(head, what, word) != 0 ||
	    !number_get(at, "", UINT32_MAX, &form) || !form)
		return -EBADMSG;
	return form > FORM ? -EPROTO : 0;
}

int etcd_entry_read(const struct etcd_kv *kv, struct change *to)
{
	char head[HEAD];
	const char *at;
	struct rd r;
	bool is_domain = kv->len && kv->value[0] == 'd';
	int rc = head_get(kv, head, is_domain ? "domain" : "entry", &at, &r);

	if (rc)
		return rc;
	*to = (struct change){.kind = is_domain ? CHANGE_DOMAIN_PUT
						: CHANGE_ENTRY_PUT};
	if (!u32_get(&at, "domain=", &to->domain) ||
	    !u32_get(&at, "parent=", &to->parent) ||
	    !u32_get(&at, "instance=", &to->instance) || *at ||
	    !etcd_entry_of(kv->key, &to->id))
		return -EBADMSG;
	to->props = (struct plist){.bytes = r.p, .len = rd_left(&r)};
	return plist_is_sound(&to->props) ? 0 : -EBADMSG;
}

bool etcd_address_read(const struct etcd_kv *kv, uint32_t *n)
{
	char head[HEAD];
	const char *at;
	struct rd r;

	return !head_get(kv, head, "number", &at, &r) && !rd_left(&r) &&
	       hex_get(&at, "", n) && !*at;
}

static bool kind_get(const char **at, enum lease_kind *to)
{
	struct span word;

	if (!word_get(at, "", &word))
		return false;
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i]) == word.len &&
		    !memcmp(word.s, kinds[i], word.len)) {
			*to = (enum lease_kind)i;
			return true;
		}
	return false;
}

static bool hw_get(const char **at, struct hwaddr *to)
{
	struct span w;

	*to = (struct hwaddr){.len = 0};
	if (!word_get(at, "hw=", &w) || w.len < 3 || w.s[2] != '-' ||
	    w.len % 2 == 0 || (w.len - 3) / 2 > HWADDR_MAX ||
	    !text_hex_get(w.s, 2, &to->type, 1))
		return false;
	to->len = (uint8_t)((w.len - 3) / 2);
	return text_hex_get(w.s + 3, w.len - 3, to->b, to->len);
}

int etcd_lease_read(const struct etcd_kv *kv, struct lease *to,
		    uint32_t *network, usec *wall)
{
	char head[HEAD];
	const char *at, *name;
	struct rd r;
	int rc = head_get(kv, head, "lease", &at, &r);

	if (rc)
		return rc;
	*to = (struct lease){.ip = 0};
	if (!kind_get(&at, &to->kind) || !hw_get(&at, &to->hw) ||
	    !time_get(&at, "ends=", &to->wall_ends) ||
	    !u32_get(&at, "term=", &to->term) ||
	    !hex_get(&at, "network=", network) ||
	    !time_get(&at, "wall=", wall) || !rest_get(&at, "name=", &name) ||
	    rd_left(&r) || !etcd_lease_of(kv->key, &to->ip) ||
	    !text_copy(to->name, sizeof to->name, name, strlen(name)))
		return -EBADMSG;
	return 0;
}

static struct plist plist_get(struct rd *r)
{
	struct rd sub = rd_sub(r, rd_u32(r));
	struct plist pl = {.bytes = sub.p, .len = rd_left(&sub)};

	if (!plist_is_sound(&pl))
		r->bad = true;
	return pl;
}

static const char *path_get(struct rd *r)
{
	struct rd sub = rd_sub(r, rd_u32(r));
	size_t len;
	const char *path = rd_cstr(&sub, &len);

	if (!path || rd_left(&sub) || len >= STORE_PATH)
		r->bad = true;
	return path;
}

static bool line_get(struct rd *r, struct store_line *l)
{
	uint32_t kind = rd_u32(r);
	struct change *c = &l->change;

	*c = (struct change){.kind = (enum change_kind)kind};
	l->went_along = rd_u32(r);
	c->domain = rd_u32(r);
	c->id = rd_u32(r);
	c->parent = rd_u32(r);
	c->instance = rd_u32(r);
	l->path = path_get(r);
	c->props = plist_get(r);
	l->before = plist_get(r);
	return !r->bad && kind <= CHANGE_ENTRY_DESTROY;
}

int etcd_lines_read(const struct etcd_kv *kv, store_each_line *each, void *arg)
{
	struct store_line l = {.at = kv->revision << STORE_LINE_BITS};
	char head[HEAD];
	const char *at;
	struct rd r;
	int rc = head_get(kv, head, "lines", &at, &r);

	if (!rc && (!time_get(&at, "wall=", &l.wall) ||
		    !rest_get(&at, "who=", &l.who)))
		rc = -EBADMSG;
	for (; !rc && rd_left(&r); l.at++)
		rc = line_get(&r, &l) ? each(arg, &l) : -EBADMSG;
	return rc;
}
