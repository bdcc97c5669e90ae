'use strict';

/*
 * Renders templates for templates.py with the programs they are written for:
 * npm's handlebars and @mockoon/commons-server, found in the folder that is
 * the first argument.  A JSON object per line in and out, as render.c has
 * them; {"error": TEXT} for what throws.
 */

const path = require('path');
const readline = require('readline');

const from = (...names) => require(path.join(process.argv[2], 'node_modules',
    ...names));
const mockoon = (...names) => from('@mockoon', 'commons-server', 'dist', 'cjs',
    'libs', ...names);
const handlebars = from('handlebars');
const { TemplateParser } = mockoon('template-parser');
const { Helpers } = mockoon('templating-helpers', 'helpers');
const { SetFakerLocale, SetFakerSeed } = mockoon('faker');
const environmentVariables = { ...process.env };
const RealDate = Date;

// {{log}} would write among the answers.
console.info = console.log = console.warn = () => {};

/* A Date whose present is that of the job. */
function dateAt(now) {
    return class Date extends RealDate {
        constructor(...args) {
            if (args.length === 0)
                super(now);
            else
                super(...args);
        }

        static now() {
            return now;
        }
    };
}

function request(job) {
    const r = job.request;
    if (!r)
        return undefined;
    return {
        params: {}, query: {}, headers: {}, cookies: {}, stringBody: '', ...r,
        get: (name) => {
            if (!name)
                throw new TypeError('name argument is required to req.get');
            if (typeof name !== 'string')
                throw new TypeError('name must be a string to req.get');
            const headers = r.headers || {};
            if (/^referr?er$/i.test(name))
                return headers.referrer || headers.referer;
            return headers[name.toLowerCase()];
        },
    };
}

function render(job) {
    if (job.plain) {
        const made = handlebars.create();
        made.registerHelper('helperMissing', Helpers.helperMissing);
        return made.compile(job.template)(job.root || {});
    }
    if (job.root)
        return handlebars.compile(job.template)(job.root,
            { helpers: Helpers });
    return TemplateParser({
        content: job.template,
        environment: { port: 3000, endpointPrefix: '',
            tlsOptions: { enabled: false } },
        processedDatabuckets: job.list,
        globalVariables: job.globals,
        request: request(job),
        response: job.response,
        envVarsPrefix: '',
        publicBaseUrl: job.request && job.request.baseUrl,
    });
}

function run(job) {
    const answer = {};
    job.globals = job.globals || {};
    job.list = Object.entries(job.buckets || {}).map(
        ([name, value]) => ({ id: name, name, value }));
    job.response = { locals: {} };
    Object.assign(process.env, job.env);
    global.Date = dateAt(job.now || 0);
    SetFakerLocale(job.locale || 'en');
    SetFakerSeed(job.seed || 0);
    Math.random = () => job.random || 0;
    try {
        answer.out = render(job);
    } catch (e) {
        answer.error = String(e.message);
    }
    global.Date = RealDate;
    for (const name of Object.keys(job.env || {}))
        if (!(name in environmentVariables))
            delete process.env[name];
    if (job.response.locals.statusCode)
        answer.status = job.response.locals.statusCode;
    answer.buckets = Object.fromEntries(
        job.list.map(({ name, value }) => [name, value]));
    answer.globals = job.globals;
    return answer;
}

readline.createInterface({ input: process.stdin }).on('line', (line) =>
    process.stdout.write(JSON.stringify(run(JSON.parse(line))) + '\n'));
