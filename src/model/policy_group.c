/*
 * Names and numbers that several engines have to agree on: the generated
 * script's name, and the group that a file has for itself.
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
