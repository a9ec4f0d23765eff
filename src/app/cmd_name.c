/*
 * muster name: what a process says to the registry, said by hand.  A name that
 * is checked in lasts as long as the command, or the program that it starts.
 */
#include "app/command.h"
#include "app/exit.h"
#include "app/name_client.h"
#include "app/named.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char options[] =
	"  checkin NAME ENDPOINT [-- PROGRAM [ARGUMENT]...]\n"
	"                   until this command ends, or the program; messages "
	"to\n"
	"                   the name are printed.  ENDPOINT: tcp:PORT,\n"
	"                   udp:ADDRESS:PORT, tcp:[IPv6]:PORT\n"
	"  lookup NAME [HOST]\n"
	"                   here; HOST: an address, a name, 0xC0A84D01, or "
	"'*'\n"
	"  list             the names that are checked in here\n"
	"  checkout NAME    one of your own\n"
	"  message NAME TEXT [HOST]\n"
	"                   to whoever holds the name\n"
	"  version\n"
	"\n"
	"  --json           for programs\n"
	"  --run DIRECTORY  where the registry's socket is, instead "
	"of " NAMED_RUN "\n";

struct call {
	bool is_json;
	const char *run;
	int argc;
	char **argv; /* behind the verb */
	struct name_client client;
};

/* ---- output -------------------------------------------------------------- */

/* In JSON's quotes.  Bytes that are no ASCII are taken for Latin-1, so that
 * any name can be told. */
static void print_json_text(const char *s, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_text(const char *s, size_t len)
{
	char safe[8 * TEXT_WIRE_MAX];
	struct text t = text_over(safe, sizeof safe);

	text_wire(&t, s, len);
	fputs(safe, stdout);
}

static void print_entry(const struct call *c)
{
	const struct registry_record *p = &c->client.got;
	char at[80];

	name_endpoint_text(&p->at, at, sizeof at);
	if (c->is_json) {
		printf("{\"name\":");
		print_json_text(p->name, p->name_len);
		printf(",\"transport\":\"%.3s\",\"address\":\"%.*s\","
		       "\"port\":%u}",
		       at, (int)(strrchr(at, ':') - at - 4), at + 4,
		       p->at.port);
		return;
	}
	print_text(p->name, p->name_len);
	printf("  %s\n", at);
}

static void print_message(const struct call *c)
{
	const struct name_client *n = &c->client;
	char at[80];

	name_endpoint_text(&n->got.at, at, sizeof at);
	*strrchr(at, ':') = 0;
	if (c->is_json) {
		printf("{\"name\":");
		print_json_text(n->got.name, n->got.name_len);
		printf(",\"from\":\"%s\",\"message\":", at + 4);
		print_json_text((const char *)n->text, n->text_len);
		printf("}\n");
	} else {
		printf("%s: ", at + 4);
		for (size_t i = 0; i < n->text_len; i += TEXT_WIRE_MAX)
			print_text((const char *)n->text + i,
				   n->text_len - i < TEXT_WIRE_MAX
					   ? n->text_len - i
					   : TEXT_WIRE_MAX);
		printf("\n");
	}
	fflush(stdout);
}

/* ---- asking -------------------------------------------------------------- */

static int no_registry(int rc)
{
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		failed("name", "the registry does not run (muster named)");
	else
		failed("name", "the registry: %s", strerror(-rc));
	return rc == -ENOENT || rc == -ECONNREFUSED ? EXIT_NO_SERVER
						    : exit_status(rc);
}

static int exit_of(unsigned status)
{
	switch (status) {
	case REGISTRY_DONE:
		return EXIT_SUCCESS;
	case REGISTRY_NOT_CHECKED_IN:
	case REGISTRY_NO_SUCH_HOST:
		return EXIT_NOT_FOUND;
	case REGISTRY_HOST_NOT_FOUND:
		return EXIT_NO_SERVER;
	case REGISTRY_NOT_YOURS:
		return EXIT_NO_PERMISSION;
	default:
		return EXIT_FAILURE;
	}
}

static int refuse(const char *name, unsigned status)
{
	failed("name", "%s: %s (%u)", name, name_status(status), status);
	return exit_of(status);
}

static bool is_name(const char *s)
{
	if (*s && strlen(s) < REGISTRY_NAME)
		return true;
	usage("name", "%s: a name has 1 to %d bytes", s, REGISTRY_NAME - 1);
	return false;
}

/* Exit status of what was asked; the answer is in c->client.got. */
static int ask(struct call *c, uint8_t op, const char *host, const char *text)
{
	const char *name = c->argc ? c->argv[0] : "";
	struct registry_record p = {
		.op = op, .name = name, .name_len = strlen(name)};
	int rc;

	if (!name_host(host, &p))
		return refuse(host, REGISTRY_NO_SUCH_HOST);
	rc = name_connect(&c->client, c->run);
	if (!rc)
		rc = name_ask(&c->client, &p, text, strlen(text));
	if (rc == -EMSGSIZE)
		return usage("name", "a message has at most %d bytes",
			     REGISTRY_MESSAGE);
	if (rc)
		return no_registry(rc);
	if (c->client.got.status)
		return refuse(name, c->client.got.status);
	return EXIT_SUCCESS;
}

static int look_up(struct call *c)
{
	char at[80];
	int rc;

	if (c->argc < 1 || c->argc > 2)
		return usage("name", "lookup NAME [HOST]");
	if (!is_name(c->argv[0]))
		return EXIT_USAGE;
	rc = ask(c, REGISTRY_LOOK_UP, c->argv[1], "");
	if (rc)
		return rc;
	name_endpoint_text(&c->client.got.at, at, sizeof at);
	if (c->is_json)
		print_entry(c);
	printf(c->is_json ? "\n" : "%s\n", at);
	return EXIT_SUCCESS;
}

static int check_out(struct call *c)
{
	if (c->argc != 1)
		return usage("name", "checkout NAME");
	if (!is_name(c->argv[0]))
		return EXIT_USAGE;
	return ask(c, REGISTRY_CHECK_OUT, NULL, "");
}

static int send_message(struct call *c)
{
	if (c->argc < 2 || c->argc > 3)
		return usage("name", "message NAME TEXT [HOST]");
	if (!is_name(c->argv[0]))
		return EXIT_USAGE;
	return ask(c, REGISTRY_MESSAGE_TO, c->argv[2], c->argv[1]);
}

static int version(struct call *c)
{
	const struct registry_record *p = &c->client.got;
	char at[80] = "";
	int rc = c->argc ? usage("name", "version: it takes no arguments")
			 : ask(c, REGISTRY_VERSION, NULL, "");

	if (rc)
		return rc;
	if (p->at.port)
		name_endpoint_text(&p->at, at, sizeof at);
	if (c->is_json) {
		printf("{\"version\":");
		print_json_text(p->name, p->name_len);
		printf(",\"network\":%s}\n", p->at.port ? "true" : "false");
		return EXIT_SUCCESS;
	}
	print_text(p->name, p->name_len);
	printf(p->at.port ? ", %s\n" : ", without a network\n", at);
	return EXIT_SUCCESS;
}

/* From each name to the next. */
static int list(struct call *c)
{
	struct registry_record p = {.op = REGISTRY_NEXT};
	char name[REGISTRY_NAME];
	unsigned n = 0;
	int rc = name_connect(&c->client, c->run);

	if (c->argc)
		return usage("name", "list: it takes no arguments");
	if (rc)
		return no_registry(rc);
	printf(c->is_json ? "[" : "");
	for (p.name = name; !rc; n++) {
		rc = name_ask(&c->client, &p, "", 0);
		if (rc || c->client.got.status)
			break;
		printf(c->is_json && n ? "," : "");
		print_entry(c);
		p.name_len = c->client.got.name_len;
		memcpy(name, c->client.got.name, p.name_len);
	}
	printf(c->is_json ? "]\n" : "");
	return rc ? no_registry(rc) : EXIT_SUCCESS;
}

/* ---- checking in --------------------------------------------------------- */

/* What the registry says until it, the name or the program has gone. */
static int hold(struct call *c)
{
	int rc;

	while (!(rc = name_hear(&c->client)))
		if (c->client.got.op == REGISTRY_MESSAGE_TO)
			print_message(c);
		else if (c->client.got.op ==
			 (REGISTRY_CHECK_OUT | REGISTRY_REPLY))
			return refuse(c->argv[0], c->client.got.status);
	return no_registry(rc);
}

/* Until the program ends: what comes in is printed meanwhile. */
static void hear_during(struct call *c, int program)
{
	struct pollfd v[2] = {{.fd = program, .events = POLLIN},
			      {.fd = c->client.fd, .events = POLLIN}};

	while (poll(v, 2, -1) >= 0 || errno == EINTR) {
		if (v[0].revents)
			return;
		if (!v[1].revents)
			continue;
		if (name_hear(&c->client))
			v[1].fd = -1; /* the program goes on without a name */
		else if (c->client.got.op == REGISTRY_MESSAGE_TO)
			print_message(c);
	}
}

static int hold_for(struct call *c, char **program)
{
	pid_t child = fork();
	int fd, status;

	if (child < 0)
		return no_registry(-errno);
	if (!child) {
		execvp(program[0], program);
		failed("name", "%s: %s", program[0], strerror(errno));
		_exit(127);
	}
	fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (fd >= 0) {
		hear_during(c, fd);
		close(fd);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

static int check_in(struct call *c)
{
	struct registry_record p = {.op = REGISTRY_CHECK_IN};
	int rc;

	if (c->argc < 2)
		return usage("name", "checkin NAME ENDPOINT [-- PROGRAM...]");
	if (!is_name(c->argv[0]))
		return EXIT_USAGE;
	if (!name_endpoint_parse(c->argv[1], &p.at))
		return usage("name",
			     "%s: an endpoint is tcp:PORT or udp:ADDRESS:PORT",
			     c->argv[1]);
	p.name = c->argv[0];
	p.name_len = strlen(p.name);
	rc = name_connect(&c->client, c->run);
	if (!rc)
		rc = name_ask(&c->client, &p, "", 0);
	if (rc)
		return no_registry(rc);
	if (c->client.got.status)
		return refuse(c->argv[0], c->client.got.status);
	if (c->argc > 2)
		return hold_for(c, c->argv + 2);
	if (!c->is_json)
		printf("checked in\n");
	fflush(stdout);
	return hold(c);
}

/* ---- words --------------------------------------------------------------- */

static const struct {
	const char *verb;
	int (*run)(struct call *c);
} verbs[] = {{"checkin", check_in},
	     {"lookup", look_up},
	     {"list", list},
	     {"checkout", check_out},
	     {"message", send_message},
	     {"version", version}};

static int parse(int argc, char **argv, struct call *c)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"run", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{0}};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, ":h", longs, NULL)) != -1)
		if (o == 'j')
			c->is_json = true;
		else if (o == 'r')
			c->run = optarg;
		else if (o == 'h')
			exit(help("name", options));
		else
			return bad_option("name", o, argv);
	return 0;
}

int cmd_name(int argc, char **argv)
{
	static struct call c;
	int rc = parse(argc, argv, &c);

	if (rc)
		return rc;
	if (optind == argc)
		return usage("name", "checkin, lookup, list, checkout, message "
				     "or version?");
	c.argc = argc - optind - 1;
	c.argv = argv + optind + 1;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(argv[optind], verbs[i].verb) != 0)
			continue;
		rc = verbs[i].run(&c);
		name_disconnect(&c.client);
		return rc;
	}
	return usage("name", "there is no verb `%s'", argv[optind]);
}
