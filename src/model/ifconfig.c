/*
 * ifconfig's words.  Each is a flag, or a name with a value behind it, or the
 * address.
 */
#include "model/ifconfig.h"

#include "base/addr.h"

#include <string.h>

bool complain(struct complaint *c, const char *what, struct span word,
	      const char *why)
{
	struct text t = text_over(c->text, sizeof(c->text));

	text_add(&t, what);
	text_add(&t, ": `");
	text_wire(&t, word.s, word.len < 64 ? word.len : 64);
	text_add(&t, "' ");
	text_add(&t, why);
	return false;
}

bool ifconfig_is_host(uint32_t ip)
{
	uint32_t net = ip >> 24;

	return net != 0 && net != 127 && net < 224;
}

bool ifconfig_mask(struct span v, uint32_t *mask)
{
	uint8_t b[4];
	uint32_t m;

	if (span_begins(v, "0x") && text_hex_get(v.s + 2, v.len - 2, b, 4))
		m = IP4(b[0], b[1], b[2], b[3]);
	else if (!ip_parse(v.s, v.len, &m))
		return false;
	if (!m || !ip_is_mask(m))
		return false;
	*mask = m;
	return true;
}

static bool is_automatic(struct span v)
{
	return span_is(v, "-AUTOMATIC-");
}

static bool on_netmask(struct ifconfig *c, struct span v, struct complaint *why)
{
	if (c->netmask)
		return complain(why, "netmask", v, "is the second one");
	if (is_automatic(v)) {
		c->netmask = IFCONFIG_AUTOMATIC;
		return true;
	}
	c->netmask = IFCONFIG_GIVEN;
	return ifconfig_mask(v, &c->mask) ||
	       complain(why, "netmask", v, "is no mask and not -AUTOMATIC-");
}

static bool on_broadcast(struct ifconfig *c, struct span v,
			 struct complaint *why)
{
	if (c->broadcast)
		return complain(why, "broadcast", v, "is the second one");
	if (is_automatic(v)) {
		c->broadcast = IFCONFIG_AUTOMATIC;
		return true;
	}
	c->broadcast = IFCONFIG_GIVEN;
	return (ip_parse(v.s, v.len, &c->broadcast_ip) && c->broadcast_ip) ||
	       complain(why, "broadcast", v,
			"is no address and not -AUTOMATIC-");
}

/* What is no other word must be one. */
static bool on_address(struct ifconfig *c, struct span v, struct complaint *why)
{
	if (!is_automatic(v) && !ip_parse(v.s, v.len, &c->ip))
		return complain(why, "inet", v,
				"is no address, not -AUTOMATIC- and no other "
				"word of ifconfig");
	if (c->address)
		return complain(why, "inet", v, "is the second address");
	c->address = is_automatic(v) ? IFCONFIG_AUTOMATIC : IFCONFIG_GIVEN;
	return c->address == IFCONFIG_AUTOMATIC || ifconfig_is_host(c->ip) ||
	       c->ip >> 24 == 127 ||
	       complain(why, "inet", v, "is no address of a machine");
}

static bool is_without_effect(struct span v)
{
	return span_is(v, "-trailers") || span_is(v, "trailers") ||
	       span_is(v, "arp") || span_is(v, "-arp");
}

static bool on_word(struct ifconfig *c, struct span v, struct span *rest,
		    struct complaint *why)
{
	if (span_is(v, "netmask"))
		return on_netmask(c, span_word(rest), why);
	if (span_is(v, "broadcast"))
		return on_broadcast(c, span_word(rest), why);
	if (span_is(v, "up")) {
		c->up = true;
		return true;
	}
	if (span_is(v, "down")) {
		c->down = true;
		return true;
	}
	return is_without_effect(v) || on_address(c, v, why);
}

bool ifconfig_get(struct ifconfig *c, struct span words, struct complaint *why)
{
	struct span word;

	*c = (struct ifconfig){0};
	while ((word = span_word(&words)).len)
		if (!on_word(c, word, &words, why))
			return false;
	if (c->up && c->down)
		return complain(why, "inet", span_of("down"),
				"and up exclude each other");
	if (!c->address && (c->netmask || c->broadcast))
		return complain(why, "inet", span_of("netmask"),
				"and broadcast need an address");
	return true;
}
