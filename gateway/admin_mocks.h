#ifndef GATEWAY_ADMIN_MOCKS_H
#define GATEWAY_ADMIN_MOCKS_H

/* How what passed becomes a mocked route, for all who have something that did.
 * On the jobs' thread. */

#include <stdbool.h>

struct admin_request;
struct draft;

/* The file that a draft is made for (mock_entries.h), since files of bodies go
 * beside it; NULL and the request is answered. */
const char *admin_promote_place(struct admin_request *r);

/* Takes the draft of one exchange over: its route answers from now on, and the
 * request is answered with it. */
void admin_promote(struct admin_request *r, struct draft *d);

/* Whether there is the entry that the parameter id names; else the request is
 * answered. */
bool admin_has_entry(struct admin_request *r);

#endif
