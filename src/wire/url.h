/*
 * Boot addresses: what a boot server writes into the file field, and what a
 * client makes of it.
 *
 *	pxelinux.0                                      name: TFTP, next-server
 *	tftp://192.168.2.3/vmlinuz                      RFC 3617
 *	x-tftm://192.168.2.3//lts/vmlinuz               Etherboot, RFC 2090
 *	x-slam:///   x-slam://S:10000/239.255.1.1:10000 Etherboot; S alone: iPXE
 *	slam://...                                      the same as x-slam
 *	mtftp://S/name   http://S/path
 *	mtftp://S/239.255.2.7:76/name                   ours: a group of its own
 *	tftm://S/name                                   iPXE's x-tftm, port 69
 *	train://S/name                                  docs/protocols/train.md
 *
 * S is an IPv4 address or a name, with :port or without; RFC 3617 and 3986, no
 * IPv6.  No S at all is the reply's next-server (not with http).
 */
#ifndef MUSTER_WIRE_URL_H
#define MUSTER_WIRE_URL_H

#include "base/addr.h"
#include "base/text.h"

enum url_scheme {
	URL_TFTP,
	URL_TFTM,
	URL_SLAM,
	URL_MTFTP,
	URL_HTTP,
	URL_TRAIN,
};

struct url {
	enum url_scheme scheme;
	uint32_t server; /* 0: the reply's next-server, or unresolved host */
	char host[64];   /* a name instead of an address; "" if none */
	uint16_t port;   /* the scheme's own if the text names none */
	/* SLAM: 239.255.1.1:10000, MTFTP: URL_MTFTP_GROUP, unless named */
	struct endpoint group;
	/* Without the slash behind the authority, so that // is absolute.
	 * Escapes are decoded; with http, they are put in instead.  May be
	 * empty, e.g. the empty name. */
	char path[256];
};

/* What iPXE was compiled with. */
#define URL_MTFTP_GROUP                                                        \
	{                                                                      \
		IP4(239, 255, 1, 1), 3001                                      \
	}

enum url_error {
	URL_OK,
	URL_UNKNOWN_SCHEME,
	URL_NO_SLASH, /* the one behind the authority; SLAM needs none */
	URL_BAD_HOST, /* also: none with http, a multicast address */
	URL_BAD_PORT,
	URL_BAD_GROUP, /* no multicast address */
	URL_TOO_LONG,
	URL_BAD_CHARACTER, /* control characters, % without two digits */
};

/*
 * A name without "://" is a TFTP path, kept byte for byte.  Schemes are taken
 * in any case of letters.  A SLAM group may be written x:port, iPXE's way to
 * name a port alone.  Unless URL_OK comes back, nothing in *u is worth reading.
 */
enum url_error url_parse(const char *s, size_t len, struct url *u);
const char *url_error_text(enum url_error e);
const char *url_scheme_name(enum url_scheme s);
uint16_t url_default_port(enum url_scheme s);

/*
 * The two families read addresses differently.  SLAM: iPXE needs the server and
 * fails on an explicit group (it is left out, its port stays), Etherboot fails
 * on a missing slash.  x-tftm: Etherboot wants a path that begins with a slash,
 * iPXE calls the scheme tftm.  Paths: iPXE decodes escapes, Etherboot does not.
 * TFTP without a server is written as the bare name.  Without a server there is
 * no way to say a port.
 */
enum url_family { URL_FOR_ETHERBOOT, URL_FOR_IPXE };
void url_put(struct text *t, const struct url *u, enum url_family f);

/* The HTTP address of a file called `name` under a base such as
 * "http://10.0.0.1/boot", with or without a slash at its end.  False if that is
 * no HTTP address or becomes too long. */
bool url_http_under(struct url *u, const char *base, const char *name);

#endif
