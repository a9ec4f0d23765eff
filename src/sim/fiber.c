/*
 * Fibers by ucontext(3).  The sanitizers are told of each change of stacks, or
 * they would take one for the other.
 */
#include "sim/fiber.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <ucontext.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER
#endif
#endif

#ifdef HAS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK = 256 << 10 };

struct stack {
	const void *at;
	size_t size;
	void *fake; /* the sanitizer's own, while another one is in use */
};

struct fiber {
	struct alloc alloc;
	void (*run)(void *arg);
	void *arg;
	ucontext_t own, caller;
	struct stack stack, below;
	uint8_t *bytes;
	bool has_ended;
};

/* From one stack to the other; `is_last`: never to come back. */
static void leave(struct stack *from, const struct stack *to, bool is_last)
{
#ifdef HAS_SANITIZER
	__sanitizer_start_switch_fiber(is_last ? NULL : &from->fake, to->at,
				       to->size);
#else
	(void)from, (void)to, (void)is_last;
#endif
}

static void arrive(const struct stack *at, struct stack *from)
{
#ifdef HAS_SANITIZER
	__sanitizer_finish_switch_fiber(at->fake, from ? &from->at : NULL,
					from ? &from->size : NULL);
#else
	(void)at, (void)from;
#endif
}

/* makecontext() passes nothing wider than an int. */
static void begin(unsigned high, unsigned low)
{
	uintptr_t at = (uintptr_t)high << 32 | low;
	struct fiber *f = (struct fiber *)at;

	arrive(&(struct stack){.at = NULL}, &f->below);
	f->run(f->arg);
	f->has_ended = true;
	leave(&f->stack, &f->below, true);
	(void)setcontext(&f->caller);
}

int fiber_open(struct fiber **to, const struct alloc *alloc,
	       void (*run)(void *arg), void *arg)
{
	struct fiber *f = alloc_get(alloc, 1, sizeof *f);
	uintptr_t at = (uintptr_t)f;

	if (!f)
		return -ENOMEM;
	f->alloc = *alloc;
	f->run = run;
	f->arg = arg;
	f->bytes = alloc_get(alloc, STACK, 1);
	/* cppcheck-suppress getcontextCalled ; threads have no order */
	if (!f->bytes || getcontext(&f->own)) {
		fiber_close(f);
		return -ENOMEM;
	}
	f->stack = (struct stack){.at = f->bytes, .size = STACK};
	f->own.uc_stack.ss_sp = f->bytes;
	f->own.uc_stack.ss_size = STACK;
	makecontext(&f->own, (void (*)(void))(uintptr_t)begin, 2,
		    (unsigned)(at >> 32), (unsigned)at);
	/* It is on its way; the sanitizer would clean all of it each time. */
	f->own.uc_stack.ss_size = 0;
	*to = f;
	return 0;
}

bool fiber_go(struct fiber *f)
{
	assert(!f->has_ended);
	leave(&f->below, &f->stack, false);
	/* cppcheck-suppress swapcontextCalled ; as above */
	(void)swapcontext(&f->caller, &f->own);
	arrive(&f->below, NULL);
	return !f->has_ended;
}

void fiber_yield(struct fiber *f)
{
	leave(&f->stack, &f->below, false);
	/* cppcheck-suppress swapcontextCalled ; as above */
	(void)swapcontext(&f->own, &f->caller);
	arrive(&f->stack, &f->below);
}

void fiber_close(struct fiber *f)
{
	struct alloc alloc;

	if (!f)
		return;
	alloc = f->alloc;
	alloc_put(&alloc, f->bytes);
	alloc_put(&alloc, f);
}
