#ifndef GATEWAY_RUN_ENV_H
#define GATEWAY_RUN_ENV_H

/*
 * The environment of hark run's command: where the gateway is, that it is the
 * proxy for the rest of the world, and which certificates to trust.
 */

struct err;
struct gateway;
struct run_env; /* opaque */
struct settings;

/* url is the gateway's.  Certificates go to files in a folder of their own
 * below TMPDIR.  NULL with *e set. */
struct run_env *run_env_open(const struct gateway *g, const struct settings *s,
    const char *url, struct err *e);

/* For execve(2): ours, with those variables that are set for the command. */
char **run_env_variables(const struct run_env *r);

/* Removes the files, too.  Safe on NULL. */
void run_env_close(struct run_env *r);

#endif
