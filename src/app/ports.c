/*
 * Each port is opened for a moment; the errors that last are the ones worth
 * telling.
 */
#include "app/ports.h"

#include "app/rpcbind.h"
#include "host/udp.h"
#include "wire/bootp.h"
#include "wire/bootparam.h"
#include "wire/netinfo.h"
#include "wire/portmap.h"
#include "wire/tftp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void port_complain(const char *program, uint16_t port, int rc)
{
	char who[128];

	if (rc == -EADDRINUSE) {
		(void)host_port_owner(port, who, sizeof(who));
		fprintf(stderr, "%s: UDP port %u is taken by %s\n", program,
			port, who);
	} else if (rc == -EACCES) {
		fprintf(stderr,
			"%s: UDP port %u: no permission: start it as root\n",
			program, port);
	} else {
		fprintf(stderr, "%s: UDP port %u: %s\n", program, port,
			strerror(-rc));
	}
}

int ports_try(const char *program, const struct settings *s)
{
	static const uint16_t ports[] = {BOOTP_SERVER_PORT, PXE_SERVER_PORT,
					 TFTP_PORT};

	for (unsigned i = s->dhcp == DHCP_OFF ? 2 : 0; i < 3; i++) {
		struct udp u;
		int rc = udp_open(&u, ports[i], 0, 0);

		if (!rc)
			udp_close(&u);
		if (rc == -EADDRINUSE) {
			port_complain(program, ports[i], rc);
			return rc;
		}
	}
	return 0;
}

int ports_try_portmap(const char *program, struct settings *s)
{
	struct udp u;
	int rc;

	if (!s->bootparam.serve)
		return 0;
	rc = udp_open(&u, PMAP_PORT, 0, 0);
	if (!rc)
		udp_close(&u);
	if (rc != -EADDRINUSE)
		return 0;
	s->bootparam.is_guest = rpcbind_is_there(RPCBIND_SOCKET);
	if (!s->bootparam.is_guest)
		port_complain(program, PMAP_PORT, rc);
	return s->bootparam.is_guest ? 0 : rc;
}

static void say_guest(const struct settings *s, struct log *log, usec now)
{
	struct log_line l;

	if (!log_begin(&l, log, LEVEL_WARN, "rpcbind-has-port-111", now, 0))
		return;
	log_u64(&l, "port", s->bootparam.port);
	log_text(&l, "why",
		 "boot parameters are registered with it; WHOAMI by broadcast "
		 "is answered here, CALLIT to this machine only by rpcbind -r");
	log_end(&l);
}

enum { PROGRAMS = 3 };

/* What a port mapper of another has to know; how many. */
static unsigned programs(const struct settings *s, struct rpcb v[PROGRAMS])
{
	v[0] = (struct rpcb){BOOTPARAM_PROGRAM, BOOTPARAM_VERSION,
			     s->bootparam.port, false};
	v[1] = (struct rpcb){NIBIND_PROGRAM, NIBIND_VERSION, s->netinfo.port,
			     false};
	v[2] = v[1];
	v[2].is_tcp = true;
	return s->netinfo.serve ? PROGRAMS : 1;
}

int ports_join(const struct settings *s, struct log *log, usec now)
{
	struct rpcb v[PROGRAMS];
	unsigned n = programs(s, v);
	int rc = 0;

	if (!s->bootparam.is_guest)
		return 0;
	for (unsigned i = 0; i < n && !rc; i++)
		rc = rpcbind_set(RPCBIND_SOCKET, &v[i]);
	if (!rc)
		say_guest(s, log, now);
	return rc;
}

void ports_leave(const struct settings *s)
{
	struct rpcb v[PROGRAMS];
	unsigned n = programs(s, v);

	if (s->bootparam.is_guest)
		for (unsigned i = 0; i < n; i++)
			(void)rpcbind_unset(RPCBIND_SOCKET, &v[i]);
}

void ports_filter(struct filter *f, const struct settings *s)
{
	struct filter_wants w = {.igmp = true, .masks = s->netmask_authority};

	if (s->dhcp != DHCP_OFF)
		w.ports[w.n++] = BOOTP_SERVER_PORT;
	/* Other servers' broadcasts; a proxy expects them. */
	if (s->dhcp == DHCP_FULL)
		w.ports[w.n++] = BOOTP_CLIENT_PORT;
	if (s->bootparam.serve)
		w.ports[w.n++] = PMAP_PORT;
	filter_server(f, &w);
}
