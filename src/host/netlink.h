/*
 * One conversation with rtnetlink(7): a request, and its answers; for the host
 * layer alone.
 */
#ifndef MUSTER_HOST_NETLINK_H
#define MUSTER_HOST_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

enum { NETLINK_REQUEST = 256 };

/* A request under construction: header, a fixed part, attributes. */
struct netlink {
	_Alignas(struct nlmsghdr) uint8_t bytes[NETLINK_REQUEST];
	size_t len;
};

/* type: RTM_...; flags besides NLM_F_REQUEST; the fixed part is copied. */
void netlink_begin(struct netlink *n, uint16_t type, uint16_t flags,
		   const void *fixed, size_t len);
void netlink_add(struct netlink *n, uint16_t type, const void *p, size_t len);

/* Send it on a socket of its own and wait for the acknowledgement: 0 or
 * negative errno. */
int netlink_do(struct netlink *n);
/* Send it, a dump; each message of the answer goes to `one`. */
int netlink_dump(struct netlink *n,
		 void (*one)(void *arg, const struct nlmsghdr *h), void *arg);
/* A socket that hears these groups (RTMGRP_ bits), or negative errno. */
int netlink_open(uint32_t groups);

/* The attributes behind a fixed part of `len` bytes; v[0..most], NULL where
 * there is none. */
void netlink_attributes(const struct nlmsghdr *h, size_t len,
			const struct rtattr **v, unsigned most);

#endif
