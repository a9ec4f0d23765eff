/*
 * A domain of NetInfo as a machine from NeXT asks for it: where it is, what is
 * in it, what is above it; and what it is not told.
 */
#include "engine/netinfod.h"

#include "base/text.h"
#include "engine/netinfo_site.h"
#include "engine/quota.h"
#include "model/domain.h"
#include "props.h"
#include "rpc_world.h"
#include "stage/hex.h"
#include "wire/netinfo.h"

#include <errno.h>

enum { ROOM = 65536, NIBIND = 1034, NETWORK = 1035, UPPER = 1036 };

static struct netinfod *netinfod;
static uint8_t bytes[ROOM];

/*
 *	/               the tag "root"
 *	/boston         ours, with machines moira (1), wendy (2), print (3)
 */
static uint32_t boston;

static void apply(struct world *w, enum change_kind kind, uint32_t id,
		  uint32_t parent, const char *text)
{
	const struct entry *e = directory_entry(w->site.directory, id);
	struct props room;
	struct change c = {.kind = kind,
			   .domain = boston,
			   .id = id,
			   .parent = parent,
			   .instance = e ? e->instance + 1 : 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(w->site.directory, &c), 0);
}

static void open_world(struct world *w)
{
	rpc_world_open(w);
	w->settings.netinfo.serve = true;
	boston = directory_next_id(w->site.directory);
	apply(w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST,
	      "name=boston; master=wizard/network");
	apply(w, CHANGE_ENTRY_PUT, boston + 1, boston, "name=machines");
	apply(w, CHANGE_ENTRY_PUT, boston + 7, boston + 1,
	      "name=wendy,mailhost; ip_address=10.0.0.7;"
	      "en_address=0:0:f:0:7:5a; bootparams; serves=wendy/local");
	apply(w, CHANGE_ENTRY_PUT, boston + 9, boston + 1,
	      "name=print; ip_address=10.0.0.9; serves=./network,../up");
	w->site.domain = boston;
	assert_int_equal(netinfod_open(&netinfod, &w->site, &stage_alloc, 7),
			 0);
	stage_engine(w->st, netinfod_engine(netinfod));
	w->st->me = (struct endpoint){WORLD_SERVER, NETWORK};
	w->st->peer = (struct endpoint){WENDY, 700};
	netinfod_start(netinfod, w->st->now, stage_begin(w->st));
	stage_end(w->st);
}

static void close_world(struct world *w)
{
	netinfod_close(netinfod, &stage_alloc);
	world_close(w);
}

static size_t call_put(uint32_t program, uint32_t version, uint32_t procedure,
		       const struct netinfo *m)
{
	struct wr w = wr_over(bytes, ROOM);

	put_call(&w, program, version, procedure);
	if (program == NIBIND_PROGRAM)
		nibind_args_put(m, procedure, &w);
	else
		netinfo_args_put(m, procedure, &w);
	assert_false(w.bad);
	return wr_len(&w);
}

/* By a connection; what the answer says. */
static struct netinfo asks(struct world *w, uint32_t procedure,
			   struct netinfo args)
{
	size_t len = call_put(NETINFO_PROGRAM, 2, procedure, &args);
	unsigned sends = w->st->sends;
	struct rpc_reply p;
	struct netinfo m;
	struct rd r;

	stage_hear_record(w->st, 3, bytes, len);
	assert_int_equal(w->st->sends, sends + 1);
	r = rd_over(w->st->last, w->st->last_len);
	assert_true(rpc_reply_get(&p, &r));
	assert_int_equal(p.status, RPC_SUCCESS);
	r = rd_over(p.results, p.len);
	assert_true(netinfo_results_get(&m, procedure, &r));
	return m;
}

static uint32_t status(struct world *w, uint32_t procedure, struct netinfo args)
{
	return asks(w, procedure, args).status;
}

static struct netinfo binds(struct world *w, uint32_t procedure,
			    struct netinfo args)
{
	size_t len = call_put(NIBIND_PROGRAM, 1, procedure, &args);
	struct rpc_reply p;
	struct netinfo m;
	struct rd r;

	w->st->me.port = NIBIND;
	stage_hear(w->st, bytes, len);
	w->st->me.port = NETWORK;
	r = rd_over(w->st->last, w->st->last_len);
	assert_true(rpc_reply_get(&p, &r));
	assert_int_equal(p.status, RPC_SUCCESS);
	r = rd_over(p.results, p.len);
	assert_true(nibind_results_get(&m, procedure, &r));
	return m;
}

#define ID(o)                                                                  \
	(struct netinfo)                                                       \
	{                                                                      \
		.id = { o, 0 }                                                 \
	}
#define FIND(o, k, v)                                                          \
	(struct netinfo)                                                       \
	{                                                                      \
		.id = {o, 0}, .key = span_of(k), .value = span_of(v)           \
	}

static void is_id(struct netinfo_id id, uint32_t object, uint32_t instance)
{
	assert_int_equal(id.object, object);
	assert_int_equal(id.instance, instance);
}

static void is_names(struct netinfo_list l, const char *text)
{
	char all[256] = "";
	struct span v;

	while (netinfo_name_next(&l, &v)) {
		if (*all)
			strcat(all, " ");
		strncat(all, v.s, v.len);
	}
	assert_string_equal(all, text);
}

static void is_props(struct netinfo_list l, const char *name,
		     const char *values)
{
	struct netinfo_property p;

	while (netinfo_property_next(&l, &p))
		if (span_is(p.name, name)) {
			is_names(p.values, values);
			return;
		}
	fail();
}

static void is_objects(struct netinfo_list l, uint32_t a, uint32_t b)
{
	uint32_t id;

	assert_int_equal(l.n, (a != 0) + (b != 0));
	assert_true(!a || (netinfo_object_id_next(&l, &id) && id == a));
	assert_true(!b || (netinfo_object_id_next(&l, &id) && id == b));
}

/* ---- where it is ----------------------------------------------------------
 */

static void the_domain_and_those_above_have_ports(void **state)
{
	struct nibind_server s;
	struct netinfo m;
	struct world w;

	(void)state;
	open_world(&w);
	stage_expect(w.st, "    0 ms  listen 1034\n"
			   "    0 ms  listen tcp 1034\n"
			   "    0 ms  listen 1035\n"
			   "    0 ms  listen tcp 1035\n"
			   "    0 ms  listen 1036\n"
			   "    0 ms  listen tcp 1036\n");
	m = binds(&w, NIBIND_GETREGISTER,
		  (struct netinfo){.tag = span_of("network")});
	assert_int_equal(m.status, NETINFO_OK);
	assert_int_equal(m.udp, NETWORK);
	assert_int_equal(m.tcp, NETWORK);
	m = binds(&w, NIBIND_GETREGISTER,
		  (struct netinfo){.tag = span_of("root")});
	assert_int_equal(m.tcp, UPPER);
	m = binds(&w, NIBIND_GETREGISTER,
		  (struct netinfo){.tag = span_of("nowhere")});
	assert_int_equal(m.status, NETINFO_NOTAG);
	m = binds(&w, NIBIND_LISTREG, (struct netinfo){0});
	assert_int_equal(m.list.n, 2);
	assert_true(nibind_server_next(&m.list, &s));
	assert_true(span_is(s.tag, "network"));
	close_world(&w);
}

static void another_domain_gets_ports_when_it_is_asked_for(void **state)
{
	struct netinfo m;
	struct world w;
	uint32_t lab;

	(void)state;
	open_world(&w);
	lab = directory_next_id(w.site.directory);
	apply(&w, CHANGE_DOMAIN_PUT, lab, boston, "name=lab");
	stage_forget(w.st);
	m = binds(&w, NIBIND_GETREGISTER,
		  (struct netinfo){.tag = span_of("lab")});
	assert_int_equal(m.tcp, 1037);
	apply(&w, CHANGE_DOMAIN_PUT, lab + 1, lab, "name=x; tag=local");
	m = binds(&w, NIBIND_GETREGISTER,
		  (struct netinfo){.tag = span_of("local")});
	assert_int_equal(m.tcp, NETINFO_LOCAL_PORT);
	/* What is gone has none any more. */
	apply(&w, CHANGE_DOMAIN_PUT, lab, boston, "name=lab; tag=other");
	m = binds(&w, NIBIND_GETREGISTER,
		  (struct netinfo){.tag = span_of("lab")});
	assert_int_equal(m.status, NETINFO_NOTAG);
	assert_null(strstr(stage_said(w.st), "close"));
	boston = lab + 1;
	apply(&w, CHANGE_ENTRY_DESTROY, lab + 1, 0, "");
	(void)binds(&w, NIBIND_GETREGISTER,
		    (struct netinfo){.tag = span_of("network")});
	assert_non_null(strstr(stage_said(w.st), "close 1033"));
	close_world(&w);
}

static void a_machine_that_is_served_is_bound(void **state)
{
	struct netinfo who = {.address = WENDY,
			      .tag = span_of("local"),
			      .value = span_of("network")};
	struct world w;

	(void)state;
	open_world(&w);
	(void)binds(&w, NIBIND_BIND, who);
	assert_int_equal(netinfod_stats(netinfod)->bound, 1);
	/* By itself, and not by another or under another tag. */
	assert_true(netinfo_serves(&w.site, boston, WENDY, who.tag));
	assert_false(netinfo_serves(&w.site, boston, MOIRA, who.tag));
	assert_false(netinfo_serves(&w.site, boston, WENDY, who.value));
	assert_false(netinfo_serves(&w.site, boston, MOIRA, who.value));
	assert_false(netinfo_serves(&w.site, boston, MOIRA, span_of("up")));
	assert_false(netinfo_serves(&w.site, DOMAIN_FIRST, WENDY, who.tag));
	close_world(&w);
}

/* The same word, and to each the domain of its own network. */
static void network_is_the_domain_of_who_asks(void **state)
{
	const struct span network = span_of("network"),
			  local = span_of("local");
	struct netinfo m;
	struct world w;
	uint32_t here;

	(void)state;
	open_world(&w);
	here = directory_next_id(w.site.directory);
	apply(&w, CHANGE_DOMAIN_PUT, here, DOMAIN_FIRST, "name=chicago");
	(void)text_copy(w.settings.subnets[0].directory,
			sizeof w.settings.subnets[0].directory, "/chicago", 8);
	assert_int_equal(netinfo_nearest(&w.site, WORLD_SERVER), boston);
	assert_int_equal(netinfo_nearest(&w.site, IP4(127, 0, 0, 1)), boston);
	assert_int_equal(netinfo_nearest(&w.site, WENDY), here);
	assert_int_equal(netinfo_tagged(&w.site, network, here), here);
	assert_int_equal(netinfo_tagged(&w.site, network, boston), boston);
	assert_int_equal(netinfo_tagged(&w.site, span_of("boston"), here),
			 boston);
	/* From there it climbs to the root, and no further. */
	m = binds(&w, NIBIND_GETREGISTER, (struct netinfo){.tag = network});
	assert_int_equal(m.status, NETINFO_OK);
	w.st->me.port = (uint16_t)m.udp;
	m = asks(&w, NETINFO_RPARENT, ID(0));
	assert_true(span_is(m.tag, "root"));
	/* Who stands in the root is bound to the domain that is near, alone. */
	assert_false(netinfo_serves(&w.site, here, WENDY, local));
	world_add_machine(&w, "name=roamer; ip_address=10.0.0.77;"
			      "serves=roamer/local");
	assert_true(netinfo_serves(&w.site, here, IP4(10, 0, 0, 77), local));
	assert_false(netinfo_serves(&w.site, boston, IP4(10, 0, 0, 77), local));
	close_world(&w);
}

static void a_domain_tells_its_parent(void **state)
{
	struct netinfo m;
	struct world w;

	(void)state;
	open_world(&w);
	m = asks(&w, NETINFO_RPARENT, ID(0));
	assert_true(span_is(m.tag, "root"));
	assert_int_equal(m.address, WORLD_SERVER);
	w.st->me.port = UPPER;
	assert_int_equal(status(&w, NETINFO_RPARENT, ID(0)), NETINFO_NETROOT);
	/* On another server: as it is written down. */
	world_add_machine(&w, "name=far; ip_address=10.9.9.9; serves=../top");
	m = asks(&w, NETINFO_RPARENT, ID(0));
	assert_true(span_is(m.tag, "top"));
	assert_int_equal(m.address, IP4(10, 9, 9, 9));
	close_world(&w);
}

/* ---- what is in it --------------------------------------------------------
 */

static void a_machine_is_looked_up_and_read(void **state)
{
	struct netinfo m;
	struct world w;

	(void)state;
	open_world(&w);
	m = asks(&w, NETINFO_ROOT, ID(0));
	is_id(m.id, 0, 1);
	m = asks(&w, NETINFO_LOOKUP, FIND(0, "name", "machines"));
	is_objects(m.list, 1, 0);
	m = asks(&w, NETINFO_LOOKUP, FIND(1, "en_address", "0:0:f:0:7:5a"));
	is_objects(m.list, 7, 0);
	is_id(m.id, 1, 1);
	m = asks(&w, NETINFO_READ, ID(7));
	is_id(m.id, 7, 1);
	assert_int_equal(m.props.n, 5);
	is_props(m.props, "name", "wendy mailhost");
	is_props(m.props, "bootparams", "");
	m = asks(&w, NETINFO_LOOKUPREAD, FIND(1, "name", "mailhost"));
	is_id(m.id, 7, 1);
	is_props(m.props, "serves", "wendy/local");
	m = asks(&w, NETINFO_LOOKUP, FIND(1, "serves", "../up"));
	is_objects(m.list, 9, 0);
	assert_int_equal(status(&w, NETINFO_LOOKUP, FIND(1, "name", "none")),
			 NETINFO_NODIR);
	assert_int_equal(
		status(&w, NETINFO_LOOKUPREAD, FIND(1, "serves", "wendy")),
		NETINFO_NODIR);
	close_world(&w);
}

static void everything_about_a_directory_is_told(void **state)
{
	struct netinfo_entry e;
	struct netinfo_list props;
	struct netinfo m;
	struct world w;

	(void)state;
	open_world(&w);
	is_id(asks(&w, NETINFO_SELF, ID(9)).id, 9, 1);
	assert_int_equal(asks(&w, NETINFO_PARENT, ID(9)).parent, 1);
	assert_int_equal(asks(&w, NETINFO_PARENT, ID(0)).parent, 0);
	is_objects(asks(&w, NETINFO_CHILDREN, ID(1)).list, 7, 9);
	is_objects(asks(&w, NETINFO_CHILDREN, ID(9)).list, 0, 0);
	is_names(asks(&w, NETINFO_LISTPROPS, ID(9)).names,
		 "name ip_address serves");
	m = (struct netinfo){.id = {9, 0}, .index = 2, .at = 1};
	is_names(asks(&w, NETINFO_READPROP, m).names, "./network ../up");
	assert_true(span_is(asks(&w, NETINFO_READNAME, m).value, "../up"));
	m = asks(&w, NETINFO_LIST, FIND(1, "en_address", ""));
	assert_true(netinfo_entry_next(&m.list, &e));
	assert_int_equal(e.object, 7);
	is_names(e.values, "0:0:f:0:7:5a");
	assert_true(netinfo_entry_next(&m.list, &e));
	assert_false(e.has_values);
	m = asks(&w, NETINFO_LISTALL, ID(1));
	assert_int_equal(m.list.n, 2);
	assert_true(netinfo_props_next(&m.list, &props));
	is_props(props, "name", "wendy mailhost");
	close_world(&w);
}

static void what_is_not_there_has_its_status(void **state)
{
	static const uint32_t all[] = {
		NETINFO_SELF,     NETINFO_PARENT,    NETINFO_READ,
		NETINFO_CHILDREN, NETINFO_LOOKUP,    NETINFO_LIST,
		NETINFO_READPROP, NETINFO_READNAME,  NETINFO_LISTPROPS,
		NETINFO_LISTALL,  NETINFO_LOOKUPREAD};
	struct netinfo m = {.id = {7, 0}, .index = 5};
	struct world w;

	(void)state;
	open_world(&w);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		/* Nobody's; another domain's; none at all. */
		assert_int_equal(status(&w, all[i], ID(8)), NETINFO_BADID);
		assert_int_equal(status(&w, all[i], ID(0xffffffff)),
				 NETINFO_BADID);
		assert_int_equal(status(&w, all[i], ID(1 - boston)),
				 NETINFO_BADID);
	}
	assert_int_equal(status(&w, NETINFO_READPROP, m), NETINFO_NOPROP);
	assert_int_equal(status(&w, NETINFO_READNAME, m), NETINFO_NOPROP);
	m.index = 0;
	m.at = 2;
	assert_int_equal(status(&w, NETINFO_READNAME, m), NETINFO_NONAME);
	m.at = NETINFO_END;
	assert_int_equal(status(&w, NETINFO_READNAME, m), NETINFO_NONAME);
	close_world(&w);
}

static void nothing_is_written(void **state)
{
	static const uint32_t all[] = {NETINFO_CREATE,      NETINFO_DESTROY,
				       NETINFO_WRITE,       NETINFO_CREATEPROP,
				       NETINFO_DESTROYPROP, NETINFO_WRITEPROP,
				       NETINFO_RENAMEPROP,  NETINFO_CREATENAME,
				       NETINFO_DESTROYNAME, NETINFO_WRITENAME};
	struct world w;

	(void)state;
	open_world(&w);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_int_equal(status(&w, all[i], ID(7)), NETINFO_RDONLY);
	assert_int_equal(netinfod_stats(netinfod)->refused, 10);
	for (uint32_t p = NIBIND_REGISTER; p < NIBIND_BIND; p++)
		if (p != NIBIND_GETREGISTER && p != NIBIND_LISTREG)
			assert_int_equal(
				binds(&w, p, (struct netinfo){0}).status,
				NETINFO_PERM);
	close_world(&w);
}

static void a_clone_gets_all_of_it_once(void **state)
{
	struct netinfo_object o;
	uint32_t sum = 0, n = 0;
	struct netinfo m;
	struct world w;

	(void)state;
	open_world(&w);
	m = asks(&w, NETINFO_READALL, ID(0));
	assert_int_equal(m.highest, 9);
	for (struct netinfo_list l = m.list; netinfo_object_next(&l, &o); n++) {
		static const uint32_t order[] = {0, 1, 7, 9};

		assert_int_equal(o.id.object, order[n]);
		assert_int_equal(o.parent, n < 2 ? 0 : 1);
		sum += (o.id.object + 1) * o.id.instance;
	}
	assert_int_equal(n, 4);
	assert_int_equal(m.checksum, sum);
	m = asks(&w, NETINFO_READALL, (struct netinfo){.checksum = sum});
	assert_int_equal(m.checksum, 0);
	assert_int_equal(m.highest, 0);
	assert_int_equal(rd_left(&m.list.r), 4);
	/* A write of (1) adds 2. */
	apply(&w, CHANGE_ENTRY_PUT, boston + 1, boston,
	      "name=machines; promiscuous");
	m = asks(&w, NETINFO_READALL, (struct netinfo){.checksum = sum});
	assert_int_equal(m.checksum, sum + 2);
	assert_int_equal(status(&w, NETINFO_RESYNC, ID(0)), NETINFO_OK);
	close_world(&w);
}

static void statistics_have_the_checksum(void **state)
{
	/* AUTH_SYS whose name is "checksum", inverted. */
	static const char call[] =
		"4d555354 00000000 00000002 0bed48a0 00000002 00000001"
		"00000001 0000001c 00000000 00000008 9c979a9c948c8a92"
		"00000000 00000000 00000000 00000000 00000000";
	struct netinfo m;
	struct rpc_reply p;
	struct world w;
	struct rd r;

	(void)state;
	open_world(&w);
	m = asks(&w, NETINFO_STATISTICS, ID(0));
	is_props(m.props, "tag", "network master 0");
	is_props(m.props, "ip_address", "10.0.0.1");
	is_props(m.props, "statistics", "1");
	is_props(m.props, "checksum", "21");
	is_props(m.props, "write_locked", "Yes");
	stage_hear_record(w.st, 3, bytes, hex(call, bytes, ROOM));
	r = rd_over(w.st->last, w.st->last_len);
	assert_true(rpc_reply_get(&p, &r));
	r = rd_over(p.results, p.len);
	assert_true(netinfo_results_get(&m, NETINFO_STATISTICS, &r));
	assert_int_equal(m.props.n, 1);
	is_props(m.props, "checksum", "21");
	close_world(&w);
}

static void statistics_tell_who_may_write(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.settings.netinfo.writes = true;
	is_props(asks(&w, NETINFO_STATISTICS, ID(0)).props, "write_locked",
		 "No");
	/* Another host has the master. */
	apply(&w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST,
	      "name=boston; master=other/network");
	is_props(asks(&w, NETINFO_STATISTICS, ID(0)).props, "write_locked",
		 "Yes");
	is_props(asks(&w, NETINFO_STATISTICS, ID(0)).props, "tag",
		 "network clone 0");
	close_world(&w);
}

/* That one is reached. */
static void the_address_that_was_asked_is_told(void **state)
{
	static const uint32_t second = IP4(10, 0, 7, 1);
	struct world w;

	(void)state;
	open_world(&w);
	apply(&w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST,
	      "name=boston; trusted_networks=192.168.77");
	w.st->me.ip = second;
	w.st->peer.ip = IP4(192, 168, 77, 10);
	assert_int_equal(asks(&w, NETINFO_RPARENT, ID(0)).address, second);
	is_props(asks(&w, NETINFO_STATISTICS, ID(0)).props, "ip_address",
		 "10.0.7.1");
	close_world(&w);
}

static void fill(struct world *w, uint32_t n)
{
	char text[1000] = "name=long";

	for (unsigned i = 0; i < 120; i++)
		strcat(text, ",aaaaaa");
	apply(w, CHANGE_ENTRY_PUT, boston + 10, boston, "name=users");
	for (uint32_t i = 0; i < n; i++)
		apply(w, CHANGE_ENTRY_PUT, boston + 11 + i, boston + 10, text);
}

/* Each value takes 12 bytes: 80 such take 115 KiB. */
static void a_long_answer_comes_in_fragments(void **state)
{
	struct world w;
	struct rd r;
	unsigned sends;

	(void)state;
	open_world(&w);
	fill(&w, 80);
	sends = w.st->sends;
	stage_hear_record(w.st, 3, bytes,
			  call_put(NETINFO_PROGRAM, 2, NETINFO_LIST,
				   &FIND(10, "name", "")));
	assert_int_equal(w.st->sends, sends + 2);
	/* The last four words of the last one: a value, and (10, 1). */
	r = rd_over(w.st->last + w.st->last_len - 8, 8);
	assert_int_equal(rd_u32(&r), 10);
	assert_int_equal(rd_u32(&r), 1);
	assert_false(w.st->last_send.is_part);
	close_world(&w);
}

/* One directory is told whole: 26,000 values of eight bytes. */
static void what_is_too_long_is_a_status(void **state)
{
	enum { VALUES = 26000, BYTES = 2 * VALUES + 64 };
	uint8_t *room = malloc(BYTES);
	struct plist_out o = plist_begin(room, BYTES);
	struct change c = {.kind = CHANGE_ENTRY_PUT, .instance = 1};
	struct world w;

	(void)state;
	open_world(&w);
	plist_add(&o, "x");
	for (unsigned i = 0; i < VALUES; i++)
		plist_add_value(&o, "y");
	assert_true(plist_end(&o, &c.props));
	c.domain = c.parent = boston;
	c.id = boston + 10;
	assert_int_equal(directory_apply(w.site.directory, &c), 0);
	free(room);
	assert_int_equal(status(&w, NETINFO_READ, ID(10)), NETINFO_SYSTEMERR);
	assert_int_equal(status(&w, NETINFO_READPROP, ID(10)),
			 NETINFO_SYSTEMERR);
	assert_int_equal(netinfod_stats(netinfod)->too_long, 2);
	assert_int_equal(status(&w, NETINFO_LISTPROPS, ID(10)), NETINFO_OK);
	close_world(&w);
}

/* ---- writing --------------------------------------------------------------
 */

static void open_writable(struct world *w)
{
	open_world(w);
	apply(w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST, "name=boston");
	w->settings.netinfo.writes = true;
	w->st->peer = (struct endpoint){IP4(127, 0, 0, 1), 700};
}

/* Names as they stand in a message. */
static struct netinfo_list list_of(const char *const *names, uint32_t n,
				   uint8_t room[256])
{
	struct wr w = wr_over(room, 256);

	for (uint32_t i = 0; i < n; i++)
		netinfo_name_put(span_of(names[i]), &w);
	assert_false(w.bad);
	return (struct netinfo_list){n, rd_over(room, wr_len(&w))};
}

static struct netinfo_list props_of(const char *name, const char *value,
				    uint8_t room[256])
{
	struct wr w = wr_over(room, 256);

	netinfo_name_put(span_of(name), &w);
	wr_u32(&w, 1);
	netinfo_name_put(span_of(value), &w);
	return (struct netinfo_list){1, rd_over(room, wr_len(&w))};
}

static void a_directory_is_made_and_destroyed(void **state)
{
	uint8_t room[256];
	struct netinfo m = {.id = {1, 1},
			    .props = props_of("name", "curly", room),
			    .position = NETINFO_END};
	struct world w;

	(void)state;
	open_writable(&w);
	m = asks(&w, NETINFO_CREATE, m);
	assert_int_equal(m.status, NETINFO_OK);
	is_id(m.id, 10, 1);
	is_id(m.other, 1, 1);
	is_props(asks(&w, NETINFO_READ, ID(10)).props, "name", "curly");
	/* The same name again: machines are unique. */
	m = (struct netinfo){.id = {1, 1},
			     .props = props_of("name", "wendy", room)};
	assert_int_equal(status(&w, NETINFO_CREATE, m), NETINFO_PERM);
	m = (struct netinfo){.id = {0, 2}, .other = {10, 1}};
	assert_int_equal(status(&w, NETINFO_DESTROY, m), NETINFO_UNRELATED);
	m.other = (struct netinfo_id){1, 1};
	assert_int_equal(status(&w, NETINFO_DESTROY, m), NETINFO_NOTEMPTY);
	m = (struct netinfo){.id = {1, 1}, .other = {10, 2}};
	assert_int_equal(status(&w, NETINFO_DESTROY, m), NETINFO_STALE);
	m.other.instance = 1;
	is_id(asks(&w, NETINFO_DESTROY, m).id, 1, 1);
	assert_int_equal(status(&w, NETINFO_SELF, ID(10)), NETINFO_BADID);
	assert_int_equal(netinfod_stats(netinfod)->writes, 2);
	close_world(&w);
}

/* Each is a write of (7), which has another instance then. */
static void write_it(struct world *w, uint32_t procedure, struct netinfo m,
		     uint32_t index, const char *keys, const char *values)
{
	static uint32_t instance;

	if (procedure == NETINFO_WRITE)
		instance = 1;
	m.id = (struct netinfo_id){7, instance};
	m = asks(w, procedure, m);
	assert_int_equal(m.status, NETINFO_OK);
	is_id(m.id, 7, ++instance);
	is_names(asks(w, NETINFO_LISTPROPS, ID(7)).names, keys);
	m = (struct netinfo){.id = {7, 0}, .index = index};
	is_names(asks(w, NETINFO_READPROP, m).names, values);
}

static void a_property_list_is_changed_in_every_way(void **state)
{
	static const char *const colours[] = {"red", "blue"}, *one[] = {"x"};
	uint8_t a[256], b[256], c[256];
	struct netinfo m = {.props = props_of("name", "wendy", a)};
	struct world w;

	(void)state;
	open_writable(&w);
	write_it(&w, NETINFO_WRITE, m, 0, "name", "wendy");
	m = (struct netinfo){.key = span_of("color"),
			     .names = list_of(colours, 2, b),
			     .position = NETINFO_END};
	write_it(&w, NETINFO_CREATEPROP, m, 1, "name color", "red blue");
	m = (struct netinfo){.key = span_of("first")};
	write_it(&w, NETINFO_CREATEPROP, m, 0, "first name color", "");
	write_it(&w, NETINFO_DESTROYPROP, m, 1, "name color", "red blue");
	m = (struct netinfo){
		.index = 1, .position = 1, .value = span_of("green")};
	write_it(&w, NETINFO_CREATENAME, m, 1, "name color", "red green blue");
	m.position = NETINFO_END;
	write_it(&w, NETINFO_CREATENAME, m, 1, "name color",
		 "red green blue green");
	m = (struct netinfo){.index = 1, .at = 0, .value = span_of("pink")};
	write_it(&w, NETINFO_WRITENAME, m, 1, "name color",
		 "pink green blue green");
	m.at = 3;
	write_it(&w, NETINFO_DESTROYNAME, m, 1, "name color",
		 "pink green blue");
	m = (struct netinfo){.index = 1, .key = span_of("colour")};
	write_it(&w, NETINFO_RENAMEPROP, m, 1, "name colour",
		 "pink green blue");
	m = (struct netinfo){.index = 1, .names = list_of(one, 1, c)};
	write_it(&w, NETINFO_WRITEPROP, m, 1, "name colour", "x");
	close_world(&w);
}

static void what_can_not_be_written_has_its_status(void **state)
{
	struct netinfo m = {.id = {7, 1}, .index = 5};
	struct world w;

	(void)state;
	open_writable(&w);
	assert_int_equal(status(&w, NETINFO_DESTROYPROP, m), NETINFO_NOPROP);
	assert_int_equal(status(&w, NETINFO_RENAMEPROP, m), NETINFO_NOPROP);
	m.index = 0;
	m.at = 2;
	assert_int_equal(status(&w, NETINFO_WRITENAME, m), NETINFO_NONAME);
	assert_int_equal(status(&w, NETINFO_DESTROYNAME, m), NETINFO_NONAME);
	m.id.instance = 3;
	assert_int_equal(status(&w, NETINFO_WRITENAME, m), NETINFO_STALE);
	m.id.object = 8;
	assert_int_equal(status(&w, NETINFO_WRITENAME, m), NETINFO_BADID);
	m = (struct netinfo){.id = {7, 1}};
	/* Not root; not this machine. */
	w.st->peer.port = 1024;
	assert_int_equal(status(&w, NETINFO_DESTROYPROP, m), NETINFO_PERM);
	w.st->peer = (struct endpoint){WENDY, 700};
	assert_int_equal(status(&w, NETINFO_DESTROYPROP, m), NETINFO_PERM);
	w.st->peer = (struct endpoint){WORLD_SERVER, 700};
	assert_int_equal(status(&w, NETINFO_DESTROYPROP, m), NETINFO_PERM);
	/* Another host has the master. */
	w.st->peer = (struct endpoint){IP4(127, 0, 0, 1), 700};
	apply(&w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST,
	      "name=boston; master=other/network");
	assert_int_equal(status(&w, NETINFO_DESTROYPROP, m), NETINFO_RDONLY);
	is_id(asks(&w, NETINFO_SELF, ID(7)).id, 7, 1);
	assert_int_equal(netinfod_stats(netinfod)->writes, 0);
	close_world(&w);
}

static void a_write_is_answered_when_it_is_durable(void **state)
{
	struct netinfo m = {.id = {7, 1}};
	struct world w;
	unsigned sends;
	size_t len;

	(void)state;
	open_writable(&w);
	w.st->holds[EFFECT_COMMIT] = true;
	sends = w.st->sends;
	len = call_put(NETINFO_PROGRAM, 2, NETINFO_DESTROYPROP, &m);
	stage_hear_record(w.st, 3, bytes, len);
	assert_int_equal(w.st->sends, sends);
	assert_int_equal(status(&w, NETINFO_DESTROYPROP, m),
			 NETINFO_MASTERBUSY);
	is_id(asks(&w, NETINFO_SELF, ID(7)).id, 7, 1);
	sends = w.st->sends;
	stage_settle(w.st, EFFECT_COMMIT, -ENOSPC);
	assert_int_equal(w.st->sends, sends + 1);
	assert_int_equal(w.st->last[RPC_REPLY_HEAD + 3], NETINFO_NOSPACE);
	is_id(asks(&w, NETINFO_SELF, ID(7)).id, 7, 1);
	stage_hear_record(
		w.st, 3, bytes,
		call_put(NETINFO_PROGRAM, 2, NETINFO_DESTROYPROP, &m));
	stage_settle(w.st, EFFECT_COMMIT, 0);
	assert_int_equal(w.st->last[RPC_REPLY_HEAD + 3], NETINFO_OK);
	is_id(asks(&w, NETINFO_SELF, ID(7)).id, 7, 2);
	close_world(&w);
}

/* A port mapper of another may send a datagram for anybody, by the loopback and
 * from a low port (CALLIT); and one that is sent again is written twice. */
static void a_datagram_writes_nothing(void **state)
{
	uint8_t room[256];
	struct netinfo m = {.id = {1, 1},
			    .props = props_of("name", "curly", room),
			    .position = NETINFO_END};
	struct world w;
	size_t len;

	(void)state;
	open_writable(&w);
	len = call_put(NETINFO_PROGRAM, 2, NETINFO_CREATE, &m);
	stage_hear(w.st, bytes, len);
	assert_int_equal(w.st->last[RPC_REPLY_HEAD + 3], NETINFO_PERM);
	assert_int_equal(netinfod_stats(netinfod)->writes, 0);
	assert_int_equal(status(&w, NETINFO_CREATE, m), NETINFO_OK);
	close_world(&w);
}

/* ---- who may ask ----------------------------------------------------------
 */

static unsigned answers(struct world *w, uint32_t from, uint32_t procedure)
{
	size_t len = call_put(NETINFO_PROGRAM, 2, procedure, &ID(0));
	unsigned sends = w->st->sends;

	stage_hear_from(w->st, (struct endpoint){from, 700}, bytes, len);
	return w->st->sends - sends;
}

static void only_who_is_near_or_trusted_is_answered(void **state)
{
	static const uint32_t far = IP4(192, 168, 77, 10);
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(answers(&w, WENDY, NETINFO_ROOT), 1);
	assert_int_equal(answers(&w, far, NETINFO_ROOT), 0);
	apply(&w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST,
	      "name=boston; trusted_networks=192.168.77,11.0.0.0/8,lab");
	assert_int_equal(answers(&w, WENDY, NETINFO_ROOT), 0);
	assert_int_equal(answers(&w, far, NETINFO_ROOT), 1);
	assert_int_equal(answers(&w, IP4(192, 168, 7, 1), NETINFO_ROOT), 0);
	assert_int_equal(answers(&w, IP4(11, 2, 3, 4), NETINFO_ROOT), 1);
	assert_int_equal(answers(&w, IP4(172, 16, 3, 4), NETINFO_ROOT), 0);
	apply(&w, CHANGE_ENTRY_PUT, boston + 10, boston, "name=networks");
	apply(&w, CHANGE_ENTRY_PUT, boston + 11, boston + 10,
	      "name=lab; address=172.16");
	assert_int_equal(answers(&w, IP4(172, 16, 3, 4), NETINFO_ROOT), 1);
	/* No value: this machine alone. */
	apply(&w, CHANGE_DOMAIN_PUT, boston, DOMAIN_FIRST,
	      "name=boston; trusted_networks");
	assert_int_equal(answers(&w, far, NETINFO_ROOT), 0);
	assert_int_equal(answers(&w, IP4(127, 0, 0, 1), NETINFO_ROOT), 1);
	assert_int_equal(answers(&w, WORLD_SERVER, NETINFO_ROOT), 1);
	close_world(&w);
}

static void strangers_are_hung_up_on(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	stage_forget(w.st);
	w.st->peer.ip = IP4(192, 168, 77, 10);
	stage_hear_record(w.st, 3, bytes,
			  call_put(NETINFO_PROGRAM, 2, NETINFO_ROOT, &ID(0)));
	stage_expect(w.st, "    0 ms  hang up 3\n");
	assert_int_equal(netinfod_stats(netinfod)->strangers, 1);
	close_world(&w);
}

static void a_datagram_is_never_answered_at_length(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(answers(&w, WENDY, NETINFO_STATISTICS), 0);
	assert_int_equal(answers(&w, WENDY, NETINFO_READALL), 0);
	assert_int_equal(netinfod_stats(netinfod)->too_long, 2);
	for (unsigned i = 0; i < QUOTA_SOURCE_BURST + 5; i++)
		(void)answers(&w, IP4(10, 0, 0, 66), NETINFO_ROOT);
	assert_int_equal(netinfod_stats(netinfod)->limited, 5);
	close_world(&w);
}

/* Each has a share of its own, also after a power failure. */
static void a_machine_that_we_know_takes_nothing_from_others(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	/* These are longer than their questions. */
	for (unsigned i = 0; i < QUOTA_SOURCE_BURST; i++) {
		assert_int_equal(answers(&w, WENDY, NETINFO_READ), 1);
		assert_int_equal(answers(&w, MOIRA, NETINFO_READ), 1);
	}
	assert_int_equal(answers(&w, WENDY, NETINFO_READ), 0);
	assert_int_equal(answers(&w, MOIRA, NETINFO_READ), 0);
	close_world(&w);
}

/* As many as limit.h hears of a source: no more than is sent comes back. */
static void a_machine_that_we_know_has_ten_short_answers_for_one(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (unsigned i = 0; i < 400; i++)
		assert_int_equal(answers(&w, WENDY, NETINFO_ROOT), 1);
	assert_int_equal(answers(&w, WENDY, NETINFO_ROOT), 0);
	/* The purse is one. */
	assert_int_equal(answers(&w, WENDY, NETINFO_READ), 0);
	stage_wait(w.st, SECONDS(1));
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(answers(&w, WENDY, NETINFO_ROOT), 1);
	assert_int_equal(answers(&w, WENDY, NETINFO_ROOT), 0);
	close_world(&w);
}

static void what_is_no_call_of_it_is_said_so(void **state)
{
	struct netinfo none = {0};
	struct world w;

	(void)state;
	open_world(&w);
	stage_forget(w.st);
	stage_hear_record(w.st, 3, bytes,
			  call_put(NETINFO_PROGRAM, 1, NETINFO_PING, &none));
	stage_hear_record(w.st, 3, bytes,
			  call_put(NIBIND_PROGRAM, 1, NIBIND_PING, &none));
	call_put(NETINFO_PROGRAM, 2, NETINFO_PING, &none);
	bytes[23] = NETINFO_PROCEDURES;
	stage_hear_record(w.st, 3, bytes, 40);
	bytes[23] = NETINFO_READ;
	stage_hear_record(w.st, 3, bytes, 40);
	bytes[23] = NETINFO_CRASHED;
	stage_hear_record(w.st, 3, bytes, 44);
	bytes[23] = NETINFO_BIND;
	stage_hear_record(w.st, 3, bytes, 40);
	stage_hear_record(w.st, 3, bytes, 39);
	stage_expect(w.st, "    0 ms  [3] rpc versions 2-2\n"
			   "    0 ms  [3] rpc no program\n"
			   "    0 ms  [3] rpc no procedure\n"
			   "    0 ms  [3] rpc garbage\n"
			   "    0 ms  [3] rpc ok +0\n"
			   "    0 ms  [3] rpc garbage\n");
	assert_int_equal(netinfod_stats(netinfod)->bad, 1);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_domain_and_those_above_have_ports),
		cmocka_unit_test(
			another_domain_gets_ports_when_it_is_asked_for),
		cmocka_unit_test(a_machine_that_is_served_is_bound),
		cmocka_unit_test(network_is_the_domain_of_who_asks),
		cmocka_unit_test(a_domain_tells_its_parent),
		cmocka_unit_test(a_machine_is_looked_up_and_read),
		cmocka_unit_test(everything_about_a_directory_is_told),
		cmocka_unit_test(what_is_not_there_has_its_status),
		cmocka_unit_test(nothing_is_written),
		cmocka_unit_test(a_clone_gets_all_of_it_once),
		cmocka_unit_test(statistics_have_the_checksum),
		cmocka_unit_test(statistics_tell_who_may_write),
		cmocka_unit_test(the_address_that_was_asked_is_told),
		cmocka_unit_test(a_long_answer_comes_in_fragments),
		cmocka_unit_test(what_is_too_long_is_a_status),
		cmocka_unit_test(a_directory_is_made_and_destroyed),
		cmocka_unit_test(a_property_list_is_changed_in_every_way),
		cmocka_unit_test(what_can_not_be_written_has_its_status),
		cmocka_unit_test(a_write_is_answered_when_it_is_durable),
		cmocka_unit_test(a_datagram_writes_nothing),
		cmocka_unit_test(only_who_is_near_or_trusted_is_answered),
		cmocka_unit_test(strangers_are_hung_up_on),
		cmocka_unit_test(a_datagram_is_never_answered_at_length),
		cmocka_unit_test(
			a_machine_that_we_know_takes_nothing_from_others),
		cmocka_unit_test(
			a_machine_that_we_know_has_ten_short_answers_for_one),
		cmocka_unit_test(what_is_no_call_of_it_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
