#ifndef GATEWAY_SETTINGS_H
#define GATEWAY_SETTINGS_H

/*
 * Everything that can be set, as the option table (options.h) fills it.
 * Once a gateway runs on them, settings are read-only.  Times are in
 * microseconds, sizes in bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/access_log.h"
#include "gateway/activated.h"
#include "gateway/mode_set.h"
#include "gateway/ranges.h"
#include "gateway/session.h"
#include "recorder/recorder.h"
#include "replay/key.h"
#include "replay/repeat.h"

struct err;
struct rules;
struct command_line;

enum on_miss {
	ON_MISS_501,
	ON_MISS_404,
	ON_MISS_502,
	ON_MISS_DROP,    /* close the connection without an answer */
	ON_MISS_FORWARD, /* ask the upstream although the mode would not */
};

/* Whether requests follow the answers of mocks. */
enum callbacks {
	CALLBACKS_AUTO, /* if the mode forwards: the others open no socket */
	CALLBACKS_ON,
	CALLBACKS_OFF,
};

/* Where it stands which of several answers comes next. */
enum cursors_place {
	CURSORS_OWN,
	CURSORS_SHARED, /* in the store, with all gateways that share it */
};

/* How clients come, when no certificate is named. */
enum tls_way {
	TLS_OFF,
	TLS_AUTO, /* by TLS, with certificates of the local authority */
};

/* Whether clients may name the origin themselves (RFC 9110 section 3.7). */
enum forward_proxy {
	FORWARD_PROXY_AUTO, /* when no setting names any */
	FORWARD_PROXY_OFF,
	FORWARD_PROXY_ON,
};

/* How a recording is found; see replay/library.h, replay/playwright.h. */
enum match {
	MATCH_EXACT,
	MATCH_PLAYWRIGHT,
};

/* Which message of a client a recorded WebSocket goes on with. */
enum ws_match {
	WS_MATCH_STRICT, /* the recorded one */
	WS_MATCH_TOLERANT,
};

/* Whether the program gives up what it does not need (gateway/sandbox.h). */
enum sandbox {
	SANDBOX_OFF,
	SANDBOX_AUTO,    /* what the kernel can of it */
	SANDBOX_ON,      /* all of it, or the start fails */
	SANDBOX_OFFLINE, /* and nothing can be connected to */
};

enum host_header {
	HOST_UPSTREAM, /* the upstream's own authority */
	HOST_CLIENT,   /* what the client sent */
};

/* Which fields telling of the gateway a forwarded request gets. */
enum forwarded {
	FORWARDED_NONE,    /* none; what the client sent passes */
	FORWARDED_X,       /* X-Forwarded-For, -Host and -Proto */
	FORWARDED_RFC7239, /* Forwarded */
};

/* One --upstream PREFIX=URL.  prefix is "/path" or "host" or "host/path";
 * "" is the default one, from the command line's URL. */
struct upstream_setting {
	char *prefix;
	char *url;
	bool keep_prefix; /* PREFIX=URL strips the path prefix, PREFIX+=URL
			     keeps it */
};

/* One --mocks PREFIX=FILE; host and path are "" where PREFIX has none. */
struct mocks_setting {
	char *host;
	char *path;
	char *file;
};

/* One --openapi PREFIX=FILE. */
struct openapi_setting {
	char *prefix; /* NULL: where the description's servers are */
	char *file;
};

/* How fast recorded answers come. */
struct pace_setting {
	uint64_t permille; /* of the recorded time; 0: as fast as possible */
	int64_t fixed_us;  /* or always this long */
};

struct strings {
	char **v;
	size_t n;
};

/* A client certificate for one origin: its host, with or without port. */
struct cert_setting {
	char *host;
	char *cert;
	char *key; /* NULL: in cert */
};

/* One --resolve HOST:PORT:ADDRESS; host may be "*". */
struct pin_setting {
	char *host;
	uint16_t port;
	char *address; /* IPv6 without brackets */
};

/* A field that requests get in the place of theirs. */
struct field_setting {
	char *name, *value;
};

struct settings {
	struct mocks_setting *mocks;
	size_t nmocks;
	bool watch;          /* the mocks files */
	char *mockoon_admin; /* token; NULL: no such requests are answered */
	char *mocks_write;   /* file of promoted routes; NULL: not kept */
	char *mock_state;    /* file; NULL: what mocks remember is not kept */
	char *faker_locale;
	uint64_t faker_seed; /* 0: none */
	bool mockoon_errors, mock_response_headers;
	enum callbacks callbacks;
	uint64_t max_callbacks;      /* that wait or are under way */
	uint64_t max_callback_depth; /* of requests that some follow */
	enum mode_id mode;
	struct mode_set modes;      /* those of upstreams and of routes */
	struct strings listen;      /* "ADDR:PORT" */
	bool listen_inherited;      /* the next address set replaces all */
	struct activated activated; /* the sockets of listen, if any */
	struct upstream_setting *upstreams;
	size_t nupstreams;
	char *admin; /* "ADDR:PORT", "unix:PATH", "off"; NULL: the usual one */
	char *admin_token;          /* NULL: none, or one that is made */
	struct strings admin_hosts; /* names that requests may use */
	char *store;
	char *tape;
	char *user; /* "USER[:GROUP]" that root becomes; NULL: nobody */
	enum sandbox sandbox;
	struct strings sandbox_paths; /* that it leaves open to be read */
	struct strings files;         /* that other options and own ones name */
	uint64_t workers;             /* 0: one per CPU */
	char *ready_file;             /* NULL: none */
	enum host_header host_header;
	enum on_miss on_miss;
	enum match match;
	enum tier max_tier; /* no looser than this */
	enum durability durability;
	enum forwarded forwarded;
	bool via;              /* add Via to both legs */
	bool traceparent;      /* begin traces towards upstreams */
	bool source_header;    /* X-Hark-Source on replies */
	bool rewrite_location; /* Location and Set-Cookie Domain */
	bool record_failures;  /* store failed exchanges, too */
	enum on_record on_record;
	int64_t retain_age;      /* of the tape's entries; 0: any */
	uint64_t retain_entries; /* 0: as many as come */
	uint64_t retain_bytes;   /* 0: the same */
	int64_t retain_every;    /* looked at */
	enum repeat repeat;
	enum cursors_place cursors;
	enum advance advance;
	struct session_setting *sessions;
	size_t nsessions;
	bool sessions_inherited;     /* the next one set replaces all */
	struct rules *rules;         /* never NULL */
	bool redact;                 /* keep secrets off the disk */
	char *redact_key;            /* file; NULL: PATH-key */
	char *buffer;                /* file; NULL: one that needs no name */
	struct pace_setting latency; /* before the first byte */
	struct pace_setting stream;  /* between the pieces of a body */
	bool diff;                   /* compare live answers with recordings */
	bool note_used;              /* which entries were served */
	bool http_rules;             /* derive answers by HTTP's own rules */
	bool refresh_dates;          /* move those in fields to now */

	enum tls_way tls;
	char *tls_cert; /* PEM or PKCS #12; NULL: none */
	char *tls_key;  /* NULL: in tls_cert */
	char *tls_password_file;
	bool http2;               /* where TLS agrees on it */
	char *tls_client_ca;      /* PEM file or folder; NULL: none asked */
	char *ca_dir;             /* NULL: the user's own */
	struct strings ca_permit; /* what hark ca init limits it to */
	bool ca_for_run; /* no option: one for this run when there is none */
	enum forward_proxy forward_proxy;
	struct strings intercept; /* globs of hosts; none: all */
	char *proxy_auth;         /* "USER:PASS"; NULL: nobody is asked */
	bool allow_remote;

	struct openapi_setting *openapi; /* held against what passes */
	size_t nopenapi;
	unsigned contract_ignore;   /* kinds (mock/contract.h), a set */
	bool contract_header;       /* X-Hark-Contract on replies */
	uint64_t max_contract_body; /* longer ones are not looked into */

	char *upstream_ca; /* PEM file or directory; NULL: the system's */
	char *upstream_cert;
	char *upstream_key;
	struct cert_setting *certs; /* before upstream_cert */
	size_t ncerts;
	struct pin_setting *pins;
	size_t npins;
	struct ranges ranges; /* addresses that upstreams may have */
	char *upstream_proxy; /* URL or "none"; NULL: the environment's */
	bool upstream_insecure;
	struct field_setting *fields; /* of what hark drift sends */
	size_t nfields;

	uint64_t max_request_body;
	bool body_limit_given; /* it is for streamed bodies, too */
	uint64_t stream_request_body;
	uint64_t request_body_budget;  /* over all connections */
	uint64_t request_spool_budget; /* the same of files */
	uint64_t max_header_bytes;
	uint64_t max_headers;
	uint64_t max_connections;
	uint64_t max_sessions;
	uint64_t cache_bytes; /* 0: by the machine's (gateway/machine.h) */
	uint64_t queue_bytes;
	uint64_t buffer_bytes;
	uint64_t buffer_keep;
	uint64_t ws_record_limit; /* bytes recorded of one WebSocket */
	enum ws_match ws_match;

	int64_t header_timeout; /* first byte of a request to its head's end */
	int64_t body_timeout;   /* between two reads of a request body */
	int64_t idle_timeout;   /* between two requests of a connection */
	int64_t tunnel_idle_timeout; /* between two bytes of a lane; 0: none */
	int64_t connect_timeout;     /* resolve, connect and TLS together */
	int64_t first_byte_timeout;  /* request written to response head */
	int64_t upstream_idle_timeout; /* between two reads of a response */
	int64_t send_timeout;          /* a client that takes nothing */
	int64_t session_timeout;       /* between two requests of a session */
	int64_t drain_timeout;         /* running exchanges at shutdown */
	int64_t store_timeout;         /* an answer of a shared store */
	int64_t store_poll;            /* between looks for its changes */
	int64_t callback_timeout;      /* one attempt, start to end */
	int64_t callback_drain;        /* callbacks at shutdown */

	char *access_log; /* file, or "-"; NULL: none */
	enum access_format access_format;
	uint64_t traffic;       /* exchanges that are kept */
	uint64_t traffic_bytes; /* that they may take */
	uint64_t traffic_body;  /* bytes kept of each body */

	bool log_json;
	bool verbose;

	bool drains;          /* no option: SIGTERM ends who runs the gateway */
	const char **configs; /* files that it was told by; views */
	size_t nconfigs;
	struct command_line *line; /* of those of a command line; or NULL */
	bool tally; /* no option: keep misses and live calls for a report */
	bool keep_traffic; /* no option: keep the traffic log */
};

/* Settings with every option at its initial value. */
struct settings *settings_new(void);
void settings_free(struct settings *s); /* safe on NULL */

/* Adds an address to listen on; replaces those that were not asked for but
 * inherited (initial ones, or the file's when the command line has some). */
int settings_listen(struct settings *s, const char *text, struct err *e);

/* Sets where the admin port is, and whether there is one. */
int settings_admin(struct settings *s, const char *text, struct err *e);
bool settings_has_admin(const struct settings *s);

/* Adds a name by which the admin port may be asked. */
int settings_admin_host(struct settings *s, const char *text, struct err *e);

/* Adds WAY:NAME (gateway/session.h), or with "none" takes all away; replaces
 * those that were not asked for but inherited. */
int settings_session(struct settings *s, const char *text, struct err *e);

/* Adds PREFIX=FILE or FILE; a text that is a file's whole name is that. */
int settings_mocks(struct settings *s, const char *text, struct err *e);

/* Adds [/PREFIX=]FILE. */
int settings_openapi(struct settings *s, const char *text, struct err *e);

/* Adds PREFIX=URL, PREFIX+=URL or URL; replaces what PREFIX had before. */
int settings_upstream(struct settings *s, const char *text, struct err *e);

/* Sets the mode of an upstream from [PREFIX=]MODE. */
int settings_upstream_mode(struct settings *s, const char *text, struct err *e);

/* Adds the mode of a route: [METHODS ]PATTERN=MODE. */
int settings_mode_for(struct settings *s, const char *text, struct err *e);

/* All of them as a set, which the caller ends. */
void settings_modes(const struct settings *s, struct mode_set *m);

/* [HOST=]FILE of the certificate or the key that upstreams get. */
int settings_upstream_cert(struct settings *s, const char *text, struct err *e);
int settings_upstream_key(struct settings *s, const char *text, struct err *e);

/* Adds HOST:PORT:ADDRESS. */
int settings_resolve(struct settings *s, const char *text, struct err *e);

/* Adds a glob of hosts whose tunnels are opened up. */
int settings_intercept(struct settings *s, const char *text, struct err *e);

/* Adds a host to what hark ca init limits an authority to. */
int settings_ca_permit(struct settings *s, const char *text, struct err *e);

/* USER:PASS of those who may use the gateway as a proxy. */
int settings_proxy_auth(struct settings *s, const char *text, struct err *e);

/* Adds "Name: value" to the fields that hark drift sends.  0 or -1. */
int settings_field(struct settings *s, const char *text, struct err *e);

/* Whether other machines reach it. */
bool settings_is_remote(const struct settings *s);

/* Adds a file or folder that the sandbox leaves open. */
int settings_sandbox_path(struct settings *s, const char *text, struct err *e);

/* Notes a file that is read or written, for the sandbox. */
void settings_add_file(struct settings *s, const char *path);

/* Whether clients may name the origin themselves. */
bool settings_relays(const struct settings *s);

/* Checks that need more than one option, for a gateway in these modes: an
 * upstream where one forwards, certificate with key, ... */
int settings_check(const struct settings *s, struct err *e);

/* The same in other modes than those of s. */
int settings_check_modes(
    const struct settings *s, const struct mode_set *m, struct err *e);

/* Those of them for whoever asks upstreams. */
int settings_check_upstream(const struct settings *s, struct err *e);

#endif
