/*
 * NetInfo over RPC: netinfod's program, version 2, and nibindd's, version 1, as
 * NEXTSTEP speaks them.  Arguments and results; sunrpc.h has the headers before
 * them.
 *
 * All procedures share one struct of fields; which of them one has, in which
 * order, stands in two tables (netinfo.c).  Lists stay inside the message and
 * were walked once: whoever walks them again finds them sound.
 */
#ifndef MUSTER_WIRE_NETINFO_H
#define MUSTER_WIRE_NETINFO_H

#include "base/cursor.h"
#include "base/span.h"

enum {
	NETINFO_PROGRAM = 200100000,
	NETINFO_VERSION = 2,
	NETINFO_LOCAL_PORT = 1033, /* of the domain with the tag `local` */
	NIBIND_PROGRAM = 200100001,
	NIBIND_VERSION = 1,
	NIBIND_TAGS = 32,     /* most that LISTREG tells */
	NETINFO_NAME = 65535, /* bytes of a name or value, none of them NUL */
};
/* The end of a list, as a position; also "no index". */
#define NETINFO_END 0xffffffffu

enum netinfo_procedure {
	NETINFO_PING,
	NETINFO_STATISTICS,
	NETINFO_ROOT,
	NETINFO_SELF,
	NETINFO_PARENT,
	NETINFO_CREATE,
	NETINFO_DESTROY,
	NETINFO_READ,
	NETINFO_WRITE,
	NETINFO_CHILDREN,
	NETINFO_LOOKUP,
	NETINFO_LIST,
	NETINFO_CREATEPROP,
	NETINFO_DESTROYPROP,
	NETINFO_READPROP,
	NETINFO_WRITEPROP,
	NETINFO_RENAMEPROP,
	NETINFO_LISTPROPS,
	NETINFO_CREATENAME,
	NETINFO_DESTROYNAME,
	NETINFO_READNAME,
	NETINFO_WRITENAME,
	NETINFO_RPARENT,
	NETINFO_LISTALL,
	NETINFO_BIND,
	NETINFO_READALL,
	NETINFO_CRASHED,
	NETINFO_RESYNC,
	NETINFO_LOOKUPREAD,
	NETINFO_PROCEDURES
};

enum nibind_procedure {
	NIBIND_PING,
	NIBIND_REGISTER,
	NIBIND_UNREGISTER,
	NIBIND_GETREGISTER,
	NIBIND_LISTREG,
	NIBIND_CREATEMASTER,
	NIBIND_CREATECLONE,
	NIBIND_DESTROYDOMAIN,
	NIBIND_BIND,
	NIBIND_PROCEDURES
};

/* Of both programs.  NETWORK_ROOT: there is no parent. */
enum netinfo_status {
	NETINFO_OK,
	NETINFO_BADID,
	NETINFO_STALE,
	NETINFO_NOSPACE,
	NETINFO_PERM,
	NETINFO_NODIR,
	NETINFO_NOPROP,
	NETINFO_NONAME,
	NETINFO_NOTEMPTY,
	NETINFO_UNRELATED,
	NETINFO_SERIAL,
	NETINFO_NETROOT,
	NETINFO_NORESPONSE,
	NETINFO_RDONLY,
	NETINFO_SYSTEMERR,
	NETINFO_ALIVE,
	NETINFO_NOTMASTER,
	NETINFO_CANTFINDADDRESS,
	NETINFO_DUPTAG,
	NETINFO_NOTAG,
	NETINFO_AUTHERROR,
	NETINFO_NOUSER,
	NETINFO_MASTERBUSY,
	NETINFO_INVALIDDOMAIN,
	NETINFO_BADOP,
	NETINFO_FAILED = 9999
};

/* A directory, and how often it was written. */
struct netinfo_id {
	uint32_t object, instance;
};

/* A list inside the message; walk a copy of it. */
struct netinfo_list {
	uint32_t n; /* items; of a list of objects: 0 */
	struct rd r;
};

/* The fields of all arguments and results; the letters are those of the tables
 * in netinfo.c. */
struct netinfo {
	uint32_t status;             /* s: an enum netinfo_status, or more */
	struct netinfo_id id, other; /* i j */
	uint32_t parent;             /* o */
	uint32_t position;           /* w: where to insert */
	uint32_t index, at;          /* x y: of a property, of a value */
	struct span key, value;      /* k v */
	struct span tag;             /* t */
	struct netinfo_list names;   /* n: keys, or values */
	struct netinfo_list props;   /* p: a property list */
	struct netinfo_list list;    /* I E L O R */
	uint32_t address;            /* a */
	uint32_t udp, tcp;           /* u q: ports */
	uint32_t checksum, highest;  /* c h */
	bool has_wanted;             /* W */
	struct netinfo_id wanted;
};

/*
 * False unless it is all of the arguments, or results, of that procedure;
 * results of a status that is not OK have nothing else.  Spans and lists lie
 * inside the message.  A procedure that there is not has none.
 */
bool netinfo_args_get(struct netinfo *m, uint32_t procedure, struct rd *r);
bool netinfo_results_get(struct netinfo *m, uint32_t procedure, struct rd *r);
bool nibind_args_get(struct netinfo *m, uint32_t procedure, struct rd *r);
bool nibind_results_get(struct netinfo *m, uint32_t procedure, struct rd *r);
/* Lists are those that came from a message, or empty ones, all zeros. */
void netinfo_args_put(const struct netinfo *m, uint32_t procedure,
		      struct wr *w);
void netinfo_results_put(const struct netinfo *m, uint32_t procedure,
			 struct wr *w);
void nibind_args_put(const struct netinfo *m, uint32_t procedure, struct wr *w);
void nibind_results_put(const struct netinfo *m, uint32_t procedure,
			struct wr *w);

struct netinfo_property {
	struct span name;
	struct netinfo_list values;
};

/* An item of LIST: a directory, and the values of the key that was asked for.
 */
struct netinfo_entry {
	uint32_t object;
	bool has_values;
	struct netinfo_list values;
};

/* A directory of READALL. */
struct netinfo_object {
	struct netinfo_id id;
	struct netinfo_list props;
	uint32_t parent;
	struct netinfo_list children;
};

/* A server of LISTREG. */
struct nibind_server {
	struct span tag;
	uint32_t udp, tcp;
};

/* The next item, cut off the front; false: there are no more. */
bool netinfo_name_next(struct netinfo_list *l, struct span *name);
bool netinfo_property_next(struct netinfo_list *l, struct netinfo_property *p);
bool netinfo_object_id_next(struct netinfo_list *l, uint32_t *object);
bool netinfo_entry_next(struct netinfo_list *l, struct netinfo_entry *e);
/* LISTALL: the property list of one child after the other. */
bool netinfo_props_next(struct netinfo_list *l, struct netinfo_list *props);
bool netinfo_object_next(struct netinfo_list *l, struct netinfo_object *o);
bool nibind_server_next(struct netinfo_list *l, struct nibind_server *s);

/* For those that write a list piece by piece: what stands before its items is
 * their count, or, for objects, netinfo_more_put() before each and after the
 * last. */
void netinfo_id_put(struct netinfo_id id, struct wr *w);
void netinfo_name_put(struct span name, struct wr *w);
void netinfo_more_put(bool more, struct wr *w);

#endif
