#ifndef GATEWAY_FRONT_H
#define GATEWAY_FRONT_H

/* What a gateway has for TLS towards its clients, as its settings say. */

struct authority;
struct err;
struct front_tls;
struct minted;
struct settings;

struct front {
	struct authority *authority; /* the local one, or NULL */
	struct minted *minted;       /* with it */
	struct front_tls *tls;       /* of the data port; NULL: it is plain */
	struct ssl_ctx_st *fresh;    /* read for tls, and not taken yet */
	struct front_tls *intercept; /* in tunnels; NULL: none is opened up */
};

/* 0, or -1 with *e set; front_close() either way. */
int front_open(struct front *f, const struct settings *s, struct err *e);

/*
 * Reads certificates from files anew: what front_take() puts in the place of
 * those that there are, or front_drop() forgets.  0, or -1 with *e set.
 */
int front_read(struct front *f, struct err *e);
void front_take(struct front *f);
void front_drop(struct front *f);
void front_close(struct front *f);

#endif
