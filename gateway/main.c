/* The table of commands and the way into it. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/commands.h"

const struct command commands[] = {
	{
	    .name = "proxy",
	    .run = cmd_serve,
	    .operands = "URL",
	    .help = "mocked routes and the live API; keeps nothing",
	    .scope = OPTIONS_ALL,
	    .own = cmd_serve_options,
	},
	{
	    .name = "record",
	    .run = cmd_serve,
	    .operands = "URL",
	    .help = "forward everything to the API at URL and record it",
	    .scope = OPTIONS_ALL,
	    .own = cmd_serve_options,
	},
	{
	    .name = "replay",
	    .run = cmd_serve,
	    .operands = "[URL]",
	    .help = "answer from recordings only, never go out",
	    .scope = OPTIONS_ALL,
	    .own = cmd_serve_options,
	},
	{
	    .name = "auto",
	    .run = cmd_serve,
	    .operands = "URL",
	    .help = "answer from recordings, forward and record misses",
	    .scope = OPTIONS_ALL,
	    .own = cmd_serve_options,
	},
	{
	    .name = "spy",
	    .run = cmd_serve,
	    .operands = "URL",
	    .help = "answer from recordings, forward misses",
	    .scope = OPTIONS_ALL,
	    .own = cmd_serve_options,
	},
	{
	    .name = "fallback",
	    .run = cmd_serve,
	    .operands = "URL",
	    .help = "the live API; recordings when it fails",
	    .scope = OPTIONS_ALL,
	    .own = cmd_serve_options,
	},
	{
	    .name = "run",
	    .run = cmd_run,
	    .operands = "-- COMMAND [argument ...]",
	    .help = "run a command against a gateway of its own",
	    .scope = OPTIONS_ALL,
	    .own = cmd_run_options,
	    .preset = cmd_run_preset,
	    .stop_at_operand = true,
	},
	{
	    .name = "demo",
	    .run = cmd_demo,
	    .operands = "",
	    .help = "a sample API and a gateway in front of it, to try",
	    .scope = OPTIONS_ALL,
	    .preset = cmd_demo_preset,
	},
	{
	    .name = "list",
	    .run = cmd_list,
	    .operands = "",
	    .help = "list recorded exchanges",
	    .scope = OPTIONS_STORE,
	    .own = cmd_list_options,
	},
	{
	    .name = "show",
	    .run = cmd_show,
	    .operands = "ID",
	    .help = "show one recorded exchange",
	    .scope = OPTIONS_STORE,
	    .own = cmd_show_options,
	},
	{
	    .name = "cat",
	    .run = cmd_cat,
	    .operands = "ID ...",
	    .help = "write response bodies, decoded",
	    .scope = OPTIONS_STORE,
	    .own = cmd_cat_options,
	},
	{
	    .name = "edit",
	    .run = cmd_edit,
	    .operands = "ID",
	    .help = "change one recorded exchange in an editor",
	    .scope = OPTIONS_STORE,
	    .own = cmd_edit_options,
	},
	{
	    .name = "rm",
	    .run = cmd_rm,
	    .operands = "ID ...",
	    .help = "remove recorded exchanges",
	    .scope = OPTIONS_STORE,
	    .own = cmd_rm_options,
	},
	{
	    .name = "diff",
	    .run = cmd_diff,
	    .operands = "TAPE|FILE TAPE|FILE",
	    .help = "compare endpoints of two tapes or HAR files",
	    .scope = OPTIONS_STORE,
	    .own = cmd_diff_options,
	},
	{
	    .name = "explain",
	    .run = cmd_explain,
	    .operands = "METHOD URL",
	    .help = "say which recording would answer, or why none does",
	    .scope = OPTIONS_ALL,
	    .own = cmd_explain_options,
	},
	{
	    .name = "suggest",
	    .run = cmd_suggest,
	    .operands = "",
	    .help = "propose rules for values that change each time",
	    .scope = OPTIONS_STORE,
	    .own = cmd_suggest_options,
	},
	{
	    .name = "drift",
	    .run = cmd_drift,
	    .operands = "[URL]",
	    .help = "say how the live API differs from a tape",
	    .scope = OPTIONS_UPSTREAM,
	    .own = cmd_drift_options,
	},
	{
	    .name = "merge",
	    .run = cmd_merge,
	    .operands = "TAPE ...",
	    .help = "copy the entries of tapes to another, by time",
	    .scope = OPTIONS_STORE,
	    .own = cmd_merge_options,
	},
	{
	    .name = "prune",
	    .run = cmd_prune,
	    .operands = "",
	    .help = "remove exchanges that are old or failed",
	    .scope = OPTIONS_STORE,
	    .own = cmd_prune_options,
	},
	{
	    .name = "reindex",
	    .run = cmd_reindex,
	    .operands = "",
	    .help = "make the keys of a tape anew, by these rules",
	    .scope = OPTIONS_STORE,
	    .own = cmd_reindex_options,
	},
	{
	    .name = "import",
	    .run = cmd_import,
	    .operands = "FILE ...",
	    .help = "add the entries of HAR files to a tape",
	    .scope = OPTIONS_STORE,
	    .own = cmd_import_options,
	},
	{
	    .name = "export",
	    .run = cmd_export,
	    .operands = "",
	    .help = "write a tape as a HAR file",
	    .scope = OPTIONS_STORE,
	    .own = cmd_export_options,
	},
	{
	    .name = "scan",
	    .run = cmd_scan,
	    .operands = "[FILE ...]",
	    .help = "find secrets in a store or in HAR files",
	    .scope = OPTIONS_STORE,
	    .own = cmd_scan_options,
	},
	{
	    .name = "mock",
	    .run = cmd_mock,
	    .operands = "from-SOURCE [FILE|ID ...]",
	    .help = "make mocked routes of a description or of recordings",
	    .words = "from-openapi from-postman from-wiremock from-har "
		     "from-entry",
	    .scope = OPTIONS_STORE,
	    .own = cmd_mock_options,
	},
	{
	    .name = "check",
	    .run = cmd_check,
	    .operands = "[PREFIX=]FILE ...",
	    .help = "say what is wrong with files of mocked routes",
	    .own = cmd_check_options,
	},
	{
	    .name = "ca",
	    .run = cmd_ca,
	    .operands = "init|show|export|install-help",
	    .help = "the local authority that signs for hosts",
	    .words = "init show export install-help",
	    .own = cmd_ca_options,
	},
	{
	    .name = "doctor",
	    .run = cmd_doctor,
	    .operands = "[URL]",
	    .help = "say whether a gateway with these options would do",
	    .scope = OPTIONS_ALL,
	    .own = cmd_doctor_options,
	},
	{
	    .name = "health",
	    .run = cmd_health,
	    .operands = "",
	    .help = "say whether a gateway that runs is well",
	    .own = cmd_health_options,
	},
	{
	    .name = "verify",
	    .run = cmd_verify,
	    .operands = "FILE",
	    .help = "say whether a running gateway got the requests in FILE",
	    .own = cmd_verify_options,
	},
	{
	    .name = "completion",
	    .run = cmd_completion,
	    .operands = "bash|zsh",
	    .help = "print a script that completes hark's command line",
	    .words = "bash zsh",
	},
	{
	    .name = "help",
	    .run = cmd_help,
	    .operands = "[COMMAND]",
	    .help = "say how a command is used",
	},
	{
	    .name = "--version",
	    .run = cmd_version,
	    .operands = "",
	},
	{
	    .name = "--list-options",
	    .run = cmd_help_names,
	    .operands = "",
	},
	{
	    .name = "--help",
	    .run = cmd_help,
	    .operands = "[COMMAND]",
	},
	{
	    .name = "-h",
	    .run = cmd_help,
	    .operands = "[COMMAND]",
	},
	{ .name = NULL },
};

int
main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		fputs("hark: expected a command (see hark help)\n", stderr);
		return STATUS_USAGE;
	}
	tzset(); /* the first call makes what other threads then read */
	for (c = commands; c->name != NULL; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return c->run(c, argc - 1, argv + 1);
	if (argv[1][0] == '-')
		fputs("hark: expected a command in front of its options "
		      "(see hark help)\n",
		    stderr);
	else
		fprintf(stderr,
		    "hark: %.100s: no such command (see hark help)\n", argv[1]);
	return STATUS_USAGE;
}
