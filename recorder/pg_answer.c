/*
 * Whether who cannot connect will not be let in by trying again: the engine
 * answered, and what it said is about who asks and for what.  libpq has the
 * state that the engine said in no other place than its message, which is in
 * the engine's language but, on request, for its end.
 */
#include "config.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#include "recorder/pg_priv.h"

#define ANSWER_US 5000000 /* for all hosts of a URL */
#define ANSWER_STATE 5    /* characters */

/* No such database, role or password, or no right to connect. */
static bool
answer_refuses(struct str state)
{
	static const char *const states[] = { "3D000", "28000", "28P01",
		"42501" };
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (str_eq(state, str_of(states[i])))
			return true;
	return false;
}

/* A line for each host, at whose end the state is. */
static bool
answer_all_refuse(const char *text)
{
	bool all = *text != '\0';
	size_t n;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		all = all && n > ANSWER_STATE &&
		      answer_refuses((struct str){
			  text + n - ANSWER_STATE, ANSWER_STATE });
	}
	return all;
}

static void
answer_quiet(void *arg, const PGresult *q)
{
	(void)arg;
	(void)q;
}

static PostgresPollingStatusType
answer_wait(PGconn *c, int64_t until)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	struct pollfd p;

	while (pq.status(c) != CONNECTION_BAD &&
	       (status == PGRES_POLLING_WRITING ||
		   status == PGRES_POLLING_READING)) {
		p = (struct pollfd){ .fd = pq.socket(c),
			.events = status == PGRES_POLLING_READING ? POLLIN
								  : POLLOUT };
		if (clock_mono_us() >= until)
			break;
		(void)poll(&p, 1, 100); /* whatever came, it is looked at */
		status = pq.connectPoll(c);
	}
	return status;
}

bool
pg_answers(const char *url)
{
	static const char *const names[] = { "dbname",
		"fallback_application_name", NULL };
	const char *const values[] = { url, "hark", NULL };
	PGconn *c = NULL;
	bool is = false;
	struct err e;

	if (pg_link_check(url, &e) == 0)
		c = pq.connectStartParams(names, values, 1);
	if (c == NULL)
		return false;
	(void)pq.setErrorVerbosity(c, PQERRORS_SQLSTATE);
	pq.setNoticeReceiver(c, answer_quiet, NULL);
	switch (answer_wait(c, clock_mono_us() + ANSWER_US)) {
	case PGRES_POLLING_OK:
		is = true;
		break;
	case PGRES_POLLING_FAILED:
		is = pq.connectionNeedsPassword(c) == 1 ||
		     answer_all_refuse(pq.errorMessage(c));
		break;
	default:
		break; /* nobody says anything */
	}
	pq.finish(c);
	return is;
}
