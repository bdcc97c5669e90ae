/* The store and the disk that it is on. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/retention.h"
#include "gateway/settings.h"
#include "gateway/values.h"
#include "recorder/backlog.h"
#include "recorder/lock.h"
#include "recorder/store.h"

#include "gateway/doctor.h"

#define DOCTOR_WAL (256 * (INT64_C(1) << 20))
#define DOCTOR_FREE_LEAST (UINT64_C(100) << 20)
#define DOCTOR_FREE_FINE (UINT64_C(1) << 30)

static bool
doctor_records(const struct doctor *d)
{
	return modes[d->settings->mode].records;
}

static bool
doctor_only_reads(const struct doctor *d)
{
	return modes[d->settings->mode].reads &&
	       !modes[d->settings->mode].forwards;
}

static bool
doctor_needs_store(const struct doctor *d)
{
	const struct mode *m = &modes[d->settings->mode];

	return m->records || m->reads || m->reads_on_failure;
}

static char *
doctor_folder(const char *path)
{
	char *copy = xstrdup(path), *folder = xstrdup(dirname(copy));

	free(copy);
	return folder;
}

/* ---- the file ---------------------------------------------------------- */

static void
doctor_no_store(struct doctor *d)
{
	const char *path = d->settings->store;
	char *folder = doctor_folder(path);

	if (doctor_only_reads(d))
		doctor_say(d, DOCTOR_FAILED,
		    "record first (hark record URL), import a HAR, or name "
		    "another file with --store",
		    "%s: there is none to replay from", path);
	else if (!doctor_records(d))
		doctor_say(d, DOCTOR_WARNING,
		    "record first, or name another file with --store",
		    "%s: there is none", path);
	else if (access(folder, W_OK | X_OK) == -1)
		doctor_say(d, DOCTOR_FAILED,
		    "make the folder, or give its permissions to the user "
		    "that hark runs as",
		    "%s: cannot be made in %s: %s", path, folder,
		    strerror(errno));
	else
		doctor_say(
		    d, DOCTOR_OK, NULL, "%s will be made when recording", path);
	free(folder);
}

/* Whether it, and what SQLite puts beside it, can be written. */
static void
doctor_writable(struct doctor *d)
{
	const char *path = d->settings->store;
	char *folder = doctor_folder(path);

	if (access(path, W_OK) == -1 || access(folder, W_OK | X_OK) == -1)
		doctor_say(d, DOCTOR_FAILED,
		    "give the file and its folder to the user that hark runs "
		    "as",
		    "%s: cannot be written: %s", path, strerror(errno));
	else if (lock_held(path))
		doctor_say(d, DOCTOR_FAILED,
		    "stop the other hark, or name another file with --store",
		    "%s: another process writes to it", path);
	free(folder);
}

static int
doctor_on_tape(void *arg, const struct store_tape_row *row)
{
	struct store_tape_row *found = arg;

	if (str_eq(row->name, found->name)) {
		found->id = row->id;
		found->entries = row->entries;
	}
	return 0;
}

static void
doctor_tape(struct doctor *d, struct store *s)
{
	struct store_tape_row row = { .name = str_of(d->settings->tape) };
	struct err e;

	if (store_tapes(s, doctor_on_tape, &row, &e) == -1)
		doctor_say(d, DOCTOR_FAILED, NULL, "%s", e.text);
	else if (row.entries == 0 && doctor_only_reads(d))
		doctor_say(d, DOCTOR_FAILED,
		    "name another tape with --tape (hark list shows what "
		    "there is), or record one",
		    "%s: nothing is on the tape %s", d->settings->store,
		    d->settings->tape);
	else
		doctor_say(d, DOCTOR_OK, NULL,
		    "%s: whole; %" PRId64 " entries on the tape %s",
		    d->settings->store, row.entries, d->settings->tape);
}

/* What the tape is kept to. */
static void
doctor_retention(struct doctor *d)
{
	const struct settings *s = d->settings;
	struct buf most = { 0 };

	if (!retention_wanted(s))
		return;
	if (s->retain_age > 0)
		value_render(VALUE_AGE, (uint64_t)s->retain_age, &most);
	if (s->retain_entries > 0)
		buf_addf(&most, "%s%" PRIu64 " entries", most.n > 0 ? ", " : "",
		    s->retain_entries);
	if (s->retain_bytes > 0) {
		buf_add_text(&most, most.n > 0 ? ", " : "");
		value_render(VALUE_SIZE, s->retain_bytes, &most);
	}
	doctor_say(d, doctor_records(d) ? DOCTOR_OK : DOCTOR_WARNING,
	    doctor_records(d) ? NULL
			      : "set it where the tape is recorded; here "
				"nothing is removed",
	    "the tape %s is kept to %s", s->tape, buf_text(&most));
	buf_free(&most);
}

static void
doctor_open_store(struct doctor *d)
{
	const char *path = d->settings->store;
	struct buf faults = { 0 };
	struct err e;
	struct store *s = store_open(path, STORE_READ, false, &e);

	if (s == NULL)
		doctor_say(d, DOCTOR_FAILED,
		    "name a store of hark with --store, or move the file away",
		    "%s", e.text);
	else if (store_check(s, &faults, &e) == -1)
		doctor_say(
		    d, DOCTOR_FAILED, "restore it from a copy", "%s", e.text);
	else if (faults.n > 0)
		doctor_say(d, DOCTOR_FAILED,
		    "restore it from a copy, or save what can be read with "
		    "hark export",
		    "%s is damaged: %.500s", path, buf_text(&faults));
	else
		doctor_tape(d, s);
	buf_free(&faults);
	store_close(s);
}

/* The key that pseudonyms are made with is nobody else's. */
static void
doctor_key(struct doctor *d)
{
	const char *own = d->settings->redact_key;
	char *path = own != NULL ? xstrdup(own)
				 : xasprintf("%s-key", d->settings->store);
	struct stat s;

	if (stat(path, &s) == 0 && (s.st_mode & 077) != 0)
		doctor_say(d, DOCTOR_WARNING, "chmod 600 it",
		    "%s: others may read the key of pseudonyms", path);
	free(path);
}

static void
doctor_wal(struct doctor *d)
{
	char *path = xasprintf("%s-wal", d->settings->store);
	struct stat s;

	if (stat(path, &s) == 0 && s.st_size > DOCTOR_WAL)
		doctor_say(d, DOCTOR_WARNING,
		    "end readers that stay long (hark list, sqlite3), then "
		    "start and stop a recording: that empties it",
		    "%s has %" PRId64 " MiB", path, (int64_t)s.st_size >> 20);
	free(path);
}

/* What waits in a file for a shared store. */
static void
doctor_buffer(struct doctor *d, const char *path)
{
	struct buf url = { 0 };
	struct err e;
	int64_t refused, n = backlog_look(path, &refused, &url, &e);

	if (n == -1)
		doctor_say(d, DOCTOR_FAILED,
		    "restore it from a copy, or name another file with "
		    "--buffer",
		    "%s", e.text);
	else if (n > 0)
		doctor_say(d, DOCTOR_WARNING,
		    lock_held(path)
			? "a gateway ships them when that store is there"
			: "start hark with that store in this folder (and "
			  "with the same --buffer), which ships them",
		    "%s: %" PRId64 " entries wait for %.300s", path, n,
		    buf_text(&url));
	if (refused > 0)
		doctor_say(d, DOCTOR_WARNING,
		    "the log says why; a gateway with that store tries "
		    "again, hark export saves them, hark rm removes them",
		    "%s: %" PRId64 " entries are put aside, which %.300s "
		    "refused",
		    path, refused, buf_text(&url));
	buf_free(&url);
}

static void
doctor_buffers(struct doctor *d)
{
	char *path;
	int i;

	if (d->settings->buffer != NULL)
		doctor_buffer(d, d->settings->buffer);
	for (i = 0; (path = backlog_file(i)) != NULL; i++) {
		doctor_buffer(d, path);
		free(path);
	}
}

void
doctor_store(struct doctor *d)
{
	if (!doctor_needs_store(d)) {
		doctor_say(d, DOCTOR_OK, NULL, "mode %s needs none",
		    modes[d->settings->mode].name);
		return;
	}
	doctor_retention(d);
	if (store_is_shared(d->settings->store)) {
		doctor_open_store(d);
		doctor_buffers(d);
		return;
	}
	if (access(d->settings->store, F_OK) == -1) {
		doctor_no_store(d);
		return;
	}
	doctor_open_store(d);
	if (doctor_records(d))
		doctor_writable(d);
	doctor_key(d);
	doctor_wal(d);
}

/* ---- the disk ---------------------------------------------------------- */

static const struct doctor_file_system {
	long type; /* statfs(2) */
	const char *name;
	bool network; /* SQLite's WAL needs shared memory */
	bool memory;
} doctor_file_systems[] = {
	{ 0xef53, "ext4", false, false },
	{ 0x9123683e, "btrfs", false, false },
	{ 0x58465342, "XFS", false, false },
	{ 0x2fc12fc1, "ZFS", false, false },
	{ 0xf2f52010, "F2FS", false, false },
	{ 0x794c7630, "overlayfs", false, false },
	{ 0x01021994, "tmpfs", false, true },
	{ 0x6969, "NFS", true, false },
	{ 0xff534d42, "CIFS", true, false },
	{ 0xfe534d42, "SMB", true, false },
	{ 0x517b, "SMB", true, false },
	{ 0x01021997, "9p", true, false },
	{ 0x00c36400, "CephFS", true, false },
	{ 0x65735546, "FUSE", true, false },
	{ 0, "another file system", false, false },
};

static void
doctor_file_system(struct doctor *d, const char *folder)
{
	const struct doctor_file_system *f = doctor_file_systems;
	struct statfs s;

	if (statfs(folder, &s) == -1)
		return;
	while (f->type != 0 && f->type != (long)s.f_type)
		f++;
	if (f->network)
		doctor_say(d, DOCTOR_WARNING,
		    "keep the store on a disk of this machine: SQLite's WAL "
		    "and locks do not work between machines",
		    "%s is on %s", folder, f->name);
	else if (f->memory)
		doctor_say(d, DOCTOR_WARNING,
		    "name a file on a disk with --store if recordings should "
		    "outlive the machine",
		    "%s is in memory (%s)", folder, f->name);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s is on %s", folder, f->name);
}

void
doctor_disk(struct doctor *d)
{
	char *folder;
	struct statvfs v;
	uint64_t left;

	if (!doctor_needs_store(d) || store_is_shared(d->settings->store))
		return;
	folder = doctor_folder(d->settings->store);
	if (statvfs(folder, &v) == 0) {
		left = (uint64_t)v.f_bavail * v.f_frsize;
		doctor_file_system(d, folder);
		doctor_say(d,
		    !doctor_records(d) || left >= DOCTOR_FREE_FINE ? DOCTOR_OK
		    : left >= DOCTOR_FREE_LEAST ? DOCTOR_WARNING
						: DOCTOR_FAILED,
		    doctor_records(d) && left < DOCTOR_FREE_FINE
			? "make room, or name a file on another disk"
			: NULL,
		    "%" PRIu64 " MiB are free in %s", left >> 20, folder);
	}
	free(folder);
}
