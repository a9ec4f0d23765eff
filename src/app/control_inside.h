/*
 * The inside of the control socket.
 *
 *	control.c          the loop's side: opening, steps, closing
 *	control_request.c  requests, from their first line to their answer
 *	control_queue.c    those that wait: edits for their turn and the store,
 *	                   others for what the store says
 *	control_judge.c    what is large is read and judged on the worker's
 *	                   thread
 */
#ifndef MUSTER_APP_CONTROL_INSIDE_H
#define MUSTER_APP_CONTROL_INSIDE_H

#include "app/control.h"

#include "app/admin.h"
#include "app/lookup_socket.h"
#include "app/worker.h"

#include <microhttpd.h>
#include <sys/un.h>

/* One request, from its first line to its end. */
struct request {
	struct request *next; /* in the queue of edits, or of who looks */
	struct control *control;
	struct MHD_Connection *connection;
	const char *method; /* MHD's, as long as the request lasts */
	char path[ADMIN_PATH];
	char *body;
	size_t len, room, most;
	json_t *json;
	struct job reading; /* its body, if it is large */
	bool is_read;       /* the whole of it was read */
	bool waits;         /* in a queue, its connection suspended */
	unsigned times;     /* that it was overtaken */
	char who[CHANGES_WHO];
	struct admin admin;
};

struct control {
	struct control_options o;
	struct MHD_Daemon *mhd;
	struct watch watch, again;
	struct wake bell; /* MHD has more to do at once */
	struct request *first, **last;
	bool is_under_way; /* the first of the queue */
	/* Those who wait for what the store says, or for more turns, and
	 * change nothing; and those whose body is being read. */
	struct request *lookers;
	struct worker *worker;
	struct judge *judge; /* of the one under way, while it works */
	bool is_closing;
	struct sockaddr_un at;
	struct lookup_socket lookup;
};

/* What it asks of admin.h. */
struct admin_request request_asks(const struct request *r);
/* MHD's, whose `arg` is the control. */
enum MHD_Result request_on_bytes(void *arg, struct MHD_Connection *connection,
				 const char *url, const char *method,
				 const char *version, const char *bytes,
				 size_t *len, void **mine);
void request_on_end(void *arg, struct MHD_Connection *connection, void **mine,
		    enum MHD_RequestTerminationCode how);

/* An edit takes its place in the queue, its connection suspended. */
void queue_edit(struct request *r);
/* What has no answer yet waits for the store, or for more turns; or has an
 * error now. */
void queue_looker(struct request *r);
/* A piece of the oldest that needs more turns, so that packets have theirs in
 * between. */
void queue_work(struct control *c);
/* The body of a large edit is being read; and it was, so it takes its place, or
 * has an error. */
void queue_reader(struct request *r);
void queue_read(struct request *r);
/* The one under way was judged, or (negative errno) was not. */
void queue_judged(struct control *c, int rc);

/* Have the body of an edit read, if it is a large one: queue_read() follows.
 * False: it is none, or there is no thread. */
bool judge_read(struct request *r);
/* Have an edit judged against a copy of the directory, while nobody else may
 * edit it: 0, and queue_judged() follows; -EAGAIN: not yet; or another negative
 * errno: it is not worth it, or there is no thread. */
int judge_begin(struct request *r);
/* Of a large request the directory that was made, or was before, is of no use
 * any more; and, when all is done, its body. */
void judge_forget(struct request *r, bool is_done);
/* The worker has ended. */
void judge_drop(struct control *c);

/* The server has stopped: all that wait are told. */
void queue_dismiss(struct control *c);

#endif
