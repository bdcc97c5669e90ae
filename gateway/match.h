#ifndef GATEWAY_MATCH_H
#define GATEWAY_MATCH_H

/* How a request is put to a profile of matching other than exact. */

#include "replay/library.h"

struct transaction;

/*
 * As Playwright would find it (replay/playwright.h).  A target in absolute
 * form is the URL, or what the upstream that its host chooses was asked for.
 * Other requests are looked up by what the client asked the gateway, then by
 * the URL that their Host makes of it, then by Host.  FOUND with *a, or
 * FOUND_UNUSABLE when the recorded request was never answered.  Failures are
 * logged.
 */
enum found match_playwright(struct transaction *t, struct answer **a);

#endif
