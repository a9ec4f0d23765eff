/*
 * The tables of the vector kernels, worked out by the compiler.  A product is
 * linear: c * x is the sum of those c * 1, c * 2, c * 4 .. for which x has a
 * bit.  So these eight bytes say all about c: four of them make the products of
 * a nibble, and read crosswise the eight are a matrix of bits.
 */
#include "base/gf256_inside.h"
#include "base/gf256_rows.h"

#define BIT(v, n) ((v) >> (n)&1)
/* The sum of those of a, b, c, d that x has a bit for. */
#define PICK(x, a, b, c, d)                                                    \
	BIT(x, 0) * (a) ^ BIT(x, 1) * (b) ^ BIT(x, 2) * (c) ^ BIT(x, 3) * (d)
#define FOUR(x, ...)                                                           \
	PICK(x, __VA_ARGS__), PICK((x) + 1, __VA_ARGS__),                      \
		PICK((x) + 2, __VA_ARGS__), PICK((x) + 3, __VA_ARGS__)
#define SIXTEEN(...)                                                           \
	FOUR(0, __VA_ARGS__), FOUR(4, __VA_ARGS__), FOUR(8, __VA_ARGS__),      \
		FOUR(12, __VA_ARGS__)
#define NIBBLES(a, b, c, d, e, f, g, h)                                        \
	{SIXTEEN(a, b, c, d), SIXTEEN(e, f, g, h)},

_Alignas(64) const uint8_t gf256_nibbles[256][32] = {GF256_ROWS(NIBBLES)};

#define ACROSS(bit, a, b, c, d, e, f, g, h)                                    \
	((uint64_t)(BIT(a, bit) | BIT(b, bit) << 1 | BIT(c, bit) << 2 |        \
		    BIT(d, bit) << 3 | BIT(e, bit) << 4 | BIT(f, bit) << 5 |   \
		    BIT(g, bit) << 6 | BIT(h, bit) << 7)                       \
	 << 8 * (7 - (bit)))
#define MATRIX(...)                                                            \
	ACROSS(0, __VA_ARGS__) | ACROSS(1, __VA_ARGS__) |                      \
		ACROSS(2, __VA_ARGS__) | ACROSS(3, __VA_ARGS__) |              \
		ACROSS(4, __VA_ARGS__) | ACROSS(5, __VA_ARGS__) |              \
		ACROSS(6, __VA_ARGS__) | ACROSS(7, __VA_ARGS__),

_Alignas(64) const uint64_t gf256_matrices[256] = {GF256_ROWS(MATRIX)};
