/*
 * Effects as lines of a transcript: short enough to be read aloud, and nothing
 * in them that depends on luck, such as the number of a random port.
 */
#include "engine/note.h"
#include "model/lookup.h"
#include "stage/stage.h"
#include "stage/tell_rpc.h"
#include "wire/bootp.h"
#include "wire/frame.h"
#include "wire/igmp.h"
#include "wire/mirror.h"
#include "wire/slam.h"
#include "wire/tftp.h"
#include "wire/train.h"

enum { FIRST_RANDOM_PORT = 32768 };

static void tell_number(struct text *t, const char *before, uint64_t n)
{
	text_add(t, before);
	text_u64(t, n);
}

static void tell_negative(struct text *t, int64_t n)
{
	text_add(t, n < 0 ? " -" : " ");
	text_u64(t, n < 0 ? (uint64_t)-n : (uint64_t)n);
}

static void tell_ip(struct text *t, const char *before, uint32_t ip)
{
	text_add(t, before);
	text_ip(t, ip);
}

static void tell_quoted(struct text *t, const char *before, const char *s,
			size_t len)
{
	text_add(t, before);
	text_add(t, "\"");
	text_wire(t, s, len);
	text_add(t, "\"");
}

static void tell_hex(struct text *t, const uint8_t *bytes, size_t len)
{
	text_add(t, "bytes ");
	text_hex(t, bytes, len < 32 ? len : 32, 0);
}

/* ---- BOOTP and DHCP ----------------------------------------------------- */

static const char *const dhcp_names[] = {
	"BOOTP", "DISCOVER", "OFFER",   "REQUEST", "DECLINE",
	"ACK",   "NAK",      "RELEASE", "INFORM",
};

/* The boot file, wherever it stands. */
static void tell_file(struct text *t, const struct bootp *m)
{
	uint8_t buf[256];
	char field[BOOTP_FILE + 1];
	int len = bootp_option(m, OPT_BOOT_FILE, buf, sizeof(buf));

	if (len > 0)
		tell_quoted(t, " file ", (const char *)buf, (size_t)len);
	else if (bootp_file(m, field))
		tell_quoted(t, " file ", field, strlen(field));
}

/* A question or an error to the person at a NeXT, or what was typed. */
static void tell_dialog(struct text *t, const struct bootp *m)
{
	static const char *const what[] = {"", " query ", " query-ne ",
					   " error "};
	struct next_vend v;

	if (!next_vend_get(&v, m) || !v.opcode || v.opcode > NEXT_ERROR)
		return;
	text_add(t, what[v.opcode]);
	text_u64(t, v.id);
	tell_quoted(t, " ", v.text, strlen(v.text));
}

static void tell_bootp(struct text *t, const struct bootp *m)
{
	uint32_t ip;
	uint8_t text[128];
	int len = bootp_option(m, OPT_MESSAGE, text, sizeof(text));

	text_add(t, dhcp_names[m->type]);
	if (m->type == DHCP_NONE)
		text_add(t, m->op == BOOTP_REQUEST ? "REQUEST" : "REPLY");
	if (m->yiaddr)
		tell_ip(t, " ", m->yiaddr);
	if (bootp_option_u32(m, OPT_REQUESTED_IP, &ip))
		tell_ip(t, " ", ip);
	if (m->ciaddr)
		tell_ip(t, " ciaddr ", m->ciaddr);
	if (m->op == BOOTP_REQUEST && bootp_option_u32(m, OPT_SERVER_ID, &ip))
		tell_ip(t, " of ", ip);
	if (m->op == BOOTP_REPLY)
		tell_file(t, m);
	if (m->op == BOOTP_REPLY && m->siaddr)
		tell_ip(t, " next ", m->siaddr);
	tell_dialog(t, m);
	if (len > 0)
		tell_quoted(t, " ", (const char *)text, (size_t)len);
}

static bool tell_if_bootp(struct text *t, const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	struct bootp m;

	if (!bootp_get(&m, &r))
		return false;
	tell_bootp(t, &m);
	return true;
}

static bool is_bootp_port(uint16_t port)
{
	return port == BOOTP_SERVER_PORT || port == BOOTP_CLIENT_PORT ||
	       port == PXE_SERVER_PORT;
}

/* ---- SLAM --------------------------------------------------------------- */

static void tell_nack(struct text *t, struct rd r)
{
	struct slam_runs runs = slam_runs_over(r);
	struct slam_run run;

	text_add(t, "NACK");
	while (slam_runs_next(&runs, SLAM_NUMBER_MAX, &run)) {
		tell_number(t, " ", run.first);
		tell_number(t, "+", run.n);
	}
}

static bool tell_slam_client(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	enum slam_call call = slam_call_kind(&r);

	if (call == SLAM_DISCONNECT)
		text_add(t, "BYE");
	else if (call == SLAM_NACK)
		tell_nack(t, r);
	return call != SLAM_NOTHING;
}

static bool tell_slam_server(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct slam_packet p;

	if (!slam_packet_get_with(&p, &r, !ip_is_multicast(s->to.ip),
				  s->body.len))
		return false;
	if (p.is_data) {
		tell_number(t, "DATA ", p.packet);
		tell_number(t, " +", p.len + s->body.len);
	} else {
		tell_number(t, "STATUS ", p.header.total_bytes);
		tell_number(t, "/", p.header.block_size);
	}
	return true;
}

static bool is_slam(const struct stage *st, uint16_t port)
{
	return port >= st->slam[0] && port <= st->slam[1];
}

/* ---- trains ------------------------------------------------------------- */

static void tell_intervals(struct text *t, struct rd *r)
{
	struct train_intervals v;
	struct train_interval i;

	if (!train_intervals_get(&v, r))
		return;
	while (train_interval_next(&v, &i)) {
		tell_number(t, " ", i.from);
		tell_number(t, "-", i.to - 1);
	}
}

static bool tell_wanted(struct text *t, const char *what, struct rd *r)
{
	uint64_t cookie;

	text_add(t, what);
	if (!train_cookie_get(&cookie, r))
		return false;
	tell_intervals(t, r);
	return true;
}

static bool tell_report(struct text *t, struct rd *r)
{
	struct train_report p;
	struct train_lack l;
	struct train_interval i;

	if (!train_report_get(&p, r))
		return false;
	tell_number(t, "REPORT ", p.round);
	while (train_lack_next(&p, &l)) {
		tell_number(t, " ", l.block);
		tell_number(t, "+", l.lack);
	}
	if (p.lack_of_list)
		tell_number(t, " list+", p.lack_of_list);
	text_add(t, p.intervals.n ? " wants" : "");
	while (train_interval_next(&p.intervals, &i)) {
		tell_number(t, " ", i.from);
		tell_number(t, "-", i.to - 1);
	}
	if (p.loss)
		tell_number(t, " loss ", p.loss);
	return true;
}

static bool tell_status(struct text *t, uint16_t flags, struct rd *r)
{
	static const char *const phases[] = {"standing", "holding", "sending",
					     "asking"};
	struct train_status s;

	if (!train_status_get(&s, r))
		return false;
	text_add(t, "STATUS ");
	text_add(t, phases[s.phase]);
	tell_number(t, " ",
		    s.phase == TRAIN_SAYS_HOLDING  ? s.leaving_ms
		    : s.phase == TRAIN_SAYS_ASKING ? s.round
						   : s.cursor);
	tell_number(t, " riders ", s.riders);
	if (s.expected)
		tell_number(t, "/", s.expected);
	for (uint16_t i = 0; i < s.n; i++) {
		uint16_t n = train_status_pending(&s, i);

		text_add(t, i ? " " : " pending ");
		if (n == TRAIN_NOT_NOW)
			text_add(t, "-");
		else
			text_u64(t, n);
	}
	text_add(t, flags & TRAIN_FLAG_LIST ? " list" : "");
	text_add(t, flags & TRAIN_FLAG_GOODBYE ? " goodbye" : "");
	return true;
}

static bool tell_board(struct text *t, struct rd *r)
{
	const char *name;
	size_t len;

	if (!train_board_get(&name, &len, r))
		return false;
	text_add(t, "BOARD ");
	text_wire(t, name, len);
	return true;
}

static bool tell_ticket(struct text *t, struct rd *r)
{
	struct train_ticket k;

	if (!train_ticket_get(&k, r))
		return false;
	text_add(t, "TICKET ");
	text_endpoint(t, k.group);
	if (!k.note_len)
		return true;
	text_add(t, " note \"");
	text_wire(t, k.note, k.note_len);
	text_add(t, "\"");
	return true;
}

static bool tell_refuse(struct text *t, struct rd *r)
{
	const char *s;
	uint16_t code;
	size_t len;

	if (!train_refuse_get(&code, &s, &len, r))
		return false;
	tell_number(t, "REFUSE ", code);
	if (len)
		tell_quoted(t, " ", s, len);
	return true;
}

static bool tell_train_data(struct text *t, struct rd *r, size_t body)
{
	struct train_data d;

	if (!train_data_get(&d, r))
		return false;
	if (d.block == TRAIN_LIST)
		text_add(t, "DATA list");
	else
		tell_number(t, "DATA ", d.block);
	tell_number(t, ".", d.number);
	tell_number(t, " +", d.len + body);
	return true;
}

static bool tell_leaves(struct text *t, struct rd *r, bool is_asking)
{
	struct train_leaves l;

	if (is_asking ? !train_leaves_ask_get(&l, r) : !train_leaves_get(&l, r))
		return false;
	tell_number(t, is_asking ? "LEAVES? " : "LEAVES ", l.block);
	tell_number(t, " @", l.first);
	if (!is_asking)
		tell_number(t, " +", l.n);
	return true;
}

static bool tell_drives(struct text *t, uint16_t flags, struct rd *r)
{
	static const char *const phases[] = {"standing", "holding", "sending",
					     "asking"};
	struct train_drives d;

	if (!train_drives_get(&d, r))
		return false;
	text_add(t, "DRIVES ");
	text_wire(t, d.name, d.len);
	tell_number(t, " turn ", d.turn);
	text_add(t, " ");
	text_add(t, d.phase < 4 ? phases[d.phase] : "?");
	tell_number(t, flags & TRAIN_FLAG_LEFT ? " left, " : " ", d.riders);
	text_add(t, " at ");
	text_endpoint(t, d.group);
	return true;
}

static bool tell_forward(struct text *t, struct rd *r)
{
	struct train_forward f;

	if (!train_forward_get(&f, r))
		return false;
	text_add(t, "FORWARD ");
	text_wire(t, f.name, f.len);
	text_add(t, " of ");
	text_endpoint(t, f.rider);
	return true;
}

static bool tell_train(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct train_head h;
	uint16_t round;

	if (!train_head_get(&h, &r))
		return false;
	switch ((enum train_type)h.type) {
	case TRAIN_BOARD:
		return tell_board(t, &r);
	case TRAIN_TICKET:
		return tell_ticket(t, &r);
	case TRAIN_REFUSE:
		return tell_refuse(t, &r);
	case TRAIN_ABOARD:
		return tell_wanted(t, "ABOARD", &r);
	case TRAIN_STATUS:
		return tell_status(t, h.flags, &r);
	case TRAIN_REPORT:
		return tell_report(t, &r);
	case TRAIN_PROBE:
		tell_number(t, "PROBE ",
			    train_probe_get(&round, &r) ? round : 0);
		return true;
	case TRAIN_PICK:
		return tell_wanted(t, "PICK", &r);
	case TRAIN_DATA:
		return tell_train_data(t, &r, s->body.len);
	case TRAIN_LEAVES_ASK:
		return tell_leaves(t, &r, true);
	case TRAIN_LEAVES:
		return tell_leaves(t, &r, false);
	case TRAIN_DETACH:
		text_add(t, "DETACH");
		return true;
	case TRAIN_GOODBYE:
		return tell_wanted(t, "GOODBYE", &r);
	case TRAIN_DRIVES:
		return tell_drives(t, h.flags, &r);
	case TRAIN_FORWARD:
		return tell_forward(t, &r);
	case TRAIN_PREPARING:
		text_add(t, "PREPARING");
		return true;
	}
	return false;
}

/* ---- TFTP --------------------------------------------------------------- */

static void tell_options(struct text *t, const struct tftp_options *o)
{
	if (o->has & TFTP_HAS_TSIZE)
		tell_number(t, " tsize=", o->tsize);
	if (o->has & TFTP_HAS_BLKSIZE)
		tell_number(t, " blksize=", o->blksize);
	if (o->has & TFTP_HAS_TIMEOUT)
		tell_number(t, " timeout=", o->timeout);
	if (o->has & TFTP_HAS_WINDOWSIZE)
		tell_number(t, " windowsize=", o->windowsize);
	if (o->has & TFTP_HAS_GAPS)
		text_add(t, " x-gaps");
	if (o->has & TFTP_HAS_MULTICAST && o->group.ip) {
		text_add(t, " multicast=");
		text_endpoint(t, o->group);
		text_add(t, o->is_master ? ",1" : ",0");
	} else if (o->has & TFTP_HAS_MULTICAST) {
		text_add(t, " multicast");
	}
}

/* Of one block its number, of more the blocks asked for. */
static bool tell_tftp_ack(struct text *t, struct rd r)
{
	size_t len = rd_left(&r);
	struct tftp_gap g;

	(void)rd_u16(&r);
	if (len < 4)
		return false;
	text_add(t, "ACK");
	while (tftp_gap_next(&g, &r)) {
		tell_number(t, " ", g.after);
		if (len > 4)
			tell_number(t, "+", g.n);
	}
	return true;
}

static bool tell_tftp_request(struct text *t, struct rd *r)
{
	struct tftp_request q;

	if (!tftp_request_get(&q, r))
		return false;
	text_add(t, q.op == TFTP_RRQ ? "RRQ " : "WRQ ");
	text_wire(t, q.name, q.name_len);
	text_add(t, q.is_octet ? " octet" : " netascii");
	tell_options(t, &q.options);
	return true;
}

static bool tell_tftp_error(struct text *t, struct rd *r)
{
	struct tftp_error e;

	if (!tftp_error_get(&e, r))
		return false;
	tell_number(t, "ERROR ", e.code);
	tell_quoted(t, " ", e.text, e.text_len);
	return true;
}

static bool tell_tftp(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct tftp_options o;
	struct tftp_data d;

	switch ((enum tftp_op)tftp_op(&r)) {
	case TFTP_RRQ:
	case TFTP_WRQ:
		return tell_tftp_request(t, &r);
	case TFTP_DATA:
		if (!tftp_data_get(&d, &r))
			return false;
		tell_number(t, "DATA ", d.block);
		tell_number(t, " +", d.len + s->body.len);
		return true;
	case TFTP_ACK:
		return tell_tftp_ack(t, r);
	case TFTP_ERROR:
		return tell_tftp_error(t, &r);
	case TFTP_OACK:
		if (!tftp_oack_get(&o, &r))
			return false;
		text_add(t, "OACK");
		tell_options(t, &o);
		return true;
	}
	return false;
}

/* ---- sends -------------------------------------------------------------- */

static bool tell_doctor(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct mirror m;

	if (!mirror_get(&m, &r))
		return false;
	tell_number(t, "doctor ", m.kind);
	tell_number(t, " lane ", m.lane);
	return true;
}

static bool tell_payload(struct text *t, const struct stage *st,
			 const struct send *s)
{
	if (s->from.port == MIRROR_PORT)
		return tell_doctor(t, s);
	if (tell_rpc(t, s))
		return true;
	if (is_bootp_port(s->to.port) || is_bootp_port(s->from.port))
		return tell_if_bootp(t, s->head, s->head_len);
	if (is_slam(st, s->from.port))
		return tell_slam_server(t, s);
	if (is_slam(st, s->to.port))
		return tell_slam_client(t, s);
	return stage_tell_registry(t, s) || stage_tell_lookup(t, s) ||
	       tell_rpc(t, s) || tell_train(t, s) || tell_tftp(t, s);
}

static void tell_arp(struct text *t, const struct frame_arp *a)
{
	tell_ip(t, a->op == ARP_REQUEST ? "arp who-has " : "arp reply to ",
		a->target_ip);
	tell_ip(t, " from ", a->sender_ip);
}

static void tell_mac(struct text *t, const uint8_t mac[6])
{
	struct hwaddr hw = hwaddr_ethernet(mac);

	text_add(t, " to ");
	text_hwaddr(t, &hw);
}

static const char *igmp_name(uint8_t type)
{
	switch (type) {
	case IGMP_QUERY:
		return "query v";
	case IGMP_V2_LEAVE:
		return "leave v";
	default:
		return "report v";
	}
}

static bool tell_igmp(struct text *t, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_ip f;
	struct igmp m;

	if (!frame_ip_get(&f, &r) || f.protocol != IP_PROTOCOL_IGMP)
		return false;
	r = rd_over(f.bytes, f.len);
	if (!igmp_get(&m, &r))
		return false;
	text_add(t, igmp_name(m.type));
	text_u64(t, m.version);
	if (m.type == IGMP_QUERY)
		tell_number(t, " within ", m.response * 100);
	if (m.group)
		tell_ip(t, " ", m.group);
	tell_number(t, " link ", s->link);
	return true;
}

static void tell_frame(struct text *t, const struct send *s)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_udp f;
	struct frame_arp a;

	if (frame_type(&r) == ETH_ARP && frame_arp_get(&a, &r)) {
		tell_arp(t, &a);
		return;
	}
	if (tell_igmp(t, s) || tell_rpc_frame(t, s))
		return;
	r = rd_over(s->head, s->head_len);
	if (!frame_udp_get(&f, &r) || !tell_if_bootp(t, f.bytes, f.len)) {
		text_add(t, "frame ");
		tell_hex(t, s->head, s->head_len);
		return;
	}
	if (memcmp(f.dst, all, sizeof(all)))
		tell_mac(t, f.dst);
	else
		text_add(t, " broadcast");
}

static void tell_send(struct text *t, const struct stage *st,
		      const struct send *s)
{
	if (s->how == SEND_FRAME) {
		tell_frame(t, s);
		return;
	}
	if (s->how == SEND_RECORD) {
		tell_number(t, "[", s->conn);
		text_add(t, "] ");
	}
	if (!tell_payload(t, st, s))
		tell_hex(t, s->head, s->head_len);
	if (s->how == SEND_RECORD || endpoint_is(s->to, st->peer))
		return;
	text_add(t, " to ");
	text_endpoint(t, s->to);
}

/* ---- the other effects -------------------------------------------------- */

static void tell_port(struct text *t, const char *verb, uint16_t port)
{
	text_add(t, verb);
	if (port >= FIRST_RANDOM_PORT)
		text_add(t, "a port");
	else
		text_u64(t, port);
}

static void tell_listen(struct text *t, const struct effect *e)
{
	text_add(t, e->kind == EFFECT_LISTEN ? "listen " : "close ");
	tell_port(t, e->listen.flags & LISTEN_STREAM ? "tcp " : "",
		  e->listen.port);
}

static void tell_change(struct text *t, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_DOMAIN_PUT:
		tell_number(t, "commit domain ", c->id);
		break;
	case CHANGE_ENTRY_PUT:
		tell_number(t, "commit entry ", c->id);
		break;
	case CHANGE_ENTRY_DESTROY:
		tell_number(t, "commit destroy ", c->id);
		break;
	case CHANGE_LEASE_PUT:
		tell_ip(t, "commit lease ", c->lease.ip);
		break;
	case CHANGE_LEASE_DROP:
		tell_ip(t, "commit drop ", c->lease.ip);
		break;
	}
}

static void tell_address(struct text *t, const struct address *a)
{
	tell_ip(t, "address ", a->ip);
	tell_number(t, "/", mask_bits(a->mask));
	if (a->broadcast)
		tell_ip(t, " broadcast ", a->broadcast);
	if (a->router)
		tell_ip(t, " via ", a->router);
	if (a->name && a->name[0])
		tell_quoted(t, " ", a->name, strlen(a->name));
}

/* All of it: its words count. */
static void tell_console(struct text *t, const struct note *n)
{
	text_add(t, n->code == NOTE_CONSOLE ? "console: "
		    : n->a                  ? "prompt: "
					    : "secret prompt: ");
	for (const char *s = n->text; *s; s++) {
		if (*s == '\n')
			text_add(t, " / ");
		else
			text_bytes(t, s, 1);
	}
}

static void tell_note(struct text *t, const struct note *n)
{
	if (n->code == NOTE_CONSOLE || n->code == NOTE_CONSOLE_PROMPT) {
		tell_console(t, n);
		return;
	}
	text_add(t, "note ");
	text_add(t, note_kind(n->code)->name);
	if (n->ip)
		tell_ip(t, " ", n->ip);
	if (n->a || n->b)
		tell_negative(t, (int64_t)n->a);
	if (n->b)
		tell_negative(t, (int64_t)n->b);
	if (n->text && n->text[0])
		tell_quoted(t, " ", n->text, strlen(n->text));
}

static void tell_group(struct text *t, const char *verb, const struct join *j)
{
	text_add(t, verb);
	text_endpoint(t, j->group);
}

static void tell_span(struct text *t, uint64_t offset, size_t len)
{
	tell_number(t, " @", offset);
	tell_number(t, " +", len);
}

static void tell_mend(struct text *t, const struct mend *m)
{
	tell_number(t, "mend ", m->file);
	tell_number(t, " block ", m->block);
	text_add(t, m->n_missing ? ":" : "");
	for (unsigned i = 0; i < m->n_missing; i++)
		tell_number(t, " ", m->missing[i]);
	text_add(t, m->n_missing ? " from" : "");
	for (unsigned i = 0; m->n_missing && i < m->n_repairs; i++)
		tell_number(t, " ", m->repairs[i].number);
	text_add(t, m->has_hash ? "" : ", unchecked");
}

static void tell_sort(struct text *t, const struct sort *s)
{
	tell_number(t, "sort ", s->file);
	tell_number(t, " block ", s->block);
}

static void tell_allot(struct text *t, const struct allot *a)
{
	tell_number(t, "allot ", a->file);
	tell_number(t, " +", a->size);
	tell_number(t, " +", a->scratch);
}

static void tell_look_up(struct text *t, const char *agent,
			 const struct question *q)
{
	text_add(t, "ask ");
	text_add(t, agent);
	text_add(t, " ");
	text_add(t, lookup_category_name((enum lookup_category)q->about));
	text_add(t, " ");
	if (!q->with[0]) {
		tell_number(t, "from ", q->from);
		return;
	}
	text_add(t, q->with);
	tell_quoted(t, " ", q->text, strlen(q->text));
}

static void tell_ask(struct text *t, const struct question *q)
{
	switch (q->kind) {
	case ASK_PASSWORD:
		tell_quoted(t, "ask password ", q->text, strlen(q->text));
		break;
	case ASK_FILES:
		tell_look_up(t, "files", q);
		break;
	case ASK_NIS:
		tell_look_up(t, "nis", q);
		break;
	case ASK_DNS:
		tell_look_up(t, "dns", q);
		break;
	case ASK_READALL:
		text_add(t, "ask readall ");
		text_endpoint(t, q->peer);
		tell_number(t, " unless ", q->from);
		break;
	case ASK_LISTALL:
		tell_quoted(t, "ask listall ", q->text, strlen(q->text));
		text_add(t, " ");
		text_endpoint(t, q->peer);
		break;
	}
}

static void tell_commit(struct text *t, const struct commit_effect *c)
{
	if (c->all)
		tell_number(t, "commit all of ", c->all->n);
	else
		tell_change(t, &c->change);
}

static void tell_conn(struct text *t, const struct effect *e)
{
	tell_number(t, e->kind == EFFECT_DRAIN ? "drain " : "hang up ",
		    e->conn);
}

void stage_tell(struct text *t, const struct stage *st, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_SEND:
		tell_send(t, st, &e->send);
		break;
	case EFFECT_FETCH:
		tell_number(t, "fetch ", e->fetch.ref.image);
		tell_span(t, e->fetch.ref.offset, e->fetch.ref.len);
		break;
	case EFFECT_COMMIT:
		tell_commit(t, &e->commit);
		break;
	case EFFECT_LISTEN:
	case EFFECT_CLOSE:
		tell_listen(t, e);
		break;
	case EFFECT_HANGUP:
	case EFFECT_DRAIN:
		tell_conn(t, e);
		break;
	case EFFECT_PAIR:
		tell_port(t, "pair ", e->pair.at.port);
		text_add(t, " with ");
		text_endpoint(t, e->pair.peer);
		break;
	case EFFECT_JOIN:
		tell_group(t, "join ", &e->join);
		break;
	case EFFECT_LEAVE:
		tell_group(t, "leave ", &e->join);
		break;
	case EFFECT_ADDRESS:
		tell_address(t, &e->address);
		break;
	case EFFECT_ALLOT:
		tell_allot(t, &e->allot);
		break;
	case EFFECT_KEEP:
		tell_number(t, "keep ", e->keep.file);
		tell_span(t, e->keep.offset, e->keep.len + e->keep.body.len);
		text_add(t, e->keep.is_scratch ? " scratch" : "");
		break;
	case EFFECT_MEND:
		tell_mend(t, &e->mend);
		break;
	case EFFECT_SORT:
		tell_sort(t, &e->sort);
		break;
	case EFFECT_ASK:
		tell_ask(t, &e->ask);
		break;
	case EFFECT_NOTE:
		if (st->shows_notes &&
		    note_kind(e->note.code)->level <= NOTE_INFO)
			tell_note(t, &e->note);
		break;
	}
}
