/*
 * The boot address of an image: where this server has it, by a transport that
 * the policy chose.
 */
#ifndef MUSTER_ENGINE_BOOT_URL_H
#define MUSTER_ENGINE_BOOT_URL_H

#include "model/image.h"
#include "model/settings.h"
#include "wire/url.h"

/* `server` is our own address, as the machine knows it.  Where HTTP can't say
 * the name, TFTP can. */
void boot_url(const struct settings *s, const struct image *im,
	      enum transport via, uint32_t server, struct url *u);

/* An MTFTP address on the file's own group, for those who can be told one; any
 * other address stays as it is. */
void boot_url_own_group(const struct settings *s, const struct image *im,
			struct url *u);

#endif
