/*
 * boot: a machine from power-on to loaded.  It asks for its address (bootpc or
 * dhcpc), configures its interface, takes the boot address from the reply,
 * loads that file (tftpc or slamc), and, if it is a boot script, the kernel and
 * the initrds that it names.
 *
 * It asks for an address for ever unless `tries` says how often; whatever else
 * goes wrong ends in BOOT_BROKEN with one NOTE_BOOT_FAILED.
 *
 * LIMIT: boot addresses must hold IP addresses, since there is no resolver
 * before the boot; a bare name in a script is a file of the script's server.
 */
#ifndef MUSTER_ENGINE_BOOT_H
#define MUSTER_ENGINE_BOOT_H

#include "engine/addressc.h"
#include "engine/loadc.h"
#include "wire/script.h"

struct boot;

enum { BOOT_FILES = 2 + SCRIPT_INITRDS };

struct boot_config {
	struct addressc_config address;
	struct loadc_config load;
	bool uses_bootp; /* else DHCP */
};

enum boot_phase {
	BOOT_OFF,
	BOOT_ASKING,
	BOOT_ADDRESSING,
	BOOT_LOADING,
	BOOT_READY,
	BOOT_BROKEN,
};

/* 0, -ENOMEM, or what addressc_init says.  It takes all its memory here. */
int boot_open(struct boot **b, const struct boot_config *config,
	      const struct alloc *alloc);
void boot_close(struct boot *b, const struct alloc *alloc);
struct engine *boot_engine(struct boot *b);
/* Power on. */
void boot_start(struct boot *b, usec now, struct effects *fx);

enum boot_phase boot_phase(const struct boot *b);
/* Valid from BOOT_ADDRESSING on; boot's own. */
const struct address_answer *boot_answer(const struct boot *b);
/* Of the file that boot_file tells. */
struct loadc_progress boot_progress(const struct boot *b);
/* Which file is loading or was loaded last: 0 is what the boot address named.
 * If that was a script it is not among the files for the machine, and there
 * are no KEEP effects of it; its kernel is file 1.  One over 4096 bytes is
 * refused. */
uint32_t boot_file(const struct boot *b);
/* With keys in the configuration: by what manifest a file was loaded; NULL: not
 * yet, or by none. */
const struct manifest *boot_manifest(const struct boot *b, uint32_t file);
bool boot_was_script(const struct boot *b);

#endif
