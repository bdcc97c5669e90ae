#ifndef MOCK_FROM_POSTMAN_H
#define MOCK_FROM_POSTMAN_H

/*
 * Routes from a Postman collection, format 2.0 or 2.1.  Folders stay folders,
 * each request is a route, each saved example a response with what the example
 * asked for as rules.
 */

struct draft;
struct err;

/* NULL with *e set when the file at path cannot be used at all. */
struct draft *from_postman(const char *path, struct err *e);

#endif
