/*
 * The ledger: what the server has promised, and what its store has.  It stands
 * before a store and sees every change become durable, so it knows at once of a
 * promise that is not, and of an address that goes to a second machine.
 */
#ifndef MUSTER_SIM_LEDGER_H
#define MUSTER_SIM_LEDGER_H

#include "base/time.h"
#include "store/store.h"

struct ledger;
struct lan;

/* Over a store in memory with these faults, for addresses of one network of
 * 65,536.  0 or -ENOMEM. */
int ledger_open(struct ledger **l, const struct store_memory_faults *faults);
/* With its store; NULL is allowed. */
void ledger_close(struct ledger *l);
/* The clock: promises end. */
void ledger_clock(struct ledger *l, const struct lan *lan);
struct store *ledger_store(struct ledger *l);
/* How many batches its store was asked to make durable. */
uint64_t ledger_batches(const struct ledger *l);

/* The server is saying that the machine may use the address until then. */
void ledger_promise(struct ledger *l, uint32_t ip, const struct hwaddr *hw,
		    usec until);
/* Whether it did say so, and the time is not over. */
bool ledger_promised(const struct ledger *l, uint32_t ip,
		     const struct hwaddr *hw);
/* All that is promised is still durable: to be asked after a run. */
void ledger_audit(struct ledger *l);
/* The first thing that was wrong, in words; NULL: nothing. */
const char *ledger_broken(const struct ledger *l);

#endif
