/*
 * What engines have to say: a code and fields, never prose.  The names of the
 * codes are the event names of the structured log.
 *
 *	X(CODE, event, LEVEL, what a is, what b is, what text is)
 *
 * "" where a note has no such field.  hw, ip and peer are filled as far as they
 * are known: the machine, the address given (or the group of a train), whom it
 * was said to.
 */
#ifndef MUSTER_ENGINE_NOTE_H
#define MUSTER_ENGINE_NOTE_H

/* clang-format off */
#define NOTE_CODES(X) \
	/* bootpd */ \
	X(BOOTP_REPLIED, "bootp-replied", INFO, "", "", "file") \
	X(DHCP_OFFERED, "dhcp-offered", DEBUG, "", "", "file") \
	X(DHCP_ACKED, "dhcp-acked", INFO, "lease", "", "name") \
	X(DHCP_INFORMED, "dhcp-informed", INFO, "", "", "") \
	X(DHCP_REFUSED, "dhcp-refused", WARN, "", "", "why") \
	X(DHCP_RELEASED, "dhcp-released", INFO, "", "", "") \
	X(DHCP_DECLINED, "dhcp-declined", WARN, "", "", "") \
	X(PROXY_ANSWERED, "proxy-answered", INFO, "", "", "file") \
	X(MACHINE_UNKNOWN, "machine-unknown", INFO, "", "", "why") \
	X(MACHINE_NO_SUBNET, "no-subnet", WARN, "", "", "") \
	X(POOL_FULL, "pool-full", ERROR, "", "", "") \
	X(ANSWERED_LATE, "table-full", WARN, "", "", "table") \
	X(STORE_FAILED, "store-failed", ERROR, "errno", "", "") \
	X(STORE_AWAY, "store-away", ERROR, "errno", "", "") \
	X(STORE_BACK, "store-back", WARN, "after s", "", "") \
	X(STORE_TORN, "store-torn", ERROR, "errno", "", "") \
	X(FILE_MISSING, "file-missing", WARN, "", "", "file") \
	X(ROGUE_SERVER, "rogue-server", WARN, "", "", "") \
	/* bootpd: machines that add themselves */ \
	X(MACHINE_ASKED, "machine-asked", INFO, "", "", "for") \
	X(MACHINE_ADDED, "machine-added", INFO, "", "", "name") \
	X(MACHINE_REFUSED, "machine-refused", WARN, "", "", "why") \
	X(ADDRESS_USED, "address-used", WARN, "", "", "") \
	/* tftpd */ \
	X(TFTP_BEGUN, "tftp-begun", DEBUG, "size", "blksize", "file") \
	X(TFTP_DONE, "tftp-done", INFO, "bytes", "usec", "file") \
	X(TFTP_ABORTED, "tftp-aborted", DEBUG, "code", "", "file") \
	X(TFTP_TIMEOUT, "tftp-timeout", WARN, "bytes", "", "file") \
	X(TFTP_REFUSED, "tftp-refused", INFO, "code", "", "file") \
	X(TFTP_CHANGED, "tftp-changed", WARN, "", "", "file") \
	/* tftmd, and slamd below; multicast was asked for and left out */ \
	X(TFTM_PLAIN, "multicast-left-out", INFO, "size", "", "file") \
	/* slamd, tftmd; sent and packets count data packets */ \
	X(TRAIN_DEPARTED, "train-departed", INFO, "packets", "port", "file") \
	X(TRAIN_PROGRESS, "train-progress", DEBUG, "sent", "packets", "file") \
	X(TRAIN_DONE, "train-done", INFO, "sent", "packets", "file") \
	X(TRAIN_SLOWED, "train-slowed", INFO, "rate", "", "file") \
	/* traind, where several servers are; the other one is told */ \
	X(TRAIN_TAKEN, "train-taken-up", INFO, "turn", "riders", "file") \
	X(TRAIN_LEFT, "train-left-to", INFO, "turn", "riders", "file") \
	X(RIDER_BOARDED, "rider-boarded", DEBUG, "", "", "") \
	X(RIDER_LEFT, "rider-left", DEBUG, "", "", "") \
	X(RIDER_LOST, "rider-lost", WARN, "", "", "") \
	/* igmpd */ \
	X(QUERIER_HEARD, "querier-heard", INFO, "version", "link", "") \
	X(QUERIER_OURS, "querier-ours", INFO, "version", "link", "") \
	X(QUERIER_SILENT, "querier-silent", WARN, "version", "link", "") \
	/* mtftpd */ \
	X(MTFTP_BEGUN, "mtftp-begun", INFO, "blocks", "port", "file") \
	X(MTFTP_DONE, "mtftp-done", INFO, "sent", "blocks", "file") \
	X(MTFTP_LOST, "mtftp-lost", WARN, "sent", "blocks", "file") \
	X(MTFTP_BUSY, "mtftp-busy", WARN, "", "", "file") \
	X(MTFTP_CHANGED, "mtftp-changed", WARN, "block", "blocks", "file") \
	X(FELL_BACK, "fell-back", WARN, "", "", "file") \
	X(MTFTP_TOO_LONG, "mtftp-too-long", WARN, "size", "", "file") \
	/* traind: it is served by unicast, it loses too much */ \
	X(RIDER_DETACHED, "rider-detached", WARN, "", "", "") \
	/* netnamed: peer asked, or was asked */ \
	X(NAME_NETWORK, "name-network", INFO, "links", "errno", "") \
	X(NAME_CHECKED_IN, "name-checked-in", DEBUG, "uid", "", "name") \
	X(NAME_CHECKED_OUT, "name-checked-out", DEBUG, "", "", "name") \
	X(NAME_FOUND, "name-found", DEBUG, "", "", "name") \
	X(NAME_REFUSED, "name-refused", INFO, "", "", "name") \
	X(NAME_FORGED, "name-forged", WARN, "", "", "") \
	/* maskd, rarpd; rpcd: a name, a file, or why there was no answer */ \
	X(MASK_TOLD, "mask-told", INFO, "bits", "", "") \
	X(RARP_TOLD, "rarp-told", INFO, "", "", "") \
	X(NAME_TOLD, "name-told", INFO, "", "", "name") \
	X(FILE_TOLD, "file-told", INFO, "", "", "file") \
	X(UNTOLD, "not-told", INFO, "", "", "why") \
	/* lookupd */ \
	X(LOOKUP_SILENT, "agent-silent", WARN, "left out for s", "", "agent") \
	X(LOOKUP_BACK, "agent-back", INFO, "", "", "agent") \
	/* niclone */ \
	X(CLONE_LOADED, "domain-copied", INFO, "objects", "checksum", \
	  "domain") \
	X(CLONE_FAILED, "domain-not-copied", WARN, "errno", "", "why") \
	/* clients: boot and its parts */ \
	X(BOOT_ASKING, "boot-asking", INFO, "try", "", "") \
	X(BOOT_ADDRESSED, "boot-addressed", INFO, "", "", "name") \
	X(BOOT_FILE, "boot-file", INFO, "", "", "address") \
	X(BOOT_LOADING, "boot-loading", INFO, "file", "", "address") \
	X(BOOT_WAITING, "boot-waiting", INFO, "leaves in ms", "expected", "") \
	X(BOOT_PROGRESS, "boot-progress", DEBUG, "bytes", "size", "") \
	X(BOOT_LOADED, "boot-loaded", INFO, "file", "bytes", "") \
	X(BOOT_READY, "boot-ready", INFO, "", "", "arguments") \
	X(BOOT_FAILED, "boot-failed", ERROR, "errno", "", "why") \
	/* startc and its parts; peer is who said it; console.h */ \
	X(CONSOLE, "console", INFO, "message", "", "text") \
	X(CONSOLE_PROMPT, "console-prompt", INFO, "echo", "", "text") \
	X(START_ADDRESS, "start-address", INFO, "already", "", "") \
	X(START_MASK, "start-mask", INFO, "", "", "") \
	X(START_NAME, "start-name", INFO, "", "", "name") \
	/* everybody */ \
	X(BAD_PACKET, "bad-packet", DEBUG, "", "", "why")
/* clang-format on */

enum note_level { NOTE_ERROR, NOTE_WARN, NOTE_INFO, NOTE_DEBUG };

enum note_code {
#define X(code, name, level, a, b, text) NOTE_##code,
	NOTE_CODES(X)
#undef X
};

struct note_kind {
	const char *name;
	enum note_level level;
	const char *a, *b, *text; /* "": there is none */
};

/* Of any number: what is no code is an "unknown" error. */
const struct note_kind *note_kind(unsigned code);

#endif
