/*
 * etcd's own names and passwords.  A token lives for minutes and dies with its
 * member, so a refused one is no fault: another is fetched, once for whoever
 * waits.
 */
#include "store/etcd_http_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PASSWORD = 256 };

bool login_is_needed(const struct http *h)
{
	return h->config.user[0] && !h->token[0] && !h->needs_none;
}

/* The first line.  Read each time, as it may be another one by now. */
static int read_password(const char *path, char to[PASSWORD])
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(to, PASSWORD, f);

	if (f)
		fclose(f);
	if (!ok)
		return -EACCES;
	to[strcspn(to, "\r\n")] = 0;
	return 0;
}

/* etcd hashes a password for as long as it takes, a tenth of a second of CPU
 * and more. */
void login_ask(struct http *h)
{
	struct exchange *x = &h->login;
	char password[PASSWORD];
	int rc;

	if (x->state == EXCHANGE_ASKED)
		return;
	rc = read_password(h->config.password_file, password);
	if (rc) {
		h->login_rc = rc;
		return;
	}
	exchange_begin(x, "auth/authenticate");
	etcd_put_login(&x->body, h->config.user, password);
	explicit_bzero(password, sizeof password);
	x->needs_token = false;
	x->is_safe = true;
	x->patience = 4 * h->config.wait;
	exchange_ask(x);
}

void login_settle(struct http *h)
{
	struct exchange *x = &h->login;

	if (x->state != EXCHANGE_OVER)
		return;
	x->state = EXCHANGE_IDLE;
	h->login_rc = x->rc;
	if (x->rc == -ENOTSUP) {
		h->needs_none = true;
		h->login_rc = 0;
	} else if (!x->rc) {
		h->login_rc = etcd_get_token(h->token, exchange_answer(x));
		h->token_number++;
	}
	if (h->login_rc == -EKEYEXPIRED)
		h->login_rc = -EACCES;
}

void login_refused(struct http *h, const struct exchange *x)
{
	if (x->token != h->token_number)
		return; /* there is a newer one */
	h->token[0] = 0;
	h->needs_none = false;
}
