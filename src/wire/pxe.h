/*
 * What PXE and UEFI put into DHCP: client classes and architectures (RFC 4578,
 * IANA's table), the sub-options of option 43 (PXE 2.1), HTTP boot (UEFI 2.5).
 */
#ifndef MUSTER_WIRE_PXE_H
#define MUSTER_WIRE_PXE_H

#include "base/cursor.h"
#include "wire/bootp.h"

/* Option 93, IANA "Processor Architecture Types". */
enum {
	ARCH_X86_BIOS = 0,
	ARCH_X86_UEFI = 6,
	ARCH_X64_UEFI = 7,
	ARCH_EBC_UEFI = 9, /* in practice x64, too */
	ARCH_ARM32_UEFI = 10,
	ARCH_ARM64_UEFI = 11,
	ARCH_X86_HTTP = 15,
	ARCH_X64_HTTP = 16,
	ARCH_EBC_HTTP = 17,
	ARCH_ARM32_HTTP = 18,
	ARCH_ARM64_HTTP = 19,
	ARCH_BIOS_HTTP = 20,
	ARCH_RPI = 41,
	ARCH_UNKNOWN = 0xffff,
};

enum client_class {
	CLASS_PLAIN,     /* says nothing of itself */
	CLASS_PXE,       /* option 60 begins with PXEClient */
	CLASS_HTTP,      /* option 60 begins with HTTPClient */
	CLASS_IPXE,      /* user class iPXE, or option 175 */
	CLASS_ETHERBOOT, /* option 60 begins with Etherboot */
	CLASS_MUSTER,    /* option 60 begins with muster */
	CLASS_NEXT,      /* a NeXT vendor area */
};

/* What a request tells of the machine that sent it. */
struct client {
	enum client_class class;
	/* ARCH_..., the first of option 93's list, else the number in option
	 * 60, else ARCH_UNKNOWN */
	uint16_t arch;
	bool has_arch;
	bool is_pxe; /* PXEClient in option 60, iPXE included */
	bool has_uuid;
	uint8_t uuid[17];  /* option 97 with its leading 0 */
	uint16_t max_size; /* option 57 held to 576..1472; 0: not said */
};

/* User class in both spellings: RFC 3004's and iPXE's raw bytes. */
void client_of(struct client *c, const struct bootp *request);
/* "PXE", "iPXE", ... */
const char *client_class_name(enum client_class class);
const char *arch_name(uint16_t arch); /* "x86 BIOS", ...; "unknown" */

/* Option 43, PXE's tags. */
enum {
	PXE_MTFTP_IP = 1,
	PXE_MTFTP_CPORT = 2, /* little-endian */
	PXE_MTFTP_SPORT = 3, /* little-endian */
	PXE_MTFTP_TMOUT = 4,
	PXE_MTFTP_DELAY = 5,
	PXE_DISCOVERY_CONTROL = 6,
	PXE_DISCOVERY_MCAST = 7,
	PXE_BOOT_SERVERS = 8,
	PXE_BOOT_MENU = 9,
	PXE_MENU_PROMPT = 10,
	PXE_BOOT_ITEM = 71,
	PXE_END = 255,
};

enum {
	PXE_NO_BROADCAST = 1,
	PXE_NO_MULTICAST = 2,
	PXE_ONLY_LISTED = 4,
	PXE_USE_FILE = 8, /* no prompt, no menu, no discovery */
};

struct pxe_opt {
	uint8_t tag;
	const uint8_t *bytes; /* where r reads */
	uint8_t len;
};

/* Walk the sub-options; false at END, at the end, or at a broken one, which
 * makes r bad. */
bool pxe_option_next(struct rd *r, struct pxe_opt *o);
void pxe_option_put(struct wr *w, uint8_t tag, const void *v, uint8_t len);

struct pxe_mtftp {
	uint32_t group;
	uint16_t client_port, server_port;
	uint8_t start_delay, timeout; /* seconds: tags 4 and 5 */
};
/* False unless all five tags are there.  Of a tag that is there twice the last
 * counts. */
bool pxe_mtftp_get(struct pxe_mtftp *m, struct rd *r);
/* The five tags; END and any others are the caller's. */
void pxe_mtftp_put(const struct pxe_mtftp *m, struct wr *w);

#endif
