/*
 * Between our addresses and the kernel's; for the host layer alone.
 */
#ifndef MUSTER_HOST_INET_H
#define MUSTER_HOST_INET_H

#include "base/addr.h"
#include "base/cursor.h"

#include <netinet/in.h>

/* 16 and 32 bits as the kernel wants them in its socket structures. */
static inline uint16_t inet_u16(uint16_t v)
{
	uint16_t out = 0;
	struct wr w = wr_over(&out, sizeof out);

	wr_u16(&w, v);
	return out;
}

static inline uint32_t inet_u32(uint32_t v)
{
	uint32_t out = 0;
	struct wr w = wr_over(&out, sizeof out);

	wr_u32(&w, v);
	return out;
}

static inline uint16_t host_u16(uint16_t v)
{
	struct rd r = rd_over(&v, sizeof v);

	return rd_u16(&r);
}

static inline uint32_t host_u32(uint32_t v)
{
	struct rd r = rd_over(&v, sizeof v);

	return rd_u32(&r);
}

static inline struct in_addr inet_ip(uint32_t ip)
{
	return (struct in_addr){.s_addr = inet_u32(ip)};
}

static inline struct sockaddr_in inet_sockaddr(struct endpoint e)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = inet_u16(e.port),
				    .sin_addr = inet_ip(e.ip)};
}

static inline struct endpoint inet_endpoint(const struct sockaddr_in *sa)
{
	return (struct endpoint){.ip = host_u32(sa->sin_addr.s_addr),
				 .port = host_u16(sa->sin_port)};
}

#endif
