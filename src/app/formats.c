/*
 * The formats of files, those in JSON last.
 */
#include "app/formats.h"

#include <string.h>

static const struct format kea = {
	.name = "kea",
	.directories = {"machines", "networks"},
	.merges = true,
	.names_one = true,
	.read = kea_read,
	.write = kea_write,
};

const struct format *formats_at(unsigned i)
{
	const struct format *f = format_at(i);

	return f ? f : i && format_at(i - 1) ? &kea : NULL;
}

const struct format *formats_named(const char *name)
{
	return strcmp(name, kea.name) != 0 ? format_named(name) : &kea;
}
