/*
 * What engines have to say: a code and fields, never prose.  The names of the
 * codes are the event names of the structured log.
 *
 * Comment: which fields of struct note are filled.
 */
#ifndef MUSTER_ENGINE_NOTE_H
#define MUSTER_ENGINE_NOTE_H

#define NOTE_CODES(X)                                                          \
	/* bootpd: hw, ip (given), peer (whom it was sent to), text */         \
	X(BOOTP_REPLIED, "bootp-replied", INFO) /* text: boot file */          \
	X(DHCP_OFFERED, "dhcp-offered", DEBUG)  /* text: boot file */          \
	X(DHCP_ACKED, "dhcp-acked", INFO)       /* text: name, a: seconds */   \
	X(DHCP_INFORMED, "dhcp-informed", INFO)                                \
	X(DHCP_REFUSED, "dhcp-refused", WARN) /* NAK; text: why */             \
	X(DHCP_RELEASED, "dhcp-released", INFO)                                \
	X(DHCP_DECLINED, "dhcp-declined", WARN)                                \
	X(PROXY_ANSWERED, "proxy-answered", INFO) /* text: boot file */        \
	X(MACHINE_UNKNOWN, "machine-unknown", INFO)                            \
	X(MACHINE_NO_SUBNET, "no-subnet", WARN) /* ip: relay or link */        \
	X(POOL_FULL, "pool-full", ERROR)        /* ip: network */              \
	X(ANSWERED_LATE, "table-full", WARN)    /* text: which table */        \
	X(STORE_FAILED, "store-failed", ERROR)  /* a: errno */                 \
	X(FILE_MISSING, "file-missing", WARN)   /* text: name */               \
	X(ROGUE_SERVER, "rogue-server", WARN)   /* peer: a foreign server */   \
	/* tftpd: peer, text (name) */                                         \
	X(TFTP_BEGUN, "tftp-begun", DEBUG)     /* a: size, b: blksize */       \
	X(TFTP_DONE, "tftp-done", INFO)        /* a: bytes, b: usec */         \
	X(TFTP_ABORTED, "tftp-aborted", DEBUG) /* by the client; a: code */    \
	X(TFTP_TIMEOUT, "tftp-timeout", WARN)  /* a: bytes acknowledged */     \
	X(TFTP_REFUSED, "tftp-refused", WARN)  /* a: our error code */         \
	X(TFTP_CHANGED, "tftp-changed", WARN)  /* replaced in mid-transfer */  \
	/* slamd: ip (group), peer, text (name) */                             \
	X(TRAIN_DEPARTED, "train-departed", INFO)  /* a: packets, b: port */   \
	X(TRAIN_PROGRESS, "train-progress", DEBUG) /* a: sent, b: packets */   \
	X(TRAIN_DONE, "train-done", INFO)          /* a: sent, b: packets */   \
	X(TRAIN_SLOWED, "train-slowed", INFO)      /* a: bytes/s */            \
	X(RIDER_BOARDED, "rider-boarded", DEBUG)                               \
	X(RIDER_LEFT, "rider-left", DEBUG)                                     \
	X(RIDER_LOST, "rider-lost", WARN) /* silent: given up */               \
	/* clients: boot and its parts */                                      \
	X(BOOT_ASKING, "boot-asking", INFO)       /* a: try */                 \
	X(BOOT_ADDRESSED, "boot-addressed", INFO) /* ip, text: name */         \
	X(BOOT_FILE, "boot-file", INFO)           /* text: boot address */     \
	X(BOOT_LOADING, "boot-loading", INFO)     /* a: file, text: URL */     \
	X(BOOT_PROGRESS, "boot-progress", DEBUG)  /* a: bytes, b: of bytes */  \
	X(BOOT_LOADED, "boot-loaded", INFO)       /* a: file, b: bytes */      \
	X(BOOT_READY, "boot-ready", INFO)         /* text: arguments */        \
	X(BOOT_FAILED, "boot-failed", ERROR)      /* a: errno, text: why */    \
	/* everybody */                                                        \
	X(BAD_PACKET, "bad-packet", DEBUG) /* peer, text: what */

enum note_level { NOTE_ERROR, NOTE_WARN, NOTE_INFO, NOTE_DEBUG };

enum note_code {
#define X(code, name, level) NOTE_##code,
	NOTE_CODES(X)
#undef X
};

const char *note_name(unsigned code);
enum note_level note_level(unsigned code);

#endif
