/*
 * Foreign servers: each is news once a minute, or a busy one would fill the
 * log.
 */
#include "engine/bootpd_impl.h"

bool rogue_is_news(struct bootpd *b, uint32_t server, usec now)
{
	const usec again = SECONDS(60);
	struct rogue *slot = NULL;

	for (unsigned i = 0; i < ROGUES; i++) {
		struct rogue *r = &b->rogues[i];
		bool is_old = !r->ip || now - r->told_at >= again;

		if (r->ip == server && !is_old)
			return false;
		if (r->ip == server || (is_old && !slot))
			slot = r;
	}
	if (!slot)
		return false;
	*slot = (struct rogue){.ip = server, .told_at = now};
	return true;
}
