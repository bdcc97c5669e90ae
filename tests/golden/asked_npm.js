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
const SIDE_BY_SIDE = 8;

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
app.use((request, response) => response.end(JSON.stringify({
    path: request.path, url: request.url, hostname: request.hostname,
    query: request.query, headers: request.headers,
    cookies: request.cookies, body: request.body, text: request.stringBody,
}, withoutParents)));

const server = http.createServer(app);

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
        socket.setTimeout(5000, () => socket.destroy());
    });
}

async function main() {
    const lines = [];
    for await (const line of readline.createInterface(
        { input: process.stdin }))
        lines.push(line);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answers = new Array(lines.length);
    let next = 0;
    const work = async () => {
        while (next < lines.length) {
            const i = next++;
            answers[i] = await send(JSON.parse(lines[i]));
        }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    server.close();
    for (const answer of answers)
        process.stdout.write(answer + '\n');
}

main();
