#include "app/background.h"

#include "app/exit.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

void background_ready(int tell)
{
	int nowhere;
	uint8_t ready = EXIT_SUCCESS;

	if (tell == BACKGROUND_NOBODY)
		return;
	nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; nowhere >= 0 && fd <= 2; fd++)
		(void)dup2(nowhere, fd);
	if (nowhere > 2)
		close(nowhere);
	(void)!write(tell, &ready, 1);
	close(tell);
}

/* What the child says, or how it ended before it could. */
static int await_child(int fd, pid_t child)
{
	uint8_t ready = EXIT_FAILURE;
	int status = 0;

	if (read(fd, &ready, 1) == 1)
		return ready;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int background(int (*serve)(void *arg, int tell), void *arg)
{
	int ends[2], rc;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		rc = -errno;
		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	if (child) {
		close(ends[1]);
		rc = await_child(ends[0], child);
		close(ends[0]);
		return rc;
	}
	close(ends[0]);
	(void)setsid();
	(void)!chdir("/");
	_exit(serve(arg, ends[1]));
}
