/*
 * The kernels that there are for this kind of processor; whether the one at
 * hand has the instructions is for the caller to know (host/cpu.h).
 */
#ifndef MUSTER_BASE_GF256_KERNELS_H
#define MUSTER_BASE_GF256_KERNELS_H

#include "base/gf256.h"

#if defined(__x86_64__) || defined(__i386__)
extern const struct gf256 gf256_gfni; /* with AVX-512 (F and BW) */
extern const struct gf256 gf256_avx2;
extern const struct gf256 gf256_ssse3;
#elif defined(__aarch64__)
extern const struct gf256 gf256_neon;
#endif

#endif
