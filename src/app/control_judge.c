/*
 * Large requests, which are imports.  What takes long with them has no need of
 * the loop: reading JSON; and finding what is to be changed, trying it and
 * making it, since all this is done to a copy of the directory.  The copy has
 * the place of the directory when the changes are durable, so no look-up ever
 * sees half of them.
 */
#include "app/control_inside.h"

#include "base/heap.h"
#include "host/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* What is worth the copying: so many entries, or any among so many machines,
 * since all of them are looked at. */
enum { MANY = 1000, AMONG = 20000 };

struct judge {
	struct job job;
	struct request *r;
	struct admin_request q;
	const struct directory *directory; /* the one that all look at */
	struct site site;                  /* as it is, but with the copy */
	struct settings settings;
	int rc;
	pthread_mutex_t lock;
	pthread_cond_t copied;
	bool is_copied; /* under the lock */
};

/* ---- reading ------------------------------------------------------------- */

static void run_reading(struct job *j)
{
	struct request *r = CONTAINER(j, struct request, reading);

	r->json = admin_body(&r->admin, r->body, r->len);
	free(r->body);
	r->body = NULL;
}

static void on_read(struct job *j)
{
	queue_read(CONTAINER(j, struct request, reading));
}

bool judge_read(struct request *r)
{
	r->reading = (struct job){.run = run_reading, .done = on_read};
	if (r->len <= ADMIN_BODY || r->control->is_closing ||
	    worker_do(r->control->worker, &r->reading) != 0)
		return false;
	queue_reader(r);
	return true;
}

/* ---- judging ------------------------------------------------------------- */

static void say_copied(struct judge *j)
{
	pthread_mutex_lock(&j->lock);
	j->is_copied = true;
	pthread_cond_signal(&j->copied);
	pthread_mutex_unlock(&j->lock);
}

/* Make the changes in the copy, and leave it with them. */
static void make(struct judge *j)
{
	struct admin *a = &j->r->admin;
	struct changes *all = a->changes;

	if (a->status || a->ask || !all || !change_is_edit(all->v))
		return;
	all->before = directory_writes(j->site.directory);
	if (directory_apply_all(j->site.directory, all->v, all->n))
		return; /* no memory: the loop makes them again */
	all->after = j->site.directory;
	j->site.directory = NULL;
}

static void run_judge(struct job *job)
{
	struct judge *j = CONTAINER(job, struct judge, job);

	j->rc = directory_copy(&j->site.directory, j->directory);
	say_copied(j);
	if (j->rc)
		return;
	admin_ask(&j->r->admin, &j->site, &j->q);
	make(j);
	directory_close(j->site.directory);
	host_memory_tidy();
}

static void judge_close(struct judge *j)
{
	pthread_cond_destroy(&j->copied);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static void on_judged(struct job *job)
{
	struct judge *j = CONTAINER(job, struct judge, job);
	struct control *c = j->r->control;
	int rc = j->rc;

	c->judge = NULL;
	judge_close(j);
	queue_judged(c, rc);
}

static bool is_worth_it(const struct request *r)
{
	const struct directory *d = r->control->o.site->directory;
	size_t n = json_array_size(json_object_get(r->json, "entries"));

	return n >= MANY || (n && directory_machines(d) >= AMONG);
}

static struct judge *judge_open(struct request *r)
{
	const struct site *s = r->control->o.site;
	struct judge *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	j->job = (struct job){.run = run_judge, .done = on_judged};
	j->r = r;
	j->q = request_asks(r);
	j->directory = s->directory;
	j->site = *s;
	j->site.directory = NULL;
	j->site.settings = &j->settings;
	settings_copy(&j->settings, s->settings);
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->copied, NULL);
	return j;
}

int judge_begin(struct request *r)
{
	struct control *c = r->control;
	int rc = is_worth_it(r) ? server_edit_reserve(c->o.server) : -ENOTSUP;
	struct judge *j;

	if (rc)
		return rc;
	j = judge_open(r);
	rc = j ? worker_do(c->worker, &j->job) : -ENOMEM;
	if (!rc) {
		c->judge = j;
		return 0;
	}
	if (j)
		judge_close(j);
	server_edit_release(c->o.server);
	return rc;
}

void judge_drop(struct control *c)
{
	if (c->judge)
		judge_close(c->judge);
	c->judge = NULL;
}

void control_await_copy(struct control *c)
{
	struct judge *j = c ? c->judge : NULL;

	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	while (!j->is_copied)
		pthread_cond_wait(&j->copied, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

/* ---- forgetting ---------------------------------------------------------- */

struct forget {
	struct job job;
	struct directory *directory;
	json_t *json;
};

static void run_forget(struct job *j)
{
	struct forget *f = CONTAINER(j, struct forget, job);

	directory_close(f->directory);
	json_decref(f->json);
	host_memory_tidy();
}

static void on_forgotten(struct job *j)
{
	free(CONTAINER(j, struct forget, job));
}

void judge_forget(struct request *r, bool is_done)
{
	struct changes *all = r->admin.changes;
	bool is_large = r->len > ADMIN_BODY || (all && all->after);
	struct forget *f = is_large ? malloc(sizeof *f) : NULL;

	if (!f)
		return; /* it goes with the request */
	*f = (struct forget){.job = {.run = run_forget, .done = on_forgotten},
			     .directory = all ? all->after : NULL,
			     .json = is_done ? r->json : NULL};
	if (r->control->is_closing || worker_do(r->control->worker, &f->job)) {
		free(f);
		return;
	}
	if (all)
		all->after = NULL;
	if (is_done)
		r->json = NULL;
}
