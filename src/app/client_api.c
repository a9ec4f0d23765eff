/*
 * Asking the daemon.  Whether there is one, its socket says: somebody listens,
 * or nobody does and the store is ours for as long as the command takes.
 */
#include "app/client_inside.h"

#include "app/command.h"
#include "app/control.h"
#include "app/exit.h"
#include "base/text.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	URL_LEN = 6144,
	PATIENCE = 30,    /* seconds, and one more for each ... */
	PACE = 64 * 1024, /* ... bytes of a body: an import takes its time */
	FIND_TRIES = 30,
};

bool client_option(struct client_options *o, int option, const char *argument)
{
	switch (option) {
	case 'c':
		o->config = argument;
		return true;
	case 'S':
		o->state = argument;
		return true;
	case 'R':
		o->run = argument;
		return true;
	case 'j':
		o->is_json = true;
		return true;
	default:
		return false;
	}
}

int client_bad_option(const struct client_options *o, int option,
		      const char *word)
{
	if (option == ':')
		return usage(o->command, "%s: what?", word);
	return usage(o->command, "unknown option `%s'", word);
}

int client_parse(struct client_options *o, int argc, char **argv,
		 const char *options)
{
	static const struct option longs[] = {CLIENT_LONG, {0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, CLIENT_SHORT, longs, NULL)) != -1)
		if (c == 'h')
			exit(help(o->command, options));
		else if (!client_option(o, c, optarg))
			return client_bad_option(o, c, argv[optind - 1]);
	return 0;
}

const char *client_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

int client_failed(const struct client *c, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_failure(c->o.command, format, args);
	va_end(args);
	return status;
}

/* ---- whom to ask -------------------------------------------------------- */

static int configure(struct client *c)
{
	const struct client_options *o = &c->o;
	char why[CONFIG_WHY];
	int rc;

	config_default(&c->config);
	rc = config_load(&c->config, o->config, why, sizeof why);
	if (rc)
		return client_failed(
			c, rc == -EACCES ? EXIT_NO_PERMISSION : EXIT_CONFIG,
			"%s", why);
	if (o->state)
		snprintf(c->config.state, sizeof c->config.state, "%s",
			 o->state);
	if (o->run)
		snprintf(c->config.run, sizeof c->config.run, "%s", o->run);
	snprintf(c->socket, sizeof c->socket, "%s/%s", c->config.run,
		 CONTROL_SOCKET);
	return 0;
}

/* 0: somebody listens; or negative errno. */
static int knock(const struct client *c)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, rc = 0;

	if (!text_copy(at.sun_path, sizeof at.sun_path, c->socket,
		       strlen(c->socket)))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&at, sizeof at))
		rc = -errno;
	close(fd);
	return rc;
}

bool client_is_alone(const struct client *c)
{
	int rc = knock(c);

	return rc == -ENOENT || rc == -ECONNREFUSED;
}

int client_open(struct client **to, const struct client_options *o)
{
	struct client *c = calloc(1, sizeof *c);
	int status;

	if (!c)
		return failed(o->command, "%s", strerror(ENOMEM));
	c->o = *o;
	status = configure(c);
	if (status)
		client_close(c);
	else
		*to = c;
	return status;
}

static int find_once(struct client *c, const struct client_request *q)
{
	int rc = knock(c);

	if (!rc) {
		c->curl = curl_easy_init();
		rc = c->curl ? 0 : -ENOMEM;
	} else if (rc == -ENOENT || rc == -ECONNREFUSED) {
		return offline_open(c, q);
	}
	return rc ? client_failed(c, exit_status(rc), "%s: %s", c->socket,
				  strerror(-rc))
		  : 0;
}

/* Whom to ask.  Who has the store may be a daemon that is about to answer, or a
 * command that is about to end. */
int client_find(struct client *c, const struct client_request *q)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	int status = c->curl || c->offline ? 0 : find_once(c, q);

	for (int i = 0; status == EXIT_BUSY && i < FIND_TRIES; i++) {
		offline_close(c->offline);
		c->offline = NULL;
		(void)nanosleep(&pause, NULL);
		status = find_once(c, q);
	}
	if (status == EXIT_BUSY)
		return client_failed(c, EXIT_NO_SERVER,
				     "a musterd is at work in %s, but none "
				     "answers at %s",
				     c->config.state, c->socket);
	return status;
}

void client_close(struct client *c)
{
	if (c->curl)
		curl_easy_cleanup(c->curl);
	offline_close(c->offline);
	free(c);
}

/* ---- HTTP --------------------------------------------------------------- */

struct received {
	char *text;
	size_t len;
};

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct received *r = arg;
	size_t len = size * n;
	char *text = realloc(r->text, r->len + len);

	if (!text)
		return 0;
	memcpy(text + r->len, bytes, len);
	r->text = text;
	r->len += len;
	return len;
}

/* The daemon decodes what stands between the slashes: any name may. */
static void add_quoted(struct client *c, struct text *url, const char *s)
{
	char *quoted = curl_easy_escape(c->curl, s ? s : "", 0);

	text_add(url, quoted ? quoted : "");
	url->full = url->full || !quoted;
	curl_free(quoted);
}

static bool url_of(struct client *c, const struct client_request *q,
		   char url[URL_LEN])
{
	struct text t = text_over(url, URL_LEN);

	text_add(&t, "http://muster");
	text_add(&t, q->path);
	add_quoted(c, &t, q->name);
	if (q->from) {
		text_add(&t, "?from=");
		text_u64(&t, q->from);
	}
	if (q->domain) {
		text_add(&t, q->from ? "&domain=" : "?domain=");
		add_quoted(c, &t, q->domain);
	}
	return !t.full;
}

static CURLcode perform(struct client *c, const char *url, const char *method,
			const char *body, struct received *to)
{
	CURL *curl = c->curl;
	size_t patience = PATIENCE + (body ? strlen(body) / PACE : 0);
	char agent[64];

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	/* Of a name it makes no other path. */
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)patience);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	snprintf(agent, sizeof agent, "muster %s", c->o.command);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, agent);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
	return curl_easy_perform(curl);
}

/* HTTP's status; 0: there is no answer, said. */
static unsigned http_ask(struct client *c, const struct client_request *q,
			 json_t **answer)
{
	struct received r = {.text = NULL};
	char *body = q->body ? json_dumps(q->body, JSON_COMPACT) : NULL;
	char url[URL_LEN];
	long status = 0;
	CURLcode code = CURLE_URL_MALFORMAT;

	if (url_of(c, q, url))
		code = perform(c, url, q->method, body, &r);
	if (!code)
		curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	*answer = code ? NULL : json_loadb(r.text, r.len, 0, NULL);
	if (code)
		client_failed(c, 0, "%s: %s", c->socket,
			      curl_easy_strerror(code));
	else if (!*answer)
		client_failed(c, 0, "%s: whoever listens there is no musterd",
			      c->socket);
	free(body);
	free(r.text);
	return *answer ? (unsigned)status : 0;
}

/* ---- asking ------------------------------------------------------------- */

enum { HTTP_WRONG = 400, HTTP_NOT_FOUND = 404, HTTP_STOPPING = 503 };

static int exit_of(unsigned status)
{
	switch (status) {
	case 0:
	case HTTP_STOPPING:
		return EXIT_NO_SERVER;
	case HTTP_WRONG:
		return EXIT_USAGE;
	case HTTP_NOT_FOUND:
		return EXIT_NOT_FOUND;
	default:
		return status < HTTP_WRONG ? EXIT_SUCCESS : EXIT_FAILURE;
	}
}

int client_ask(struct client *c, const struct client_request *q,
	       json_t **answer)
{
	const char *error;
	unsigned http;
	int status = 0;

	*answer = NULL;
	status = client_find(c, q);
	if (status)
		return status;
	http = c->curl ? http_ask(c, q, answer) : offline_ask(c, q, answer);
	status = exit_of(http);
	if (!status)
		return 0;
	error = json_string_value(json_object_get(*answer, "error"));
	if (http)
		client_failed(c, status, "%s",
			      error ? error : "it failed, without a reason");
	json_decref(*answer);
	*answer = NULL;
	return status;
}

int client_list_of(struct client *c, const struct client_request *asked,
		   const char *list, json_t **answer)
{
	struct client_request q = *asked;
	json_t *all = json_array(), *page;

	do {
		int status = client_ask(c, &q, &page);

		if (status) {
			json_decref(all);
			return status;
		}
		json_array_extend(all, json_object_get(page, list));
		q.from = (uint32_t)json_integer_value(
			json_object_get(page, "next"));
		json_decref(page);
	} while (q.from);
	*answer = all;
	return 0;
}

int client_list(struct client *c, const char *path, const char *list,
		json_t **answer)
{
	const struct client_request q = {.method = "GET", .path = path};

	return client_list_of(c, &q, list, answer);
}

void client_print(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

void client_text(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			printf("\\x%02x", (unsigned)(unsigned char)*s);
		else
			putchar(*s);
}
