/*
 * Customary names.  A file in the boot directory itself outdoes all below it,
 * and below it a name counts only if one file has it: a wrong guess boots a
 * wrong system.
 */
#include "model/policy_inside.h"

static const struct image *one(const struct images *t, const struct custom *c,
			       const char *dir, bool *several)
{
	struct image_pattern p = {.dir = dir, .base = c->name};
	const struct image *im = images_match(t, &p, several);

	if (im || *several || !c->is_prefix)
		return im;
	p.is_prefix = true;
	return images_match(t, &p, several);
}

const struct image *custom_find(const struct images *t, const struct custom *v,
				size_t n, bool *several)
{
	static const char *const dirs[] = {"", NULL};
	const struct image *im = NULL;

	*several = false;
	for (size_t d = 0; d < 2; d++)
		for (size_t i = 0; i < n && !im && !*several; i++)
			im = one(t, &v[i], dirs[d], several);
	return im;
}
