/*
 * What the commands ask: the daemon through its control socket, or, when there
 * is none, the same of its store, under the store's lock.
 */
#ifndef MUSTER_APP_CLIENT_API_H
#define MUSTER_APP_CLIENT_API_H

#include "app/config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Where to ask: options that the commands share. */
struct client_options {
	const char *command;     /* for error messages */
	const char *config;      /* the file; NULL: the default */
	const char *state, *run; /* directories; NULL: what the file says */
	bool is_json;            /* print JSON */
};

/* getopt_long's: short ones, long ones to put into a table, and the text of
 * --help. */
#define CLIENT_SHORT ":c:h"
#define CLIENT_LONG                                                            \
	{"config", required_argument, NULL, 'c'},                              \
		{"state", required_argument, NULL, 'S'},                       \
		{"run", required_argument, NULL, 'R'},                         \
		{"json", no_argument, NULL, 'j'},                              \
	{                                                                      \
		"help", no_argument, NULL, 'h'                                 \
	}
#define CLIENT_HELP                                                            \
	"  -c, --config FILE  the server's configuration, instead of\n"        \
	"                     " CONFIG_FILE "\n"                               \
	"      --run DIR      where its control socket is\n"                   \
	"      --state DIR    where its store is, for when it does not run\n"
/* Take one that getopt_long gave, with its argument; false: it is none of
 * these. */
bool client_option(struct client_options *o, int option, const char *argument);
/* What getopt_long did not like about the word before optind, as a usage error.
 */
int client_bad_option(const struct client_options *o, int option,
		      const char *word);

/* All words, of a command that has no other options; --help ends it here.  What
 * is left begins at optind.  0, or the exit status, said. */
int client_parse(struct client_options *o, int argc, char **argv,
		 const char *options);

struct client;

/* Read the configuration.  0; or the exit status, and what is wrong was said on
 * standard error: EXIT_CONFIG, EXIT_NO_PERMISSION. */
int client_open(struct client **c, const struct client_options *o);
void client_close(struct client *c);

/*
 * Ask (admin.h says what).  `path` is text of ours with a name at its end,
 * which may be any text: it is quoted here.  `body` may be NULL; it stays the
 * caller's.  The first time it finds out whom to ask.
 *
 * 0, and *answer is the caller's; or the exit status, said: EXIT_NOT_FOUND,
 * EXIT_USAGE for a value that is none, EXIT_NO_SERVER for a server that runs
 * and can't be reached, or for no server and no store.
 */
struct client_request {
	const char *method, *path;
	const char *name;   /* follows the path; NULL: nothing does */
	const char *domain; /* "?domain="; NULL: the server's own */
	uint64_t from;      /* "?from="; 0: none */
	const json_t *body;
};
int client_ask(struct client *c, const struct client_request *q,
	       json_t **answer);
/* All pages of a list, as one array. */
int client_list(struct client *c, const char *path, const char *list,
		json_t **answer);
/* The same of a request with a name or a domain. */
int client_list_of(struct client *c, const struct client_request *asked,
		   const char *list, json_t **answer);

/* How the store stands (admin.h), with "musterd", whether one runs; if not,
 * "socket" is where it would answer. */
int client_store(struct client *c, json_t **answer);

/* Copy the store from the file to etcd, or back, while no musterd runs.  Exit
 * status, said. */
int client_migrate(struct client *c, bool to_etcd);

/* What is asked is a file: copy it.  Exit status, said. */
int client_copy(struct client *c, const struct client_request *q, FILE *to);
/* Put a copy of the store, which is whole, in the place of the one that there
 * is, and say what was done.  Exit status, said. */
int client_restore(struct client *c, const char *file);

/* A text in an object; "": there is none. */
const char *client_member(const json_t *object, const char *name);
/* Print as --json does: indented, on standard output. */
void client_print(const json_t *json);
/* A text; what a terminal would obey is made visible. */
void client_text(const char *s);

#endif
