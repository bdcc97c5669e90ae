/* hark doctor: whether a gateway with these options would do. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/doctor.h"
#include "gateway/printable.h"
#include "har/json_write.h"

#include "gateway/commands.h"

enum { DOCTOR_MODE, DOCTOR_JSON, DOCTOR_OPTIONS };

const struct own_option cmd_doctor_options[] = {
	[DOCTOR_MODE] = {
	    .name = "mode",
	    .argument = "MODE",
	    .help = "of the gateway that is meant (auto)",
	    .words = "proxy record replay auto spy fallback",
	},
	[DOCTOR_JSON] = {
	    .name = "json",
	    .help = "one JSON object per finding",
	},
	{ .name = NULL },
};

static void
cmd_doctor_json(void *arg, const struct doctor_finding *f)
{
	struct buf *out = arg;
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member(&w, "check", str_of(f->check));
	json_write_member(&w, "result", str_of(doctor_text(f->result)));
	json_write_member(&w, "text", str_of(f->text));
	if (f->advice != NULL)
		json_write_member(&w, "advice", str_of(f->advice));
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	buf_add_text(out, "\n");
	json_write_fini(&w);
	(void)commands_print(out); /* as it comes; told once on stderr */
}

static void
cmd_doctor_text(void *arg, const struct doctor_finding *f)
{
	struct buf *out = arg;

	buf_addf(out, "%-8s %s: ", doctor_text(f->result), f->check);
	printable_add(out, str_of(f->text), false);
	buf_add_text(out, "\n");
	if (f->advice != NULL)
		buf_addf(out, "%-8s %s\n", "", f->advice);
	(void)commands_print(out);
}

static int
cmd_doctor_run(
    struct doctor *d, struct settings *s, const char *mode, const char *url)
{
	struct err e;

	s->mode = mode_of(mode != NULL ? mode : "auto");
	if (s->mode == MODES) {
		err_set(&e,
		    "option mode: %.100s: expected proxy, record, replay, "
		    "auto, spy or fallback",
		    mode);
		return commands_fail(STATUS_USAGE, &e);
	}
	if (url != NULL && settings_upstream(s, url, &e) == -1)
		doctor_refuse(d, &e);
	d->settings = s;
	return doctor_run(d) == DOCTOR_FAILED ? STATUS_FAILED : STATUS_FINE;
}

/* Not by commands_settings(): what is wrong with a file is a finding. */
int
cmd_doctor(const struct command *c, int argc, char **argv)
{
	const char *values[DOCTOR_OPTIONS] = { NULL };
	struct options_line line = { .settings = settings_new(),
		.scope = c->scope,
		.own = c->own,
		.values = values };
	struct buf out = { 0 };
	struct doctor d = { .on_finding = cmd_doctor_text, .arg = &out };
	struct err e;
	int status = STATUS_FAILED, wrong;

	wrong = options_parse(&line, argc, argv, &e);
	if (values[DOCTOR_JSON] != NULL)
		d.on_finding = cmd_doctor_json;
	log_setup(LOG_ERROR, false); /* findings say it all */
	if (wrong == -1) {
		doctor_refuse(&d, &e);
	} else if (line.help) {
		commands_usage(&out, c);
		status = commands_print(&out);
	} else if (line.operands > 1) {
		status = commands_misused(c);
	} else {
		status = cmd_doctor_run(&d, line.settings, values[DOCTOR_MODE],
		    line.operands == 1 ? argv[1] : NULL);
	}
	settings_free(line.settings);
	buf_free(&out);
	return status;
}
