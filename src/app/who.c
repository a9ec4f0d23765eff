/*
 * Who asks.  The kernel says which user; only its name is looked up.
 */
#include "app/who.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME = 32, PROGRAM = 24 };

/* Read from the file itself: getpwuid() may ask any directory, even us, and
 * wait for it. */
static bool find_name(uid_t uid, char name[NAME])
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;
	bool found = false;

	/* cppcheck-suppress fgetpwentCalled ; only the loop's thread asks */
	while (f && !found && (p = fgetpwent(f))) {
		if (p->pw_uid != uid)
			continue;
		snprintf(name, NAME, "%s", p->pw_name);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

void who_put(char to[CHANGES_WHO], uid_t uid, const char *program)
{
	char name[NAME];

	if (!find_name(uid, name))
		snprintf(name, sizeof name, "uid %u", (unsigned)uid);
	if (program && *program && is_plain(program))
		snprintf(to, CHANGES_WHO, "%s (%.*s)", name, PROGRAM, program);
	else
		snprintf(to, CHANGES_WHO, "%s", name);
}

void who_put_peer(char to[CHANGES_WHO], int fd, const char *program)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		snprintf(to, CHANGES_WHO, "somebody");
	else
		who_put(to, peer.uid, program);
}
