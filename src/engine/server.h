/*
 * The server: all daemon engines as one, and the only place where the directory
 * and the leases change: when a COMMIT has settled.
 *
 * musterd's loop and the simulated server both drive this.
 */
#ifndef MUSTER_ENGINE_SERVER_H
#define MUSTER_ENGINE_SERVER_H

#include "base/alloc.h"
#include "engine/bootpd.h"
#include "engine/igmpd.h"
#include "engine/lookupd.h"
#include "engine/maskd.h"
#include "engine/mtftpd.h"
#include "engine/netinfod.h"
#include "engine/niclone.h"
#include "engine/nimaster.h"
#include "engine/rarpd.h"
#include "engine/rpcd.h"
#include "engine/slamd.h"
#include "engine/tftmd.h"
#include "engine/tftpd.h"
#include "engine/traind.h"

struct server;

/* `site` is the caller's and outlives the server.  0 or -ENOMEM. */
int server_open(struct server **s, struct site *site, const struct alloc *alloc,
		uint64_t seed);
void server_close(struct server *s, const struct alloc *alloc);
struct engine *server_engine(struct server *s);
void server_start(struct server *s, usec now, struct effects *fx);
/* The catalogue of images or the list of links changed. */
void server_refresh(struct server *s, usec now, struct effects *fx);

/*
 * Of a store that several servers share.  What another one changed comes as the
 * outcome of a COMMIT whose owner is SERVER_NEWS: `all` of one revision.  Who
 * hands in outcomes does so in the order of the revisions, and what was refused
 * behind the news that say why.
 */
enum { SERVER_NEWS = 0xff };
/* How that store stands now; of *is what the server does not count itself.
 * While it is away nothing is promised that is not durable already. */
void server_store(struct server *s, const struct site_store *is, usec now,
		  struct effects *fx);

/*
 * Edits, from the command line or the API: checked against the directory,
 * committed, applied, all of one or nothing, within one turn.  They are changes
 * of the directory, or of the leases, not of both.  One edit at a time is under
 * way; the caller keeps a queue.  Returns 0 and the answer comes later; or the
 * error at once, with what directory_check_all() says of it.  -EAGAIN: one is
 * under way, perhaps of a machine that adds itself: try again when any COMMIT
 * has settled.
 */
int server_edit(struct server *s, struct changes *all, struct effects *fx,
		size_t *failed, uint32_t *other);
/*
 * Nobody shall change the directory, while somebody judges on another thread
 * what the next edit makes of it: what other servers change comes all the same.
 * 0, or -EAGAIN as above.  Either that edit follows, or the end of it.
 */
int server_edit_reserve(struct server *s);
void server_edit_release(struct server *s);
/* True once for each edit that ended; *failed is the number of the change that
 * the store refused, if it did. */
bool server_edit_ended(struct server *s, int *rc, size_t *failed);

const struct bootpd *server_bootpd(const struct server *s);
const struct tftpd *server_tftpd(const struct server *s);
const struct slamd *server_slamd(const struct server *s);
const struct traind *server_traind(const struct server *s);
const struct igmpd *server_igmpd(const struct server *s);
const struct mtftpd *server_mtftpd(const struct server *s);
const struct tftmd *server_tftmd(const struct server *s);
const struct maskd *server_maskd(const struct server *s);
const struct rarpd *server_rarpd(const struct server *s);
const struct rpcd *server_rpcd(const struct server *s);
struct lookupd *server_lookupd(const struct server *s);
const struct netinfod *server_netinfod(const struct server *s);
const struct niclone *server_niclone(const struct server *s);
const struct nimaster *server_nimaster(const struct server *s);

#endif
