#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * What went wrong, in words for the person who has to act on it.  Layers
 * below gateway/ return -1 (or NULL) and fill one of these; each layer may
 * put its own noun in front; gateway/ prints it once.
 */

struct err {
	char text[640];
};

/* Sets the text.  Always -1, so failing is one statement. */
int err_set(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* As err_set(), with ": " and the meaning of errno behind it.  Always -1. */
int err_sys(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts the new text and ": " in front of what is there.  Always -1. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
