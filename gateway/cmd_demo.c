/*
 * hark demo: everything at once, with nothing prepared.  A sample API, a
 * gateway in front of it that records and has one mocked route, and the
 * lines to try it with.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/gateway.h"
#include "gateway/sample.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "gateway/commands.h"

#define DEMO_PORT 8080 /* of the option table's initial address */

struct demo {
	struct sample *api;
	struct mocks *mocks;
	char *folder; /* NULL when --store says where */
};

/* Without --store the recordings go to a folder that goes with them. */
void
cmd_demo_preset(struct settings *s)
{
	struct err e;

	free(s->store);
	s->store = NULL;
	(void)settings_admin(s, "off", &e); /* a constant */
}

/* Somebody who only wants to look should not have to find a free port. */
static bool
cmd_demo_port_taken(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(DEMO_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool taken;

	if (fd == -1)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	taken = bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1;
	close(fd);
	return taken;
}

static int
cmd_demo_folder(struct demo *d, struct settings *s, struct err *e)
{
	const char *base = getenv("TMPDIR");

	d->folder = xasprintf("%s/hark-demo-XXXXXX",
	    base != NULL && base[0] == '/' ? base : "/tmp");
	if (mkdtemp(d->folder) == NULL) {
		err_sys(e, "%.300s", d->folder);
		free(d->folder);
		d->folder = NULL;
		return -1;
	}
	s->store = xasprintf("%s/hark.db", d->folder);
	return 0;
}

static void
cmd_demo_remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0); /* not . and .. */
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

static const char demo_mocks[] =
    "{\"routes\":[{\"uuid\":\"hello-mock\",\"endpoint\":"
    "\"hello-mock\",\"responses\":[{\"headers\":[{\"key\":"
    "\"Content-Type\",\"value\":\"application/json\"}],\"body\":"
    "\"{\\\"hello\\\":\\\"from a mocked route\\\"}\\n\"}]}]}";

static int
cmd_demo_prepare(struct demo *d, struct settings *s, struct err *e)
{
	const struct mocks_options none = { .most_sessions = 1 };
	const struct mocks_place all = { STR(""), STR("") };
	struct environment *env;
	char *url;
	int rc;

	s->mode = MODE_AUTO;
	s->drains = true;
	if (s->store == NULL && cmd_demo_folder(d, s, e) == -1)
		return -1;
	if (s->listen_inherited && s->listen.n == 1 &&
	    strcmp(s->listen.v[0], "127.0.0.1:8080") == 0 &&
	    cmd_demo_port_taken() && settings_listen(s, "127.0.0.1:0", e) == -1)
		return -1;
	d->api = sample_start(e);
	if (d->api == NULL)
		return -1;
	url = xasprintf("http://%s", sample_address(d->api));
	rc = settings_upstream(s, url, e);
	free(url);
	d->mocks = mocks_new(&none);
	env = environment_parse("demo", str_of(demo_mocks), NULL, e);
	if (env == NULL || mocks_add(d->mocks, env, &all, 0, NULL, e) == -1)
		return -1;
	return rc == -1 ? -1 : settings_check(s, e);
}

static void
cmd_demo_explain(void *arg, const struct gateway *g)
{
	const struct demo *d = arg;
	const char *gate = gateway_address(g, 0);
	const char *api = sample_address(d->api);
	struct buf out = { 0 };

	buf_addf(&out,
	    "\nA sample API runs on http://%s, hark in front of it on "
	    "http://%s\n\n"
	    "Try these in another terminal, in this order:\n\n"
	    "  1. answered by a mocked route\n"
	    "     curl -i http://%s/hello-mock\n\n"
	    "  2. answered by the sample API, and recorded\n"
	    "     curl -i http://%s/time\n\n"
	    "  3. the sample API is switched off; replayed from the "
	    "recording\n"
	    "     curl -X POST http://%s/off; curl -i http://%s/time\n\n"
	    "The X-Hark-Source line says who answered; 3 shows the same time "
	    "as 2.\n"
	    "The sample API also has GET /users, GET /users/1 and POST "
	    "/echo.\n"
	    "Ctrl-C ends the demo%s.\n\n",
	    api, gate, gate, gate, api, gate,
	    d->folder != NULL ? " and removes its recordings" : "");
	(void)commands_print(&out); /* serving goes on without a reader */
	buf_free(&out);
}

int
cmd_demo(const struct command *c, int argc, char **argv)
{
	struct demo d = { 0 };
	struct settings *s;
	struct err e;
	int operands, status;

	s = commands_settings(c, argc, argv, NULL, &operands, &status);
	if (s == NULL)
		return status;
	if (operands > 0)
		status = commands_misused(c);
	else if (cmd_demo_prepare(&d, s, &e) == -1)
		status = commands_fail(STATUS_FAILED, &e);
	else
		status = cmd_serve_until_signal(s, d.mocks,
		    &(struct serve_events){
			.on_ready = cmd_demo_explain, .arg = &d });
	sample_stop(d.api);
	mocks_unref(d.mocks);
	if (d.folder != NULL)
		cmd_demo_remove_folder(d.folder);
	free(d.folder);
	settings_free(s);
	return status;
}
