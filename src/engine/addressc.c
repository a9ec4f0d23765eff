/*
 * The half that bootpc and dhcpc share.  A machine without an address asks by
 * frames, since no socket would send from 0.0.0.0, and answers to itself by its
 * hardware address and the transaction id alone.
 */
#include "engine/addressc.h"

#include "base/text.h"
#include "engine/effects.h"
#include "engine/note.h"
#include "wire/frame.h"
#include "wire/pxe.h"

#include <errno.h>

enum { MAC = 6, ASK_TTL = 255 /* as NeXT and all its heirs do */ };
enum { TEXT_ROOM = 256 }; /* of address_answer's file, too */

static const usec FIRST_WAIT = MILLISECONDS(300);
static const uint8_t everybody[MAC] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

int addressc_init(struct addressc *c, const struct addressc_config *config)
{
	const char *class_id = config->class_id ? config->class_id : "";

	*c = (struct addressc){.link = config->link,
			       .arch = config->arch,
			       .tries = config->tries};
	if (config->link.hw.type != HW_ETHERNET || config->link.hw.len != MAC)
		return -EINVAL;
	if (!text_copy(c->class_id, sizeof(c->class_id), class_id,
		       strlen(class_id)))
		return -ENAMETOOLONG;
	rand_seed(&c->rand, config->seed);
	return 0;
}

void addressc_begin(struct addressc *c, usec now)
{
	struct wr w = wr_over(c->xid, sizeof(c->xid));

	wr_u32(&w, (uint32_t)(rand_u64(&c->rand) >> 32));
	c->begun = now;
}

uint16_t addressc_secs(const struct addressc *c, usec now)
{
	usec secs = (now - c->begun) / SECOND;

	return secs > UINT16_MAX ? UINT16_MAX : (uint16_t)secs;
}

usec addressc_first_wait(struct addressc *c)
{
	return (usec)rand_below(&c->rand, (uint64_t)FIRST_WAIT);
}

usec addressc_delay(struct addressc *c, usec most)
{
	return (usec)rand_below(&c->rand, (uint64_t)most + 1);
}

usec addressc_jitter(struct addressc *c, usec wait)
{
	uint64_t span = (uint64_t)wait / 2 + 1;

	return wait - wait / 4 + (usec)rand_below(&c->rand, span);
}

void addressc_note(struct addressc *c, struct effects *fx)
{
	struct note *n = effects_note(fx, NOTE_BOOT_ASKING);

	n->hw = c->link.hw;
	n->a = ++c->asked;
}

/* ---- asking ------------------------------------------------------------- */

static void put_wishes(struct bootp_out *o)
{
	static const uint8_t wishes[] = {
		OPT_SUBNET_MASK, OPT_ROUTER,       OPT_DNS,
		OPT_HOST_NAME,   OPT_DOMAIN_NAME,  OPT_LEASE_TIME,
		OPT_SERVER_ID,   OPT_RENEWAL_TIME, OPT_REBINDING_TIME,
		OPT_TFTP_SERVER, OPT_BOOT_FILE,    OPT_VENDOR,
		OPT_CLASS_ID,
	};

	bootp_put(o, OPT_PARAMETER_LIST, wishes, sizeof(wishes));
}

/* All of it is far below the limit, so nothing is ever left out. */
void addressc_put(const struct addressc *c, const struct addressc_request *q,
		  struct wr *w)
{
	struct bootp_head h = {.op = BOOTP_REQUEST,
			       .hw = c->link.hw,
			       .secs = q->secs,
			       .ciaddr = q->ciaddr};
	struct bootp_out o;

	memcpy(h.xid, c->xid, sizeof(h.xid));
	o = bootp_begin(&h, w, BOOTP_MTU_MAX);
	if (q->type != DHCP_NONE)
		bootp_put_u8(&o, OPT_MESSAGE_TYPE, (uint8_t)q->type);
	if (q->requested)
		bootp_put_u32(&o, OPT_REQUESTED_IP, q->requested);
	if (q->server_id)
		bootp_put_u32(&o, OPT_SERVER_ID, q->server_id);
	/* Lets a BOOTP server, too, answer with more than 64 bytes of options
	 * (RFC 1542 2.1). */
	bootp_put_u16(&o, OPT_MAX_SIZE, BOOTP_MTU_MAX);
	if (c->class_id[0])
		bootp_put_str(&o, OPT_CLASS_ID, c->class_id);
	if (c->arch != ARCH_UNKNOWN)
		bootp_put_u16(&o, OPT_CLIENT_ARCH, c->arch);
	if (q->type != DHCP_NONE)
		put_wishes(&o);
	bootp_end(&o);
}

void addressc_broadcast(const struct addressc *c,
			const struct addressc_request *q, struct effects *fx)
{
	uint8_t message[BOOTP_MTU_MAX];
	struct wr m = wr_over(message, sizeof(message));
	struct frame_udp f = {.from = {q->ciaddr, BOOTP_CLIENT_PORT},
			      .to = {IP_BROADCAST, BOOTP_SERVER_PORT},
			      .ttl = ASK_TTL,
			      .bytes = message};
	struct wr w = effects_head(fx);

	addressc_put(c, q, &m);
	f.len = wr_len(&m);
	memcpy(f.dst, everybody, MAC);
	memcpy(f.src, c->link.hw.b, MAC);
	frame_udp_put(&f, &w);
	effects_frame(fx, &w, c->link.index);
}

/* ---- hearing ------------------------------------------------------------ */

/* The UDP payload of a frame that is for us. */
static bool unframe(const struct addressc *c, const struct dgram *d,
		    struct rd *payload, uint32_t *from)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct frame_udp f;

	if (!frame_udp_get(&f, &r) || f.to.port != BOOTP_CLIENT_PORT)
		return false;
	/* A packet socket may hear what is for others. */
	if (memcmp(f.dst, everybody, MAC) && memcmp(f.dst, c->link.hw.b, MAC))
		return false;
	*payload = rd_over(f.bytes, f.len);
	*from = f.from.ip;
	return true;
}

bool addressc_hear(const struct addressc *c, const struct dgram *d,
		   struct addressc_reply *r)
{
	struct rd payload = rd_over(d->bytes, d->len);

	r->from = d->from.ip;
	if (d->kind == DGRAM_FRAME) {
		if (!unframe(c, d, &payload, &r->from))
			return false;
	} else if (d->to.port != BOOTP_CLIENT_PORT) {
		return false;
	}
	return bootp_get(&r->m, &payload) && r->m.op == BOOTP_REPLY &&
	       !memcmp(r->m.xid, c->xid, sizeof(c->xid)) &&
	       hwaddr_is(&r->m.hw, &c->link.hw);
}

bool addressc_is_usable(uint32_t ip)
{
	uint32_t net = ip >> 24;

	return net != 0 && net != 127 && net < 224;
}

/* ---- reading ------------------------------------------------------------ */

/* The first addresses of an option that holds a list of them. */
static void read_ips(const struct bootp *m, uint8_t code, uint32_t *to,
		     unsigned most)
{
	uint8_t buf[255];
	int len = bootp_option(m, code, buf, sizeof(buf));
	struct rd r = rd_over(buf, len > 0 ? (size_t)len : 0);

	for (unsigned i = 0; i < most; i++)
		to[i] = rd_u32(&r);
}

/* A text option; some servers count a NUL in.  False, and "", if there is none.
 */
static bool read_text(const struct bootp *m, uint8_t code, char to[TEXT_ROOM])
{
	int len = bootp_option(m, code, (uint8_t *)to, TEXT_ROOM - 1);

	to[len > 0 ? len : 0] = '\0';
	return to[0] != '\0';
}

/* A name goes into system calls and files: letters, digits, - and . only. */
static bool is_host_name(const char *s)
{
	for (size_t i = 0; s[i]; i++) {
		char c = text_lower(s[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    ((c != '-' && c != '.') || i == 0))
			return false;
	}
	return s[0] != '\0';
}

static void read_name(const struct bootp *m, uint8_t code, char *to,
		      size_t room)
{
	char name[TEXT_ROOM];

	*to = '\0';
	if (read_text(m, code, name) && is_host_name(name))
		text_copy(to, room, name, strlen(name));
}

/* The option first: it alone can be longer than 127 bytes. */
static void read_file(const struct bootp *m, char to[TEXT_ROOM])
{
	char field[BOOTP_FILE + 1];

	if (!read_text(m, OPT_BOOT_FILE, to) && bootp_file(m, field))
		text_copy(to, TEXT_ROOM, field, strlen(field));
}

/* siaddr, option 66 if it is an address, option 54, or whoever sent it. */
static uint32_t read_server(const struct addressc_reply *r)
{
	char name[TEXT_ROOM];
	uint32_t ip = r->m.siaddr;

	if (ip || (read_text(&r->m, OPT_TFTP_SERVER, name) &&
		   ip_parse(name, strlen(name), &ip)))
		return ip;
	if (bootp_option_u32(&r->m, OPT_SERVER_ID, &ip) && ip)
		return ip;
	return r->from;
}

void addressc_read_boot(const struct addressc_reply *r,
			struct address_answer *a)
{
	read_file(&r->m, a->file);
	a->server = read_server(r);
}

void addressc_read(const struct addressc_reply *r, struct address_answer *a)
{
	*a = (struct address_answer){.ip = r->m.yiaddr};
	if (!bootp_option_u32(&r->m, OPT_SUBNET_MASK, &a->mask) || !a->mask ||
	    !ip_is_mask(a->mask))
		a->mask = ip_class_mask(a->ip);
	read_ips(&r->m, OPT_ROUTER, &a->router, 1);
	read_ips(&r->m, OPT_DNS, a->dns, 4);
	read_name(&r->m, OPT_HOST_NAME, a->name, sizeof(a->name));
	read_name(&r->m, OPT_DOMAIN_NAME, a->domain, sizeof(a->domain));
	addressc_read_boot(r, a);
}
