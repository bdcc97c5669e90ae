#include "config.h"

#include "base/err.h"
#include "har/json_write.h"

#include "har/har_socket.h"

#define HAR_SOCKET_MOST (1u << 30) /* bytes of frames */

/* The lines of text as the items of an array.  0, or -1 when one of them is
 * not JSON. */
static int
har_socket_lines(struct str text, struct json_write *w)
{
	struct str line;
	int r = 0;

	json_write_array(w);
	while (r == 0 && str_cut(&text, '\n', &line))
		if (str_trim(line).n > 0)
			r = json_write_copy(w, line);
	json_write_array_end(w);
	return r;
}

int
har_socket_frames(struct har_in *in)
{
	static const char path[] = "response/content/_file";
	struct har_payload *p = &in->entry->content;
	struct bulk lines = { .in_memory = HAR_SOCKET_MOST,
		.limit = HAR_SOCKET_MOST };
	struct json_write w;
	struct err e;
	int r = -1;

	if (p->file.n == 0 || bulk_size(&p->text) > 0)
		return 0;
	json_write_init(&w, false, NULL, NULL);
	if (in->o->side_file == NULL)
		err_set(&e, "it is in a file beside the HAR");
	else
		r = in->o->side_file(in->o->arg, p->file, &lines, &e);
	if (r == 0 && har_socket_lines(buf_str(&lines.bytes), &w) == -1)
		r = err_set(&e, "not one JSON value per line");
	p->file.n = 0;
	if (r == 0)
		har_in_add(in->entry, HAR_ENTRY, "_webSocketMessages",
		    buf_str(&w.out));
	else
		r = har_in_repair_at(in, path, "frames left out: %s", e.text);
	json_write_fini(&w);
	bulk_free(&lines);
	return r;
}
