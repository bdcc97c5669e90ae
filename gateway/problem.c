#include "config.h"

#include "gateway/http1.h"
#include "har/json_write.h"

#include "gateway/problem.h"

static void
problem_add_miss(struct json_write *w, const struct problem_miss *m)
{
	json_write_member(w, "method", m->method);
	json_write_member(w, "url", m->url);
	json_write_member_int(w, "body_bytes", (int64_t)m->body_bytes);
	if (m->nearest_entry == 0)
		return;
	json_write_name(w, STR("nearest"));
	json_write_object(w);
	json_write_member_int(w, "entry", m->nearest_entry);
	json_write_member(w, "method", m->nearest_method);
	json_write_member(w, "url", m->nearest_url);
	json_write_object_end(w);
}

void
problem_render(struct buf *out, const struct problem *p)
{
	const char *title = p->title;
	struct json_write w;

	if (title == NULL)
		title = http1_reason(p->status);
	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_member(&w, "type", STR("about:blank"));
	json_write_member(&w, "title", str_of(title));
	json_write_member_int(&w, "status", p->status);
	if (p->detail.p != NULL)
		json_write_member(&w, "detail", p->detail);
	if (p->phase != NULL)
		json_write_member(&w, "phase", str_of(p->phase));
	if (p->miss != NULL)
		problem_add_miss(&w, p->miss);
	json_write_object_end(&w);
	buf_add_str(out, buf_str(&w.out));
	json_write_fini(&w);
}
