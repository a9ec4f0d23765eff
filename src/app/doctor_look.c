/*
 * The doctor's engines on a real interface, and what else there is to look at.
 * Nothing is changed: interfaces, routes and rules are only read.
 */
#include "app/doctor_look.h"

#include "app/driver.h"
#include "base/text.h"
#include "engine/mirrord.h"
#include "host/link.h"
#include "host/memory.h"
#include "host/packet.h"
#include "host/random.h"
#include "host/udp.h"
#include "wire/bootp.h"
#include "wire/igmp.h"
#include "wire/tftp.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* As settings_default() has them. */
#define TRAIN_GROUP IP4(239, 255, 1, 1)
enum { TRAIN_PORT = 10000 };

/* ---- engines ------------------------------------------------------------- */

struct stand {
	struct loop *loop;
	struct driver *driver;
	struct watch signals;
	bool is_stopping;
};

static void on_signal(void *arg, unsigned events)
{
	struct stand *s = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(s->signals.fd)))
		s->is_stopping |= signal == SIGINT || signal == SIGTERM;
}

static int stand_open(struct stand *s, uint32_t link, struct engine *engine)
{
	struct filter filter;
	struct driver_config config = {
		.engine = engine, .link = link, .filter = &filter};
	int rc = loop_open(&s->loop, &host_memory);

	if (rc)
		return rc;
	s->signals = (struct watch){
		.fd = signals_open(), .arg = s, .ready = on_signal};
	rc = loop_watch(s->loop, &s->signals, LOOP_READ);
	filter_doctor(&filter, BOOTP_CLIENT_PORT, MIRROR_PORT);
	if (!rc)
		rc = driver_open(&s->driver, s->loop, &config);
	if (!rc)
		rc = driver_hear(s->driver, link);
	if (!rc)
		driver_all_groups(s->driver, link, true);
	return rc;
}

static void stand_close(struct stand *s)
{
	driver_close(s->driver);
	loop_close(s->loop, &host_memory);
}

static int listen_around(struct doctor_facts *f)
{
	struct doctorc_config config = {.link = f->link, .span = f->span};
	struct stand s = {0};
	struct doctorc *d;
	int rc = host_random(&config.seed);

	if (!rc)
		rc = doctorc_open(&d, &config, &host_memory);
	if (rc)
		return rc;
	rc = stand_open(&s, f->link.index, doctorc_engine(d));
	if (!rc) {
		doctorc_start(d, loop_now(s.loop), driver_effects(s.driver));
		driver_carry(s.driver);
	}
	while (!rc && !doctorc_is_over(d))
		rc = s.is_stopping ? -EINTR
				   : driver_round(s.driver,
						  loop_now(s.loop) + SECOND);
	f->seen = *doctorc_seen(d);
	stand_close(&s);
	doctorc_close(d, &host_memory);
	return rc;
}

int doctor_reflect(const struct link *link)
{
	struct stand s = {0};
	struct mirrord *m;
	int rc = mirrord_open(&m, link, &host_memory);

	if (rc)
		return rc;
	rc = stand_open(&s, link->index, mirrord_engine(m));
	if (!rc) {
		mirrord_start(m, loop_now(s.loop), driver_effects(s.driver));
		driver_carry(s.driver);
	}
	while (!rc && !s.is_stopping) {
		rc = mirrord_rc(m);
		if (!rc)
			rc = driver_round(s.driver, NEVER);
	}
	stand_close(&s);
	mirrord_close(m, &host_memory);
	return rc;
}

/* ---- this host ----------------------------------------------------------- */

static int read_number(const char *where, const char *link)
{
	char path[96];
	FILE *f;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", link,
		 where);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fgetc(f) - '0';
	fclose(f);
	return n >= 0 && n <= 9 ? n : 0;
}

/* The kernel takes the larger of the two, so 2, loose, wins. */
static void look_at_reverse_path(struct doctor_facts *f)
{
	int all = read_number("rp_filter", "all");
	int own = read_number("rp_filter", f->link.name);

	f->reverse_path = own > all ? own : all;
}

static void look_at_route(struct doctor_facts *f)
{
	uint32_t link = 0, from = 0;
	const struct link *l;

	f->route_rc = route_to(TRAIN_GROUP, &link, &from);
	l = links_numbered(f->links, (size_t)f->n_links, link);
	if (l)
		text_copy(f->route_name, sizeof(f->route_name), l->name,
			  strlen(l->name));
}

static void look_at_ports(struct doctor_facts *f)
{
	static const uint16_t ports[DOCTOR_PORTS] = {
		BOOTP_SERVER_PORT, TFTP_PORT, PXE_SERVER_PORT};

	for (unsigned i = 0; i < DOCTOR_PORTS; i++) {
		struct udp u;
		int rc = udp_open(&u, ports[i], 0, 0);

		f->ports[i].port = ports[i];
		f->ports[i].who[0] = 0;
		if (!rc)
			udp_close(&u);
		if (rc == -EADDRINUSE)
			(void)host_port_owner(ports[i], f->ports[i].who,
					      sizeof(f->ports[i].who));
	}
}

static void add_check(struct doctor_facts *f, const struct doctor_check *c)
{
	f->checks[f->n_checks] = *c;
	f->checks[f->n_checks++].packet.interface = f->link.name;
}

static void add_requests(struct doctor_facts *f)
{
	struct doctor_check c = {.packet = {.protocol = 17,
					    .from = f->link.ip ^ 1,
					    .to = f->link.ip,
					    .sport = 2000}};

	c.what = "DHCP and BOOTP requests (UDP port 67)";
	c.accept = "udp dport 67";
	c.is_below = true;
	c.packet.dport = BOOTP_SERVER_PORT;
	add_check(f, &c);
	c.is_below = false;
	c.what = "requests for files (UDP port 69)";
	c.accept = "udp dport 69";
	c.packet.dport = TFTP_PORT;
	add_check(f, &c);
	c.what = "PXE's questions (UDP port 4011)";
	c.accept = "udp dport 4011";
	c.packet.dport = PXE_SERVER_PORT;
	add_check(f, &c);
}

static void add_groups(struct doctor_facts *f)
{
	struct doctor_check c = {.accept = "udp dport 10000-11000"};

	c.what = "requests to trains (SLAM, UDP port 10000 and above)";
	c.packet = (struct fw_packet){.protocol = 17,
				      .from = f->link.ip ^ 1,
				      .to = f->link.ip,
				      .sport = TRAIN_PORT,
				      .dport = TRAIN_PORT};
	add_check(f, &c);
	c.what = "multicast that is sent (UDP to 239.255.1.1)";
	c.accept = "ip daddr 224.0.0.0/4";
	c.packet.is_out = true;
	c.packet.from = f->link.ip;
	c.packet.to = TRAIN_GROUP;
	add_check(f, &c);
	c.what = "the questions of queriers (IGMP)";
	c.accept = "ip protocol igmp";
	c.packet = (struct fw_packet){
		.protocol = 2, .from = f->link.ip ^ 1, .to = IGMP_ALL_HOSTS};
	add_check(f, &c);
}

static void look_at_firewall(struct doctor_facts *f)
{
	json_t *rules = firewall_read(&f->no_firewall);

	f->has_legacy = firewall_has_legacy();
	if (!rules)
		return;
	f->no_firewall = NULL;
	add_requests(f);
	add_groups(f);
	for (unsigned i = 0; i < f->n_checks; i++)
		firewall_judge(rules, &f->checks[i].packet,
			       &f->checks[i].verdict);
	json_decref(rules);
}

int doctor_look(struct doctor_facts *f)
{
	int rc = wire_look(f->link.index, &f->wire);

	if (rc)
		return rc;
	look_at_reverse_path(f);
	look_at_route(f);
	look_at_ports(f);
	look_at_firewall(f);
	/* On what is down nothing can be said. */
	if (!f->wire.is_up)
		return 0;
	return listen_around(f);
}
