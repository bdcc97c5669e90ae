#include "config.h"

#include <stddef.h>

#include "base/err.h"

#include "gateway/out_file.h"
#include "gateway/ready.h"

int
ready_write(const char *path, struct str json, struct err *e)
{
	struct out_file f;
	int rc;

	if (path == NULL)
		return 0;
	rc = out_file_open_private(&f, path, e);
	if (rc == 0)
		rc = out_file_write(&f, json.p, json.n, e);
	if (rc == 0)
		rc = out_file_place(&f, e);
	out_file_close(&f);
	return rc == -1 ? err_wrap(e, "option ready-file") : 0;
}

void
ready_remove(const char *path)
{
	if (path != NULL)
		out_file_remove(path);
}
