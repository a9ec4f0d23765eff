/*
 * Names and numbers that several engines have to agree on: the generated
 * script's name, the group that a file has for itself, and the one that a
 * machine is to be told.
 */
#include "model/policy.h"

#include <string.h>

bool policy_is_script(const char *name, size_t len)
{
	while (len && name[0] == '/') {
		name++;
		len--;
	}
	return len == sizeof(POLICY_SCRIPT_NAME) - 1 &&
	       !memcmp(name, POLICY_SCRIPT_NAME, len);
}

/* The number behind a file's SLAM port is its own, and the same after a
 * restart.  More files than groups: the next round has the next port. */
bool policy_mtftp_group(const struct settings *s, const struct image *im,
			struct endpoint *group)
{
	uint32_t n = (uint32_t)im->slam_port - s->slam.port;
	uint32_t round = n / s->mtftp.groups;

	if (!im->slam_port || im->size / MTFTP_BLOCK >= MTFTP_BLOCKS ||
	    s->mtftp.own_client_port + round > UINT16_MAX)
		return false;
	group->ip = s->mtftp.groups_from + n % s->mtftp.groups;
	group->port = (uint16_t)(s->mtftp.own_client_port + round);
	return true;
}

/* All of 224.0.0.1 to .150 has a meaning of its own, and hosts would answer. */
static bool is_fit(uint32_t ip)
{
	return ip_is_multicast(ip) && (!ip_is_flooded(ip) || (ip & 255) > 150);
}

uint32_t policy_group(const struct entry *machine)
{
	const char *said = machine ? plist_value(&machine->props, "group")
				   : NULL;
	uint32_t ip;

	if (!said)
		return GROUP_UNSAID;
	if (!strcmp(said, "flood-safe"))
		return GROUP_FLOOD_SAFE;
	if (!strcmp(said, "usual"))
		return GROUP_USUAL;
	return ip_parse(said, strlen(said), &ip) && is_fit(ip) ? ip
							       : GROUP_UNSAID;
}

/* A port for each slot, so groups may come again. */
static uint16_t port_of(uint16_t first, unsigned more)
{
	return (uint16_t)(first + more <= UINT16_MAX ? first + more
						     : first - more);
}

struct endpoint policy_tftm_group(const struct settings *s, uint32_t wish,
				  unsigned slot)
{
	if (wish == GROUP_FLOOD_SAFE)
		wish = SAFE_TFTM_GROUP + slot % SAFE_TOLD;
	/* Above the ports of those that are taken in turn. */
	return (struct endpoint){
		.ip = wish,
		.port = port_of(s->tftm.port, s->tftm.ports + slot)};
}

struct endpoint policy_train_group(const struct settings *s, uint32_t wish,
				   unsigned slot)
{
	bool is_safe = wish == GROUP_FLOOD_SAFE ||
		       (wish == GROUP_UNSAID && ip_is_flooded(s->train.group));

	if (is_safe)
		wish = SAFE_TRAIN_GROUP + slot % SAFE_TOLD;
	else if (wish == GROUP_UNSAID)
		wish = s->train.group + slot;
	return (struct endpoint){.ip = wish,
				 .port = port_of(s->train.data_port, slot)};
}

bool policy_is_train_group(const struct settings *s, uint32_t wish,
			   struct endpoint group)
{
	if (wish != GROUP_UNSAID && wish != GROUP_FLOOD_SAFE && !is_fit(wish))
		return false;
	for (unsigned slot = 0; slot < SETTINGS_TRAINS; slot++)
		if (endpoint_is(policy_train_group(s, wish, slot), group))
			return true;
	return false;
}
