/*
 * A master among clones that answer with anything, in any order, while machines
 * come, go and turn into clones.  What is sent goes to a machine that is a
 * clone by then, is a call of the four that there are, and says our checksum;
 * nobody is asked more often than it should be, and in the end all is quiet.
 */
#define DRIVE_EFFECTS 160
#define DRIVE_SENDS   128
#include "drive.h"
#include "engine/netinfo_copy.h"
#include "engine/nimaster.h"
#include "rpc_site.h"
#include "wire/netinfo.h"
#include "wire/sunrpc.h"

#include <errno.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum event {
	EVENT_STEP,
	EVENT_WAIT,
	EVENT_SETTLE,
	EVENT_CHANGE,
	EVENT_RESYNC,
	EVENT_MACHINE,
	EVENT_PORT,
	EVENT_PORTS,
	EVENT_ERROR,
	EVENT_RAW,
	EVENTS,
};
enum { MOST_EVENTS = 300, MAPPER = 111, MACHINES = 8 };

static struct site site;
static struct settings settings;
static uint32_t machines[MACHINES]; /* their entries; 0: not there yet */
static struct send last;            /* what was asked last, and of whom */
static uint8_t last_head[EFFECT_HEAD_MAX];
static unsigned asked; /* calls */

static bool may_hear(uint32_t ip)
{
	return ip >> 8 == IP4(10, 0, 0, 0) >> 8 && ip != SITE_SERVER;
}

static void check_call(const struct rpc_call *c, uint16_t port)
{
	struct rd args = rd_over(c->args, c->len);
	struct netinfo m = {0};

	if (port == MAPPER && c->program == 100000)
		return;
	if (c->program == NIBIND_PROGRAM) {
		assert(c->procedure == NIBIND_GETREGISTER);
		return;
	}
	assert(c->program == NETINFO_PROGRAM);
	if (c->procedure == NETINFO_RESYNC)
		return;
	assert(c->procedure == NETINFO_CRASHED);
	assert(netinfo_args_get(&m, c->procedure, &args));
	assert(m.checksum == netinfo_checksum(&site, DOMAIN_FIRST));
}

static void look(struct drive *d, const struct effect *e)
{
	struct rd r = rd_over(e->send.head, e->send.head_len);
	struct rpc_call c;

	(void)d;
	if (e->kind != EFFECT_SEND)
		return;
	assert(may_hear(e->send.to.ip) && e->send.to.port);
	assert(rpc_call_get(&c, &r));
	check_call(&c, e->send.to.port);
	asked++;
	last = e->send;
	memcpy(last_head, e->send.head, e->send.head_len);
}

/* From who was asked last, or somebody else. */
static void hear(struct drive *d, struct rd *in, const uint8_t *b, size_t len)
{
	uint8_t who = rd_u8(in);
	struct dgram g = {.kind = DGRAM_UDP,
			  .link = 1,
			  .from = last.to,
			  .to = {SITE_SERVER, d->port},
			  .bytes = b,
			  .len = len};

	if (who & 0x80)
		g.from.ip = IP4(10, 0, 0, who & 15);
	d->engine->input(d->engine, d->now, &g, &d->fx);
	drive_carry(d);
}

static void reply(struct drive *d, struct rd *in, enum rpc_status status,
		  unsigned words)
{
	struct rd r = rd_over(last_head, last.head_len);
	struct rpc_reply p = {.xid = rd_u32(&r), .status = status};
	uint8_t b[64];
	struct wr w = wr_over(b, sizeof(b));

	rpc_reply_put(&p, &w);
	for (unsigned i = 0; i < words; i++)
		wr_u32(&w, words == 1 || i ? rd_u16(in) : 0);
	hear(d, in, b, wr_len(&w));
}

static void hear_raw(struct drive *d, struct rd *in)
{
	uint8_t b[96];
	size_t len = rd_u8(in) % sizeof(b);

	memcpy(b, last_head, 4);
	if (len > rd_left(in))
		len = rd_left(in);
	if (len > 4)
		rd_copy(in, b + 4, len - 4);
	hear(d, in, b, len);
}

/* One more, or what it is now: no server, a clone, or a master of others. */
static void change_machine(struct rd *in)
{
	static const char *const serves[] = {"", "./network", "./other,x/local",
					     "../network"};
	uint8_t which = rd_u8(in) % MACHINES, as = rd_u8(in);
	struct directory *d = site.directory;
	const struct entry *e = directory_entry(d, machines[which]);
	char text[96];
	struct props room;
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .id = e ? e->id : directory_next_id(d),
			   .parent = ENTRY_MACHINES,
			   .instance = e ? e->instance + 1 : 1};

	snprintf(text, sizeof(text),
		 "name=m%u; ip_address=10.0.0.%u; serves=%s", which,
		 as & 4 ? 1 : 20u + which, serves[as & 3]);
	c.props = props(&room, text);
	/* Only one can have our address. */
	if (!directory_apply(d, &c))
		machines[which] = c.id;
}

static void step(struct drive *d, struct nimaster *m, struct rd *in)
{
	switch (rd_u8(in) % EVENTS) {
	case EVENT_STEP:
		drive_step(d);
		break;
	case EVENT_WAIT:
		drive_wait(d, MILLISECONDS(10) * rd_u16(in));
		break;
	case EVENT_SETTLE:
		drive_settle(d, rd_u8(in) & 1 ? -EADDRINUSE : 0);
		break;
	case EVENT_CHANGE:
		nimaster_changed(m, rd_u8(in) % 3, d->now);
		break;
	case EVENT_RESYNC:
		nimaster_resync(m, DOMAIN_FIRST, IP4(10, 0, 0, rd_u8(in) & 31),
				d->now);
		break;
	case EVENT_MACHINE:
		change_machine(in);
		break;
	case EVENT_PORT:
		reply(d, in, RPC_SUCCESS, 1);
		break;
	case EVENT_PORTS:
		reply(d, in, RPC_SUCCESS, 3);
		break;
	case EVENT_ERROR:
		reply(d, in, (enum rpc_status)(rd_u8(in) % 6), 0);
		break;
	case EVENT_RAW:
		hear_raw(d, in);
		break;
	}
}

/* All answers stay away. */
static void end(struct drive *d)
{
	while (d->n)
		drive_settle(d, 0);
	asked = 0;
	drive_wait(d, SECONDS(600));
	assert(d->engine->deadline(d->engine) == NEVER);
	assert(asked <= 9 * MACHINES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct drive d;
	struct rd in = rd_over(bytes, len);
	struct nimaster *m;

	site_open(&site, &settings);
	settings.netinfo.serve = true;
	memset(machines, 0, sizeof(machines));
	memset(last_head, 0, sizeof(last_head));
	last = (struct send){.head_len = 4};
	assert(!nimaster_open(&m, &site, &fuzz_memory, 1));
	drive_open(&d, nimaster_engine(m));
	d.look = look;
	for (unsigned i = 0; i < MOST_EVENTS && rd_left(&in); i++)
		step(&d, m, &in);
	end(&d);
	nimaster_close(m, &fuzz_memory);
	site_close(&site);
	return 0;
}
