#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/settings.h"
#include "mock/contract.h"

#include "gateway/contracts.h"

static int
contracts_add(const struct settings *s, struct contract *c, struct buf *remarks,
    struct err *e)
{
	const struct openapi_setting *o;

	for (o = s->openapi; o < s->openapi + s->nopenapi; o++)
		if (contract_add(c, o->file,
			o->prefix != NULL ? str_of(o->prefix)
					  : (struct str){ NULL, 0 },
			remarks, e) == -1)
			return err_wrap(e, "option openapi");
	return 0;
}

int
contracts_open(const struct settings *s, struct contract **c, struct err *e)
{
	const struct contract_options o = {
		.ignored = s->contract_ignore,
		.most_body = (size_t)s->max_contract_body,
	};
	struct buf remarks = { 0 };
	struct str rest, line;
	int r;

	*c = NULL;
	if (s->nopenapi == 0)
		return 0;
	*c = contract_new(&o);
	r = contracts_add(s, *c, &remarks, e);
	rest = buf_str(&remarks);
	while (r == 0 && str_cut(&rest, '\n', &line) && line.n > 0)
		log_warn(NULL, "contract: %.*s", STR_ARGS(line));
	buf_free(&remarks);
	if (r == 0)
		log_info(NULL, "contract: %zu operations are watched",
		    contract_operations(*c));
	return r;
}
