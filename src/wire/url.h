/*
 * Boot addresses: what a boot server writes into the file field, and what a
 * client makes of it.
 *
 *	pxelinux.0                                      a name: TFTP,
 *next-server tftp://192.168.2.3/vmlinuz                      RFC 3617
 *	x-tftm://192.168.2.3//lts/vmlinuz               Etherboot, RFC 2090
 *	x-slam:///   x-slam://S:10000/239.255.1.1:10000 Etherboot; S alone: iPXE
 *	slam://...                                      the same as x-slam
 *	mtftp://S/name   http://S/path
 */
#ifndef MUSTER_WIRE_URL_H
#define MUSTER_WIRE_URL_H

#include "base/addr.h"
#include "base/text.h"

enum url_scheme { URL_TFTP, URL_TFTM, URL_SLAM, URL_MTFTP, URL_HTTP };

struct url {
	enum url_scheme scheme;
	uint32_t server; /* 0: the reply's next-server, or unresolved host */
	char host[64];   /* a name instead of an address; "" if none */
	uint16_t port;   /* the scheme's own if the text names none */
	struct endpoint group; /* SLAM: 239.255.1.1:10000 unless named */
	char path[256]; /* TFTP: without the first slash, so that // is absolute
			 */
};

enum url_error {
	URL_OK,
	URL_UNKNOWN_SCHEME,
	URL_NO_SLASH, /* the one behind the authority */
	URL_BAD_HOST,
	URL_BAD_PORT,
	URL_BAD_GROUP,
	URL_TOO_LONG,
	URL_BAD_CHARACTER, /* control characters */
};

/* A name without "://" is a TFTP path. */
enum url_error url_parse(const char *s, size_t len, struct url *u);
const char *url_error_text(enum url_error e);
const char *url_scheme_name(enum url_scheme s);
uint16_t url_default_port(enum url_scheme s);

/* The two families read SLAM addresses differently (iPXE fails on an explicit
 * group, Etherboot on a missing slash). */
enum url_family { URL_FOR_ETHERBOOT, URL_FOR_IPXE };
void url_put(struct text *t, const struct url *u, enum url_family f);

#endif
