#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/export_out.h"
#include "recorder/store.h"

#include "gateway/export_tape.h"

#define EXPORT_IN_MEMORY \
	(8u << 20) /* of a body; a longer one is read twice \
		    */

struct export
{
	struct store *store;
	struct export_out *out;
	struct har_write *har;
	uint64_t entries;
	struct err *e;
};

static int
export_tape_attach(
    void *arg, const char *name, struct feed *bytes, struct err *e)
{
	struct export *x = arg;

	return export_out_attach(x->out, name, bytes, e);
}

static int64_t
export_tape_read_body(
    void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e)
{
	struct export *x = arg;

	return store_body_read(x->store, id, at, p, n, e);
}

static int
export_tape_on_entry(void *arg, const struct store_entry_row *row)
{
	struct export *x = arg;
	struct exchange *one;
	int r = store_get(x->store, row->id, EXPORT_IN_MEMORY, &one, x->e);

	if (r != 1) /* 0: removed by somebody else since */
		return r;
	har_write_entry(x->har, one);
	exchange_free(one);
	x->entries++;
	return 0;
}

static int
export_tape_entries(struct store *s, const struct store_filter *f,
    const struct har_write_options *how, struct export_out *out, struct err *e)
{
	struct har_write_options options = *how;
	struct export x = { .store = s, .out = out, .e = e };
	struct buf log = { 0 };
	struct err late;
	int r, end;

	if (store_tape_extra(s, f->tape, &log, e) == -1)
		return -1;
	options.log = buf_str(&log);
	options.attach = export_tape_attach;
	options.read_body = export_tape_read_body;
	options.arg = &x;
	x.har = har_write_open(export_out_write, out, &options);
	r = store_list(s, f, export_tape_on_entry, &x, e);
	end = har_write_close(x.har, &late);
	buf_free(&log);
	if (r == 0 && end == -1)
		*e = late;
	return r == 0 ? end : -1;
}

int
export_tape(struct store *s, const struct store_filter *f,
    const struct export_form *form, const char *path, struct err *e)
{
	struct export_out out;

	if (export_out_open(&out, path, form->zip, e) == 0 &&
	    export_tape_entries(s, f, &form->har, &out, e) == 0 &&
	    export_out_commit(&out, e) == 0)
		return 0;
	export_out_abandon(&out);
	return -1;
}
