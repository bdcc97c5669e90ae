#ifndef GATEWAY_WATCH_H
#define GATEWAY_WATCH_H

/*
 * Files that somebody wants to know of when they change, whichever way: being
 * written to, being replaced by another, or by a symbolic link on their path
 * that leads elsewhere, as where configuration is mounted.  A thread of its
 * own hears of that from the system (inotify(7)) and also looks now and then,
 * since network file systems tell of nothing.
 *
 * What is told of a file is that it should be read again: it has been left
 * alone for a moment, but whether it is whole only its reader can say.
 */

#include <stddef.h>
#include <stdint.h>

struct err;
struct watch; /* opaque */

/* On the watch's thread: the file in that place of paths has changed, or is
 * gone. */
typedef void (*watch_fn)(void *arg, size_t file);

struct watch_options {
	const char *const *paths; /* they outlive the watch, as their texts */
	size_t n;
	int64_t settle_us; /* without a change before it is told; longer than
			      a tick of file systems' clocks, some 10 ms */
	int64_t look_us;   /* between two looks; 0: only tells when asked */
	watch_fn on_change;
	void *arg;
};

/* What counts as a change is what happens to the files from now on; only
 * regular files change.  Tells nothing before watch_start(). */
struct watch *watch_new(const struct watch_options *o);
int watch_start(struct watch *w, struct err *e);

/* From any thread: tells of all files, changed or not. */
void watch_ask(struct watch *w);

/* Waits for on_change if that is running.  Safe on NULL. */
void watch_free(struct watch *w);

#endif
