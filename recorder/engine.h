#ifndef RECORDER_ENGINE_H
#define RECORDER_ENGINE_H

/* The version of SQLite that is linked, "3.40.1". */
const char *engine_version(void);

#endif
