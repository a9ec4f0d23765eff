/*
 * startc on the host.  The engine says when to ask for a line; everything else
 * that is typed is a key.
 */
#include "app/start.h"

#include "app/command.h"
#include "app/driver.h"
#include "app/exit.h"
#include "app/terminal.h"
#include "engine/console.h"
#include "engine/note.h"
#include "host/link.h"
#include "host/memory.h"
#include "host/packet.h"
#include "host/random.h"
#include "wire/bootp.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_C = 3 };
static const usec LOOK_AGAIN = MILLISECONDS(100);

struct start {
	const char *command;
	const struct startc_config *config;
	struct loop *loop;
	struct driver *driver;
	struct startc *startc;
	struct watch signals;
	struct terminal terminal;
	bool is_stopping;
};

/* ---- what it says ------------------------------------------------------- */

static const char *dotted(char room[16], uint32_t ip)
{
	struct text t = text_over(room, 16);

	text_ip(&t, ip);
	return room;
}

static void tell_address(const struct start *s, const struct note *n)
{
	char ip[16], server[16];

	if (n->a)
		printf("%s: address is %s already\n", s->config->link.name,
		       dotted(ip, n->ip));
	else
		printf("%s: address automatically set to %s by %s\n",
		       s->config->link.name, dotted(ip, n->ip),
		       dotted(server, n->peer.ip));
}

static void tell_mask(const struct start *s, const struct note *n)
{
	char mask[16], server[16];

	printf("%s: netmask automatically set to %s by %s\n",
	       s->config->link.name, dotted(mask, n->ip),
	       dotted(server, n->peer.ip));
}

static void tell_name(const struct note *n)
{
	char server[16];

	if (n->peer.ip)
		printf("hostname: automatically set to %s by %s\n", n->text,
		       dotted(server, n->peer.ip));
}

static void on_note(void *arg, usec now, const struct note *n)
{
	struct start *s = arg;

	(void)now;
	switch (n->code) {
	case NOTE_CONSOLE:
		terminal_print(n->text);
		if (n->a != CONSOLE_SERVER)
			printf("\n");
		break;
	case NOTE_CONSOLE_PROMPT:
		terminal_print(n->text);
		terminal_lines(&s->terminal, n->a != 0);
		break;
	case NOTE_START_ADDRESS:
		tell_address(s, n);
		break;
	case NOTE_START_MASK:
		tell_mask(s, n);
		break;
	case NOTE_START_NAME:
		tell_name(n);
		break;
	default:
		break;
	}
	fflush(stdout);
}

/* ---- what it is told ---------------------------------------------------- */

static void on_key(void *arg, char key)
{
	struct start *s = arg;

	startc_key(s->startc, loop_now(s->loop), key,
		   driver_effects(s->driver));
	driver_carry(s->driver);
}

static void on_line(void *arg, const char *line, size_t len)
{
	struct start *s = arg;

	terminal_keys(&s->terminal);
	startc_line(s->startc, loop_now(s->loop), line, len,
		    driver_effects(s->driver));
	driver_carry(s->driver);
}

static void on_signal(void *arg, unsigned events)
{
	struct start *s = arg;
	int signal;

	(void)events;
	while ((signal = signals_next(s->signals.fd))) {
		if (signal == SIGINT)
			on_key(s, CONTROL_C);
		s->is_stopping |= signal == SIGTERM;
	}
}

/* ---- the run ------------------------------------------------------------ */

static int open_start(struct start *s, const struct filter *filter)
{
	const struct link *link = &s->config->link;
	struct driver_config driver = {.link = link->index,
				       .filter = filter,
				       .has_address_rights = true,
				       .note = on_note,
				       .arg = s};
	int rc = loop_open(&s->loop, &host_memory);

	if (rc)
		return rc;
	s->signals = (struct watch){
		.fd = signals_open(), .arg = s, .ready = on_signal};
	rc = loop_watch(s->loop, &s->signals, LOOP_READ);
	if (!rc)
		rc = startc_open(&s->startc, s->config, &host_memory);
	if (rc)
		return rc;
	driver.engine = startc_engine(s->startc);
	rc = driver_open(&s->driver, s->loop, &driver);
	if (!rc)
		rc = link_up(link->index);
	if (!rc && link->hw.type == HW_ETHERNET)
		rc = driver_hear(s->driver, link->index);
	return rc;
}

static void close_start(struct start *s)
{
	driver_close(s->driver);
	startc_close(s->startc, &host_memory);
	if (s->signals.fd > 0)
		close(s->signals.fd);
	loop_close(s->loop, &host_memory);
}

static int loop(struct start *s)
{
	int rc = 0;

	s->terminal.key = on_key;
	s->terminal.typed = on_line;
	s->terminal.arg = s;
	terminal_open(&s->terminal, s->loop);
	startc_start(s->startc, loop_now(s->loop), driver_effects(s->driver));
	driver_carry(s->driver);
	while (!rc && !s->is_stopping &&
	       !startc_is_over(startc_state(s->startc))) {
		/* An end that time brings is noticed by the next round. */
		rc = driver_round(s->driver, loop_now(s->loop) + LOOK_AGAIN);
		/* An answer may have come while somebody was asked. */
		if (s->terminal.wants_lines && !startc_is_prompting(s->startc))
			terminal_keys(&s->terminal);
	}
	terminal_close(&s->terminal);
	return rc;
}

static int outcome(struct start *s, int rc)
{
	const char *name = s->config->link.name;

	if (!rc && startc_state(s->startc) == STARTC_BROKEN)
		rc = startc_result(s->startc)->rc;
	if (rc) {
		failed(s->command, "%s: %s", name, strerror(-rc));
		return exit_status(rc);
	}
	if (startc_state(s->startc) == STARTC_UP)
		return EXIT_SUCCESS;
	if (s->is_stopping)
		return failed(s->command, "%s: interrupted", name);
	return EXIT_NO_NETWORK;
}

int start_run(const char *command, struct startc_config *config,
	      struct startc_result *result)
{
	struct start s = {.command = command, .config = config};
	struct filter filter;
	int rc = host_random(&config->seed);

	*result = (struct startc_result){0};
	filter_start(&filter, BOOTP_CLIENT_PORT);
	if (!rc)
		rc = open_start(&s, &filter);
	if (!rc)
		rc = loop(&s);
	if (s.startc) {
		*result = *startc_result(s.startc);
		rc = outcome(&s, rc);
	} else {
		failed(command, "%s: %s", config->link.name, strerror(-rc));
		rc = exit_status(rc);
	}
	close_start(&s);
	return rc;
}
