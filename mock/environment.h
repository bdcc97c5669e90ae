#ifndef MOCK_ENVIRONMENT_H
#define MOCK_ENVIRONMENT_H

/*
 * A mocks file: a Mockoon environment (data format 33 and what older ones
 * had).  Every key but a route's endpoint and one response has a default, and
 * a body may be JSON itself instead of its text.  What is here is the file as
 * it stands, checked; mock/mocks.h makes it answer.
 *
 * Names are Mockoon's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf;
struct err;

#define ENVIRONMENT_MOST (256u << 20) /* bytes of a file */
#define ENVIRONMENT_FORMAT 33         /* the newest lastMigration */
#define ENVIRONMENT_INTERVAL_MS 100   /* of streams that name none */

struct mock_header {
	struct str key;   /* one without key or value is not sent */
	struct str value; /* template */
};

struct mock_headers {
	struct mock_header *v;
	size_t n;
};

enum mock_target {
	MOCK_TARGET_BODY,
	MOCK_TARGET_QUERY,
	MOCK_TARGET_HEADER,
	MOCK_TARGET_COOKIE,
	MOCK_TARGET_PARAMS,
	MOCK_TARGET_PATH,
	MOCK_TARGET_METHOD,
	MOCK_TARGET_REQUEST_NUMBER,
	MOCK_TARGET_GLOBAL_VAR,
	MOCK_TARGET_DATA_BUCKET,
	MOCK_TARGET_TEMPLATING,
	/* Not Mockoon's: */
	MOCK_TARGET_CLIENT, /* its address */
	MOCK_TARGET_GRAPHQL_OPERATION,
};

enum mock_operator {
	MOCK_OPERATOR_EQUALS,
	MOCK_OPERATOR_REGEX,
	MOCK_OPERATOR_REGEX_I,
	MOCK_OPERATOR_NULL,
	MOCK_OPERATOR_EMPTY_ARRAY,
	MOCK_OPERATOR_ARRAY_INCLUDES,
	MOCK_OPERATOR_JSON_SCHEMA,
	/* Not Mockoon's, of numbers: */
	MOCK_OPERATOR_LESS,
	MOCK_OPERATOR_GREATER,
};

struct mock_rule {
	enum mock_target target;
	enum mock_operator operator;
	bool invert;
	struct str modifier; /* template */
	struct str value;    /* template */
};

enum mock_body_type {
	MOCK_BODY_INLINE,
	MOCK_BODY_FILE,
	MOCK_BODY_DATABUCKET,
};

struct mock_callback_use {
	struct str uuid;
	uint64_t latency_ms;
};

/* Not Mockoon's: a body that comes in pieces (mock/stream.h). */
struct mock_event {
	struct str data, event, id, comment; /* templates; data may be empty */
	uint64_t retry_ms;                   /* UINT64_MAX: none */
	uint64_t delay_ms; /* in front of it; UINT64_MAX: the interval */
};

enum mock_pieces {
	MOCK_PIECES_BY_TYPE, /* events of an event stream, else lines */
	MOCK_PIECES_EVENTS,
	MOCK_PIECES_LINES,
};

struct mock_stream {
	struct mock_event *events; /* none: the body is cut */
	size_t nevents;
	enum mock_pieces pieces;
	uint64_t interval_ms;
	uint64_t repeat; /* times in all; 0: until the client leaves */
};

/* Not Mockoon's: how a WebSocket is closed behind a message. */
struct mock_close {
	uint64_t code;
	struct str reason; /* template */
};

/* Not Mockoon's: how an answer is given.  That of a response comes before that
 * of its route, and this before the environment's. */
enum mock_delay_kind {
	MOCK_DELAY_NONE,
	MOCK_DELAY_FIXED,
	MOCK_DELAY_UNIFORM,
	MOCK_DELAY_LOGNORMAL,
};

struct mock_delay {
	enum mock_delay_kind kind;
	double least_ms, most_ms; /* fixed: both; most_ms 0: no limit */
	double median_ms, sigma;  /* of the lognormal one */
};

struct mock_dribble {
	uint64_t pieces, over_ms;
};

struct mock_manner {
	struct mock_delay delay;
	struct mock_dribble *dribble; /* NULL: none */
	uint64_t bandwidth;           /* bytes in a second; 0: no limit */
};

/* What goes wrong with an answer on its way. */
enum mock_fault {
	MOCK_FAULT_NONE,
	MOCK_FAULT_RESET,     /* the connection is reset */
	MOCK_FAULT_EMPTY,     /* it ends without a byte */
	MOCK_FAULT_MALFORMED, /* a chunk that is none */
	MOCK_FAULT_GARBAGE,   /* bytes that are no answer, and the end */
	MOCK_FAULT_CUT,       /* half of it, and the end */
	MOCK_FAULT_STALL,     /* half of it, and nothing more */
};

/* The share of requests, from 0 to 1, that is answered by an error: by a fault
 * or, without one, with a status. */
struct mock_errors {
	double rate;
	uint64_t status; /* 0: not said */
	enum mock_fault fault;
};

#define MOCK_WEIGHT_NONE UINT64_MAX
#define MOCK_SCENARIO_FIRST \
	"Started" /* the state that scenarios begin with \
		   */

struct mock_response {
	struct str uuid, label;
	struct str body; /* template */
	uint64_t latency_ms;
	uint64_t status;
	struct mock_headers headers;
	enum mock_body_type body_type;
	struct str file_path; /* template */
	struct str databucket;
	bool send_file_as_body, disable_templating, fallback_to_404;
	bool is_default;
	struct mock_rule *rules;
	size_t nrules;
	bool all_rules; /* rulesOperator AND */
	struct str crud_key;
	struct mock_callback_use *callbacks;
	size_t ncallbacks;
	/* The members of its object hark: */
	struct mock_stream *stream; /* NULL: none */
	struct mock_close *close;   /* NULL: none */
	uint64_t weight;            /* MOCK_WEIGHT_NONE: not said */
	uint64_t times;             /* that it is served; 0: no limit */
	uint64_t key; /* of how often it was, as a route's; with times only */
	struct str scenario;
	struct str state;     /* that the scenario has to be in; "": any */
	struct str new_state; /* that it is in afterwards; "": the same */
	struct mock_manner manner;
	enum mock_fault fault;
};

enum mock_route_type {
	MOCK_ROUTE_HTTP,
	MOCK_ROUTE_CRUD,
	MOCK_ROUTE_WS,
};

enum mock_response_mode {
	MOCK_MODE_RULES, /* null */
	MOCK_MODE_RANDOM,
	MOCK_MODE_SEQUENTIAL,
	MOCK_MODE_DISABLE_RULES,
	MOCK_MODE_FALLBACK,
};

enum mock_streaming_mode {
	MOCK_STREAMING_NONE, /* null */
	MOCK_STREAMING_UNICAST,
	MOCK_STREAMING_BROADCAST,
};

struct mock_route {
	size_t index; /* in the file's routes */
	uint64_t key; /* a digest of all that the file says of it; never 0 */
	struct str uuid, documentation;
	struct str method; /* lower case; "all" */
	struct str endpoint;
	enum mock_route_type type;
	struct mock_response *responses;
	size_t nresponses; /* at least one */
	enum mock_response_mode response_mode;
	enum mock_streaming_mode streaming_mode;
	uint64_t streaming_ms;
	bool enabled;
	/* The members of its object hark: */
	struct str greeting; /* template; a WebSocket begins with it */
	struct mock_manner manner;
	struct mock_errors *errors; /* NULL: none */
	bool weighted;              /* a response says its weight */
};

struct mock_bucket {
	uint64_t key; /* a digest of id and value; never 0 */
	struct str uuid, id, name;
	struct str value; /* template of JSON */
};

/* When a callback that failed is sent once more. */
struct mock_retry {
	uint64_t times;   /* after the first one */
	uint64_t wait_ms; /* in front of the first of them; doubles then */
	uint64_t most_ms; /* of one wait */
};

enum mock_signing_form {
	MOCK_SIGNING_GITHUB,
	MOCK_SIGNING_STRIPE,
};

struct mock_signing {
	struct str key, key_file, key_env; /* one of them */
	struct str header;
	enum mock_signing_form form;
};

struct mock_callback {
	struct str uuid, id, name;
	struct str method; /* lower case */
	struct str uri;    /* template */
	struct mock_headers headers;
	enum mock_body_type body_type;
	struct str body; /* template */
	struct str file_path;
	struct str databucket;
	bool send_file_as_body;
	/* Not Mockoon's: */
	struct mock_retry retry;
	struct mock_signing *signing; /* NULL: it is not signed */
};

struct environment {
	struct arena arena;
	struct str path;   /* of the file */
	struct str folder; /* that it is in, to which its files are relative */
	struct str uuid, name;
	struct str prefix; /* endpointPrefix */
	uint64_t latency_ms;
	bool cors;
	bool proxy_mode, proxy_remove_prefix;
	struct str proxy_host;
	struct mock_headers headers, proxy_request_headers,
	    proxy_response_headers;
	struct mock_route *routes; /* in the order of trying */
	size_t nroutes;
	struct mock_bucket *buckets;
	size_t nbuckets;
	struct mock_callback *callbacks;
	size_t ncallbacks;
	/* The members of its object hark: */
	struct mock_manner manner;
	struct mock_errors *errors; /* NULL: none */
};

/*
 * Reads the file at path, or text as if it were that file's.  NULL with *e
 * ("PATH: routes[2].endpoint: expected ...") set.  What is odd but harmless
 * (members nobody knows, references to nothing) is added to remarks, one a
 * line; remarks may be NULL.
 */
struct environment *environment_load(
    const char *path, struct buf *remarks, struct err *e);
struct environment *environment_parse(
    const char *path, struct str text, struct buf *remarks, struct err *e);
void environment_free(struct environment *env); /* safe on NULL */

#endif
