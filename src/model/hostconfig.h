/*
 * NEXTSTEP's /etc/hostconfig: what a machine knows of itself, as assignments of
 * a shell that we never run.
 *
 *	HOSTNAME=-AUTOMATIC-
 *	INETADDR=-AUTOMATIC-
 *
 * A line is blank, a comment, or KEY=VALUE, the value in single or double
 * quotes or without; the last of several wins.  What a shell would do more with
 * than assign it is an error: $ ` ; ( ) & | < > \ and blanks outside quotes.
 */
#ifndef MUSTER_MODEL_HOSTCONFIG_H
#define MUSTER_MODEL_HOSTCONFIG_H

#include "model/ifconfig.h"

enum hostconfig_key {
	HOSTCONFIG_HOSTNAME,
	HOSTCONFIG_INETADDR,
	HOSTCONFIG_ROUTER,
	HOSTCONFIG_IPNETMASK,
	HOSTCONFIG_IPBROADCAST,
	HOSTCONFIG_NETMASTER,
	HOSTCONFIG_YPDOMAIN,
	HOSTCONFIG_TIME,
	HOSTCONFIG_KEYS,
};

enum hostconfig_kind {
	HOSTCONFIG_ABSENT,
	HOSTCONFIG_EMPTY,     /* IPNETMASK alone: the mask of the class */
	HOSTCONFIG_AUTOMATIC, /* -AUTOMATIC- */
	HOSTCONFIG_YES,       /* -YES- */
	HOSTCONFIG_NO,        /* -NO- */
	HOSTCONFIG_ROUTED,    /* -ROUTED- */
	HOSTCONFIG_NAME,      /* text: a host, an NIS domain */
	HOSTCONFIG_ADDRESS,   /* ip, and text as it was written */
};

enum { HOSTCONFIG_TEXT = 65, HOSTCONFIG_LONGEST = 16384 };

struct hostconfig_value {
	enum hostconfig_kind kind;
	unsigned line; /* where it stands, from 1 */
	uint32_t ip;
	char text[HOSTCONFIG_TEXT]; /* as it was written, without quotes */
};

struct hostconfig {
	struct hostconfig_value v[HOSTCONFIG_KEYS];
};

/*
 * Read the whole file.  False, and a complaint with the line's number, at the
 * first thing that is wrong; then *h is not to be used.  Keys are as above or
 * Rhapsody's NISDOMAIN, TIMESYNC, CONFIGSERVER for YPDOMAIN, TIME, NETMASTER;
 * others may have any value.  Case counts.  What begins and ends with - and is
 * no value of its key is an error, so that -AUTOMATC- never becomes a name.
 */
bool hostconfig_get(struct hostconfig *h, const char *text, size_t len,
		    struct complaint *why);

/* One value as hostconfig_get reads it; `what` names it in complaints. */
bool hostconfig_value(struct hostconfig_value *v, enum hostconfig_key key,
		      struct span text, struct complaint *why);

const char *hostconfig_key_name(enum hostconfig_key key);
/* HostManager's name of the field, "Internet Address"; NULL: it has none. */
const char *hostconfig_label(enum hostconfig_key key);
/* HostManager's word for -AUTOMATIC-: Autoconfigure, Automatic, Default; NULL:
 * it has none. */
const char *hostconfig_word(enum hostconfig_key key);
/* By its name, Rhapsody's, or HostManager's label, of any case; HOSTCONFIG_KEYS
 * if there is none. */
enum hostconfig_key hostconfig_find(struct span name);

/*
 * The text with one value changed: in the line that counts, or in a new one at
 * the end.  All else stays, byte for byte.  `to` must have room for the old
 * text and 160 bytes more: else to->full is set.  value is one that
 * hostconfig_value() took.
 */
void hostconfig_set(struct text *to, const char *text, size_t len,
		    enum hostconfig_key key, struct span value);

#endif
