#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/bulk.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/har_read.h"
#include "har/har_write.h"

#include "tests/unit/tap.h"

/* What came of one file. */
static struct {
	struct exchange *x; /* the last one */
	bool own;
	struct buf notes; /* "PATH: TEXT" lines; the entry's part of PATH */
	struct har_figures figures;
	struct err e;
	int status;
} got;

static int64_t
read_text(void *arg, void *p, size_t n, struct err *e)
{
	struct str *s = arg;

	(void)e;
	if (n > s->n)
		n = s->n;
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return (int64_t)n;
}

static int
take(void *arg, struct exchange *x, bool own, struct err *e)
{
	(void)arg;
	(void)e;
	exchange_free(got.x);
	got.x = x;
	got.own = own;
	return 0;
}

static void
note(void *arg, const struct har_note *n)
{
	(void)arg;
	buf_addf(&got.notes, "%s: %s\n", n->path, n->text);
}

static int
side(void *arg, struct str name, struct bulk *out, struct err *e)
{
	struct str bytes;

	(void)arg;
	if (str_is(name, "frames.jsonl"))
		bytes = STR("{\"opcode\":1}\n{\"opcode\":2}\n");
	else if (str_is(name, "here.txt"))
		bytes = STR("from a file");
	else
		return err_set(e, "no such file");
	return bulk_add(out, bytes.p, bytes.n, e);
}

static void
read_with(struct str text, bool strict, size_t in_memory)
{
	const struct har_read_options o = {
		.read = read_text,
		.read_arg = &text,
		.strict = strict,
		.in_memory = in_memory,
		.on_exchange = take,
		.on_note = note,
		.side_file = side,
	};

	exchange_free(got.x);
	got.x = NULL;
	got.notes.n = 0;
	got.e.text[0] = '\0';
	got.status = har_read(&o, &got.figures, &got.e);
}

/* All that came of a file, as text. */
static struct buf
all_of_it(void)
{
	struct json_write w;

	json_write_init(&w, true, NULL, NULL);
	if (got.x != NULL)
		har_write_exchange(&w, got.x);
	buf_addf(&w.out, "\n%d %s\n", got.status, got.e.text);
	buf_add_str(&w.out, buf_str(&got.notes));
	return w.out;
}

/* Bodies in files must come out as those in memory do, repairs included. */
static void
read_file(struct str text, bool strict)
{
	struct buf in_file, in_memory;

	read_with(text, strict, 1);
	in_file = all_of_it();
	read_with(text, strict, 0);
	in_memory = all_of_it();
	CHECK_STR(buf_text(&in_file), buf_text(&in_memory));
	buf_free(&in_file);
	buf_free(&in_memory);
}

/* Reads a file with one entry; ' stands for ". */
static void
read_entry(const char *entry)
{
	struct buf b = { 0 };
	size_t i;

	buf_addf(&b, "{'log':{'version':'1.2','entries':[%s]}}", entry);
	for (i = 0; i < b.n; i++)
		if (b.p[i] == '\'')
			b.p[i] = '"';
	read_file(buf_str(&b), false);
	buf_free(&b);
}

/* An entry whose response has these members. */
static void
read_response(const char *members)
{
	struct buf b = { 0 };

	buf_addf(&b,
	    "{'startedDateTime':'2026-01-02T03:04:05Z','request':{'method':"
	    "'GET','url':'http://a.test/x','headers':[]},'response':{%s}}",
	    members);
	read_entry(buf_text(&b));
	buf_free(&b);
}

/* An entry whose request is a POST with these members. */
static void
read_request(const char *members)
{
	struct buf b = { 0 };

	buf_addf(&b,
	    "{'startedDateTime':'2026-01-02T03:04:05Z','request':{'method':"
	    "'POST','url':'http://a.test/x',%s},'response':{'status':204}}",
	    members);
	read_entry(buf_text(&b));
	buf_free(&b);
}

static bool
noted(const char *text)
{
	return strstr(buf_text(&got.notes), text) != NULL;
}

#define RESPONSE_BODY buf_str(&got.x->response.body.bytes)
#define REQUEST_BODY buf_str(&got.x->request.body.bytes)

static void
a_plain_entry_needs_no_repair(void)
{
	read_entry("{'startedDateTime':'2026-01-02T03:04:05.000Z','time':6,"
		   "'request':{'method':'GET','url':'http://a.test:8080/x?y=1',"
		   "'httpVersion':'HTTP/1.1','cookies':[],'headers':[{'name':"
		   "'Accept','value':'*/*'}],'queryString':[],'headersSize':50"
		   ",'bodySize':0},'response':{'status':200,'statusText':'OK',"
		   "'httpVersion':'HTTP/1.1','headers':[{'name':'X','value':"
		   "'1'}],'cookies':[],'content':{'size':2,'mimeType':'',"
		   "'text':'hi'},'redirectURL':'','headersSize':-1,"
		   "'bodySize':2},'cache':{},'timings':{'send':1,'wait':2.5,"
		   "'receive':2.5,'dns':-1},'serverIPAddress':'192.0.2.1',"
		   "'connection':'7','comment':'c'}");
	CHECK_INT(got.status, 0);
	CHECK_VIEW(buf_str(&got.notes), "");
	CHECK_VIEW(got.x->method, "GET");
	CHECK_VIEW(got.x->url, "http://a.test:8080/x?y=1");
	CHECK_VIEW(got.x->target, "/x?y=1");
	CHECK_VIEW(got.x->scope, "");
	CHECK_INT(got.x->started_us, 1767323045000000LL);
	CHECK_INT(got.x->timings.wait, 2500);
	CHECK_INT(got.x->timings.dns, -1);
	CHECK_INT(got.x->timings.blocked, -1);
	CHECK_INT(got.x->request.head_bytes, 50);
	CHECK_VIEW(headers_get(&got.x->request.headers, "accept"), "*/*");
	CHECK_INT(got.x->status, 200);
	CHECK_VIEW(got.x->reason, "OK");
	CHECK_VIEW(RESPONSE_BODY, "hi");
	CHECK_VIEW(got.x->server_addr, "192.0.2.1");
	CHECK_VIEW(got.x->connection, "7");
	CHECK_VIEW(got.x->comment, "c");
	CHECK_VIEW(got.x->mode, "import");
	CHECK_INT(got.x->outcome, OUTCOME_COMPLETE);
	CHECK(!got.own);
}

static void
members_may_come_in_any_order(void)
{
	read_entry("{'response':{'content':{'encoding':'base64','text':"
		   "'aGk='},'headers':[],'status':200},'request':{'url':"
		   "'http://a.test','method':'GET'},'startedDateTime':"
		   "'2026-01-02T03:04:05Z'}");
	CHECK_VIEW(RESPONSE_BODY, "hi");
	CHECK_VIEW(got.x->target, "/");
	CHECK_VIEW(buf_str(&got.notes), "");
}

static void
a_decoded_body_loses_its_coding_and_gets_its_length(void)
{
	read_response("'status':200,'headers':[{'name':'Content-Encoding',"
		      "'value':'gzip'},{'name':'content-length','value':"
		      "'99'},{'name':'Vary','value':'*'}],'content':{'size':5"
		      ",'text':'hello'}");
	CHECK_VIEW(RESPONSE_BODY, "hello");
	CHECK(headers_get(&got.x->response.headers, "Content-Encoding").p ==
	      NULL);
	CHECK_VIEW(
	    headers_get(&got.x->response.headers, "Content-Length"), "5");
	CHECK_VIEW(headers_get(&got.x->response.headers, "Vary"), "*");
	CHECK(noted("Content-Encoding: gzip left out"));
	CHECK(noted("Content-Length set to 5"));
}

static void
a_body_that_still_is_encoded_keeps_its_coding(void)
{
	read_response("'status':200,'headers':[{'name':'Content-Encoding',"
		      "'value':'gzip'}],'content':{'encoding':'base64','text':"
		      "'H4sIAAAAAAAAA8vIBACsKpPYAgAAAA=='}");
	CHECK_VIEW(
	    headers_get(&got.x->response.headers, "Content-Encoding"), "gzip");
	CHECK_INT(got.x->response.body.bytes.n, 22);
	CHECK(!noted("Content-Encoding"));
}

static void
text_without_body_is_an_unknown_body(void)
{
	read_response("'status':200,'headers':[],'content':{'size':5}");
	CHECK(!got.x->response.body.known);
	CHECK_INT(got.x->response.body.size, 5);
	CHECK(noted("the body is unknown"));
	read_response("'status':200,'headers':[],'content':{'size':-1}");
	CHECK(!got.x->response.body.known);
}

static void
an_empty_text_of_size_zero_is_an_empty_body(void)
{
	read_response("'status':200,'headers':[],'content':{'size':0,"
		      "'text':''}");
	CHECK(got.x->response.body.known);
	CHECK_INT(got.x->response.body.bytes.n, 0);
	read_response("'status':200,'headers':[]");
	CHECK(got.x->response.body.known);
	CHECK_VIEW(buf_str(&got.notes), "");
}

static void
a_redirect_without_text_is_empty(void)
{
	read_response("'status':302,'headers':[{'name':'Content-Length',"
		      "'value':'154'},{'name':'Location','value':'/y'}],"
		      "'content':{'size':0}");
	CHECK(got.x->response.body.known);
	CHECK_VIEW(
	    headers_get(&got.x->response.headers, "Content-Length"), "0");
}

static void
responses_without_body_lose_it_and_keep_their_fields(void)
{
	read_response("'status':304,'headers':[{'name':'Content-Length',"
		      "'value':'7'}],'content':{'size':2,'text':'hi'}");
	CHECK_INT(got.x->response.body.bytes.n, 0);
	CHECK_VIEW(
	    headers_get(&got.x->response.headers, "Content-Length"), "7");
	read_entry("{'startedDateTime':'2026-01-02T03:04:05Z','request':"
		   "{'method':'HEAD','url':'http://a.test/'},'response':"
		   "{'status':200,'headers':[{'name':'Content-Length','value':"
		   "'7'}],'content':{'size':0}}}");
	CHECK(got.x->response.body.known);
	CHECK_VIEW(buf_str(&got.notes), "");
}

static void
text_goes_back_to_the_charset_it_came_in(void)
{
	read_response("'status':200,'headers':[{'name':'Content-Type',"
		      "'value':'text/html; charset=ISO-8859-1'}],"
		      "'content':{'size':4,'text':'caf\xc3\xa9'}");
	CHECK_VIEW(RESPONSE_BODY, "caf\xe9");
	CHECK(noted("put back into ISO-8859-1"));
	read_response("'status':200,'headers':[{'name':'Content-Type',"
		      "'value':'text/html;charset=windows-1252'}],"
		      "'content':{'text':'\xe2\x82\xac'}");
	CHECK_VIEW(RESPONSE_BODY, "\x80");
	read_response("'status':200,'headers':[{'name':'Content-Type',"
		      "'value':'text/plain; charset=utf-16'}],"
		      "'content':{'text':'hi'}");
	CHECK_INT(got.x->response.body.bytes.n, 4);
}

static void
text_that_is_as_long_in_utf8_stays(void)
{
	read_response("'status':200,'headers':[{'name':'Content-Type',"
		      "'value':'text/html; charset=ISO-8859-1'}],"
		      "'content':{'size':5,'text':'caf\xc3\xa9'}");
	CHECK_VIEW(RESPONSE_BODY, "caf\xc3\xa9");
	CHECK_VIEW(buf_str(&got.notes), "");
	read_response("'status':200,'headers':[{'name':'Content-Type',"
		      "'value':'text/html; charset=ISO-8859-1'}],"
		      "'content':{'text':'\xe2\x98\x83'}");
	CHECK_VIEW(RESPONSE_BODY, "\xe2\x98\x83");
	CHECK(noted("left in UTF-8"));
}

static void
one_character_per_byte_is_turned_back(void)
{
	read_response("'status':200,'headers':[{'name':'Content-Type',"
		      "'value':'image/png'}],"
		      "'content':{'size':4,'text':'\\u0089PNG'}");
	CHECK_VIEW(RESPONSE_BODY, "\x89PNG");
}

static void
a_lone_surrogate_in_a_body_becomes_the_replacement(void)
{
	read_response("'status':200,'headers':[],'content':{'text':"
		      "'a\\ud800b'}");
	CHECK_VIEW(RESPONSE_BODY, "a\xef\xbf\xbd"
				  "b");
	CHECK(noted("surrogate"));
}

static void
other_encodings_are_understood(void)
{
	read_response("'status':200,'headers':[],'content':{'encoding':"
		      "'utf-8','text':'hi'}");
	CHECK_VIEW(RESPONSE_BODY, "hi");
	read_response("'status':200,'headers':[],'content':{'encoding':'hex',"
		      "'text':'6869'}");
	CHECK_VIEW(RESPONSE_BODY, "hi");
	read_response("'status':200,'headers':[{'name':'content-encoding',"
		      "'value':'gzip'}],'content':{'_isBinary':true,'text':"
		      "'[\\u00226869\\u0022,\\u00226A\\u0022]'}");
	CHECK_VIEW(RESPONSE_BODY, "hij");
	CHECK(noted("pieces, put together"));
}

static void
a_json_body_that_looks_like_pieces_is_one(void)
{
	read_response("'status':200,'headers':[{'name':'content-encoding',"
		      "'value':'gzip'}],'content':{'text':"
		      "'[\\u0022cafe\\u0022,\\u0022beef\\u0022]'}");
	CHECK_VIEW(RESPONSE_BODY, "[\"cafe\",\"beef\"]");
	CHECK(noted("left out, the body is decoded"));
}

static void
what_is_called_base64_and_is_none_is_unknown(void)
{
	read_response("'status':200,'headers':[],'content':{'encoding':"
		      "'base64','text':'not base64!'}");
	CHECK(!got.x->response.body.known);
	CHECK(noted("/log/entries/0/response/content: the text is not "
		    "base64"));
}

static void
a_payload_file_is_fetched(void)
{
	read_response("'status':200,'headers':[],'content':{'_file':"
		      "'here.txt'}");
	CHECK_VIEW(RESPONSE_BODY, "from a file");
	read_response("'status':200,'headers':[],'content':{'_file':"
		      "'gone.txt'}");
	CHECK(!got.x->response.body.known);
	CHECK(noted("no such file"));
}

static void
failed_exchanges_keep_their_reason(void)
{
	static const struct {
		const char *response, *failure;
		enum outcome outcome;
	} rows[] = {
		{ "'status':0,'_error':'net::ERR_CONNECTION_REFUSED'",
		    "net::ERR_CONNECTION_REFUSED", OUTCOME_REFUSED },
		{ "'status':-1,'_failureText':'net::ERR_ABORTED'",
		    "net::ERR_ABORTED", OUTCOME_CLIENT_GONE },
		{ "'status':-999", "no response", OUTCOME_REFUSED },
		{ "'status':'timed out'", "timed out", OUTCOME_TIMEOUT },
		{ "'statusText':''", "no status in the file", OUTCOME_REFUSED },
		{ "'status':null,'_error':'Connection reset'",
		    "Connection reset", OUTCOME_RESET },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_response(rows[i].response);
		CHECK_INT(got.x->status, 0);
		CHECK_VIEW(got.x->failure, rows[i].failure);
		CHECK_INT(got.x->outcome, rows[i].outcome);
	}
}

static void
an_interim_status_never_counts_as_an_answer(void)
{
	read_response("'status':101,'headers':[]");
	CHECK_INT(got.x->status, 101);
	CHECK_INT(got.x->outcome, OUTCOME_BAD_ANSWER);
}

static void
a_status_as_text_is_a_number_all_the_same(void)
{
	read_response("'status':'200','headers':[]");
	CHECK_INT(got.x->status, 200);
	read_response("'status':2e2,'headers':[]");
	CHECK_INT(got.x->status, 200);
}

static void
a_web_socket_has_its_messages_as_lines_of_its_body(void)
{
	read_entry("{'request':{'method':'GET','url':'WSS://a.test:8/s?t'},"
		   "'response':{'status':101,'statusText':'Switching'},"
		   "'_webSocketMessages':[{'opcode':1}]}");
	CHECK_INT(got.figures.idle, 0);
	CHECK_INT(got.figures.skipped, 0);
	CHECK_INT(got.x->status, 101);
	CHECK_INT(got.x->outcome, OUTCOME_COMPLETE);
	CHECK(str_is(got.x->url, "WSS://a.test:8/s?t"));
	CHECK(str_is(got.x->target, "/s?t"));
	CHECK(str_is(buf_str(&got.x->response.body.bytes), "{\"opcode\":1}\n"));
	CHECK(str_is(got.x->extra, ""));
}

static void
a_web_socket_without_messages_is_kept_and_reported(void)
{
	read_entry("{'request':{'method':'GET','url':'ws://a.test/'},"
		   "'response':{'status':101}}");
	CHECK_INT(got.figures.idle, 1);
	CHECK(!got.x->response.body.known);
	CHECK(strstr(buf_text(&got.notes), "a WebSocket") != NULL);
}

static void
frames_of_a_web_socket_may_be_in_a_file(void)
{
	read_entry("{'request':{'method':'GET','url':'ws://a.test/'},"
		   "'response':{'status':101,'content':"
		   "{'_file':'frames.jsonl'}}}");
	CHECK(str_is(buf_str(&got.x->response.body.bytes),
	    "{\"opcode\":1}\n{\"opcode\":2}\n"));
	read_entry("{'request':{'method':'GET','url':'ws://a.test/'},"
		   "'response':{'status':101,'content':"
		   "{'_file':'gone.jsonl'}}}");
	CHECK(str_is(got.x->extra, ""));
	CHECK(strstr(buf_text(&got.notes), "frames left out: ") != NULL);
}

static void
entries_that_cannot_be_one_are_skipped(void)
{
	static const char *const entries[] = { "7", "null", "[]", "{}",
		"{'request':{}}", "{'request':{'method':'GET'}}",
		"{'request':{'method':'GET','url':''}}",
		"{'request':{'method':'GET','url':null}}",
		"{'request':{'method':'GET','url':'/x'}}",
		"{'request':{'method':'GET','url':'data:,x'}}",
		"{'request':{'method':'GET','url':'blob:http://a.test/x'}}",
		"{'request':{'method':'','url':'http://a.test/'}}",
		"{'request':{'method':'CONNECT','url':'http://a.test/'}}",
		"{'request':{'method':'GET','url':'http://a.test/\\u0000'}}",
		"{'request':{'method':'GET','url':'http://a.test/'},"
		"'response':{'status':200.5}}",
		"{'request':{'method':'GET','url':'http://a.test/'},"
		"'response':{'status':1000}}" };
	size_t i;

	for (i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		read_entry(entries[i]);
		CHECK_INT(got.status, 0);
		if (got.figures.skipped != 1 || got.figures.unsafe != 0)
			CHECK_STR(entries[i], "skipped");
		CHECK_INT(got.figures.entries, 0);
	}
}

static void
what_would_inject_is_skipped_and_counted_as_such(void)
{
	static const char *const entries[] = {
		"{'request':{'method':'GET / HTTP/1.1\\r\\nX: 1','url':"
		"'http://a.test/'}}",
		"{'request':{'method':'GET','url':'http://a.test/\\r\\nX: 1'}}",
		"{'request':{'method':'GET','url':'http://a.test/'},"
		"'response':{'status':200,'statusText':'OK\\r\\nX: 1'}}",
	};
	size_t i;

	for (i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		read_entry(entries[i]);
		CHECK_INT(got.figures.unsafe, 1);
		CHECK_INT(got.figures.entries, 0);
	}
}

static void
a_field_that_would_inject_is_left_out(void)
{
	read_response("'status':200,'headers':["
		      "{'name':'A','value':'1\\r\\nEvil: 1'},"
		      "{'name':'B','value':'1\\u0000'},"
		      "{'name':'C\\r\\nEvil','value':'1'},"
		      "{'name':'D E','value':'1'},{'name':'','value':'1'},"
		      "{'value':'1'},{'name':'F','value':'2'}]");
	CHECK_INT(got.x->response.headers.n, 1);
	CHECK_VIEW(got.x->response.headers.v[0].name, "F");
	CHECK(noted("left out A"));
}

static void
fields_come_in_many_forms(void)
{
	read_response("'status':200,'headers':[['A','1'],"
		      "{'name':'Set-Cookie','value':'a=1\\nb=2'},"
		      "{'name':'C','value':['3','4']},'D: 5',"
		      "{'name':':status','value':'200'},"
		      "{'name':'E','value':6},{'name':'F','value':null}]");
	CHECK_INT(got.x->response.headers.n, 8);
	CHECK_VIEW(headers_get(&got.x->response.headers, "A"), "1");
	CHECK_VIEW(got.x->response.headers.v[1].value, "a=1");
	CHECK_VIEW(got.x->response.headers.v[2].value, "b=2");
	CHECK_VIEW(got.x->response.headers.v[3].value, "3");
	CHECK_VIEW(got.x->response.headers.v[4].value, "4");
	CHECK_VIEW(headers_get(&got.x->response.headers, "D"), "5");
	CHECK_VIEW(headers_get(&got.x->response.headers, "E"), "6");
	CHECK_VIEW(headers_get(&got.x->response.headers, "F"), "");
	CHECK(noted("left out 1 pseudo-header fields"));
	read_response("'status':200,'headers':{'A':'1','B':['2','3']}");
	CHECK_INT(got.x->response.headers.n, 3);
	read_response("'status':200,'headers':null");
	CHECK_INT(got.x->response.headers.n, 0);
}

static void
urls_are_tidied_as_a_browser_does(void)
{
	read_entry("{'startedDateTime':'2026-01-02T03:04:05Z','request':"
		   "{'method':'GET','url':' http://a.test/a b\\n\xc3\xa9"
		   "?q=|#frag'},'response':{'status':204}}");
	CHECK_VIEW(got.x->url, "http://a.test/a%20b%C3%A9?q=|");
	CHECK(noted("a fragment"));
}

static void
a_query_that_stands_apart_is_added(void)
{
	read_request("'queryString':[{'name':'a b','value':'1&2'},"
		     "{'name':'c'}]");
	CHECK_VIEW(got.x->target, "/x?a%20b=1%262&c");
}

static void
a_request_body_comes_from_text(void)
{
	read_request("'postData':{'mimeType':'text/plain','text':'hi',"
		     "'params':[{'name':'x','value':'y'}]}");
	CHECK_VIEW(REQUEST_BODY, "hi");
	read_request("'postData':{'mimeType':'x/y','text':'/+8=',"
		     "'encoding':'base64'}");
	CHECK_VIEW(REQUEST_BODY, "\xff\xef");
}

static void
a_form_is_made_of_params(void)
{
	read_request("'bodySize':16,'postData':{'mimeType':"
		     "'application/x-www-form-urlencoded','params':[{'name':"
		     "'a b','value':'1&2'},{'name':'c','value':''}]}");
	CHECK_VIEW(REQUEST_BODY, "a+b=1%262&c=");
	read_request("'bodySize':10,'postData':{'mimeType':"
		     "'application/x-www-form-urlencoded','params':[{'name':"
		     "'a%20b','value':'1+2'}]}");
	CHECK_VIEW(REQUEST_BODY, "a%20b=1+2");
}

static void
a_multipart_is_made_of_params(void)
{
	read_request("'headers':[{'name':'Content-Type','value':"
		     "'multipart/form-data; boundary=XX'}],'postData':"
		     "{'mimeType':'multipart/form-data','params':[{'name':'a',"
		     "'value':'1'},{'name':'f','value':'data','fileName':"
		     "'f.txt','contentType':'text/plain'}]}");
	CHECK_VIEW(REQUEST_BODY,
	    "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
	    "--XX\r\nContent-Disposition: form-data; name=\"f\"; "
	    "filename=\"f.txt\"\r\nContent-Type: text/plain\r\n\r\ndata\r\n"
	    "--XX--\r\n");
	read_request("'headers':[{'name':'Content-Type','value':"
		     "'multipart/form-data; boundary=XX'}],'postData':"
		     "{'mimeType':'multipart/form-data','params':[{'name':'f',"
		     "'fileName':'f.txt'}]}");
	CHECK(!got.x->request.body.known);
}

static void
a_request_with_size_and_no_text_is_unknown(void)
{
	read_request("'bodySize':120,'headers':[]");
	CHECK(!got.x->request.body.known);
	read_request("'bodySize':3,'postData':{'mimeType':'x/y','text':''}");
	CHECK(!got.x->request.body.known);
	read_request("'bodySize':0,'postData':{}");
	CHECK(got.x->request.body.known);
	CHECK_VIEW(buf_str(&got.notes), "");
}

static void
unknown_members_are_kept(void)
{
	read_entry("{'startedDateTime':'2026-01-02T03:04:05Z','_a':[1.50,"
		   "{'b':null}],'pageref':'p','cache':{},'request':{'method':"
		   "'GET','url':'http://a.test/','_r':1},'response':{'status':"
		   "204,'comment':'\\ud800','content':{'_c':true}},'timings':"
		   "{'_t':-0.0}}");
	CHECK_VIEW(got.x->extra,
	    "{\"entry\":{\"_a\":[1.50,{\"b\":null}],\"pageref\":\"p\"},"
	    "\"request\":{\"_r\":1},\"response\":{\"comment\":\"\\ud800\"},"
	    "\"content\":{\"_c\":true},\"timings\":{\"_t\":-0.0}}");
}

static void
cookies_are_kept_only_when_no_field_has_them(void)
{
	read_request("'cookies':[{'name':'a','value':'1'}],'headers':[]");
	CHECK(memmem(got.x->extra.p, got.x->extra.n, "cookies", 7) != NULL);
	read_request("'_z':1,'cookies':[{'name':'a','value':'1'}],'headers':"
		     "[{'name':'Cookie','value':'a=1'}]");
	CHECK_VIEW(got.x->extra, "{\"request\":{\"_z\":1}}");
	read_request("'cookies':[],'headers':[]");
	CHECK_VIEW(got.x->extra, "");
}

static void
odd_numbers_and_dates_are_repaired(void)
{
	read_entry("{'startedDateTime':'NaN-NaN','request':{'method':'GET',"
		   "'url':'http://a.test/','headersSize':'12','bodySize':1.5}"
		   ",'response':{'status':204},'timings':{'send':1e999,"
		   "'wait':'3.25','receive':-5,'dns':null}}");
	CHECK_INT(got.x->started_us, 0);
	CHECK_INT(got.x->request.head_bytes, 12);
	CHECK_INT(got.x->timings.send, -1);
	CHECK_INT(got.x->timings.wait, 3250);
	CHECK_INT(got.x->timings.receive, -1);
	CHECK(noted("no date"));
	CHECK(noted("bodySize: 1.5 rounded to 2"));
}

static void
what_is_no_har_is_one_error_with_a_place(void)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "line 1, column 1 (byte 0): the text ends, expected a "
		      "value" },
		{ "[]", "line 1, column 2 (byte 1): an array, expected a HAR, "
			"which is an object" },
		{ "{}", "no member log" },
		{ "{\"log\":7}", "/log: line 1, column 9 (byte 8): a number" },
		{ "{\"log\":{}}", "no entries in log" },
		{ "{\"log\":{\"entries\":{}}}",
		    "/log/entries: line 1, column 20 (byte 19): an object" },
		{ "{\"log\":{\"version\":\"2.0\",\"entries\":[]}}",
		    "version 2.0, expected 1.2" },
		{ "{\"log\":{\"entries\":[{\"request\":{\"url\":\"htt",
		    "the text ends in a string" },
		{ "{\"log\":{\"entries\":[]}}{}", "expected the end" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_file(str_of(rows[i].text), false);
		CHECK_INT(got.status, -1);
		if (strstr(got.e.text, rows[i].error) == NULL)
			CHECK_STR(got.e.text, rows[i].error);
	}
}

static void
versions_of_one_are_read(void)
{
	read_file(STR("{\"log\":{\"version\":\"1.3\",\"entries\":[]}}"), true);
	CHECK_INT(got.status, 0);
	read_file(STR("{\"log\":{\"version\":\"\",\"entries\":[]}}"), true);
	CHECK_INT(got.status, 0);
	read_file(STR("{\"log\":{\"version\":1.1,\"entries\":[]}}"), true);
	CHECK_INT(got.status, 0);
}

static void
strict_makes_a_repair_an_error(void)
{
	read_file(STR("{\"log\":{\"entries\":[{\"startedDateTime\":"
		      "\"2026-01-02\",\"request\":{\"method\":\"GET\","
		      "\"url\":\"http://a.test/\"},\"response\":{\"status\":"
		      "204}}]}}"),
	    true);
	CHECK_INT(got.status, -1);
	CHECK_STR(got.e.text, "/log/entries/0/startedDateTime: \"2026-01-02\" "
			      "is not as HAR wants dates");
	read_file(STR("{\"log\":{\"entries\":[7]}}"), true);
	CHECK_INT(got.status, -1);
}

static int
refuse(void *arg, struct exchange *x, bool own, struct err *e)
{
	(void)arg;
	(void)own;
	exchange_free(x);
	return err_set(e, "the tape is full");
}

static void
the_callback_can_end_the_reading(void)
{
	struct str text =
	    STR("{\"log\":{\"entries\":[{\"request\":{"
		"\"method\":\"GET\",\"url\":\"http://a/\"}},7]}}");
	const struct har_read_options o = {
		.read = read_text,
		.read_arg = &text,
		.on_exchange = refuse,
	};
	struct har_figures f;
	struct err e;

	CHECK_INT(har_read(&o, &f, &e), -1);
	CHECK_STR(e.text, "the tape is full");
	CHECK_INT(f.skipped, 0);
}

static void
list_url(void *arg, struct str url)
{
	buf_add_str(arg, url);
	buf_add(arg, " ", 1);
}

static void
urls_can_be_read_alone(void)
{
	struct str text = STR("{\"log\":{\"entries\":[{\"request\":{\"url\":"
			      "\"http://a/\",\"x\":[{}]}},{},7,{\"request\":"
			      "null},{\"request\":{\"url\":\"b\"}}]}}");
	const struct har_read_options o = { .read = read_text,
		.read_arg = &text };
	struct buf b = { 0 };
	struct err e;

	CHECK_INT(har_read_urls(&o, list_url, &b, &e), 0);
	CHECK_VIEW(buf_str(&b), "http://a/ b ");
	buf_free(&b);
	text = STR("{\"log\":");
	CHECK_INT(har_read_urls(&o, list_url, &b, &e), -1);
}

static void
the_last_exchange_is_freed(void)
{
	exchange_free(got.x);
	buf_free(&got.notes);
	got.x = NULL;
}

RUN(TEST(a_plain_entry_needs_no_repair), TEST(members_may_come_in_any_order),
    TEST(a_decoded_body_loses_its_coding_and_gets_its_length),
    TEST(a_body_that_still_is_encoded_keeps_its_coding),
    TEST(text_without_body_is_an_unknown_body),
    TEST(an_empty_text_of_size_zero_is_an_empty_body),
    TEST(a_redirect_without_text_is_empty),
    TEST(responses_without_body_lose_it_and_keep_their_fields),
    TEST(text_goes_back_to_the_charset_it_came_in),
    TEST(text_that_is_as_long_in_utf8_stays),
    TEST(one_character_per_byte_is_turned_back),
    TEST(a_lone_surrogate_in_a_body_becomes_the_replacement),
    TEST(other_encodings_are_understood),
    TEST(a_json_body_that_looks_like_pieces_is_one),
    TEST(what_is_called_base64_and_is_none_is_unknown),
    TEST(a_payload_file_is_fetched), TEST(failed_exchanges_keep_their_reason),
    TEST(an_interim_status_never_counts_as_an_answer),
    TEST(a_status_as_text_is_a_number_all_the_same),
    TEST(a_web_socket_has_its_messages_as_lines_of_its_body),
    TEST(a_web_socket_without_messages_is_kept_and_reported),
    TEST(frames_of_a_web_socket_may_be_in_a_file),
    TEST(entries_that_cannot_be_one_are_skipped),
    TEST(what_would_inject_is_skipped_and_counted_as_such),
    TEST(a_field_that_would_inject_is_left_out),
    TEST(fields_come_in_many_forms), TEST(urls_are_tidied_as_a_browser_does),
    TEST(a_query_that_stands_apart_is_added),
    TEST(a_request_body_comes_from_text), TEST(a_form_is_made_of_params),
    TEST(a_multipart_is_made_of_params),
    TEST(a_request_with_size_and_no_text_is_unknown),
    TEST(unknown_members_are_kept),
    TEST(cookies_are_kept_only_when_no_field_has_them),
    TEST(odd_numbers_and_dates_are_repaired),
    TEST(what_is_no_har_is_one_error_with_a_place),
    TEST(versions_of_one_are_read), TEST(strict_makes_a_repair_an_error),
    TEST(the_callback_can_end_the_reading), TEST(urls_can_be_read_alone),
    TEST(the_last_exchange_is_freed))
