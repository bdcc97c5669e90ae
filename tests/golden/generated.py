#!/usr/bin/python3
# Goal: bodies made from the schemas of a description are valid by them.
"""Each body that hark mock from-openapi makes is rendered with several seeds
and asked of the schema it was made from, written as JSON schema of draft 7.
The schemas are those of generated.json and those of the responses in openapi/
of the corpus, beside the checkout (../shared/corpus) or in the folder that
HARK_CORPUS names; without them that part is skipped."""
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = os.environ.get('top_srcdir', '.')
HARK = os.environ.get('HARK', './hark')
RENDER = os.path.join(os.environ.get('top_builddir', '.'),
                      'tests/golden/render')
CORPUS = pathlib.Path(os.environ.get('HARK_CORPUS') or
                      os.path.join(SOURCE, '../shared/corpus')) / 'openapi'
SEEDS = (1, 2)
METHODS = ('get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace')


# ---- OpenAPI's schemas as JSON schema of draft 7 ---------------------------

# Keywords that draft 7 has; what is left out asks for nothing there.
PLAIN = {'title', 'description', 'default', 'multipleOf', 'minLength',
         'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems',
         'minProperties', 'maxProperties', 'enum', 'const'}
ONE = {'not', 'additionalItems', 'contains', 'propertyNames', 'if', 'then',
       'else'}
MANY = {'allOf', 'anyOf', 'oneOf'}
NAMED = {'patternProperties'}
FORMATS = {'date', 'time', 'date-time', 'duration', 'uri', 'uri-reference',
           'uri-template', 'email', 'hostname', 'ipv4', 'ipv6', 'regex',
           'uuid', 'json-pointer', 'relative-json-pointer', 'byte', 'int32',
           'int64', 'float', 'double', 'password', 'binary'}


class Document:
    """A description and the files it refers to."""

    def __init__(self, path, root):
        self.files = {path: root}
        self.path = path
        version = str(root.get('openapi') or root.get('swagger'))
        self.new = not re.match(r'2|3\.0', version)
        self.v2 = version.startswith('2')
        self.names, self.made = {}, {}

    def follow(self, v, path):
        """v, or what it refers to, and the file that is in."""
        for _ in range(100):
            if not isinstance(v, dict) or not isinstance(v.get('$ref'), str):
                return v, path
            file, _, pointer = v['$ref'].partition('#')
            if file:
                path = pathlib.Path(os.path.normpath(path.parent / file))
                if self.path.parent not in path.parents:
                    raise KeyError('hark does not go there either')
                if path not in self.files:
                    self.files[path] = load(path)
            v = self.files[path]
            for step in pointer.strip('/').split('/') if pointer else ():
                step = re.sub('%([0-9A-Fa-f]{2})',
                              lambda m: chr(int(m[1], 16)), step)
                step = step.replace('~1', '/').replace('~0', '~')
                v = v[int(step)] if isinstance(v, list) else v[step]
        raise KeyError('references without end')

    def schema(self, v, path):
        """One that stands for itself, definitions included."""
        self.names, self.made = {}, {}
        return {'allOf': [self.turn(v, path)], 'definitions': self.made}

    def reference(self, v, path):
        key = (str(path), v['$ref'])
        if key not in self.names:
            name = self.names[key] = f'd{len(self.names)}'
            self.made[name] = True
            try:
                self.made[name] = self.turn(*self.follow(v, path))
            except (KeyError, OSError):
                pass  # it leads nowhere, so that anything fits
        return {'$ref': '#/definitions/' + self.names[key]}

    def turn(self, v, path):
        if not isinstance(v, dict):
            return v if isinstance(v, bool) else {}
        if isinstance(v.get('$ref'), str):
            to = self.reference(v, path)
            rest = {k: x for k, x in v.items() if k != '$ref'}
            return {'allOf': [to, self.turn(rest, path)]} if (
                self.new and rest) else to
        out = {k: x for k, x in v.items() if k in PLAIN}
        for k, x in v.items():
            if k in ONE:
                out[k] = self.turn(x, path)
            elif k in MANY and isinstance(x, list) and x:
                out[k] = [self.turn(y, path) for y in x]
            elif k in NAMED:
                out[k] = {n: self.turn(y, path) for n, y in x.items()}
        self.turn_type(v, out)
        self.turn_limits(v, out)
        self.turn_items(v, out, path)
        self.turn_members(v, out, path)
        if v.get('nullable') is True:
            # 3.0 wants a type beside it, and null in an enum; few do, and
            # 3.1 does not have it, but is given it.
            return {'anyOf': [{'type': 'null'}, out]}
        return out

    @staticmethod
    def turn_type(v, out):
        if v.get('type') != 'file' and 'type' in v:
            out['type'] = v['type']
        if v.get('format') in FORMATS:
            out['format'] = v['format']

    @staticmethod
    def turn_limits(v, out):
        for limit, exclusive in (('minimum', 'exclusiveMinimum'),
                                 ('maximum', 'exclusiveMaximum')):
            if v.get(exclusive) is True:
                out[exclusive] = v[limit]
                continue
            for k in (limit, exclusive):
                if isinstance(v.get(k), (int, float)) and v[k] is not False:
                    out[k] = v[k]

    def turn_items(self, v, out, path):
        first = v.get('prefixItems')
        if first:
            out['items'] = [self.turn(x, path) for x in first]
            if 'items' in v:
                out['additionalItems'] = self.turn(v['items'], path)
        elif 'items' in v:
            out['items'] = self.turn(v['items'], path)

    def turn_members(self, v, out, path):
        members = v.get('properties')
        hidden = set()
        if isinstance(members, dict):
            hidden = {n for n, x in members.items()
                      if isinstance(self.follow(x, path)[0], dict) and
                      self.follow(x, path)[0].get('writeOnly') is True}
            out['properties'] = {n: False if n in hidden else
                                 self.turn(x, path)
                                 for n, x in members.items()}
        if isinstance(v.get('required'), list):
            out['required'] = sorted(set(v['required']) - hidden)
        if 'additionalProperties' in v:
            out['additionalProperties'] = self.turn(
                v['additionalProperties'], path)


def load(path):
    if path.suffix in ('.yaml', '.yml'):
        import yaml
        # A date stays a text, as in JSON.
        loader = type('Loader', (getattr(yaml, 'CSafeLoader',
                                         yaml.SafeLoader),), {})
        loader.yaml_implicit_resolvers = {
            k: [r for r in v if r[0] != 'tag:yaml.org,2002:timestamp']
            for k, v in loader.yaml_implicit_resolvers.items()}
        return json.loads(json.dumps(
            yaml.load(path.read_text('utf-8'), loader)))
    return json.loads(path.read_text('utf-8'))


# ---- responses and what was made of them -----------------------------------

def is_json(kind):
    kind = kind.split(';')[0].strip().lower()
    return (kind in ('application/json', 'text/json', '*/*', 'application/*')
            or kind.endswith('+json'))


def status_of(responses, key):
    """The status of the response that it becomes; None for none."""
    if key == 'default':
        return 500 if any(k[0] == '2' for k in responses) else 200
    if re.match('[1-5][xX]{2}$', key):
        return None if key[0] + '00' in responses else int(key[0]) * 100
    return int(key) if key.isdigit() else None


def responses(document):
    """Method, endpoint, status and the schema of each JSON body."""
    root, path = document.files[document.path], document.path
    for name, item in root.get('paths', {}).items():
        item, there = document.follow(item, path)
        endpoint = re.sub(r'\{([^}]*)\}', lambda m: ':' + re.sub(
            r'\W', '', m[1]), re.split('[?#]', name)[0]).strip('/')
        for method in METHODS:
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue
            answers = operation.get('responses', {})
            for key, answer in answers.items():
                status = status_of(answers, str(key))
                answer, at = document.follow(answer, there)
                schema = answer.get('schema') if document.v2 else None
                media = answer
                for kind, media in (answer.get('content') or {}).items():
                    if is_json(kind):
                        schema = media.get('schema')
                        break
                # Examples are sent as they are.
                if 'example' in media or 'examples' in media:
                    continue
                if schema is not None and status:
                    yield (method, endpoint.lower(), status), schema, at


def says_json(response):
    return any(h['key'] == 'Content-Type' and is_json(h['value'])
               for h in response['headers'])


def imported(path, work):
    """The routes, and what is noted."""
    done = subprocess.run(
        [HARK, 'mock', 'from-openapi', str(path), '-o', str(work / 'm.json')],
        capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        return None, done.stderr
    return (json.loads((work / 'm.json').read_text('utf-8'))['routes'],
            done.stderr)


def render(jobs):
    text = ''.join(json.dumps({**job, 'now': 1700000000000}) + '\n'
                   for job in jobs)
    done = subprocess.run([RENDER], input=text, capture_output=True,
                          text=True, timeout=900)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(jobs):
        raise AssertionError(done.stderr[-3000:])
    return answers


def bodies(document, routes):
    """Jobs of rendering a generated body and holding it against its
    schema, each with its place; and how many schemas had none."""
    made = {(r['method'], r['endpoint'].lower(), a['statusCode']): a
            for r in routes for a in reversed(r['responses'])
            if says_json(a)}
    jobs, places, missing = [], [], []
    for place, schema, path in responses(document):
        answer = made.get(place)
        if answer is None:
            missing.append(place)
        elif not answer['disableTemplating']:
            schema = document.schema(schema, path)
            for seed in SEEDS if '{{' in answer['body'] else [1]:
                jobs.append({'template': answer['body'], 'schema': schema,
                             'seed': seed, 'random': seed / 7})
                places.append(place)
    return jobs, places, missing


def invalid(jobs, places, answers):
    """Those that do not fit, one of each place."""
    wrong = {}
    for job, place, answer in zip(jobs, places, answers):
        if answer.get('valid') is not True:
            wrong.setdefault(place, (job, answer))
    return wrong


# ---- tests -----------------------------------------------------------------

def described(version, schemas):
    """A description with a route for each schema."""
    root = {'info': {'title': 't', 'version': '1'}, 'paths': {}}
    root['swagger' if version == '2.0' else 'openapi'] = version
    for name, schema in schemas.items():
        answer = {'description': name}
        if version == '2.0':
            answer['schema'] = schema
        else:
            answer['content'] = {'application/json': {'schema': schema}}
        root['paths']['/' + name] = {'get': {'responses': {'200': answer}}}
    return root


def fixtures(work):
    for version, kinds in json.loads(
            (HERE / 'generated.json').read_text('utf-8')).items():
        for kind, schemas in kinds.items():
            shared = schemas.pop('components', {})
            root = described(version, schemas)
            root['definitions' if version == '2.0' else 'components'] = (
                shared if version == '2.0' else {'schemas': shared})
            path = work / f'{version}-{kind}.json'
            path.write_text(json.dumps(root))
            yield version, kind, path, root, schemas


def schemas_of_all_kinds_are_kept_to(work):
    count, wrong = 0, []
    for version, kind, path, root, schemas in fixtures(work):
        if kind == 'noted':
            continue
        document = Document(path, root)
        routes, notes = imported(path, work)
        if notes and kind == 'made':
            wrong.append(f'{version}: {notes}')
        jobs, places, missing = bodies(document, routes)
        count += len(set(places))
        if missing or len(set(places)) != len(schemas):
            raise AssertionError(f'no body: {missing}')
        for place, (job, answer) in invalid(
                jobs, places, render(jobs)).items():
            wrong.append(f'{version} {place[1]}: {answer}\n'
                         f'{job["template"]}\n{json.dumps(job["schema"])}')
    if wrong:
        raise AssertionError('\n'.join(wrong))
    return f'{count} schemas'


def what_is_not_made_is_said(work):
    count = 0
    for version, kind, path, _, schemas in fixtures(work):
        if kind == 'made':
            continue
        _, notes = imported(path, work)
        silent = [name for name in schemas
                  if f'/paths/~1{name}/' not in notes]
        if silent:
            raise AssertionError(f'{version}: nothing is noted of {silent}:'
                                 f'\n{notes}')
        count += len(schemas)
    return f'{count} schemas'


def a_body_that_does_not_fit_is_found(work):
    answers = render([{'template': '{"a": 1}', 'schema': schema}
                      for schema in ({'required': ['a']}, {'type': 'array'},
                                     {'properties': {'a': {'minimum': 2}}})])
    if [a.get('valid') for a in answers] != [True, False, False]:
        raise AssertionError(answers)
    return '3 schemas'


def real_descriptions_are_kept_to(work):
    if not CORPUS.exists():
        return None
    counts = {'files': 0, 'bodies': 0}
    wrong, missed = [], 0
    with open(CORPUS / 'INDEX.tsv', encoding='utf-8') as f:
        rows = list(csv.DictReader(f, delimiter='\t'))
    for row in rows:
        path = CORPUS / row['file']
        if not path.exists() or row['version'] == '?':
            continue
        document = Document(path, load(path))
        routes, _ = imported(path, work)
        jobs, places, missing = bodies(document, routes)
        counts['files'] += 1
        counts['bodies'] += len(set(places))
        missed += len(missing)
        for place, (job, answer) in invalid(
                jobs, places, render(jobs)).items():
            wrong.append((row['file'], place, job, answer))
    if wrong or missed > 20:
        raise AssertionError(
            f'{len(wrong)} of {counts["bodies"]}, {missed} were not found:\n'
            + '\n'.join(f'{file} {place}' for file, place, *_ in wrong[:60]))
    return '%(files)d files, %(bodies)d bodies' % counts


def main():
    tests = [schemas_of_all_kinds_are_kept_to, what_is_not_made_is_said,
             a_body_that_does_not_fit_is_found, real_descriptions_are_kept_to]
    print(f'1..{len(tests)}')
    failed = 0
    for i, test in enumerate(tests):
        name = test.__name__.replace('_', ' ')
        with tempfile.TemporaryDirectory(prefix='hark-generated-') as work:
            try:
                what = test(pathlib.Path(work))
                print(f'ok {i + 1} - {name}: {what}' if what else
                      f'ok {i + 1} - {name} # SKIP no corpus in {CORPUS}')
            except AssertionError as e:
                failed += 1
                print(f'not ok {i + 1} - {name}\n# ' +
                      str(e).replace('\n', '\n# '))
        sys.stdout.flush()
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
