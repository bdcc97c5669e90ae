#ifndef MOCK_MOCKS_PRIV_H
#define MOCK_MOCKS_PRIV_H

/* What those need of all environments who answer one request several times. */

#include <stdint.h>

#include "mock/mocks.h"

struct arena;
struct template_context;

/* Makes *c the context of one answer, without request and stores; what is made
 * on the way goes to a.  With a seed, others wait until mocks_leave(). */
void mocks_enter(const struct mocks *m, struct arena *a, int64_t now_us,
    struct template_context *c);
void mocks_leave(const struct mocks *m, struct template_context *c);

#endif
