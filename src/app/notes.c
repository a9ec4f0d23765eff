/*
 * Notes of engines as lines of the log.  Which fields a note has, its code
 * tells; what they are called, one table here.
 */
#include "app/notes.h"

#include "base/hash.h"

#include <string.h>

/* The names of a, b and text; NULL: the note has none. */
struct names {
	const char *a, *b, *text;
};

static struct names names_of(enum note_code code)
{
	switch (code) {
	case NOTE_BOOTP_REPLIED:
	case NOTE_DHCP_OFFERED:
	case NOTE_PROXY_ANSWERED:
		return (struct names){.text = "file"};
	case NOTE_DHCP_ACKED:
		return (struct names){.a = "lease", .text = "name"};
	case NOTE_DHCP_REFUSED:
	case NOTE_BAD_PACKET:
		return (struct names){.text = "why"};
	case NOTE_ANSWERED_LATE:
		return (struct names){.text = "table"};
	case NOTE_STORE_FAILED:
		return (struct names){.a = "errno"};
	case NOTE_FILE_MISSING:
		return (struct names){.text = "file"};
	case NOTE_TFTP_BEGUN:
		return (struct names){"size", "blksize", "file"};
	case NOTE_TFTP_DONE:
		return (struct names){"bytes", "usec", "file"};
	case NOTE_TFTP_ABORTED:
	case NOTE_TFTP_REFUSED:
		return (struct names){"code", NULL, "file"};
	case NOTE_TFTP_TIMEOUT:
		return (struct names){"bytes", NULL, "file"};
	case NOTE_TFTP_CHANGED:
		return (struct names){.text = "file"};
	case NOTE_TRAIN_DEPARTED:
	case NOTE_TRAIN_PROGRESS:
	case NOTE_TRAIN_DONE:
	case NOTE_TRAIN_SLOWED:
		return (struct names){"sent", "packets", "file"};
	case NOTE_BOOT_ASKING:
		return (struct names){.a = "try"};
	case NOTE_BOOT_ADDRESSED:
		return (struct names){.text = "name"};
	case NOTE_BOOT_FILE:
		return (struct names){.text = "address"};
	case NOTE_BOOT_LOADING:
		return (struct names){"file", NULL, "address"};
	case NOTE_BOOT_PROGRESS:
		return (struct names){"bytes", "size", NULL};
	case NOTE_BOOT_LOADED:
		return (struct names){"file", "bytes", NULL};
	case NOTE_BOOT_READY:
		return (struct names){.text = "arguments"};
	case NOTE_BOOT_FAILED:
		return (struct names){.a = "errno", .text = "why"};
	case NOTE_DHCP_INFORMED:
	case NOTE_DHCP_RELEASED:
	case NOTE_DHCP_DECLINED:
	case NOTE_MACHINE_UNKNOWN:
	case NOTE_MACHINE_NO_SUBNET:
	case NOTE_POOL_FULL:
	case NOTE_ROGUE_SERVER:
	case NOTE_RIDER_BOARDED:
	case NOTE_RIDER_LEFT:
	case NOTE_RIDER_LOST:
		break;
	}
	return (struct names){0};
}

/* What tells two lines of one event apart for the limiter: the machine, or the
 * file. */
static uint64_t key_of(const struct note *n)
{
	uint64_t h = hash_u64((uint64_t)n->peer.ip << 32 | n->ip, 1);

	if (n->hw.len)
		h ^= hash_hwaddr(&n->hw, 1);
	if (n->text)
		h ^= hash_bytes(n->text, strlen(n->text), 1);
	/* Progress is never a repetition. */
	if (n->code == NOTE_TRAIN_PROGRESS)
		h ^= hash_u64(n->a, 2);
	return h;
}

void notes_log(struct log *log, usec now, const struct note *n)
{
	struct names names = names_of(n->code);
	struct log_line l;

	if (!log_begin(&l, log, (enum log_level)note_level(n->code),
		       note_name(n->code), now, key_of(n)))
		return;
	if (n->hw.len)
		log_hwaddr(&l, "machine", &n->hw);
	if (n->ip)
		log_ip(&l, "ip", n->ip);
	if (n->peer.ip)
		log_endpoint(&l, "peer", n->peer);
	if (names.text && n->text)
		log_wire(&l, names.text, n->text, strlen(n->text));
	if (names.a)
		log_u64(&l, names.a, n->a);
	if (names.b)
		log_u64(&l, names.b, n->b);
	log_end(&l);
}
