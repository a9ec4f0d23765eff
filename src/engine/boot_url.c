/*
 * Boot addresses, one row for each transport.
 */
#include "engine/boot_url.h"

#include "model/policy.h"

#include <string.h>

static const enum url_scheme schemes[] = {
	[VIA_DEFAULT] = URL_TFTP, [VIA_TFTP] = URL_TFTP,
	[VIA_SLAM] = URL_SLAM,    [VIA_HTTP] = URL_TFTP,
	[VIA_TFTM] = URL_TFTM,    [VIA_MTFTP] = URL_MTFTP,
	[VIA_TRAIN] = URL_TRAIN,
};

void boot_url(const struct settings *s, const struct image *im,
	      enum transport via, uint32_t server, struct url *u)
{
	if (via == VIA_HTTP && url_http_under(u, s->http_base, im->name))
		return;
	*u = (struct url){.scheme = schemes[via], .server = server};
	u->port = url_default_port(u->scheme);
	if (via == VIA_SLAM) {
		/* The port is the file's name. */
		u->port = im->slam_port;
		u->group = (struct endpoint){s->slam.group, im->slam_port};
		return;
	}
	if (via == VIA_TRAIN)
		u->port = s->train.port;
	if (via == VIA_MTFTP)
		u->port = s->mtftp.port;
	(void)text_copy(u->path, sizeof(u->path), im->name, strlen(im->name));
}

void boot_url_own_group(const struct settings *s, const struct image *im,
			struct url *u)
{
	if (u->scheme == URL_MTFTP && policy_mtftp_group(s, im, &u->group))
		u->port = s->mtftp.own_port;
}
