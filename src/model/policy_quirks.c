/*
 * What old ROMs cannot stand, as the administrator writes it down for a
 * machine: words in the property rom_quirks, a bit for each that we know.
 */
#include "base/text.h"
#include "model/policy.h"

#include <string.h>

static unsigned quirk(const char *word, size_t len)
{
	static const struct {
		const char *word;
		unsigned bit;
	} quirks[] = {
		{"low-ports", QUIRK_LOW_PORTS},
		{"no-df", QUIRK_NO_DF},
		{"no-options", QUIRK_NO_OPTIONS},
		{"small-blocks", QUIRK_SMALL_BLOCKS},
		{"roll-to-1", QUIRK_ROLL_TO_1},
		{"broadcast", QUIRK_BROADCAST},
		{"slow-slam", QUIRK_SLOW_SLAM},
		{"no-multicast", QUIRK_NO_MULTICAST},
		{"multicast", QUIRK_MULTICAST},
	};

	for (size_t i = 0; i < sizeof quirks / sizeof *quirks; i++)
		if (text_is_nocase(word, len, quirks[i].word))
			return quirks[i].bit;
	return 0;
}

unsigned policy_quirks(const struct entry *machine)
{
	struct property p;
	unsigned bits = 0;

	if (!machine || !plist_find(&machine->props, "rom_quirks", &p))
		return 0;
	for (unsigned i = 0; i < p.n; i++) {
		const char *s = property_value(&p, i);

		/* One value each, or all in one, as people write them. */
		while (s && *s) {
			size_t len = strcspn(s, ", ");

			bits |= quirk(s, len);
			s += len;
			s += strspn(s, ", ");
		}
	}
	return bits;
}
