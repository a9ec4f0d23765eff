/*
 * Each port is opened for a moment; the errors that last are the ones worth
 * telling.
 */
#include "app/ports.h"

#include "host/udp.h"
#include "wire/bootp.h"
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
