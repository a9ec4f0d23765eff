/*
 * The inside of the formats, for their own files only.
 */
#ifndef MUSTER_MODEL_FORMAT_INSIDE_H
#define MUSTER_MODEL_FORMAT_INSIDE_H

#include "base/text.h"
#include "model/format.h"

#define MACHINES "machines"
#define NETWORKS "networks"

enum {
	FORMAT_ADDRESSES = 256, /* of a kind, of one machine */
	FORMAT_NAME = 253,
};

/* What entries are noted by. */
enum note_kind { NOTE_NAME, NOTE_HW, NOTE_IP, NOTE_ADDRESS, NOTE_TAG };

/* One file being read. */
struct reading {
	struct draft *d;
	struct draft_entry *dir;
	struct complaint *why;
	uint32_t line; /* from 1 */
};

/* A complaint about the present line; false, always. */
bool wrong(struct reading *r, const char *what, struct span word,
	   const char *why);
void remark_at(struct reading *r, const char *what, struct span word,
	       const char *why);
/* The next line, without comment and blanks around it.  False at the end. */
bool any_line(struct reading *r, struct span *text, struct span *line);
/* The next one with something on it. */
bool next_line(struct reading *r, struct span *text, struct span *line);

/* A host's name: letters, digits, - . _, at most FORMAT_NAME. */
bool is_host_name(struct span v);
/* The machine that a name is of, a new one if there is none. */
struct draft_entry *machine_called(struct reading *r, struct span name);
/* One more name, address or MAC of a machine, once; false, and said: it is
 * none, or another machine's.  Names are kept in lower case. */
bool machine_name_add(struct reading *r, struct draft_entry *m, struct span v);
bool machine_ip_add(struct reading *r, struct draft_entry *m, struct span v);
bool machine_hw_add(struct reading *r, struct draft_entry *m, struct span v);
/* Its boot file; false, and said: it has another one. */
bool machine_file_set(struct reading *r, struct draft_entry *m, struct span v);

/* Whether a value is a word: printable, no blanks, none of `but`. */
bool is_word(const char *s, const char *but);
/* Say that a format can't hold a value of an entry. */
void remark_on(struct draft *d, const struct draft_entry *e,
	       const char *property, const char *why);
/* The same of several entries at once: the first of them, and how many. */
struct tally {
	const struct draft_entry *first;
	uint32_t n;
};
void tally_add(struct tally *t, const struct draft_entry *e);
void tally_say(struct draft *d, const struct tally *t, const char *property,
	       const char *why);
/* Say, once a property, that the entries of a directory have what the format
 * has no place for; `known` ends with NULL. */
void remark_rest(struct draft *d, const struct draft_entry *dir,
		 const char *const *known);
/* The directory of a draft that is written; NULL: there is none. */
const struct draft_entry *place_of(const struct draft *d, const char *name);

/* Whether all values of a property are addresses of a kind; false, and said:
 * one is none, so the machine can't be in the file. */
bool are_addresses(struct draft *d, const struct draft_entry *m,
		   const char *property, bool (*is_one)(const char *s));

/* ---- format_nets.c: what DHCP servers have ------------------------------ */

/* A network's properties; ends with NULL. */
extern const char *const net_properties[];
/* The network's entry, a new one if there is none. */
struct draft_entry *net_called(struct reading *r, uint32_t ip, uint32_t mask);
/* Its address and netmask; false: it has none, or none that fit. */
bool net_address(const struct draft_entry *e, uint32_t *ip, uint32_t *mask);
/* One more range; false, and said: it is none, or not in the network. */
bool net_range_add(struct reading *r, struct draft_entry *e, struct span first,
		   struct span last);
/* A value of range. */
bool range_parse(const char *s, uint32_t *first, uint32_t *last);
/* All values of a property that `to` does not have yet. */
void property_copy(struct draft *d, struct draft_entry *to,
		   const struct draft_entry *from, const char *property);
/* A machine that was given no name gets one from its address. */
bool machine_name_make(struct reading *r, struct draft_entry *m);
bool is_ip(const char *s);

/* A machine's hardware addresses, each with the IP address that belongs to it;
 * the last one has all that are left. */
struct cards {
	const struct draft_value *hw, *ip;
	unsigned n;
};
struct card {
	unsigned n; /* from 0 */
	const char *hw;
	const char *ips[FORMAT_ADDRESSES];
	unsigned n_ips;
};
struct cards cards_of(const struct draft_entry *m);
bool card_next(struct cards *c, struct card *to);

/* Remarks about networks that a file can't hold. */
void nets_note(struct draft *d);
/* Whether a machine can be a reservation; what is to be said of those that
 * can't is kept for the end. */
struct reserved {
	struct tally no_hw, names;
};
bool is_reserved(struct draft *d, const struct draft_entry *m,
		 struct reserved *tallies);
void reserved_say(struct draft *d, const struct reserved *t);

bool dhcpd_read(struct draft *d, struct span text, struct complaint *why);
void dhcpd_write(struct draft *d, struct sheet *to);
void conf_write(struct draft *d, struct sheet *to);
bool dnsmasq_read(struct draft *d, struct span text, struct complaint *why);
/* Whether dhcp-host would take it for a name. */
bool dnsmasq_is_name(struct span v);
void dnsmasq_write(struct draft *d, struct sheet *to);

bool hosts_read(struct draft *d, struct span text, struct complaint *why);
void hosts_write(struct draft *d, struct sheet *to);
bool ethers_read(struct draft *d, struct span text, struct complaint *why);
void ethers_write(struct draft *d, struct sheet *to);
/* Whether it is CMU's bootptab rather than NeXT's, and that. */
bool bootptab_is_cmu(struct span text);
bool bootptab_cmu_read(struct draft *d, struct span text,
		       struct complaint *why);
bool bootptab_read(struct draft *d, struct span text, struct complaint *why);
void bootptab_write(struct draft *d, struct sheet *to);
bool bootparams_read(struct draft *d, struct span text, struct complaint *why);
void bootparams_write(struct draft *d, struct sheet *to);
bool netinfo_read(struct draft *d, struct span text, struct complaint *why);
void netinfo_write(struct draft *d, struct sheet *to);
bool passwd_read(struct draft *d, struct span text, struct complaint *why);
void passwd_write(struct draft *d, struct sheet *to);
bool group_read(struct draft *d, struct span text, struct complaint *why);
void group_write(struct draft *d, struct sheet *to);
bool services_read(struct draft *d, struct span text, struct complaint *why);
void services_write(struct draft *d, struct sheet *to);
bool networks_read(struct draft *d, struct span text, struct complaint *why);
void networks_write(struct draft *d, struct sheet *to);
bool protocols_read(struct draft *d, struct span text, struct complaint *why);
void protocols_write(struct draft *d, struct sheet *to);
bool rpc_read(struct draft *d, struct span text, struct complaint *why);
void rpc_write(struct draft *d, struct sheet *to);
bool fstab_read(struct draft *d, struct span text, struct complaint *why);
void fstab_write(struct draft *d, struct sheet *to);
bool aliases_read(struct draft *d, struct span text, struct complaint *why);
void aliases_write(struct draft *d, struct sheet *to);
bool printcap_read(struct draft *d, struct span text, struct complaint *why);
void printcap_write(struct draft *d, struct sheet *to);

#endif
