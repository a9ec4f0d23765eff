/*
 * muster host-addition: whether machines may add themselves, and by which
 * rules.  A password is hashed here: nobody else sees it.
 */
#include "app/client_api.h"
#include "app/command.h"
#include "app/exit.h"
#include "app/table.h"
#include "host/password.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define NAME "host-addition"

static const char options[] =
	"  on                 machines that nobody knows may add themselves\n"
	"  off                they may not, and nothing else changes\n"
	"  set                change the rules, on or off\n"
	"  show               the rules\n"
	"\n" CLIENT_HELP "      --range A-B    addresses for new machines\n"
	"      --temporary IP what stands in for an address while a person\n"
	"                     types\n"
	"      --bootfile F   what new machines boot; \"\": nothing of their "
	"own\n"
	"      --password     ask for the password that whoever adds a "
	"machine\n"
	"                     must know: here, or the first line of input\n"
	"      --no-password  let anybody\n"
	"      --maker M      only machines whose hardware address begins so,\n"
	"                     0:0:f say; repeatable; \"\": all\n"
	"      --domain D     of another domain than the server's own: "
	"/boston\n"
	"      --json         as JSON\n";

enum { LINE = 256 };

struct words {
	struct client_options o;
	json_t *rules;
	bool asks_password;
	const char *domain; /* NULL: the server's own */
};

/* ---- the password -------------------------------------------------------- */

/* The line without its end; false: there is none, or one that is too long. */
static bool line_get(char line[LINE])
{
	size_t len;

	if (!fgets(line, LINE, stdin))
		return false;
	len = strcspn(line, "\n");
	if (!line[len] && !feof(stdin))
		return false;
	line[len] = '\0';
	return true;
}

/* Without an echo; true if there was a terminal to say so to. */
static bool echo_off(struct termios *was)
{
	struct termios now;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, was))
		return false;
	now = *was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	return !tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
}

static bool ask_once(const char *prompt, char line[LINE])
{
	struct termios was;
	bool is_terminal = echo_off(&was), is_good;

	if (is_terminal)
		fputs(prompt, stderr);
	is_good = line_get(line);
	if (is_terminal) {
		fputc('\n', stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	}
	return is_good;
}

/* A NeXT sends 55 bytes. */
static int check(const char *password)
{
	if (!*password)
		return usage(NAME, "the password is empty; --no-password asks "
				   "for none");
	if (strlen(password) > 55)
		return usage(NAME, "the password is longer than 55 bytes");
	return 0;
}

static int password_get(char line[LINE])
{
	char again[LINE];
	int status;

	if (!ask_once("Network password: ", line))
		return usage(NAME, "--password: there is none");
	status = check(line);
	if (status || !isatty(STDIN_FILENO))
		return status;
	if (!ask_once("The same once more: ", again) || strcmp(line, again))
		status = usage(NAME, "these were two different ones");
	explicit_bzero(again, sizeof(again));
	return status;
}

static int add_hash(struct words *w)
{
	char line[LINE], hash[PASSWORD_HASH];
	int status = password_get(line), rc;

	if (!status) {
		rc = password_hash(line, hash);
		if (rc)
			status = failed(NAME, "--password: %s", strerror(-rc));
		else
			json_object_set_new(w->rules, "hash",
					    json_string(hash));
	}
	explicit_bzero(line, sizeof(line));
	return status;
}

/* ---- options ------------------------------------------------------------- */

static int set_text(struct words *w, const char *key, const char *text)
{
	json_t *json = *text ? json_string(text) : json_null();

	return json_object_set_new(w->rules, key, json)
		       ? usage(NAME, "`%s' is not UTF-8", text)
		       : 0;
}

/* "10.0.0.1-10.0.0.9", with blanks or without. */
static int set_range(struct words *w, char *text)
{
	char *last = strchr(text, '-');
	json_t *range;

	if (!last)
		return usage(NAME, "--range: `%s' is no range A-B", text);
	*last++ = '\0';
	last += strspn(last, " ");
	text[strcspn(text, " ")] = '\0';
	range = json_pack("[s, s]", text, last);
	return range && !json_object_set_new(w->rules, "range", range)
		       ? 0
		       : usage(NAME, "--range: is not UTF-8");
}

static int add_maker(struct words *w, const char *text)
{
	json_t *list = json_object_get(w->rules, "makers");

	if (!*text)
		return set_text(w, "makers", "");
	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(w->rules, "makers", list);
	}
	return json_array_append_new(list, json_string(text))
		       ? usage(NAME, "`%s' is not UTF-8", text)
		       : 0;
}

static int take_rule(struct words *w, int option, char *argument)
{
	switch (option) {
	case 'r':
		return set_range(w, argument);
	case 't':
		return set_text(w, "temporary", argument);
	case 'b':
		return set_text(w, "bootfile", argument);
	case 'p':
		w->asks_password = true;
		return 0;
	case 'n':
		return set_text(w, "hash", "");
	case 'm':
		return add_maker(w, argument);
	default:
		return -1;
	}
}

static int take_options(struct words *w, int argc, char **argv)
{
	static const struct option longs[] = {
		CLIENT_LONG,
		{"range", required_argument, NULL, 'r'},
		{"temporary", required_argument, NULL, 't'},
		{"bootfile", required_argument, NULL, 'b'},
		{"password", no_argument, NULL, 'p'},
		{"no-password", no_argument, NULL, 'n'},
		{"maker", required_argument, NULL, 'm'},
		{"domain", required_argument, NULL, 'D'},
		{0}};
	int c, status = 0;

	opterr = 0;
	while (!status &&
	       (c = getopt_long(argc, argv, CLIENT_SHORT, longs, NULL)) != -1) {
		if (c == 'h')
			exit(help(NAME, options));
		if (c == 'D')
			w->domain = optarg;
		if (c == 'D' || client_option(&w->o, c, optarg))
			continue;
		status = take_rule(w, c, optarg);
		if (status < 0)
			return client_bad_option(&w->o, c, argv[optind - 1]);
	}
	return status;
}

/* ---- the verbs ----------------------------------------------------------- */

static void row(struct table *t, const char *name, const char *value)
{
	table_add(t, name);
	table_add(t, value);
}

static const char *item(const json_t *rules, const char *name, size_t i)
{
	const char *text = json_string_value(
		json_array_get(json_object_get(rules, name), i));

	return text ? text : "";
}

static void print(const json_t *rules)
{
	static const char *const headings[] = {"RULE", "VALUE"};
	bool is_on = json_is_true(json_object_get(rules, "enabled"));
	bool asks = json_is_true(json_object_get(rules, "password"));
	const json_t *makers = json_object_get(rules, "makers");
	char range[2 * 16 + 4] = "";
	struct table t;

	if (*item(rules, "range", 0))
		snprintf(range, sizeof(range), "%.15s - %.15s",
			 item(rules, "range", 0), item(rules, "range", 1));
	table_open(&t, headings, 2);
	row(&t, "machines may add themselves", is_on ? "yes" : "no");
	row(&t, "range", range);
	row(&t, "temporary address", client_member(rules, "temporary"));
	row(&t, "boot file", client_member(rules, "bootfile"));
	row(&t, "password", asks ? "is asked for" : "none");
	for (size_t i = 0; i < json_array_size(makers); i++)
		row(&t, "maker", item(rules, "makers", i));
	if (*client_member(rules, "fault"))
		row(&t, "lacks", client_member(rules, "fault"));
	table_close(&t);
}

static int ask(struct client *c, const struct words *w, const char *method,
	       const json_t *body, json_t **answer)
{
	struct client_request q = {.method = method,
				   .path = "/v1/host-addition",
				   .domain = w->domain,
				   .body = body};

	return client_ask(c, &q, answer);
}

static int show(struct client *c, const struct words *w)
{
	json_t *rules;
	int status = ask(c, w, "GET", NULL, &rules);

	if (status)
		return status;
	if (w->o.is_json)
		client_print(rules);
	else
		print(rules);
	json_decref(rules);
	return 0;
}

static int change(struct client *c, const struct words *w)
{
	json_t *rules;
	int status = ask(c, w, "PATCH", w->rules, &rules);

	json_decref(rules);
	return status;
}

static int run(struct words *w, bool is_show)
{
	struct client *c;
	int status = w->asks_password ? add_hash(w) : 0;

	if (!status)
		status = client_open(&c, &w->o);
	if (status)
		return status;
	status = is_show ? show(c, w) : change(c, w);
	client_close(c);
	return status;
}

static int parse(struct words *w, int argc, char **argv, const char **verb)
{
	int status = take_options(w, argc, argv);
	bool is_show;

	if (status)
		return status;
	*verb = optind < argc ? argv[optind] : "";
	if (strcmp(*verb, "on") && strcmp(*verb, "off") &&
	    strcmp(*verb, "set") && strcmp(*verb, "show"))
		return usage(NAME, "on, off, set or show?");
	if (optind + 1 != argc)
		return usage(NAME, "%s: takes options only", *verb);
	is_show = !strcmp(*verb, "show");
	if (is_show && (json_object_size(w->rules) || w->asks_password))
		return usage(NAME, "show: changes nothing; `set' does");
	if (!strcmp(*verb, "set") && !json_object_size(w->rules) &&
	    !w->asks_password)
		return usage(NAME, "set: what?");
	return 0;
}

int cmd_host_addition(int argc, char **argv)
{
	struct words w = {.o = {.command = NAME}, .rules = json_object()};
	const char *verb = "";
	int status = parse(&w, argc, argv, &verb);

	if (!status && verb[0] == 'o')
		json_object_set_new(w.rules, "enabled",
				    json_boolean(!strcmp(verb, "on")));
	if (!status)
		status = run(&w, !strcmp(verb, "show"));
	json_decref(w.rules);
	return status;
}
