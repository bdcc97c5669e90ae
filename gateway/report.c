#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/commands.h"
#include "gateway/out_file.h"
#include "gateway/tally.h"
#include "gateway/test_file.h"
#include "gateway/violations.h"
#include "recorder/id_ranges.h"
#include "recorder/store.h"

#include "gateway/report.h"

/* ---- what makes it fail ---------------------------------------------- */

static const struct {
	const char *word;
	unsigned bit;
} report_words[] = {
	{ "miss", FAIL_ON_MISS },
	{ "live", FAIL_ON_LIVE },
	{ "unused", FAIL_ON_UNUSED },
	{ "contract", FAIL_ON_CONTRACT },
	{ "none", 0 },
};

#define REPORT_WORDS (sizeof(report_words) / sizeof(*report_words))

static int
report_fail_on_words(const char *text, unsigned *fail_on, struct err *e)
{
	struct str rest = str_of(text), word;
	size_t i;

	*fail_on = 0;
	while (str_cut(&rest, ',', &word)) {
		for (i = 0; i < REPORT_WORDS; i++)
			if (str_is(word, report_words[i].word))
				break;
		if (i == REPORT_WORDS)
			return err_set(e,
			    "option fail-on: %.100s: expected a list of miss, "
			    "unused, live and contract, or none",
			    text);
		*fail_on |= report_words[i].bit;
	}
	return 0;
}

int
report_fail_on(const char *text, const struct settings *s, unsigned *fail_on,
    struct err *e)
{
	struct mode_set all;
	struct mode sum, *m = &sum;

	settings_modes(s, &all);
	sum = mode_set_sum(&all);
	mode_set_fini(&all);
	if (text == NULL) {
		*fail_on = !m->forwards && s->on_miss != ON_MISS_FORWARD
			       ? FAIL_ON_MISS
			       : 0;
		return 0;
	}
	if (report_fail_on_words(text, fail_on, e) == -1)
		return -1;
	if ((*fail_on & FAIL_ON_UNUSED) != 0 && !m->reads &&
	    !m->reads_on_failure)
		return err_set(e,
		    "option fail-on: unused: mode %s reads no recordings",
		    m->name);
	if ((*fail_on & FAIL_ON_CONTRACT) != 0 && s->nopenapi == 0)
		return err_set(e,
		    "option fail-on: contract: needs --openapi, the "
		    "description that requests and answers are held against");
	return 0;
}

int
report_status(const struct report *r, int status)
{
	if ((r->fail_on & FAIL_ON_MISS) != 0 &&
	    tally_total(r->tally, TALLY_MISS) > 0)
		return STATUS_MISS;
	if ((r->fail_on & FAIL_ON_LIVE) != 0 &&
	    tally_total(r->tally, TALLY_LIVE) > 0)
		return STATUS_LIVE;
	/* A command that failed half-way has not asked for the rest. */
	if ((r->fail_on & FAIL_ON_UNUSED) != 0 &&
	    r->entries[REPORT_UNUSED] > 0 && status == STATUS_FINE)
		return STATUS_UNUSED;
	if ((r->fail_on & FAIL_ON_CONTRACT) != 0 &&
	    violations_total(r->violations) > 0)
		return STATUS_CONTRACT;
	return status;
}

/* ---- the counts ------------------------------------------------------ */

enum report_entry
report_entry(const struct report *r, int64_t entry)
{
	if (id_ranges_has(r->served, entry))
		return REPORT_USED;
	return entry > r->extent->last ? REPORT_NEW : REPORT_UNUSED;
}

static void
report_on_id(void *arg, int64_t entry)
{
	struct report *r = arg;
	enum report_entry is = report_entry(r, entry);

	r->entries[is]++;
	if (is == REPORT_UNUSED &&
	    (r->first_unused == 0 || entry < r->first_unused))
		r->first_unused = entry;
}

static int
report_count(struct report *r, struct err *e)
{
	const struct settings *s = r->settings;

	r->store = store_open(s->store, STORE_READ, false, e);
	if (r->store == NULL || store_hold(r->store, e) == -1)
		return -1;
	r->tape = store_tape(r->store, str_of(s->tape), false, e);
	if (r->tape <= 0)
		return (int)r->tape;
	return store_ids(r->store, r->tape, report_on_id, r, e);
}

int
report_open(struct report *r, const struct gateway *g, const struct settings *s,
    unsigned fail_on, struct err *e)
{
	*r = (struct report){
		.settings = s,
		.fail_on = fail_on,
		.tally = gateway_tally(g),
		.violations = gateway_violations(g),
		.served = gateway_served(g),
		.extent = gateway_extent(g),
	};
	gateway_figures(g, &r->figures);
	return r->extent != NULL ? report_count(r, e) : 0;
}

void
report_close(struct report *r)
{
	store_close(r->store);
	r->store = NULL;
}

int
report_list(const struct report *r, int64_t from,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e)
{
	struct store_filter f = { .tape = r->tape, .first_id = from };

	if (r->store == NULL || r->tape == 0)
		return 0;
	return store_list(r->store, &f, on_entry, arg, e);
}

/* ---- the files ------------------------------------------------------- */

static int
report_write_json(
    const struct report *r, const char *path, int status, struct err *e)
{
	struct buf out = { 0 };
	int rc = report_json(r, status, &out, e);

	if (rc == 0)
		rc = out_file_save(out_file_open, path, buf_str(&out), e);
	buf_free(&out);
	return rc;
}

int
report_write(const struct report *r, const struct report_files *f, int status,
    struct err *e)
{
	int rc = 0;

	/* One that cannot be written does not keep the others out. */
	if (f->json != NULL)
		rc = report_write_json(r, f->json, status, e);
	if (f->junit != NULL && report_tests(r, TEST_JUNIT, f->junit, e) == -1)
		rc = -1;
	if (f->tap != NULL && report_tests(r, TEST_TAP, f->tap, e) == -1)
		rc = -1;
	return rc;
}
