/*
 * A pipe that exec closes says whether there was a program to run: nothing
 * comes out of it, or an errno.
 */
#include "app/spawn.h"

#include "host/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int spawn(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		signals_restore();
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void become(char *const argv[], int tell)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int error;

	signals_restore();
	setsid();
	if (nowhere >= 0) {
		(void)dup2(nowhere, STDIN_FILENO);
		(void)dup2(nowhere, STDOUT_FILENO);
	}
	execvp(argv[0], argv);
	error = errno;
	(void)!write(tell, &error, sizeof(error));
	_exit(127);
}

int spawn_daemon(char *const argv[])
{
	int ends[2], error = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		become(argv, ends[1]);
	if (pid < 0)
		error = errno;
	close(ends[1]);
	if (pid > 0 && read(ends[0], &error, sizeof(error)) > 0)
		(void)waitpid(pid, NULL, 0);
	close(ends[0]);
	return -error;
}
