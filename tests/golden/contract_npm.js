// Thinks of schemas, parameters and messages with a fixed seed, and says what
// npm's openapi-request-validator and openapi-response-validator find wrong.
// Writes a description to the file named, and a message with verdicts per line.
// Bodies that are false, 0, "" or null are left out: these packages take them
// for none; formats, too, which the second does not know.
const fs = require('fs');
const Request = require('openapi-request-validator').default;
const Response = require('openapi-response-validator').default;

let seed = 7;
const quiet = {warn() {}, error() {}};
const below = n => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >> 8) % n;
};
const pick = from => from[below(from.length)];
const maybe = (n, more) => below(n) ? {} : more();

const makers = [
  () => ({type: 'string', ...maybe(2, () => ({minLength: below(3)})),
    ...maybe(3, () => ({enum: ['a', 'bb', '']})),
    ...maybe(4, () => ({nullable: true}))}),
  () => ({type: 'integer', ...maybe(2, () => ({minimum: below(4) - 1})),
    ...maybe(2, () => ({maximum: below(5)}))}),
  () => ({type: 'number', ...maybe(2, () => ({multipleOf: 0.5}))}),
  () => ({type: 'boolean'}),
  () => ({type: 'string', maxLength: 1 + below(3)}),
  () => ({type: 'string', pattern: pick(['^a+$', 'b', '^\\d{2}$'])}),
  object, object,
  d => ({type: 'array', items: schema(d), ...maybe(3, () => ({minItems: 1})),
    ...maybe(3, () => ({uniqueItems: true}))}),
  d => ({[pick(['allOf', 'anyOf', 'oneOf'])]: [schema(d), schema(d)]}),
  d => ({not: schema(d)}),
];

function schema(depth) {
  return makers[below(depth > 0 ? makers.length : 6)](depth - 1);
}

function object(d) {
  const properties = {};
  for (const name of ['a', 'b', 'c'].slice(0, 1 + below(3)))
    properties[name] = schema(d);
  return {type: 'object', properties,
    ...maybe(2, () => ({
      required: Object.keys(properties).slice(0, 1 + below(2))})),
    ...maybe(3, () => ({
      additionalProperties: below(2) ? false : schema(d)}))};
}

const leaf = () => pick(['a', 'aa', 'bb', '', '12', 0, 1, -1, 2.5, 0.25, true,
  false, null]);

function value(d) {
  const kind = below(d > 0 ? 6 : 3);
  if (kind < 3)
    return leaf();
  if (kind === 5)
    return Array.from({length: below(4)}, () => value(d - 1));
  const made = {};
  for (const name of ['a', 'b', 'c', 'x'])
    if (below(2))
      made[name] = value(d - 1);
  return made;
}

// Mostly one that fits.
function near(s, d) {
  if (!below(8) || d === 0)
    return value(1);
  if (s.enum)
    return pick(s.enum);
  const several = s.allOf || s.anyOf || s.oneOf;
  if (several)
    return near(pick(several), d - 1);
  if (s.type === 'object') {
    const made = {};
    for (const name in s.properties)
      if (below(4))
        made[name] = near(s.properties[name], d - 1);
    if (!below(4))
      made.x = leaf();
    return made;
  }
  if (s.type === 'array')
    return Array.from({length: below(3)}, () => near(s.items, d - 1));
  return s.type === 'integer' ? below(5) - 1
    : s.type === 'number' ? pick([0, 0.5, 1, 2.25])
    : s.type === 'boolean' ? !below(2) : leaf();
}

const queries = [{type: 'integer', minimum: 0}, {type: 'boolean'},
  {type: 'string', enum: ['a', '1']},
  {type: 'array', items: {type: 'integer'}}, {type: 'number'}];

// As openapi-request-coercer does it.
function coerced(text, s) {
  const number = isNaN(+text) ? text : +text;
  return s.type === 'array' ? [number]
    : s.type === 'integer' || s.type === 'number' ? number
    : s.type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true'
    : text;
}

const paths = {}, lines = [];
for (let i = 0; i < 400; i++) {
  const s = schema(3), q = pick(queries);
  const content = {'application/json': {schema: s}};
  const post = {
    parameters: [{name: 'q', in: 'query', required: !!below(2), schema: q}],
    requestBody: {required: true, content},
    responses: {200: {description: '', content}}};
  paths['/p' + i] = {post};
  const request = new Request({...post, logger: quiet});
  const response = new Response({...post, logger: quiet});
  for (let k = 0; k < 25; k++) {
    const body = near(s, 4);
    const text = pick([undefined, '1', 'a', 'true', '-1', '1.5']);
    if (!body)
      continue;
    const of = request.validateRequest({
      headers: {'content-type': 'application/json'}, params: {}, body,
      query: text === undefined ? {} : {q: coerced(text, q)}});
    const places = of ? of.errors.map(e => e.location) : [];
    lines.push(JSON.stringify({
      target: `/p${i}` + (text === undefined ? '' : `?q=${text}`),
      body: JSON.stringify(body), query: places.includes('query'),
      request: places.includes('body'),
      answer: !!response.validateResponse(200, body)}));
  }
}
fs.writeFileSync(process.argv[2], JSON.stringify(
  {openapi: '3.0.3', info: {title: '', version: ''}, paths}));
process.stdout.write(lines.join('\n') + '\n');
