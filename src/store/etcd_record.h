/*
 * What stands in etcd, one key each, below the prefix:
 *
 *	e/ID		an entry, or a domain's root
 *	l/IP		a lease
 *	h/HW/NETWORK	the address that a machine has in a subnet, so that of
 *			two servers only one gives it its first
 *	c		of what a copy is being taken in, until it is whole
 *	i		the highest id of an entry that is gone, at least
 *	m/DOMAIN	who is the master of a domain
 *	t/SERVER/N	marks of a server's transactions; eN: of those with
 *			edits; m: of masterships
 *	y/SESSION/N	the changes of one commit in their order, and what was
 *			there before: the history, and what the others follow
 *
 * ID, IP, NETWORK and DOMAIN are 8 hexadecimal digits, so that keys in order
 * are numbers in order, and parents come before their children.  A value begins
 * with a line of text that says what it is and in which form ("entry 1"), so
 * that one can read it with etcdctl; a form that is not known is refused.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef MUSTER_STORE_ETCD_RECORD_H
#define MUSTER_STORE_ETCD_RECORD_H

#include "base/sheet.h"
#include "model/change.h"
#include "store/etcd_link.h"
#include "store/store.h"

#define ETCD_LAST_ID "i"
#define ETCD_COPY    "c"

void etcd_entry_key(char to[ETCD_KEY], uint32_t id);
void etcd_lease_key(char to[ETCD_KEY], uint32_t ip);
void etcd_machine_key(char to[ETCD_KEY], const struct hwaddr *hw,
		      uint32_t network);
void etcd_master_key(char to[ETCD_KEY], uint32_t domain);

/* An entry as a change that makes it so: kind, domain, parent, instance,
 * props. */
void etcd_entry_write(struct sheet *to, const struct change *c);
/* `wall`: when it was written, by the writer's clock; who reads it at once
 * needs no common clock. */
void etcd_lease_write(struct sheet *to, const struct lease *l, uint32_t network,
		      usec wall);
void etcd_lines_begin(struct sheet *to, usec wall, const char *who);
void etcd_line_write(struct sheet *to, const struct store_line *l);

/* An address, or the last id: what the other values are. */
void etcd_address_write(struct sheet *to, uint32_t n);
bool etcd_address_read(const struct etcd_kv *kv, uint32_t *n);
/* What is copied: store.h's `id`. */
void etcd_copy_write(struct sheet *to, const uint8_t id[STORE_COPY_ID]);
bool etcd_copy_read(const struct etcd_kv *kv, uint8_t id[STORE_COPY_ID]);

/* What a value says; what it points at lies in the value.  0; -EBADMSG if it is
 * damaged, -EPROTO if it is of a form that is newer than ours. */
int etcd_entry_read(const struct etcd_kv *kv, struct change *to);
int etcd_lease_read(const struct etcd_kv *kv, struct lease *to,
		    uint32_t *network, usec *wall);
/* The id or the address of a key of that kind, also of one that was
 * deleted; false: it is another one. */
bool etcd_entry_of(const char *key, uint32_t *id);
bool etcd_lease_of(const char *key, uint32_t *ip);
bool etcd_master_of(const char *key, uint32_t *domain);
/* The lines of one commit, in their order; `at` of each is the revision and
 * its number. */
int etcd_lines_read(const struct etcd_kv *kv, store_each_line *each, void *arg);

#endif
