/*
 * muster backup and muster restore: the whole store as one file, while musterd
 * runs, and back, while it does not.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 1024 };

static const char backup_options[] =
	"A copy of the store, as it is at one moment, while musterd runs or "
	"not.\nFILE must not be there.\n"
	"\n" CLIENT_HELP;

static const char restore_options[] =
	"Put a copy that `muster backup' made in the place of the store.  "
	"musterd\nmust be stopped.  The store that there was is kept beside "
	"it.\n"
	"\n" CLIENT_HELP;

static int parse(int argc, char **argv, struct client_options *o,
		 const char *options)
{
	int status = client_parse(o, argc, argv, options);

	if (status)
		return status;
	if (optind + 1 != argc)
		return usage(o->command, "takes one file");
	return 0;
}

/* ---- backup -------------------------------------------------------------- */

/* It gets its name when all of it is on disk and was looked at. */
static int finish(const char *part, const char *file, FILE *f)
{
	struct store_copy copy;
	int rc = fflush(f) || fsync(fileno(f)) ? -errno : 0;

	if (!rc)
		rc = store_sqlite_look(part, &copy);
	if (!rc && link(part, file))
		rc = -errno;
	if (rc)
		return failed("backup", "%s: %s", file,
			      rc == -EBADMSG ? "the copy is damaged"
					     : strerror(-rc));
	printf("%s: revision %llu, %llu entries, %llu leases\n", file,
	       (unsigned long long)copy.revision,
	       (unsigned long long)copy.entries,
	       (unsigned long long)copy.leases);
	return 0;
}

static int backup(struct client *c, const char *file)
{
	const struct client_request q = {.method = "GET", .path = "/v1/backup"};
	char part[PATH];
	int fd, status;
	FILE *f;

	if (!access(file, F_OK))
		return failed("backup", "%s: %s", file, strerror(EEXIST));
	if (snprintf(part, sizeof part, "%s.part", file) >= (int)sizeof part)
		return failed("backup", "%s: %s", file, strerror(ENAMETOOLONG));
	(void)unlink(part);
	fd = open(part, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w+e");
	if (!f)
		return failed("backup", "%s: %s", part, strerror(errno));
	status = client_copy(c, &q, f);
	if (seteuid(getuid()) || setegid(getgid()))
		status = EXIT_FAILURE;
	if (!status)
		status = finish(part, file, f);
	fclose(f);
	(void)unlink(part);
	return status;
}

int cmd_backup(int argc, char **argv)
{
	struct client_options o = {.command = "backup"};
	struct client *c;
	int status = parse(argc, argv, &o, backup_options);

	if (!status)
		status = client_open(&c, &o);
	if (status)
		return status;
	status = backup(c, argv[optind]);
	client_close(c);
	return status;
}

/* ---- restore ------------------------------------------------------------- */

int cmd_restore(int argc, char **argv)
{
	struct client_options o = {.command = "restore"};
	struct client *c;
	int status = parse(argc, argv, &o, restore_options);

	if (!status)
		status = client_open(&c, &o);
	if (status)
		return status;
	status = client_restore(c, argv[optind]);
	client_close(c);
	return status;
}
