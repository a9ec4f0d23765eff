/*
 * One program in many network namespaces, let go at once:
 *
 *	crowd SECONDS PROGRAM [ARGUMENT...] <NAMESPACES
 *	crowd -f FILE SECONDS PROGRAM [ARGUMENT...] <NAMESPACES
 *
 * NAMESPACES lists processes that are in them, one a line; all have the lowest
 * priority, for they have, in truth, processors of their own.  Each {} in an
 * argument becomes the number of the namespace, 1 and up.  It prints when they
 * were let go, and then who ended when and how, as "go USEC" and
 * "NUMBER STATUS USEC"; who runs longer than SECONDS is killed and its STATUS
 * is "killed".  With -f they are daemons: one is done when its FILE is there,
 * and all of them end with the time or with crowd itself.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, ARGUMENTS = 64, ROOM = 8192 };

struct crowd {
	pid_t pid[MOST];
	bool is_over[MOST];
	int n, left;
	const char *file;
	int64_t end;
};

struct words {
	char *v[ARGUMENTS];
	char room[ROOM];
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int64_t microseconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The text with each {} replaced; what no longer fits is left out. */
static void fill(char *to, size_t room, const char *text, int number)
{
	const char *hole;
	size_t used = 0;

	*to = 0;
	while ((hole = strstr(text, "{}")) && used < room) {
		used += (size_t)snprintf(to + used, room - used, "%.*s%d",
					 (int)(hole - text), text, number);
		text = hole + 2;
	}
	if (used < room)
		snprintf(to + used, room - used, "%s", text);
}

static void fill_all(struct words *w, char **argv, int number)
{
	size_t used = 0;
	int i;

	for (i = 0; i < ARGUMENTS - 1 && argv[i] && used < ROOM; i++) {
		w->v[i] = w->room + used;
		fill(w->v[i], ROOM - used, argv[i], number);
		used += strlen(w->v[i]) + 1;
	}
	assert(i > 0);
	w->v[i] = NULL;
}

static void enter(const char *holder)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", holder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
}

/* It says that it is there, and goes on when the other end of `go` is closed.
 */
static _Noreturn void be_one(const char *holder, struct words *w, int there,
			     int go)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	enter(holder);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpriority(PRIO_PROCESS, 0, 19);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (write(there, "", 1) != 1 || read(go, &byte, 1) != 0)
		die("pipe");
	execvp(w->v[0], w->v);
	die(w->v[0]);
}

static void gather(struct crowd *c, char **argv)
{
	static struct words w;
	char holder[32];
	int there[2], go[2];
	char byte;

	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		die("pipe");
	for (; c->n < MOST && scanf("%31s", holder) == 1; c->n++) {
		fill_all(&w, argv, c->n + 1);
		c->pid[c->n] = fork();
		if (c->pid[c->n] < 0)
			die("fork");
		if (!c->pid[c->n]) {
			close(go[1]);
			be_one(holder, &w, there[1], go[0]);
		}
	}
	close(there[1]);
	for (int i = 0; i < c->n; i++)
		if (read(there[0], &byte, 1) != 1)
			die("pipe");
	c->left = c->n;
	printf("go %lld\n", (long long)microseconds(CLOCK_REALTIME));
	close(go[1]);
}

static void tell(struct crowd *c, int i, const char *status)
{
	if (c->is_over[i])
		return;
	c->is_over[i] = true;
	c->left--;
	printf("%d %s %lld\n", i + 1, status,
	       (long long)microseconds(CLOCK_REALTIME));
}

static void look_for_ends(struct crowd *c)
{
	char text[32];
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < c->n; i++) {
			if (c->pid[i] != pid)
				continue;
			snprintf(text, sizeof(text), "%d",
				 WIFEXITED(status) ? WEXITSTATUS(status)
						   : 128 + WTERMSIG(status));
			tell(c, i, text);
		}
}

static void look_for_files(struct crowd *c)
{
	char path[512];

	for (int i = 0; i < c->n; i++) {
		fill(path, sizeof(path), c->file, i + 1);
		if (!c->is_over[i] && !access(path, F_OK))
			tell(c, i, "0");
	}
}

static void watch(struct crowd *c)
{
	struct timespec tick = {.tv_nsec = c->file ? 5000000 : 100000000};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while ((c->left || c->file) && microseconds(CLOCK_MONOTONIC) < c->end) {
		sigtimedwait(&child, NULL, &tick);
		look_for_ends(c);
		if (c->file)
			look_for_files(c);
		fflush(stdout);
	}
	for (int i = 0; i < c->n; i++)
		tell(c, i, "killed");
}

int main(int argc, char **argv)
{
	static struct crowd c;
	sigset_t child;

	if (argc > 2 && !strcmp(argv[1], "-f")) {
		c.file = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: crowd [-f FILE] SECONDS PROGRAM "
				"[ARGUMENT...] <NAMESPACES\n");
		return 2;
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	/* Each end is told at once, and nothing twice by a child. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	gather(&c, argv + 2);
	c.end = microseconds(CLOCK_MONOTONIC) +
		strtoll(argv[1], NULL, 10) * 1000000;
	watch(&c);
	/* Who still runs ends with us: PR_SET_PDEATHSIG. */
	return EXIT_SUCCESS;
}
