/*
 * What else hostconfig has a machine do.  Nothing here keeps it from starting:
 * what does not work is said, and that is all.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/named.h"
#include "app/spawn.h"
#include "app/up.h"
#include "host/link.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- programs ----------------------------------------------------------- */

int up_command(const struct up_request *q, const char *interface,
	       const char *command)
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
	int rc;

	setenv("if", interface, 1);
	setenv("af", "inet", 1);
	fflush(stdout);
	rc = spawn(argv);
	if (rc < 0)
		return failed(q->command, "%s: %s", interface, strerror(-rc));
	return rc ? failed(q->command, "%s: `%s' ended with status %d",
			   interface, command, rc)
		  : 0;
}

/* Beside this program, or in ../sbin, or wherever PATH says. */
static const char *find_musterd(char room[PATH_MAX])
{
	char self[PATH_MAX / 2];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;

	if (n <= 0)
		return "musterd";
	self[n] = '\0';
	dir = dirname(self);
	snprintf(room, PATH_MAX, "%s/musterd", dir);
	if (!access(room, X_OK))
		return room;
	snprintf(room, PATH_MAX, "%s/../sbin/musterd", dir);
	return access(room, X_OK) ? "musterd" : room;
}

static void start_musterd(const struct up_request *q)
{
	char room[PATH_MAX];
	char *argv[] = {(char *)(uintptr_t)find_musterd(room), NULL};
	int rc = spawn_daemon(argv);

	if (rc)
		failed(q->command, "NETMASTER=-YES-: %s: %s", argv[0],
		       strerror(-rc));
	else
		printf("NETMASTER=-YES-: musterd is started\n");
}

void up_authority(const struct up_request *q, const char *interface)
{
	static char self[] = "/proc/self/exe", maskd[] = "maskd";
	char *argv[] = {self, maskd, (char *)(uintptr_t)interface, NULL};
	int rc = spawn(argv);

	if (rc < 0)
		failed(q->command, "%s: maskd: %s", interface, strerror(-rc));
}

/* ---- routes ------------------------------------------------------------- */

/* NULL: there is none. */
static const char *find_routed(const struct up_request *q)
{
	static const char *const usual[] = {"/usr/sbin/routed", "/sbin/routed"};

	if (q->routed)
		return q->routed;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!access(usual[i], X_OK))
			return usual[i];
	return NULL;
}

void up_router(const struct up_request *q, const struct hostconfig *h,
	       struct up_step *step)
{
	const struct hostconfig_value *v = &h->v[HOSTCONFIG_ROUTER];

	step->router = v->kind == HOSTCONFIG_ADDRESS ? v->ip : 0;
	step->takes_router = v->kind == HOSTCONFIG_ABSENT ||
			     v->kind == HOSTCONFIG_AUTOMATIC ||
			     (v->kind == HOSTCONFIG_ROUTED && !find_routed(q));
}

static void run_routed(const struct up_request *q)
{
	char *argv[] = {(char *)(uintptr_t)find_routed(q), "-q", NULL};
	int rc;

	if (!argv[0]) {
		printf("ROUTER=-ROUTED-: no routed on this machine; the router "
		       "that a server names is taken\n");
		return;
	}
	rc = spawn_daemon(argv);
	if (rc)
		failed(q->command, "ROUTER=-ROUTED-: %s: %s", argv[0],
		       strerror(-rc));
	else
		printf("ROUTER=-ROUTED-: %s is started\n", argv[0]);
}

/* WHOAMI's comes last; it counts only if it is on our own network. */
static void take_router(const struct up_request *q, struct up_interface *first)
{
	struct startc_result *r = &first->result;
	int rc;

	if (r->router || !r->name_router ||
	    (r->name_router ^ r->ip) & r->mask || r->name_router == r->ip)
		return;
	rc = link_set_default(first->link.index, r->name_router);
	if (rc)
		failed(q->command, "router: %s", strerror(-rc));
	else
		r->router = r->name_router;
}

/* ---- the others --------------------------------------------------------- */

static void set_domain(const struct up_request *q,
		       const struct hostconfig_value *v)
{
	if (v->kind == HOSTCONFIG_NAME &&
	    setdomainname(v->text, strlen(v->text)) < 0)
		failed(q->command, "YPDOMAIN=%s: %s", v->text, strerror(errno));
}

static void say_time(const struct hostconfig_value *v)
{
	if (v->kind != HOSTCONFIG_ABSENT && v->kind != HOSTCONFIG_NO)
		printf("TIME=%s has no effect here: the clock is the system's "
		       "affair\n",
		       v->text);
}

/* There need not be a registry. */
static void tell_registry(const struct up_request *q)
{
	int rc = named_signal(NULL);

	if (rc && rc != -ENOENT && rc != -ECONNREFUSED)
		failed(q->command, "the registry: %s", strerror(-rc));
}

void up_effects(const struct up_request *q, const struct hostconfig *h,
		struct up_interface *first)
{
	const struct hostconfig_value *v = h->v;
	struct up_step step;

	up_router(q, h, &step);
	if (v[HOSTCONFIG_ROUTER].kind == HOSTCONFIG_ROUTED)
		run_routed(q);
	if (step.takes_router && first)
		take_router(q, first);
	set_domain(q, &v[HOSTCONFIG_YPDOMAIN]);
	say_time(&v[HOSTCONFIG_TIME]);
	if (v[HOSTCONFIG_NETMASTER].kind == HOSTCONFIG_YES)
		start_musterd(q);
	tell_registry(q);
}

/* ---- what was learnt ---------------------------------------------------- */

static void add(struct text *t, const char *key, const char *value)
{
	if (!value[0])
		return;
	text_add(t, key);
	text_add(t, "=");
	text_add(t, value);
	text_add(t, "\n");
}

static void add_ip(struct text *t, const char *key, uint32_t ip)
{
	char room[16];
	struct text v = text_over(room, sizeof(room));

	if (!ip)
		return;
	text_ip(&v, ip);
	add(t, key, room);
}

/* A boot file came from the wire; it must not make lines of its own. */
static void add_file(struct text *t, const char *file)
{
	for (const char *c = file; *c; c++)
		if (*c < ' ' || *c > '~')
			return;
	add(t, "boot_file", file);
}

static void put_result(struct text *t, const struct up_interface *of)
{
	const struct startc_result *r = &of->result;
	char hostid[9];

	snprintf(hostid, sizeof(hostid), "%08x", r->ip);
	add(t, "interface", of->link.name);
	add_ip(t, "ip_address", r->ip);
	add_ip(t, "subnet_mask", r->mask);
	add_ip(t, "broadcast_address", r->broadcast);
	add_ip(t, "router", r->router);
	add(t, "host_name", r->name);
	add(t, "nis_domain", r->domain);
	add_ip(t, "server_ip_address", r->server);
	add_ip(t, "mask_server", r->mask_server);
	add_ip(t, "name_server", r->name_server);
	add_file(t, r->file);
	add(t, "hostid", hostid);
}

int up_write_result(const struct up_request *q, const struct up_interface *of,
		    bool is_first)
{
	char room[2048], dir[sizeof(((struct etc_file *)0)->path)];
	struct text t = text_over(room, sizeof(room));
	struct etc_file f = {0};
	int rc;

	put_result(&t, of);
	snprintf(f.path, sizeof(f.path), "%s%s%s", q->result,
		 is_first ? "" : ".", is_first ? "" : of->link.name);
	snprintf(dir, sizeof(dir), "%s", f.path);
	(void)mkdir(dirname(dir), 0755);
	rc = etc_write(&f, room, t.len);
	if (!rc)
		return 0;
	failed(q->command, "%s: %s", f.path, strerror(-rc));
	return exit_status(rc);
}
