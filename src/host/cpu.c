/*
 * One list, the fastest kernel first.  The compiler's own library asks the
 * processor, and the kernel of the system: wide registers are of no use if it
 * does not save them.
 */
#include "host/cpu.h"

#include "base/gf256_kernels.h"

#include <string.h>

struct kernel {
	const struct gf256 *gf;
	bool (*runs)(void);
};

static bool always(void)
{
	return true;
}

#if defined(__x86_64__) || defined(__i386__)

static bool has_gfni(void)
{
	return __builtin_cpu_supports("gfni") &&
	       __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_ssse3(void)
{
	return __builtin_cpu_supports("ssse3");
}

static const struct kernel kernels[] = {{&gf256_gfni, has_gfni},
					{&gf256_avx2, has_avx2},
					{&gf256_ssse3, has_ssse3},
					{&gf256_portable, always}};

#elif defined(__aarch64__)

/* Each processor of this kind has vectors of 16 bytes. */
static const struct kernel kernels[] = {{&gf256_neon, always},
					{&gf256_portable, always}};

#else

static const struct kernel kernels[] = {{&gf256_portable, always}};

#endif

const struct gf256 *gf256_at(size_t i, bool *runs)
{
	if (i >= sizeof(kernels) / sizeof(*kernels))
		return NULL;
	*runs = kernels[i].runs();
	return kernels[i].gf;
}

const struct gf256 *gf256_best(void)
{
	const struct kernel *k = kernels;

	while (!k->runs())
		k++;
	return k->gf;
}

const struct gf256 *gf256_by_name(const char *name)
{
	const struct gf256 *gf;
	bool runs;

	for (size_t i = 0; (gf = gf256_at(i, &runs)); i++)
		if (runs && strcmp(gf->name, name) == 0)
			return gf;
	return NULL;
}
