/*
 * Keys as text.  The words are taken from the front, and what is left is the
 * comment.
 */
#include "model/key.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

static const char public_word[] = "muster-key-1";
static const char secret_word[] = "muster-secret-1";

struct words {
	const char *s;
	size_t len;
};

/* The next one, up to a space or the end. */
static struct words next(struct words *all)
{
	const char *space = memchr(all->s, ' ', all->len);
	struct words w = {all->s, all->len};

	if (space)
		w.len = (size_t)(space - all->s);
	all->s += w.len;
	all->len -= w.len;
	if (all->len) {
		all->s++;
		all->len--;
	}
	return w;
}

static bool is(struct words w, const char *word)
{
	return w.len == strlen(word) && !memcmp(w.s, word, w.len);
}

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static bool comment_get(struct key *k, struct words w)
{
	for (size_t i = 0; i < w.len; i++)
		if (!is_printable(w.s[i]))
			return false;
	return text_copy(k->comment, sizeof(k->comment), w.s, w.len);
}

static bool does_fit(const struct key *k, const struct crypt *crypt)
{
	uint8_t id[MANIFEST_KEY_ID];

	manifest_key_id(k->bytes, crypt, id);
	return !memcmp(id, k->id, sizeof(id));
}

bool key_get(struct key *k, const char *text, size_t len,
	     const struct crypt *crypt)
{
	struct words all = {text, len}, kind, bytes, id;

	if (len && text[len - 1] == '\n')
		all.len--;
	kind = next(&all);
	bytes = next(&all);
	id = next(&all);
	k->is_secret = is(kind, secret_word);
	return (k->is_secret || is(kind, public_word)) &&
	       text_hex_get(bytes.s, bytes.len, k->bytes, sizeof(k->bytes)) &&
	       text_hex_get(id.s, id.len, k->id, sizeof(k->id)) &&
	       comment_get(k, all) && (k->is_secret || does_fit(k, crypt));
}

void key_put(const struct key *k, char to[KEY_LINE])
{
	struct text t = text_over(to, KEY_LINE);

	text_add(&t, k->is_secret ? secret_word : public_word);
	text_add(&t, " ");
	text_hex(&t, k->bytes, sizeof(k->bytes), 0);
	text_add(&t, " ");
	text_hex(&t, k->id, sizeof(k->id), 0);
	if (k->comment[0])
		text_add(&t, " ");
	for (const char *s = k->comment; *s; s++)
		if (is_printable(*s))
			text_bytes(&t, s, 1);
	text_add(&t, "\n");
	assert(!t.full);
}
