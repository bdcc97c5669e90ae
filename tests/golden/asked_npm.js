'use strict';

/*
 * Shows for asked.py how Mockoon sees requests: the jobs that ask.c reads are
 * sent to a server made of @mockoon/commons-server's own middleware, which
 * answers with the parts.
 */

const http = require('http');
const net = require('net');
const path = require('path');
const readline = require('readline');

const from = (...names) => require(path.join(process.argv[2], 'node_modules',
    ...names));
const express = from('express');
const cookieParser = from('cookie-parser');
const { MockoonServer } = from('@mockoon', 'commons-server', 'dist', 'cjs',
    'libs', 'server', 'server');
const { ResponseRulesInterpreter } = from('@mockoon', 'commons-server',
    'dist', 'cjs', 'libs', 'response-rules-interpreter');
const { fromExpressRequest } = from('@mockoon', 'commons-server', 'dist',
    'cjs', 'libs', 'requests');
const Ajv = from('ajv').default;
const addFormats = from('ajv-formats').default;
const SIDE_BY_SIDE = 8;
const jobs = [];

// A file that is cut off ends with an error nobody listens to.
process.on('uncaughtException', () => {});

const mockoon = Object.assign(Object.create(MockoonServer.prototype), {
    options: { maxFileUploads: 10, maxFileSize: 10 * 1024 * 1024 },
    emit: () => {},
});

function parseBody(request, response, next) {
    const chunks = [];
    let once = true;
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => mockoon.processRawBody(request, () => {
        if (once)
            // Mockoon waits for its latency, if only for none.
            setTimeout(next, 1);
        once = false;
    }, chunks, (request.header('content-type') || '').toLowerCase()));
}

/* What a document that is not closed leaves in its elements. */
const withoutParents = (key, value) => key === '_parent' ? undefined : value;

const app = express();
app.disable('etag');
app.use((request, response, next) => {
    if ((request.get('expect') || '').toLowerCase().includes('100-continue'))
        delete request.headers.expect;
    next();
});
app.use(parseBody);
app.use(mockoon.deduplicateRequestSlashes);
app.use(cookieParser());
/* What the rules say of a request, which is on its way through Express. */
function holds(job, request) {
    const environment = {
        port: 3000, endpointPrefix: '', tlsOptions: { enabled: false },
        ...JSON.parse(job.environment) };
    const buckets = (environment.data || []).map((bucket) => (
        { ...bucket, value: job.buckets[bucket.id] }));
    const { responses } = environment.routes[0];
    request.params = job.params;
    try {
        const chosen = new ResponseRulesInterpreter(responses,
            fromExpressRequest(request), 'FALLBACK', environment, buckets,
            job.globals, '', '').chooseResponse(3);
        return { holds: chosen !== null };
    } catch (e) {
        return { error: e.message };
    }
}

app.all('*', (request, response, next) => {
    const job = jobs[request.get('x-job')];
    if (!job || job.environment === undefined)
        return next();
    response.end(JSON.stringify(holds(job, request)));
});
app.use((request, response) => response.end(JSON.stringify({
    path: request.path, url: request.url, hostname: request.hostname,
    query: request.query, headers: request.headers,
    cookies: request.cookies, body: request.body, text: request.stringBody,
}, withoutParents)));

const server = http.createServer(app);

function validate(job) {
    try {
        const ajv = new Ajv({ logger: false });
        addFormats(ajv);
        const check = ajv.compile(job.schema);
        return { valid: job.values.map((value) => {
            try {
                return check(value);
            } catch (e) {
                return false;
            }
        }) };
    } catch (e) {
        return { error: e.message };
    }
}

function search(job) {
    try {
        const regex = new RegExp(job.pattern, job.flags);
        return { found: job.texts.map((text) => regex.test(text)) };
    } catch (e) {
        return { error: e.message };
    }
}

function answer(job) {
    if (job.values)
        return JSON.stringify(validate(job));
    if (job.pattern !== undefined)
        return JSON.stringify(search(job));
    return send(job);
}

function send(job) {
    const body = Buffer.from(job.body || '', 'base64');
    const head = `${job.method} ${job.target} HTTP/1.1\r\n` +
        job.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return new Promise((resolve) => {
        const chunks = [];
        const socket = net.connect(server.address().port, '127.0.0.1');
        socket.write(Buffer.from(head + '\r\n', 'latin1'));
        socket.write(body);
        socket.on('data', (chunk) => chunks.push(chunk));
        socket.on('close', () => {
            const text = Buffer.concat(chunks).toString().replace(
                /^HTTP\/1.1 100 Continue\r\n\r\n/, '');
            const at = text.indexOf('\r\n\r\n');
            resolve(text.startsWith('HTTP/1.1 200') && at >= 0 ?
                text.slice(at + 4) :
                JSON.stringify({ error: text.slice(0, 60) }));
        });
        socket.on('error', () => {});
        socket.setTimeout(60000, () => socket.destroy());
    });
}

async function main() {
    for await (const line of readline.createInterface(
        { input: process.stdin }))
        jobs.push(JSON.parse(line));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answers = new Array(jobs.length);
    let next = 0;
    const work = async () => {
        while (next < jobs.length) {
            const i = next++;
            answers[i] = await answer(jobs[i]);
            // What needs no socket must not keep the others from theirs.
            await new Promise(setImmediate);
        }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    server.close();
    for (const answer of answers)
        process.stdout.write(answer + '\n');
}

main();
