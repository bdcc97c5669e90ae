#ifndef GATEWAY_MOCK_ENTRIES_H
#define GATEWAY_MOCK_ENTRIES_H

/* Recorded exchanges, of the store or of HAR files, as a draft of mocks. */

#include <stdbool.h>

struct draft;
struct err;
struct exchange;
struct settings;

struct mock_entries {
	const struct settings *settings;
	const char *output; /* files of bodies go beside it; "-": nowhere */
	bool crud;
};

/* All of these entries; those of the settings' tape when n is 0.  NULL with *e
 * set. */
struct draft *mock_entries_store(
    const struct mock_entries *m, char **ids, int n, struct err *e);
struct draft *mock_entries_hars(
    const struct mock_entries *m, char **paths, int n, struct err *e);

/* An exchange that stands in neither; where names it in notes. */
struct draft *mock_entries_one(const struct mock_entries *m,
    const struct exchange *one, const char *where, struct err *e);

#endif
