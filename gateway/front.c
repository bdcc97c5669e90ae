#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/authority.h"
#include "gateway/front_tls.h"
#include "gateway/minted.h"
#include "gateway/settings.h"

#include "gateway/front.h"

/* For one run, and then nobody has its key any more. */
static struct authority *
front_authority_for_run(struct err *e)
{
	return authority_make(
	    "hark, for one run of a command", NULL, 0, clock_wall_us(), e);
}

static int
front_open_authority(struct front *f, const struct settings *s, struct err *e)
{
	char *folder = authority_folder(s->ca_dir, e);

	if (folder != NULL && authority_exists(folder))
		f->authority = authority_load(folder, clock_wall_us(), e);
	else if (s->ca_for_run)
		f->authority = front_authority_for_run(e);
	else if (folder != NULL && s->tls == TLS_AUTO)
		err_set(e,
		    "option tls: auto needs a local authority, and there is "
		    "none in %.300s: make one by hark ca init",
		    folder);
	else if (folder != NULL && s->intercept.n > 0)
		err_set(e,
		    "option intercept: needs a local authority, and there is "
		    "none in %.300s: make one by hark ca init",
		    folder);
	else {
		/* Tunnels stay closed. */
		free(folder);
		return 0;
	}
	free(folder);
	if (f->authority == NULL)
		return -1;
	f->minted = minted_new(f->authority);
	return 0;
}

static int
front_open_intercept(struct front *f, const struct settings *s, struct err *e)
{
	struct front_tls_options o = { .minted = f->minted, .http2 = s->http2 };

	if (f->minted == NULL)
		return 0;
	f->intercept = front_tls_new(&o, e);
	return f->intercept != NULL ? 0 : -1;
}

static int
front_open_tls(struct front *f, const struct settings *s, struct err *e)
{
	struct front_tls_options o = { .cert = s->tls_cert,
		.key = s->tls_key,
		.password_file = s->tls_password_file,
		.minted = s->tls == TLS_AUTO ? f->minted : NULL,
		.client_ca = s->tls_client_ca,
		.http2 = s->http2 };

	if (s->tls == TLS_OFF && s->tls_cert == NULL)
		return 0;
	f->tls = front_tls_new(&o, e);
	return f->tls != NULL ? 0 : -1;
}

int
front_open(struct front *f, const struct settings *s, struct err *e)
{
	bool relays = settings_relays(s);

	if ((relays || s->tls == TLS_AUTO) &&
	    front_open_authority(f, s, e) == -1)
		return -1;
	if (relays && front_open_intercept(f, s, e) == -1)
		return -1;
	return front_open_tls(f, s, e);
}

int
front_read(struct front *f, struct err *e)
{
	if (f->tls == NULL)
		return 0;
	f->fresh = front_tls_read(f->tls, e);
	return f->fresh != NULL ? 0 : -1;
}

void
front_take(struct front *f)
{
	if (f->fresh != NULL)
		front_tls_take(f->tls, f->fresh);
	f->fresh = NULL;
}

void
front_drop(struct front *f)
{
	SSL_CTX_free(f->fresh);
	f->fresh = NULL;
}

void
front_close(struct front *f)
{
	front_tls_free(f->tls);
	front_tls_free(f->intercept);
	minted_free(f->minted);
	authority_free(f->authority);
	*f = (struct front){ 0 };
}
