#ifndef GATEWAY_MOCK_ADMIN_H
#define GATEWAY_MOCK_ADMIN_H

/*
 * Those requests of Mockoon's admin API that put state back, for tests that
 * were written for it.  They are answered where the traffic is, below
 * /mockoon-admin, if there is a token for them, and concern the session that
 * they are made in.
 *
 *	POST /state/purge         PURGE /state          all that follows
 *	POST /data-buckets/purge  PURGE /data-buckets   as the file has them
 *	POST /global-vars/purge   PURGE /global-vars
 */

#include <stdbool.h>

struct transaction;

/* Whether it was such a request; it is answered then. */
bool mock_admin_answer(struct transaction *t);

#endif
