#ifndef RECORDER_PG_LIB_H
#define RECORDER_PG_LIB_H

/*
 * libpq, which is loaded when a shared store is first named: it brings twenty
 * libraries more (Kerberos, LDAP, GnuTLS, ...), and who keeps tapes in a file
 * should neither wait for them nor have them in the program.
 */

#include <libpq-fe.h>

struct err;

/* Types by their numbers in the protocol. */
enum {
	PG_BYTEA = 17,
	PG_INT8 = 20,
	PG_BYTEA_ARRAY = 1001,
	PG_INT8_ARRAY = 1016,
};

/* What is called: PQclear() is pq.clear(). */
#define PG_LIB_CALLS(C) \
	C(clear) \
	C(backendPID) \
	C(cmdStatus) \
	C(cmdTuples) \
	C(connectdbParams) \
	C(connectPoll) \
	C(connectStartParams) \
	C(connectionNeedsPassword) \
	C(conninfoFree) \
	C(conninfoParse) \
	C(consumeInput) \
	C(enterPipelineMode) \
	C(errorMessage) \
	C(finish) \
	C(flush) \
	C(freemem) \
	C(ftype) \
	C(getResult) \
	C(getisnull) \
	C(getlength) \
	C(getvalue) \
	C(isBusy) \
	C(notifies) \
	C(ntuples) \
	C(pipelineSync) \
	C(resultErrorField) \
	C(resultStatus) \
	C(sendPrepare) \
	C(sendQueryParams) \
	C(sendQueryPrepared) \
	C(setErrorVerbosity) \
	C(setNoticeReceiver) \
	C(setnonblocking) \
	C(socket) \
	C(status)

struct pg_lib {
#define PG_LIB_MEMBER(name) __typeof__(PQ##name) *name;
	PG_LIB_CALLS(PG_LIB_MEMBER)
#undef PG_LIB_MEMBER
};

extern struct pg_lib pq;

/* 0 when pq can be called from then on, or -1 with *e set; any thread. */
int pg_lib_load(struct err *e);

#endif
