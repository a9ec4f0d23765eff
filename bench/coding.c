/*
 * What the train's code costs on one core: repairs of a block, and a block that
 * comes back, by each kernel that runs here; and what a copy costs, for scale.
 *
 *	coding [SYMBOLS [BYTES OF ONE]]
 *
 * Each line: what, kernel, block bytes a second, bytes multiplied and added a
 * second (that is the block's bytes times the repairs), both in MB/s.  The best
 * of many short runs, since all else that happens
 * only slows it down.
 */
#include "base/rlc.h"
#include "host/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 200, PIECE = 64, REPAIR = 4096, MOST = 64 };

struct job {
	struct rlc_block block;
	uint32_t repairs; /* made, or symbols lost */
	uint32_t numbers[MOST], missing[MOST];
	uint8_t *bytes, *copy, *sums[MOST], *to[MOST];
	void *work;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void copy(struct job *j)
{
	memcpy(j->copy, j->bytes, j->block.symbols * j->block.len);
	/* Or the compiler sees that nobody looks. */
	__asm__ volatile("" : : "r"(j->copy) : "memory");
}

static void encode(struct job *j)
{
	struct rlc_encoder e;

	rlc_encoder_open(&e, &j->block, j->numbers, j->sums, j->repairs);
	rlc_encoder_add(&e, 0, j->bytes, j->block.symbols * j->block.len);
}

/* In pieces, as they are read from a file. */
static void decode(struct job *j)
{
	size_t len = j->block.len, piece = PIECE * len;
	uint32_t k = j->block.symbols;
	struct rlc_decoder d;

	rlc_decoder_open(&d, &j->block, j->missing, j->repairs, j->work);
	for (uint32_t i = 0; i < MOST && !rlc_decoder_is_ready(&d); i++)
		rlc_decoder_repair(&d, j->numbers[i], j->sums[i]);
	for (uint32_t i = 0; i < k; i += PIECE)
		rlc_decoder_add(&d, i, j->bytes + i * len,
				k - i < PIECE ? (k - i) * len : piece);
	rlc_decoder_take(&d, 0, j->repairs, j->to);
}

/* Seconds that one takes. */
static double best_of(void (*deed)(struct job *), struct job *j)
{
	double best = 1e9;

	for (int run = 0; run < RUNS; run++) {
		double start = seconds(), took;
		int n = 0;

		do {
			deed(j);
			n++;
			took = seconds() - start;
		} while (took < 0.003);
		if (took / n < best)
			best = took / n;
	}
	return best;
}

static void tell(const char *what, struct job *j, double took)
{
	double bytes = (double)(j->block.symbols * j->block.len);

	printf("%-9s %-9s %8.0f %8.0f\n", what, j->block.gf->name,
	       bytes / took / 1e6, bytes * j->repairs / took / 1e6);
	fflush(stdout);
}

static void measure(struct job *j)
{
	static const uint32_t lost[] = {10, 24, 64};
	char what[24];

	j->repairs = 24;
	tell("encode-24", j, best_of(encode, j));
	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++) {
		j->repairs = lost[i];
		snprintf(what, sizeof(what), "decode-%u", lost[i]);
		tell(what, j, best_of(decode, j));
	}
}

static void fill(struct job *j, uint32_t symbols, size_t len)
{
	size_t size = symbols * len;

	*j = (struct job){{&gf256_portable, 0, symbols, len}, .repairs = 1};
	j->bytes = aligned_alloc(64, size);
	j->copy = aligned_alloc(64, size);
	j->work = malloc(rlc_work_size(MOST, len));
	for (size_t i = 0; i < size; i++)
		j->bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	for (uint32_t i = 0; i < MOST; i++) {
		j->numbers[i] = REPAIR + i;
		j->missing[i] = i * (symbols / MOST);
		j->sums[i] = aligned_alloc(64, len);
		j->to[i] = aligned_alloc(64, len);
		memset(j->sums[i], (int)i, len);
	}
}

int main(int argc, char **argv)
{
	long symbols = argc > 1 ? strtol(argv[1], NULL, 10) : 1024;
	long len = argc > 2 ? strtol(argv[2], NULL, 10) : 1408;
	const struct gf256 *gf;
	struct job j;
	bool runs;

	if (symbols < MOST || symbols > 4096 || len < 64 || len > 8192 ||
	    len % 64) {
		fprintf(stderr, "usage: coding [SYMBOLS [BYTES OF ONE]]\n");
		return 2;
	}
	fill(&j, (uint32_t)symbols, (size_t)len);
	tell("memcpy", &j, best_of(copy, &j));
	for (size_t i = 0; (gf = gf256_at(i, &runs)); i++) {
		j.block.gf = gf;
		if (runs)
			measure(&j);
	}
	return 0;
}
