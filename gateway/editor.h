#ifndef GATEWAY_EDITOR_H
#define GATEWAY_EDITOR_H

/*
 * A file of a person's own in a temporary folder, and the editor that they
 * like.  What is in it may be secret: nobody else can read it, and it goes
 * away unless it is kept on purpose.
 */

struct err;

struct editor {
	char *folder; /* NULL: none */
	char *path;
};

/* Makes the folder; the file called name is made by the caller.  0 or -1. */
int editor_open(struct editor *d, const char *name, struct err *e);

/* Runs $VISUAL, $EDITOR or vi on the file, as a shell would.  0 when it ended
 * with 0, or -1. */
int editor_run(const struct editor *d, struct err *e);

/* Removes the folder with all in it; safe when there is none. */
void editor_close(struct editor *d);

/* Leaves the file where it is. */
void editor_keep(struct editor *d);

#endif
