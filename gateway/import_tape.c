#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/settings.h"
#include "har/exchange.h"
#include "har/har_file.h"
#include "recorder/store.h"
#include "replay/key.h"
#include "replay/reindex.h"

#include "gateway/import_tape.h"

#define IMPORT_BATCH_BYTES (1u << 20)

static void
import_goes_on(struct import *i)
{
	if (i->on_progress != NULL)
		i->on_progress(i);
}

static void
import_on_note(void *arg, const struct har_note *n)
{
	struct import *i = arg;

	i->notes++;
	if (i->on_note != NULL)
		i->on_note(i, n);
}

/* ---- where an entry belongs ---------------------------------------------- */

/* The host and a port other than the default, in lower case. */
static struct str
import_scope(struct arena *a, const struct url *u)
{
	bool port = u->port != (u->https ? 443 : 80);
	char *text, *p;

	text = port ? arena_printf(a, u->ipv6 ? "[%.*s]:%u" : "%.*s:%u",
			  STR_ARGS(u->host), u->port)
		    : arena_printf(
			  a, u->ipv6 ? "[%.*s]" : "%.*s", STR_ARGS(u->host));
	for (p = text; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 32;
	return str_of(text);
}

/* The base's path without a slash at its end. */
static struct str
import_prefix(const struct url *base)
{
	struct str path = base->path;

	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

/* Whether target lies below prefix, which is cut off it then. */
static bool
import_below(struct str *target, struct str prefix)
{
	struct str start = *target;

	if (target->n < prefix.n)
		return false;
	start.n = prefix.n;
	if (!str_eq(start, prefix))
		return false;
	start = (struct str){ target->p + prefix.n, target->n - prefix.n };
	if (start.n > 0 && start.p[0] != '/' && start.p[0] != '?')
		return false;
	*target = start;
	return true;
}

static void
import_place(struct import *i, struct exchange *x)
{
	struct str target = x->target;
	struct url u;
	struct err e;

	if (url_parse_any(&u, x->url, &e) == -1)
		return;
	if (!i->has_base || !url_same_origin(&u, &i->base) ||
	    !import_below(&target, import_prefix(&i->base))) {
		x->scope = import_scope(&x->arena, &u);
		i->scoped++;
		return;
	}
	if (target.n == 0 || target.p[0] != '/')
		target =
		    str_of(arena_printf(&x->arena, "/%.*s", STR_ARGS(target)));
	x->target = target;
	x->scope = STR("");
}

/* The API's origin is that of its requests; WebSockets, which often have a
 * host of their own, count where there is nothing else. */
static void
import_on_url(void *arg, struct str text)
{
	struct import *i = arg;
	bool socket = url_is_socket(text);
	struct url u;
	struct err e;

	import_goes_on(i);
	if (text.n > 0 && memchr(text.p, '#', text.n) != NULL)
		text.n = (size_t)((const char *)memchr(text.p, '#', text.n) -
				  text.p);
	if (url_parse_any(&u, text, &e) == -1)
		return;
	if (i->of_sockets && !socket) {
		free(i->guessed);
		i->guessed = NULL;
		i->has_base = i->several = i->of_sockets = false;
	}
	if (i->several || (socket && i->has_base && !i->of_sockets))
		return;
	if (i->has_base) {
		i->several = !url_same_origin(&u, &i->base);
		return;
	}
	i->guessed = xasprintf(
	    "%s://%.*s/", u.https ? "https" : "http", STR_ARGS(u.authority));
	i->has_base = url_parse(&i->base, str_of(i->guessed), &e) == 0;
	i->of_sockets = socket;
}

/* Finds out the origin that all entries share, if they do. */
static int
import_guess(struct import *i, const struct har_read_options *o, struct err *e)
{
	if (har_read_urls(o, import_on_url, i, e) == -1)
		return -1;
	if (i->several)
		i->has_base = false;
	return har_file_rewind(i->file, e);
}

/* ---- reading and storing --------------------------------------------------
 */

static void
import_forget(struct import *i)
{
	while (i->batched > 0)
		exchange_free(i->batch[--i->batched]);
	i->batched_bytes = 0;
}

/* What is in the batch goes to the store. */
static int
import_store(struct import *i, struct err *e)
{
	int r = i->batched == 0
		    ? 0
		    : store_put_all(i->store, i->tape, i->batch, i->batched, e);

	import_forget(i);
	return r;
}

/* x becomes the batch's. */
static int
import_put(struct import *i, struct exchange *x, struct err *e)
{
	i->batch[i->batched++] = x;
	i->batched_bytes +=
	    body_held(&x->request.body) + body_held(&x->response.body);
	return i->batched == IMPORT_BATCH ||
		       i->batched_bytes > IMPORT_BATCH_BYTES
		   ? import_store(i, e)
		   : 0;
}

static int
import_on_exchange(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct import *i = arg;
	int r;

	if (i->filter != NULL && !str_glob(str_of(i->filter), x->url)) {
		i->filtered++;
		exchange_free(x);
		return 0;
	}
	if (!own)
		import_place(i, x);
	if (!redacting_exchange(&i->redacting, x))
		i->dropped++;
	r = key_exchange_spooled(i->keyer, x, e);
	if (r == 0 && i->store != NULL)
		r = import_put(i, x, e);
	else
		exchange_free(x);
	i->taken++;
	import_goes_on(i);
	return r;
}

static int
import_on_log(void *arg, struct str object, struct err *e)
{
	struct import *i = arg;
	struct buf redacted = { 0 };
	int r;

	if (i->store == NULL)
		return 0;
	r = store_tape_add_extra(i->store, i->tape,
	    redacting_har(&i->redacting, object, &redacted), e);
	buf_free(&redacted);
	return r;
}

static int
import_side_file(void *arg, struct str name, struct bulk *out, struct err *e)
{
	struct import *i = arg;

	return har_file_side(i->file, name, out, e);
}

static int64_t
import_text(void *arg, void *p, size_t n, struct err *e)
{
	struct import *i = arg;

	import_goes_on(i);
	return har_file_read(i->file, p, n, e);
}

static int
import_read(struct import *i, struct err *e)
{
	const struct har_read_options o = {
		.read = import_text,
		.read_arg = i,
		.strict = i->strict,
		.lines = i->lines,
		.folder = i->folder,
		.on_exchange = import_on_exchange,
		.on_log = import_on_log,
		.on_note = import_on_note,
		.side_file = import_side_file,
		.arg = i,
	};

	if (!i->has_base && import_guess(i, &o, e) == -1)
		return -1;
	i->taking = true;
	if (har_read(&o, &i->figures, e) == -1 || import_store(i, e) == -1)
		return -1;
	if (i->figures.entries == 0 && i->figures.unsafe > 0)
		return err_set(
		    e, "refused: what is in it would inject into messages");
	return 0;
}

static int
import_onto_tape(struct import *i, struct err *e)
{
	i->tape = store_tape(i->store, str_of(i->settings->tape), true, e);
	if (i->tape <= 0 ||
	    redacting_note(&i->redacting, i->store, i->tape, e) == -1 ||
	    (i->of_tape == NULL &&
		reindex_say(i->store, i->tape, i->settings->rules, e) == -1))
		return -1;
	return import_read(i, e);
}

int
import_run(struct import *i, struct err *e)
{
	int r;

	if (i->store == NULL)
		r = import_read(i, e);
	else if ((r = store_begin(i->store, e)) == 0 &&
		 (r = import_onto_tape(i, e)) == -1)
		store_rollback(i->store);
	else if (r == 0)
		r = store_commit(i->store, e);
	import_forget(i);
	free(i->guessed);
	i->guessed = NULL;
	return r;
}
