#ifndef GATEWAY_COMMANDS_H
#define GATEWAY_COMMANDS_H

/*
 * What "hark NAME ..." can be: one row per command in main.c's table and one
 * cmd_NAME.c each.  A command gets its own name as argv[0] and returns the
 * exit status.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gateway/options.h"

struct buf;
struct err;
struct gateway;
struct mocks;

enum {
	STATUS_FINE = 0,
	STATUS_FAILED = 1,   /* something failed at run time */
	STATUS_USAGE = 2,    /* unknown option, bad value, unusable file */
	STATUS_MISS = 3,     /* of run: a miss in a mode that forbids it */
	STATUS_SECRETS = 4,  /* of scan: it found some */
	STATUS_DRIFT = 5,    /* breaking drift */
	STATUS_LIVE = 6,     /* of run: a live call (--fail-on live) */
	STATUS_UNUSED = 7,   /* of run: an unused entry (--fail-on unused) */
	STATUS_CONTRACT = 8, /* of run: a violation (--fail-on contract) */
	STATUS_VERIFY = 9,   /* of run: an expectation (--verify) is not met */
};

struct command {
	const char *name;
	int (*run)(const struct command *c, int argc, char **argv);
	const char *operands;    /* for the usage line; "" for none */
	const char *help;        /* one line; NULL hides the command */
	const char *words;       /* what a shell proposes as operand, or NULL */
	enum option_scope scope; /* which rows of the option table it takes */
	const struct own_option *own;       /* its own ones, or NULL */
	void (*preset)(struct settings *s); /* initial values of its own */
	bool stop_at_operand; /* what follows the first one is not ours */
};

/* Ends with a row without name. */
extern const struct command commands[];

/*
 * Settings from the command line; the operands are argv[1] to
 * argv[*operands].  values has a place for each row of c->own (may be NULL
 * without any).  NULL when the command should exit with *status: the help is
 * printed, or what is wrong.
 */
struct settings *commands_settings(const struct command *c, int argc,
    char **argv, const char **values, int *operands, int *status);

/* Prints "hark: TEXT" on standard error and gives status back. */
int commands_fail(int status, const struct err *e);

/* The same for a wrong number of operands: says what c expects. */
int commands_misused(const struct command *c);

/* Writes out and empties b.  0, or STATUS_FAILED when standard output cannot
 * take it (said on standard error, but for a reader that left). */
int commands_print(struct buf *b);

/* The number of an entry, from an operand.  0, or -1 with *e set. */
int commands_entry_id(const char *text, int64_t *id, struct err *e);
/* Those of n operands, for free(3); NULL with *e set. */
int64_t *commands_entry_ids(char **texts, int n, struct err *e);

/* The usage of one command, or of the program when c is NULL. */
void commands_usage(struct buf *out, const struct command *c);

/* cmd_serve.c: runs a gateway until SIGINT or SIGTERM.  on_ready is called
 * when it accepts, on_stopped when it has stopped, for the exit status; each
 * may be NULL. */
struct serve_events {
	void (*on_ready)(void *arg, const struct gateway *g);
	int (*on_stopped)(void *arg, const struct gateway *g);
	void *arg;
};
int cmd_serve_until_signal(
    const struct settings *s, struct mocks *m, const struct serve_events *on);

/* Initial values that differ from the option table's. */
void cmd_run_preset(struct settings *s);
void cmd_demo_preset(struct settings *s);

int cmd_serve(const struct command *c, int argc, char **argv);
int cmd_run(const struct command *c, int argc, char **argv);
int cmd_demo(const struct command *c, int argc, char **argv);
int cmd_list(const struct command *c, int argc, char **argv);
int cmd_show(const struct command *c, int argc, char **argv);
int cmd_cat(const struct command *c, int argc, char **argv);
int cmd_edit(const struct command *c, int argc, char **argv);
int cmd_rm(const struct command *c, int argc, char **argv);
int cmd_suggest(const struct command *c, int argc, char **argv);
int cmd_explain(const struct command *c, int argc, char **argv);
int cmd_diff(const struct command *c, int argc, char **argv);
int cmd_drift(const struct command *c, int argc, char **argv);
int cmd_merge(const struct command *c, int argc, char **argv);
int cmd_prune(const struct command *c, int argc, char **argv);
int cmd_reindex(const struct command *c, int argc, char **argv);
int cmd_import(const struct command *c, int argc, char **argv);
int cmd_export(const struct command *c, int argc, char **argv);
int cmd_scan(const struct command *c, int argc, char **argv);
int cmd_mock(const struct command *c, int argc, char **argv);
int cmd_check(const struct command *c, int argc, char **argv);
int cmd_ca(const struct command *c, int argc, char **argv);
int cmd_doctor(const struct command *c, int argc, char **argv);
int cmd_health(const struct command *c, int argc, char **argv);
int cmd_completion(const struct command *c, int argc, char **argv);
int cmd_verify(const struct command *c, int argc, char **argv);
int cmd_help(const struct command *c, int argc, char **argv);
int cmd_version(const struct command *c, int argc, char **argv);
int cmd_help_names(const struct command *c, int argc, char **argv);

/* The tables of options that only one command has. */
extern const struct own_option cmd_serve_options[];
extern const struct own_option cmd_run_options[];
extern const struct own_option cmd_list_options[];
extern const struct own_option cmd_show_options[];
extern const struct own_option cmd_cat_options[];
extern const struct own_option cmd_edit_options[];
extern const struct own_option cmd_rm_options[];
extern const struct own_option cmd_suggest_options[];
extern const struct own_option cmd_explain_options[];
extern const struct own_option cmd_diff_options[];
extern const struct own_option cmd_drift_options[];
extern const struct own_option cmd_merge_options[];
extern const struct own_option cmd_prune_options[];
extern const struct own_option cmd_reindex_options[];
extern const struct own_option cmd_import_options[];
extern const struct own_option cmd_export_options[];
extern const struct own_option cmd_scan_options[];
extern const struct own_option cmd_mock_options[];
extern const struct own_option cmd_check_options[];
extern const struct own_option cmd_ca_options[];
extern const struct own_option cmd_verify_options[];
extern const struct own_option cmd_doctor_options[];
extern const struct own_option cmd_health_options[];

#endif
