/*
 * Makes faker.bin, the words that mock/faker.c chooses from, out of the npm
 * package whose values it reproduces:
 *
 *	npm install --prefix /tmp/faker @faker-js/faker@9.9.0
 *	node make.mjs /tmp/faker/node_modules/@faker-js/faker
 *
 * The file is a list of sections in text, "NAME CHAIN FROM BYTES UNPACKED" a
 * line up to an empty one, then the sections, each compressed by brotli.  A section is a tree in lines; the first character says what it
 * is, a tab divides:
 *
 *	{name			an object, its members follow up to a line }
 *	[name N			a list of N texts, one a line
 *	#name N			a list of N numbers, one a line
 *	(name N COLUMNS		a list of N objects with the same members, which
 *				follow as COLUMNS lists of N
 *	"name text		a text
 *	0name			null
 *
 * Names on the outermost level are those of faker's definitions, such as
 * person.first_name.  CHAIN says which sections, in that order, a locale is
 * made of, by commas; "-" for one that is no locale.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import zlib from 'node:zlib';

const VERSION = '9.9.0';
const folder = resolve(process.argv[2] ?? '');
const here = dirname(fileURLToPath(import.meta.url));

const described = JSON.parse(readFileSync(join(folder, 'package.json')));
if (described.version !== VERSION)
	throw new Error(`needs ${VERSION}, not ${described.version}`);
const { allFakers, allLocales, Faker, base, en } = await import(
	pathToFileURL(join(folder, 'dist', 'index.js')).href
);

function check(text) {
	if (/[\t\n]/.test(text))
		throw new Error(`no place for ${JSON.stringify(text)}`);
	return text;
}

function list(name, values, out) {
	const numbers = values.every((v) => typeof v === 'number');
	out.push(`${numbers && values.length ? '#' : '['}${name}\t${values.length}`);
	for (const v of values)
		out.push(check(String(v)));
}

function table(name, rows, out) {
	const columns = Object.keys(rows[0]);
	for (const row of rows)
		if (Object.keys(row).join() !== columns.join())
			throw new Error(`${name}: rows differ`);
	out.push(`(${name}\t${rows.length}\t${columns.length}`);
	for (const column of columns)
		list(check(column), rows.map((row) => row[column]), out);
}

function node(name, value, out) {
	check(name);
	if (value === null) {
		out.push(`0${name}`);
	} else if (typeof value === 'string') {
		out.push(`"${name}\t${check(value)}`);
	} else if (!Array.isArray(value)) {
		out.push(`{${name}`);
		for (const [key, member] of Object.entries(value))
			node(key, member, out);
		out.push('}');
	} else if (value.length && typeof value[0] === 'object') {
		table(name, value, out);
	} else {
		list(name, value, out);
	}
}

function definitions(locale) {
	const out = [];
	for (const [module, entries] of Object.entries(locale))
		for (const [key, value] of Object.entries(entries))
			node(`${module}.${key}`, value, out);
	return out;
}

/* The package does not tell of which locales one is made; it shows. */
function chain(name) {
	const whole = allFakers[name].rawDefinitions;
	const fits = (parts) => {
		const merged = {};
		for (const part of parts)
			for (const [module, entries] of Object.entries(allLocales[part]))
				merged[module] = { ...entries, ...merged[module] };
		return Object.keys({ ...merged, ...whole }).every((module) =>
			Object.keys({ ...merged[module], ...whole[module] }).every(
				(key) => merged[module]?.[key] === whole[module]?.[key],
			),
		);
	};
	const tries = [
		[name], [name, 'base'], [name, 'en', 'base'],
		...Object.keys(allLocales).map((p) => [name, p, 'en', 'base']),
	];
	const found = tries.find(fits);
	if (found === undefined)
		throw new Error(`${name}: made of what?`);
	return found;
}

/* What the modules themselves hold, which is not exported: the object that
 * begins with start in the package's text. */
function inside(start) {
	const dist = join(folder, 'dist');
	for (const file of readdirSync(dist).filter((f) => f.endsWith('.js'))) {
		const text = readFileSync(join(dist, file), 'utf8');
		const from = text.indexOf(start);
		if (from === -1)
			continue;
		let depth = 0, to = from;
		do {
			depth += { '{': 1, '}': -1 }[text[to++]] ?? 0;
		} while (depth > 0);
		return vm.runInNewContext(`(${text.slice(from, to)})`);
	}
	throw new Error(`no ${start} in the package`);
}

/* What finance and system compute with. */
function tables() {
	const iban = inside('{alpha:["A"');
	const types = base.system.mime_type;
	const out = [];
	node('iban', iban.formats.map(({ country, bban }) => ({
		country,
		bban: bban.map(({ type, count }) => type + count).join(' '),
	})), out);
	node('iso3166', iban.iso3166, out);
	node('file_ext', [...new Set(Object.values(types)
		.flatMap(({ extensions }) => extensions))], out);
	node('file_type', [...new Set(Object.keys(types)
		.map((type) => type.split('/')[0]))], out);
	return out;
}

const points = Array.from({ length: 0x110000 - 0x80 }, (_, i) => i + 0x80)
	.filter((c) => c < 0xd800 || c > 0xdfff);
const hex = (text) => [...text].map((c) => c.codePointAt(0).toString(16));

/* Code points whose text under f is another, as "POINT POINT...". */
function changed(f) {
	return points.map((c) => [c, f(String.fromCodePoint(c))])
		.filter(([c, to]) => to !== String.fromCodePoint(c))
		.map(([c, to]) => [c.toString(16), ...hex(to)].join(' '));
}

/* Combining marks as "POINT RANK": of two that stand together, NFKD puts the
 * one with the lower rank first. */
function marks() {
	const swaps = (a, b) => ('\u0131' + a + b).normalize('NFKD') !==
		'\u0131' + a + b;
	const all = points.map((c) => String.fromCodePoint(c))
		.filter((c) => c.normalize('NFKD') === c && /\p{M}/u.test(c))
		.filter((c) => swaps(c, '\u0334') || swaps('\u0345', c) ||
			c === '\u0334' || c === '\u0345');
	const groups = [];
	for (const c of all) {
		const group = groups.find(([g]) => !swaps(c, g) && !swaps(g, c));
		if (group)
			group.push(c);
		else
			groups.push([c]);
	}
	groups.sort(([a], [b]) => (swaps(a, b) ? 1 : -1));
	return groups.flatMap((group, rank) => group
		.map((c) => [c.codePointAt(0), rank + 1]))
		.sort(([a], [b]) => a - b)
		.map(([c, rank]) => `${c.toString(16)} ${rank.toString(16)}`);
}

/* How internet.username writes what is no ASCII, where it is not by number:
 * it is asked with a generator that always takes the first. */
function spelled() {
	const first = new Faker({
		locale: [en, base],
		randomizer: { next: () => 0, seed() {} },
	});
	return points.filter((c) => {
		const text = String.fromCodePoint(c);
		return text.normalize('NFKD') === text;
	}).map((c) => {
		const name = first.internet.username({
			firstName: `x${String.fromCodePoint(c)}x`, lastName: 'x',
		});
		return [c, name.replace(/^x(.*)x\.x0$/, '$1')];
	}).filter(([c, to]) => to !== c.toString(36) && to !== '')
		.map(([c, to]) => [c.toString(16), ...hex(to)].join(' '));
}

function unicode() {
	const out = [];
	node('nfkd', changed((c) =>
		/[\uac00-\ud7a3]/.test(c) ? c : c.normalize('NFKD')), out);
	node('marks', marks(), out);
	node('upper', changed((c) => c.toUpperCase()), out);
	node('spelled', spelled(), out);
	return out;
}

let at = 0;
const sections = [
	...Object.keys(allLocales).map((name) =>
		[name, chain(name).join(), definitions(allLocales[name])]),
	['tables', '-', tables()],
	['unicode', '-', unicode()],
].map(([name, parts, lines]) => {
	const text = Buffer.from(`${lines.join('\n')}\n`);
	const packed = zlib.brotliCompressSync(text, {
		params: {
			[zlib.constants.BROTLI_PARAM_LGWIN]: 22,
			[zlib.constants.BROTLI_PARAM_QUALITY]: 11,
			[zlib.constants.BROTLI_PARAM_SIZE_HINT]: text.length,
		},
	});
	if (process.env.LINES)
		writeFileSync(join(process.env.LINES, `${name}.txt`), text);
	const head = `${name} ${parts} ${at} ${packed.length} ${text.length}`;
	at += packed.length;
	return { head, packed };
});

writeFileSync(join(here, 'faker.bin'), Buffer.concat([
	Buffer.from(`${sections.map(({ head }) => head).join('\n')}\n\n`),
	...sections.map(({ packed }) => packed),
]));
