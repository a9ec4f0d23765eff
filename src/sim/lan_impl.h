/*
 * The inside of the virtual LAN.
 *
 *	lan.c          nodes, virtual time, the run
 *	lan_wire.c     packets on their way, weather, who hears what
 *	lan_reader.c   nodes that take their time to read
 *	lan_carrier.c  the effects of a node carried out
 *	lan_news.c     a store that several nodes share
 *	lan_committer.c  ... and that makes them wait
 */
#ifndef MUSTER_SIM_LAN_IMPL_H
#define MUSTER_SIM_LAN_IMPL_H

#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "engine/turn.h"
#include "sim/lan.h"

#define NODE_NONE UINT32_MAX

/* Something sent, shared by all the deliveries it makes. */
struct packet {
	unsigned users;
	uint32_t sender; /* who does not hear it */
	enum dgram_kind kind;
	bool is_request; /* a frame for those who listen as BOOTP servers, and
			  * for nobody else; if not, for all the others */
	struct endpoint from, to;
	struct ref body; /* in runs without payload */
	uint64_t trace;  /* a hash of what it says */
	size_t len;
	uint8_t bytes[];
};

enum event_kind {
	EVENT_ON,      /* a node is switched on */
	EVENT_ARRIVE,  /* a packet at one node */
	EVENT_GROUP,   /* a packet at all members of a group */
	EVENT_GATHER,  /* ... and those that came with it */
	EVENT_ALL,     /* a packet at all nodes that listen on its port */
	EVENT_COME,    /* a packet at a node that takes its time */
	EVENT_READ,    /* ... and it has read it */
	EVENT_SETTLED, /* a FETCH or an ASK */
	EVENT_DURABLE, /* the store has the batch */
	EVENT_TOLD,    /* ... and the node hears of it */
	EVENT_NEWS,    /* a node looks what others have committed */
	EVENT_ROUSE,   /* a node's committer goes on */
	EVENT_ENDED,   /* ... and the node hears what it has done */
	EVENT_CALL,    /* lan_at() */
};

struct event {
	usec at;
	uint64_t number; /* order among equals */
	enum event_kind kind;
	uint32_t node;
	uint32_t life; /* of the node: the dead hear nothing */
	bool is_late;  /* the weather has had its turn */
	union {
		struct packet *packet;
		struct outcome outcome;
		struct batch *batch;
		struct {
			void (*start)(void *arg, usec now, struct effects *fx);
			void *arg;
		} on;
		struct {
			void (*call)(void *arg, usec now);
			void *arg;
		} call;
	};
};

/* Commits under way together. */
struct batch {
	size_t n, room;
	struct commit *v;
	struct change *changes;
	struct changes **all; /* kept; NULL: the one change */
	struct outcome *outcomes;
	struct news_item *news; /* that came before it */
};

struct node {
	struct engine *engine;
	struct carrier carrier;
	struct lan *lan;
	struct timer timer;
	struct link link;
	uint32_t ip_first, mask_first; /* that it was added with */
	uint32_t id, life;
	bool is_on, is_lossy_now, is_hung;
	unsigned keeps, n_kept, kept_room; /* while it hangs */
	struct packet **kept;
	uint64_t loss;   /* of its own, as a threshold of rand_u64() */
	usec weather_at; /* of is_lossy_now */
	usec link_free;  /* when its network card has sent what it has */
	struct lan_reader reader;
	uint64_t port_free; /* ns: when its switch has sent it what it has */
	usec read_free;     /* when it has read what it has */
	unsigned unread;    /* with the one that it is reading */
	uint16_t *ports;    /* sorted */
	unsigned n_ports, ports_room;
	struct batch *waiting; /* commits that no batch has taken yet */
	bool is_committing;
	struct store *store; /* of its own; NULL: the LAN's */
	uint64_t seen;       /* up to which revision it knows all */
	bool is_durable;     /* a batch is, and it has not heard of it yet */
	struct lan_committer *committer; /* NULL: it needs none */
	usec ahead;                      /* its wall clock */
};

/* What was sent to a group and is not read yet. */
struct gathered {
	struct packet **v;
	unsigned n, room;
};

struct group {
	struct endpoint at;
	uint32_t *members;
	uint32_t n, room;
	struct gathered gathered;
};

struct lan {
	struct lan_config config;
	/* One for all nodes, since one node acts at a time: ten thousand lists
	 * of effects would be gigabytes. */
	struct turn turn;
	struct node *acting;
	struct engine nobody; /* the engine of the dead */
	struct lan_watcher watcher;
	struct lan_stats stats;
	struct rand rand;
	usec now;
	usec jumped; /* how far the wall clocks did */
	bool is_stopped;

	struct node *nodes;
	uint32_t n_nodes;
	struct heap timers;
	struct timer **timer_room;
	struct index by_mac, by_ip;

	struct event *events; /* a binary heap */
	size_t n_events, events_room;
	uint64_t next_number;

	struct group *groups;
	unsigned n_groups;
	uint64_t loss, duplicate, reorder; /* as thresholds of rand_u64() */
	uint64_t fall_ill, recover;        /* of bursts */
};

extern const struct alloc lan_memory;

/* lan.c */
struct event *lan_event(struct lan *l, usec at, enum event_kind kind,
			uint32_t node);
/* Something happens at a node: the turn is its own until lan_end(), which looks
 * after its next deadline and the invariants. */
struct turn *lan_begin(struct lan *l, struct node *n, uint64_t trace);
/* One more thing that happens in the same turn. */
void lan_trace(struct lan *l, const struct node *n, uint64_t trace);
void lan_end(struct lan *l, struct node *n);
uint32_t lan_by_ip(const struct lan *l, uint32_t ip);
void lan_set_ip(struct lan *l, struct node *n, uint32_t ip, uint32_t mask);

uint64_t lan_threshold(double p);

/* lan_wire.c */
void wire_send(struct lan *l, struct node *from, const struct send *s);
void wire_arrive(struct lan *l, struct event *e);
void wire_read(struct lan *l, struct node *n, const struct packet *p);
/* What waited while it hung arrives, or is forgotten. */
void wire_go_on(struct lan *l, struct node *n);
void wire_forget(struct node *n);
struct dgram wire_dgram(const struct node *n, const struct packet *p);
size_t wire_len(const struct packet *p); /* with all around it */
/* All members of a group read what has come for it. */
void wire_gathered(struct lan *l, uint32_t group);
void packet_free(struct packet *p);
void gathered_free(struct gathered *g);

/* lan_reader.c */
void reader_take(struct lan *l, struct node *n, struct packet *p);
void reader_come(struct lan *l, struct event *e);
void reader_read(struct lan *l, struct event *e);

/* lan_carrier.c */
/* A growing array with room for one more; NULL: no memory, and it is as it was.
 */
void *lan_grow(void *v, size_t size, unsigned n, unsigned *room);
void carrier_open(struct node *n);
void node_forget(struct node *n); /* its sockets and groups */
void carrier_durable(struct lan *l, struct event *e);
void carrier_told(struct lan *l, struct event *e);
void batch_free(struct batch *b);

/* lan_news.c */
struct news_item;
/* All that there is now, behind what is in *to. */
void news_hear(const struct node *n, struct news_item **to);
void news_tell(struct lan *l, struct node *n, struct news_item *first);
void news_free(struct news_item *first);
/* Hear and tell; lan_end() is the caller's. */
void news_look(struct lan *l, struct node *n);
void news_announce(struct lan *l, const struct node *from);
void carrier_news(struct lan *l, const struct event *e);

/* lan_committer.c */
int node_commit(struct node *n, const struct commit_effect *ce, uint8_t owner);
void node_roused(struct lan *l, const struct event *e);
void node_ended(struct lan *l, const struct event *e);
void node_unhung(struct node *n);
void node_end_store(struct node *n);

static inline usec node_wall(const struct node *n)
{
	return lan_wall(n->lan) + n->ahead;
}

bool node_listens(const struct node *n, uint16_t port);
/* NULL: nobody ever joined it.  Those who listen as BOOTP servers are a group,
 * too, with no address: every request goes to all of them and to nobody else.
 * So are port mappers, whom ten thousand machines may ask by broadcast. */
struct group *lan_group(struct lan *l, struct endpoint at);

#endif
