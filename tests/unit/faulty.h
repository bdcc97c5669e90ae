#ifndef TESTS_UNIT_FAULTY_H
#define TESTS_UNIT_FAULTY_H

/*
 * A disk and a memory that fail when they are told to: SQLite's default VFS
 * and its allocator, with a count of all calls in front.  The product knows
 * nothing of it: a VFS that is registered as the default is what it opens.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum faulty_call {
	FAULTY_OPEN,
	FAULTY_READ,
	FAULTY_WRITE,
	FAULTY_SYNC,
	FAULTY_TRUNCATE,
	FAULTY_SIZE,
	FAULTY_LOCK,
	FAULTY_SHM_MAP,
	FAULTY_SHM_LOCK,
	FAULTY_DELETE,
	FAULTY_MALLOC,
	FAULTY_CALLS
};

/* What such a call gives when it fails. */
static const int faulty_codes[FAULTY_CALLS] = {
	[FAULTY_OPEN] = SQLITE_CANTOPEN,
	[FAULTY_READ] = SQLITE_IOERR_READ,
	[FAULTY_WRITE] = SQLITE_IOERR_WRITE,
	[FAULTY_SYNC] = SQLITE_IOERR_FSYNC,
	[FAULTY_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
	[FAULTY_SIZE] = SQLITE_IOERR_FSTAT,
	[FAULTY_LOCK] = SQLITE_IOERR_LOCK,
	[FAULTY_SHM_MAP] = SQLITE_IOERR_SHMMAP,
	[FAULTY_SHM_LOCK] = SQLITE_IOERR_SHMLOCK,
	[FAULTY_DELETE] = SQLITE_IOERR_DELETE,
};

static struct {
	unsigned calls;    /* that count: a bit for each enum faulty_call */
	int nth;           /* of them fails; 0: none */
	bool from_then_on; /* all later ones, too */
	bool full;         /* writes fail for lack of room, half done */
	int count;         /* so far */
	bool fired;
} faulty;

static sqlite3_vfs faulty_vfs, *faulty_under;
static struct sqlite3_mem_methods faulty_memory;

struct faulty_file {
	sqlite3_file file;
	sqlite3_file *under;
};

/* Whether this call is to fail. */
static bool
faulty_now(enum faulty_call call)
{
	if (faulty.nth == 0 || (faulty.calls & 1u << call) == 0)
		return false;
	faulty.count++;
	if (faulty.count != faulty.nth &&
	    !(faulty.from_then_on && faulty.count > faulty.nth))
		return false;
	faulty.fired = true;
	return true;
}

static void
faulty_never(void)
{
	memset(&faulty, 0, sizeof(faulty));
}

#define FAULTY_UNDER(f) (((struct faulty_file *)(f))->under)

static int
faulty_close(sqlite3_file *f)
{
	return FAULTY_UNDER(f)->pMethods->xClose(FAULTY_UNDER(f));
}

static int
faulty_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	if (faulty_now(FAULTY_READ))
		return faulty_codes[FAULTY_READ];
	return FAULTY_UNDER(f)->pMethods->xRead(FAULTY_UNDER(f), p, n, at);
}

static int
faulty_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	const sqlite3_io_methods *m = FAULTY_UNDER(f)->pMethods;

	if (!faulty_now(FAULTY_WRITE))
		return m->xWrite(FAULTY_UNDER(f), p, n, at);
	if (!faulty.full)
		return faulty_codes[FAULTY_WRITE];
	(void)m->xWrite(FAULTY_UNDER(f), p, n / 2, at);
	return SQLITE_FULL;
}

static int
faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (faulty_now(FAULTY_TRUNCATE))
		return faulty_codes[FAULTY_TRUNCATE];
	return FAULTY_UNDER(f)->pMethods->xTruncate(FAULTY_UNDER(f), size);
}

/* Nobody cuts the power, so that nothing has to wait for a disk. */
static int
faulty_sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return faulty_now(FAULTY_SYNC) ? faulty_codes[FAULTY_SYNC] : SQLITE_OK;
}

static int
faulty_size(sqlite3_file *f, sqlite3_int64 *size)
{
	if (faulty_now(FAULTY_SIZE))
		return faulty_codes[FAULTY_SIZE];
	return FAULTY_UNDER(f)->pMethods->xFileSize(FAULTY_UNDER(f), size);
}

static int
faulty_lock(sqlite3_file *f, int level)
{
	if (faulty_now(FAULTY_LOCK))
		return faulty_codes[FAULTY_LOCK];
	return FAULTY_UNDER(f)->pMethods->xLock(FAULTY_UNDER(f), level);
}

static int
faulty_unlock(sqlite3_file *f, int level)
{
	return FAULTY_UNDER(f)->pMethods->xUnlock(FAULTY_UNDER(f), level);
}

static int
faulty_reserved(sqlite3_file *f, int *is)
{
	return FAULTY_UNDER(f)->pMethods->xCheckReservedLock(
	    FAULTY_UNDER(f), is);
}

static int
faulty_control(sqlite3_file *f, int op, void *arg)
{
	return FAULTY_UNDER(f)->pMethods->xFileControl(
	    FAULTY_UNDER(f), op, arg);
}

static int
faulty_sector(sqlite3_file *f)
{
	return FAULTY_UNDER(f)->pMethods->xSectorSize(FAULTY_UNDER(f));
}

static int
faulty_device(sqlite3_file *f)
{
	return FAULTY_UNDER(f)->pMethods->xDeviceCharacteristics(
	    FAULTY_UNDER(f));
}

static int
faulty_shm_map(
    sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	if (faulty_now(FAULTY_SHM_MAP))
		return faulty_codes[FAULTY_SHM_MAP];
	return FAULTY_UNDER(f)->pMethods->xShmMap(
	    FAULTY_UNDER(f), page, size, extend, p);
}

static int
faulty_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) != 0 && faulty_now(FAULTY_SHM_LOCK))
		return faulty_codes[FAULTY_SHM_LOCK];
	return FAULTY_UNDER(f)->pMethods->xShmLock(
	    FAULTY_UNDER(f), at, n, flags);
}

static void
faulty_shm_barrier(sqlite3_file *f)
{
	FAULTY_UNDER(f)->pMethods->xShmBarrier(FAULTY_UNDER(f));
}

static int
faulty_shm_unmap(sqlite3_file *f, int delete)
{
	return FAULTY_UNDER(f)->pMethods->xShmUnmap(FAULTY_UNDER(f), delete);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = faulty_close,
	.xRead = faulty_read,
	.xWrite = faulty_write,
	.xTruncate = faulty_truncate,
	.xSync = faulty_sync,
	.xFileSize = faulty_size,
	.xLock = faulty_lock,
	.xUnlock = faulty_unlock,
	.xCheckReservedLock = faulty_reserved,
	.xFileControl = faulty_control,
	.xSectorSize = faulty_sector,
	.xDeviceCharacteristics = faulty_device,
	.xShmMap = faulty_shm_map,
	.xShmLock = faulty_shm_lock,
	.xShmBarrier = faulty_shm_barrier,
	.xShmUnmap = faulty_shm_unmap,
};

static int
faulty_open(
    sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	int r;

	(void)v;
	f->pMethods = NULL;
	if (faulty_now(FAULTY_OPEN))
		return faulty_codes[FAULTY_OPEN];
	FAULTY_UNDER(f) = (sqlite3_file *)((struct faulty_file *)f + 1);
	r = faulty_under->xOpen(
	    faulty_under, name, FAULTY_UNDER(f), flags, out);
	if (FAULTY_UNDER(f)->pMethods != NULL)
		f->pMethods = &faulty_methods;
	return r;
}

static int
faulty_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	if (faulty_now(FAULTY_DELETE))
		return faulty_codes[FAULTY_DELETE];
	(void)sync;
	return faulty_under->xDelete(faulty_under, name, 0);
}

static void *
faulty_malloc(int n)
{
	return faulty_now(FAULTY_MALLOC) ? NULL : faulty_memory.xMalloc(n);
}

static void *
faulty_realloc(void *p, int n)
{
	return faulty_now(FAULTY_MALLOC) ? NULL : faulty_memory.xRealloc(p, n);
}

/* Before main(), since a test's first store sets SQLite up. */
__attribute__((constructor)) static void
faulty_begin(void)
{
	struct sqlite3_mem_methods memory;

	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &faulty_memory);
	memory = faulty_memory;
	memory.xMalloc = faulty_malloc;
	memory.xRealloc = faulty_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
	faulty_under = sqlite3_vfs_find(NULL);
	faulty_vfs = *faulty_under;
	faulty_vfs.zName = "faulty";
	faulty_vfs.szOsFile += (int)sizeof(struct faulty_file);
	faulty_vfs.xOpen = faulty_open;
	faulty_vfs.xDelete = faulty_delete;
	sqlite3_vfs_register(&faulty_vfs, 1);
}

#endif
