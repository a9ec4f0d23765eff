/*
 * Trust.  Without a key nothing is read or remembered: then any manifest will
 * do, and the command says so.
 */
#include "app/trust.h"

#include "app/command.h"
#include "app/exit.h"
#include "app/keys.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

int trust_add(struct trust *t, const char *command, const char *file)
{
	const char *why;
	struct key k;
	int rc;

	if (t->n_keys == TRUST_KEYS)
		return usage(command, "--key: %d at most", TRUST_KEYS);
	rc = keys_public(file, &k, &why);
	if (rc) {
		failed(command, "%s: %s", file, why);
		return exit_status(rc);
	}
	memcpy(t->keys[t->n_keys++], k.bytes, CRYPT_KEY);
	return 0;
}

int trust_open(struct trust *t, const char *command,
	       struct loadc_config *config)
{
	unsigned line;
	int rc;

	if (!t->n_keys)
		return 0;
	if (!versions_place(t->path, sizeof(t->path)))
		return failed(command, "there is no place to remember versions:"
				       " set XDG_STATE_HOME");
	rc = versions_open(&t->versions, t->path, &line);
	if (rc == -EBADMSG)
		return failed(command, "%s:%u: not understood", t->path, line);
	if (rc) {
		failed(command, "%s: %s", t->path, strerror(-rc));
		return exit_status(rc);
	}
	config->keys = (const uint8_t(*)[CRYPT_KEY])t->keys;
	config->n_keys = t->n_keys;
	config->seen = versions_all(t->versions, &config->n_seen);
	return 0;
}

void trust_close(struct trust *t)
{
	versions_close(t->versions);
	t->versions = NULL;
}

void trust_note(struct trust *t, const char *command, const struct manifest *m)
{
	int rc = m && t->versions ? versions_note(t->versions, m) : 0;

	if (rc)
		failed(command,
		       "%s: %s: an older version will not be refused next time",
		       t->path, strerror(-rc));
}

void trust_text(const struct trust *t, const struct manifest *m, char *to,
		size_t room)
{
	struct text text = text_over(to, room);

	if (t->n_keys) {
		text_add(&text, "signed by ");
		text_hex(&text, m->key_id, sizeof(m->key_id), 0);
		text_add(&text, ", version ");
		text_u64(&text, m->version);
	} else if (m->is_signed) {
		text_add(&text, "unsigned: it has a signature, and no --key "
				"to check it");
	} else {
		text_add(&text, "unsigned");
	}
}
