/*
 * The commands of `muster`: each gets its own argument vector, argv[0] being
 * its name, and returns an exit status (exit.h).
 */
#ifndef MUSTER_APP_COMMAND_H
#define MUSTER_APP_COMMAND_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *what;      /* one line */
	int (*run)(int argc, char **argv);
};

/* Ends with a NULL name. */
extern const struct command commands[];

int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_boot(int argc, char **argv);
int cmd_domain(int argc, char **argv);
int cmd_drill(int argc, char **argv);
int cmd_dir(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_drivers(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_fetch(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_undo(int argc, char **argv);
int cmd_hostconfig(int argc, char **argv);
int cmd_hostname(int argc, char **argv);
int cmd_ifconfig(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_lease(int argc, char **argv);
int cmd_lookup(int argc, char **argv);
int cmd_lookupd(int argc, char **argv);
int cmd_pool(int argc, char **argv);
int cmd_host_addition(int argc, char **argv);
int cmd_machine(int argc, char **argv);
int cmd_name(int argc, char **argv);
int cmd_named(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_store(int argc, char **argv);
int cmd_maskd(int argc, char **argv);
int cmd_up(int argc, char **argv);

/* A part of cmd_image: its first argument is "add". */
int cmd_image_add(int argc, char **argv);

/* "muster NAME: ..." on standard error, in one write: others may write there,
 * too.  What a terminal would obey is made visible. */
void say_failure(const char *name, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* The same, with "Try `muster NAME --help'"; returns EXIT_USAGE. */
int usage(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same without; returns EXIT_FAILURE. */
int failed(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What getopt_long could not make sense of: it has returned `option`, and its
 * list of short options begins with a colon.  Returns EXIT_USAGE. */
int bad_option(const char *name, int option, char **argv);
/* The usage line and the options' text of a command, on standard output. */
int help(const char *name, const char *options);

/* Numbers in arguments: false, and said, if `text` is none up to max. */
bool number_argument(const char *name, const char *option, const char *text,
		     uint64_t max, uint64_t *to);
bool percent_argument(const char *name, const char *option, const char *text,
		      double *to);
/* --etc: a folder, which has to be there.  0, or the exit status, said. */
int folder_argument(const char *name, const char *text, const char **to);

#endif
