#include "engine/hearer.h"

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	(void)e;
	(void)now;
	(void)fx;
}

static usec on_deadline(const struct engine *e)
{
	(void)e;
	return NEVER;
}

struct engine hearer(void (*input)(struct engine *, usec now,
				   const struct dgram *, struct effects *))
{
	return (struct engine){.input = input,
			       .settle = on_settle,
			       .expire = on_expire,
			       .deadline = on_deadline};
}
