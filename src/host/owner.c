/*
 * Whose port is it?  /proc/net/udp knows the inode of the socket, and the
 * process that has it shows "socket:[inode]" among its descriptors.  Only for
 * an error message, so whatever can't be read is passed over.
 */
#include "base/text.h"
#include "host/udp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The inode of a socket on this port; 0 if there is none. */
static unsigned long find_inode(uint16_t port)
{
	FILE *list = fopen("/proc/net/udp", "re");
	unsigned long inode = 0;
	char line[256];

	if (!list)
		return 0;
	/* sl local:port remote:port st tx:rx tr:when retrnsmt uid timeout
	 * inode */
	while (!inode && fgets(line, sizeof line, list)) {
		char *at = strchr(line, ':'), *words;

		at = at ? strchr(at + 1, ':') : NULL;
		if (!at || strtoul(at + 1, NULL, 16) != port)
			continue;
		strtok_r(line, " ", &words);
		for (int i = 1; i < 10; i++)
			at = strtok_r(NULL, " ", &words);
		inode = at ? strtoul(at, NULL, 10) : 0;
	}
	fclose(list);
	return inode;
}

/* Whether one of the descriptors in /proc/PID/fd is that socket. */
static bool has_socket(int proc, const char *pid, const char *wanted)
{
	char path[64], target[64];
	struct dirent *d;
	bool found = false;
	DIR *dir;
	int fd;

	snprintf(path, sizeof path, "%.20s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	/* cppcheck-suppress readdirCalled ; this DIR is ours alone */
	while (!found && (d = readdir(dir))) {
		ssize_t n =
			readlinkat(fd, d->d_name, target, sizeof target - 1);

		target[n > 0 ? n : 0] = '\0';
		found = !strcmp(target, wanted);
	}
	closedir(dir);
	return found;
}

/* "NAME, pid PID" */
static void describe(int proc, const char *pid, struct text *to)
{
	char path[64], name[64];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof path, "%.20s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, sizeof name);
		close(fd);
	}
	/* A process names itself as it likes. */
	text_wire(to, name, n > 1 ? (size_t)n - 1 : 0);
	text_add(to, ", pid ");
	text_add(to, pid);
}

bool host_port_owner(uint16_t port, char *who, size_t room)
{
	unsigned long inode = find_inode(port);
	struct text text = text_over(who, room);
	DIR *proc = inode ? opendir("/proc") : NULL;
	struct dirent *d;
	char wanted[64];
	bool found = false;

	snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
	/* cppcheck-suppress readdirCalled ; this DIR is ours alone */
	while (proc && !found && (d = readdir(proc))) {
		uint64_t pid;

		if (!number_parse(d->d_name, strlen(d->d_name), UINT32_MAX,
				  &pid))
			continue;
		found = has_socket(dirfd(proc), d->d_name, wanted);
		if (found)
			describe(dirfd(proc), d->d_name, &text);
	}
	if (proc)
		closedir(proc);
	if (!found)
		text_add(&text, "another program");
	return found;
}
