/*
 * Fibers by ucontext(3), which asks the kernel for the signals' mask at each
 * change of stacks.  None changes it here: only a fiber's first change is made
 * so, and all that follow by _longjmp(3), unless somebody watches the stacks.
 * The sanitizers are told of each, or they would take one for the other.
 */
/* With it, _longjmp() would die of a frame that is not further up. */
#undef _FORTIFY_SOURCE

#include "sim/fiber.h"

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
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

/* Where one of the two goes on. */
struct side {
	ucontext_t context;
	jmp_buf left;
};

struct fiber {
	struct alloc alloc;
	void (*run)(void *arg);
	void *arg;
	struct side own, caller;
	struct stack stack, below;
	uint8_t *bytes;
	bool has_begun, has_ended;
};

/* By sanitizers, and shadow stacks, which the C library alone can change. */
static bool is_watched(void)
{
#ifdef HAS_SANITIZER
	return true;
#elif defined(__x86_64__)
	uint64_t shadow = 0;

	/* Where there is none it does nothing. */
	__asm__("rdsspq %0" : "+r"(shadow));
	return shadow;
#else
	return false;
#endif
}

static void change(struct fiber *f, struct side *from, struct side *to)
{
	bool is_first = !f->has_begun;

	f->has_begun = true;
	if (is_watched()) {
		/* cppcheck-suppress swapcontextCalled ; no threads */
		(void)swapcontext(&from->context, &to->context);
		return;
	}
	if (_setjmp(from->left))
		return;
	if (is_first)
		(void)setcontext(&to->context);
	_longjmp(to->left, 1);
}

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
	change(f, &f->own, &f->caller);
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
	/* cppcheck-suppress getcontextCalled ; as above */
	if (!f->bytes || getcontext(&f->own.context)) {
		fiber_close(f);
		return -ENOMEM;
	}
	f->stack = (struct stack){.at = f->bytes, .size = STACK};
	f->own.context.uc_stack.ss_sp = f->bytes;
	f->own.context.uc_stack.ss_size = STACK;
	makecontext(&f->own.context, (void (*)(void))(uintptr_t)begin, 2,
		    (unsigned)(at >> 32), (unsigned)at);
	/* It is on its way; the sanitizer would clean all of it each time. */
	f->own.context.uc_stack.ss_size = 0;
	*to = f;
	return 0;
}

bool fiber_go(struct fiber *f)
{
	assert(!f->has_ended);
	leave(&f->below, &f->stack, false);
	change(f, &f->caller, &f->own);
	arrive(&f->below, NULL);
	return !f->has_ended;
}

void fiber_yield(struct fiber *f)
{
	leave(&f->stack, &f->below, false);
	change(f, &f->own, &f->caller);
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
