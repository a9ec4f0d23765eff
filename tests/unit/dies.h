/*
 * For tests of broken invariants: does the program stop, as it must?  The deed
 * is done in a child, so the test goes on.
 */
#ifndef MUSTER_TESTS_DIES_H
#define MUSTER_TESTS_DIES_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* True if deed() ends in a failed assertion. */
static inline bool dies(void (*deed)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return false;
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		deed();
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

#endif
