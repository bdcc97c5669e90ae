#ifndef MOCK_FROM_WIREMOCK_H
#define MOCK_FROM_WIREMOCK_H

/*
 * Routes from WireMock's stub mappings: a file with one or several, a folder
 * of such files, or one with mappings/ and __files/ in it.  What a stub asks
 * for becomes rules, by priority; scenarios become global variables, and
 * webhooks callbacks.
 */

struct draft;
struct err;

#define FROM_WIREMOCK_FILES 100000

/* NULL with *e set when path cannot be used at all. */
struct draft *from_wiremock(const char *path, struct err *e);

#endif
