#ifndef GATEWAY_CONTRACTS_H
#define GATEWAY_CONTRACTS_H

/* The OpenAPI descriptions of the settings, ready to be held against. */

struct contract;
struct err;
struct settings;

/* Sets *c, to NULL when the settings name none; what of them is not looked at
 * is logged.  0, or -1 with *e set. */
int contracts_open(
    const struct settings *s, struct contract **c, struct err *e);

#endif
