/* What there is of shared stores in a hark that was built without them. */
#include "config.h"

#include "base/err.h"
#include "recorder/store_ops.h"

struct store *
pg_open(const char *path, enum store_access access, bool durable, struct err *e)
{
	(void)path;
	(void)access;
	(void)durable;
	err_set(e, "this hark was built without PostgreSQL");
	return NULL;
}

bool
pg_exists(const char *url)
{
	(void)url;
	return true;
}

bool
pg_answers(const char *url)
{
	(void)url;
	return false;
}

int
pg_name_check(const char *url, struct err *e)
{
	(void)url;
	return err_set(e, "this hark was built without PostgreSQL");
}

int
pg_source_last(struct store *s, struct str run, int64_t *last, struct err *e)
{
	(void)s;
	(void)run;
	(void)last;
	return err_set(e, "this hark was built without PostgreSQL");
}

int
pg_source_set(struct store *s, struct str run, int64_t last, struct err *e)
{
	(void)s;
	(void)run;
	(void)last;
	return err_set(e, "this hark was built without PostgreSQL");
}

int
pg_source_sweep(struct store *s, struct err *e)
{
	(void)s;
	return err_set(e, "this hark was built without PostgreSQL");
}

int
pg_source_epoch(struct store *s, struct str tape, int64_t *epoch, struct err *e)
{
	(void)s;
	(void)tape;
	(void)epoch;
	return err_set(e, "this hark was built without PostgreSQL");
}
