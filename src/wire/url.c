/*
 * Boot addresses.  One table says for every spelling of a scheme which one it
 * is and its port; reading and writing go by it, and differ only where
 * Etherboot and iPXE do.
 */
#include "wire/url.h"

#include <string.h>

enum { IPXE_TFTM_PORT = 69 };

static const struct {
	const char *name;
	enum url_scheme scheme;
	uint16_t port;
} schemes[] = {
	{"tftp", URL_TFTP, 69},     /* a scheme's first row */
	{"x-tftm", URL_TFTM, 1758}, /* is how we write it */
	{"tftm", URL_TFTM, IPXE_TFTM_PORT},
	{"x-slam", URL_SLAM, 10000}, /* SLAM_PORT */
	{"slam", URL_SLAM, 10000},
	{"train", URL_TRAIN, 7243}, /* TRAIN_PORT */
	{"mtftp", URL_MTFTP, 1759},
	{"http", URL_HTTP, 80},
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static const struct endpoint slam_group = {IP4(239, 255, 1, 1), 10000};
static const struct endpoint mtftp_group = URL_MTFTP_GROUP;

const char *url_scheme_name(enum url_scheme s)
{
	size_t i = 0;

	while (i < SCHEMES - 1 && schemes[i].scheme != s)
		i++;
	return schemes[i].name;
}

uint16_t url_default_port(enum url_scheme s)
{
	size_t i = 0;

	while (i < SCHEMES - 1 && schemes[i].scheme != s)
		i++;
	return schemes[i].port;
}

const char *url_error_text(enum url_error e)
{
	switch (e) {
	case URL_OK:
		return "no error";
	case URL_UNKNOWN_SCHEME:
		return "unknown scheme";
	case URL_NO_SLASH:
		return "no slash after the server";
	case URL_BAD_HOST:
		return "bad server address or name";
	case URL_BAD_PORT:
		return "bad port";
	case URL_BAD_GROUP:
		return "bad multicast group";
	case URL_TOO_LONG:
		return "too long";
	case URL_BAD_CHARACTER:
		return "control character or bad % escape";
	}
	return "unknown error";
}

/* ---- reading ------------------------------------------------------------ */

/* A piece of the text: what is still to be read, or a part cut out of it. */
struct span {
	const char *s;
	size_t len;
};

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Where c first is in the span, or its length. */
static size_t find(struct span v, char c)
{
	const char *at = v.len ? memchr(v.s, c, v.len) : NULL;

	return at ? (size_t)(at - v.s) : v.len;
}

static struct span behind(struct span v, size_t n)
{
	return (struct span){v.s + n, v.len - n};
}

/* The value of a hexadecimal digit, or 16. */
static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A' + 10);
	return 16;
}

/* Bytes that no URL may hold, and those of `also`, become %xx. */
static void escape(struct text *t, struct span v, const char *also)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = v.s[i];
		uint8_t byte = (uint8_t)c;

		if (c > ' ' && c <= '~' && !strchr("\"<>\\^`{|}", c) &&
		    !strchr(also, c)) {
			text_bytes(t, &c, 1);
			continue;
		}
		text_add(t, "%");
		text_hex(t, &byte, 1, 0);
	}
}

/* A path of http keeps its own escapes and its query: it is what the request
 * will say. */
static enum url_error path_escape(struct span v, struct url *u)
{
	struct text t = text_over(u->path, sizeof u->path);

	escape(&t, v, "");
	return t.full ? URL_TOO_LONG : URL_OK;
}

static enum url_error path_copy(struct span v, struct url *u)
{
	bool fits = text_copy(u->path, sizeof u->path, v.s, v.len);

	return fits ? URL_OK : URL_TOO_LONG;
}

/* %XX becomes the byte it stands for. */
static enum url_error path_decode(struct span v, struct url *u)
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.s[i];

		if (c == '%') {
			unsigned hi = i + 1 < v.len ? hex_digit(v.s[i + 1])
						    : 16;
			unsigned lo = i + 2 < v.len ? hex_digit(v.s[i + 2])
						    : 16;

			if (hi > 15 || lo > 15)
				return URL_BAD_CHARACTER;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (is_control(c))
			return URL_BAD_CHARACTER;
		if (n == sizeof u->path - 1)
			return URL_TOO_LONG;
		u->path[n++] = c;
	}
	u->path[n] = '\0';
	return URL_OK;
}

static bool is_name(struct span v)
{
	static const char more[] = "-_.";
	bool has_letter = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.s[i];
		bool is_letter = (c >= 'a' && c <= 'z') ||
				 (c >= 'A' && c <= 'Z');

		has_letter = has_letter || is_letter;
		if (!is_letter && !(c >= '0' && c <= '9') && !strchr(more, c))
			return false;
	}
	/* 192.0.2 or 192.0.2.999 is an address gone wrong, no name */
	return has_letter;
}

static enum url_error port_parse(struct span v, uint16_t *port)
{
	uint64_t n;

	if (!number_parse(v.s, v.len, 65535, &n) || n == 0)
		return URL_BAD_PORT;
	*port = (uint16_t)n;
	return URL_OK;
}

/* host[:port]; nothing at all stands for the next-server of the reply. */
static enum url_error authority(struct span v, struct url *u)
{
	size_t colon = find(v, ':');
	struct span host = {v.s, colon};

	if (!v.len)
		return u->scheme == URL_HTTP ? URL_BAD_HOST : URL_OK;
	if (ip_parse(host.s, host.len, &u->server)) {
		if (!u->server || u->server == IP_BROADCAST ||
		    ip_is_multicast(u->server))
			return URL_BAD_HOST;
	} else {
		if (!is_name(host))
			return URL_BAD_HOST;
		if (!text_copy(u->host, sizeof u->host, host.s, host.len))
			return URL_TOO_LONG;
	}
	if (colon == v.len)
		return URL_OK;
	return port_parse(behind(v, colon + 1), &u->port);
}

/*
 * [group][:port].  iPXE takes a port only behind something that is no address,
 * so "x:10003" means the group that it has anyway.
 */
static enum url_error group(struct span v, struct url *u)
{
	size_t colon = find(v, ':');
	struct span ip = {v.s, colon};
	bool is_x = ip.len == 1 && (ip.s[0] == 'x' || ip.s[0] == 'X');

	if (ip.len && !is_x &&
	    (!ip_parse(ip.s, ip.len, &u->group.ip) ||
	     !ip_is_multicast(u->group.ip)))
		return URL_BAD_GROUP;
	if (colon == v.len)
		return URL_OK;
	return port_parse(behind(v, colon + 1), &u->group.port);
}

/* A group and its port before an MTFTP path, which is all that is left. */
static struct span own_group(struct span v, struct url *u)
{
	size_t slash = find(v, '/'), colon = find(v, ':');
	struct url it = {0};

	if (slash == v.len || colon > slash ||
	    !ip_parse(v.s, colon, &it.group.ip) ||
	    group((struct span){v.s, slash}, &it))
		return v;
	u->group = it.group;
	return behind(v, slash + 1);
}

/* What is behind "scheme://". */
static enum url_error rest_parse(struct span v, struct url *u)
{
	size_t slash = find(v, '/');
	bool has_slash = slash < v.len;
	enum url_error e;

	/* iPXE writes x-slam://S alone, but then S must be there. */
	if (!has_slash && (u->scheme != URL_SLAM || !v.len))
		return URL_NO_SLASH;
	e = authority((struct span){v.s, slash}, u);
	if (e || !has_slash)
		return e;
	v = behind(v, slash + 1);
	if (u->scheme == URL_SLAM)
		return group(v, u);
	if (u->scheme == URL_MTFTP)
		v = own_group(v, u);
	return u->scheme == URL_HTTP ? path_escape(v, u) : path_decode(v, u);
}

/* The length of the scheme before "://", or of the whole text. */
static size_t scheme_len(struct span v)
{
	for (size_t i = 0; i + 3 <= v.len; i++)
		if (!memcmp(v.s + i, "://", 3))
			return i;
	return v.len;
}

enum url_error url_parse(const char *s, size_t len, struct url *u)
{
	struct span v = {s, len};
	size_t n, i = 0;

	*u = (struct url){.port = url_default_port(URL_TFTP)};
	for (size_t at = 0; at < len; at++)
		if (is_control(s[at]))
			return URL_BAD_CHARACTER;
	n = scheme_len(v);
	if (n == len)
		return path_copy(v, u);
	while (i < SCHEMES && !text_is_nocase(s, n, schemes[i].name))
		i++;
	if (i == SCHEMES)
		return URL_UNKNOWN_SCHEME;
	u->scheme = schemes[i].scheme;
	u->port = schemes[i].port;
	if (u->scheme == URL_SLAM)
		u->group = slam_group;
	else if (u->scheme == URL_MTFTP)
		u->group = mtftp_group;
	return rest_parse(behind(v, n + 3), u);
}

/* ---- writing ------------------------------------------------------------ */

static void path_put(struct text *t, const struct url *u, enum url_family f)
{
	struct span path = {u->path, strlen(u->path)};

	/* Etherboot sends on what it finds: to it an escape is a name. */
	if (f == URL_FOR_ETHERBOOT || u->scheme == URL_HTTP)
		text_add(t, u->path);
	else
		escape(t, path, "%?#");
}

static void authority_put(struct text *t, const struct url *u,
			  uint16_t usual_port)
{
	if (u->server)
		text_ip(t, u->server);
	else
		text_add(t, u->host);
	if ((u->server || u->host[0]) && u->port != usual_port) {
		text_add(t, ":");
		text_u64(t, u->port);
	}
}

static void group_put(struct text *t, const struct url *u, enum url_family f)
{
	bool has_server = u->server || u->host[0];

	if (f == URL_FOR_IPXE) {
		/* A valid group is "Invalid argument" to every iPXE since
		 * 2020, and a port alone it only takes behind a wrong one. */
		if (u->group.port != slam_group.port) {
			text_add(t, "/x:");
			text_u64(t, u->group.port);
		} else if (!has_server) {
			text_add(t, "/");
		}
		return;
	}
	text_add(t, "/");
	if (u->group.port != slam_group.port)
		text_endpoint(t, u->group);
	else if (u->group.ip != slam_group.ip)
		text_ip(t, u->group.ip);
}

static bool is_bare(const struct url *u)
{
	struct span path = {u->path, strlen(u->path)};

	return u->scheme == URL_TFTP && !u->server && !u->host[0] &&
	       scheme_len(path) == path.len;
}

void url_put(struct text *t, const struct url *u, enum url_family f)
{
	bool is_tftm = u->scheme == URL_TFTM;
	bool is_ipxe_tftm = is_tftm && f == URL_FOR_IPXE;

	if (is_bare(u)) {
		text_add(t, u->path);
		return;
	}
	text_add(t, is_ipxe_tftm ? "tftm" : url_scheme_name(u->scheme));
	text_add(t, "://");
	authority_put(t, u,
		      is_ipxe_tftm ? IPXE_TFTM_PORT
				   : url_default_port(u->scheme));
	if (u->scheme == URL_SLAM) {
		group_put(t, u, f);
		return;
	}
	text_add(t, "/");
	if (u->scheme == URL_MTFTP && u->group.ip &&
	    (u->group.ip != mtftp_group.ip ||
	     u->group.port != mtftp_group.port)) {
		text_endpoint(t, u->group);
		text_add(t, "/");
	}
	/* Etherboot refuses an x-tftm address without the double slash. */
	if (is_tftm && !is_ipxe_tftm && u->path[0] != '/')
		text_add(t, "/");
	path_put(t, u, f);
}

bool url_http_under(struct url *u, const char *base, const char *name)
{
	char joined[sizeof(u->host) + 2 * sizeof(u->path)];
	struct text t = text_over(joined, sizeof(joined));

	text_add(&t, base);
	if (!t.len || t.s[t.len - 1] != '/')
		text_add(&t, "/");
	text_add(&t, name);
	return !t.full && url_parse(t.s, t.len, u) == URL_OK &&
	       u->scheme == URL_HTTP;
}
