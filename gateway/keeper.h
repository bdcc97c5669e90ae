#ifndef GATEWAY_KEEPER_H
#define GATEWAY_KEEPER_H

/*
 * Keeps what mocks remember in a file, whole at any moment: a thread of its
 * own writes it again soon after a change, and once more at the end.
 */

struct err;
struct keeper; /* opaque */
struct mocks;

/* path outlives it.  Nothing is read or written yet. */
struct keeper *keeper_new(const char *path);

/* From any thread, for mocks_options.on_change: what mocks remember is not
 * what the file says any more.  arg is the keeper. */
void keeper_on_change(void *arg);

/* From any thread: the version that there is from now on. */
void keeper_set_mocks(struct keeper *k, struct mocks *mocks);

/* Takes what the file has into the mocks, which are set, writes it anew and
 * starts the thread.  A file that is not there yet is none.  0, or -1 with *e
 * set and the file left alone. */
int keeper_start(struct keeper *k, struct err *e);

/* Writes what is to be written and ends the thread.  Safe on NULL. */
void keeper_free(struct keeper *k);

#endif
