/*
 * Writes calls of every method of @faker-js/faker with what it gives, one a
 * line, for faker.py to put to the test:
 *
 *	node faker.mjs FOLDER-OF-THE-PACKAGE [all]
 *
 * Without all only those of English come with all arguments and seeds.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { allFakers, FakerError } = await import(
	pathToFileURL(join(process.argv[2], 'dist', 'index.js')).href
);
console.warn = () => {}; /* what is deprecated */

const DATE = Date.UTC(2026, 1, 28, 13, 14, 15, 167);

/* Arguments besides none, by method. */
const sexes = [['female'], ['male'], ['generic'], [{ sex: 'male' }]];
const lengths = [[5], [{ length: 3 }], [{ length: { min: 2, max: 9 } }], [0],
	[{ length: -1 }], [null], ['abc'], [[1, 2]], [true]];
const words = [[5], [{ length: 5 }], [{ length: { min: 5, max: 7 } }],
	...['fail', 'closest', 'shortest', 'longest', 'any-length', 'odd']
		.flatMap((strategy) => [[{ strategy }],
			[{ length: 4, strategy }],
			[{ length: 55, strategy }],
			[{ length: { min: 30, max: 40 }, strategy }]]),
	[{ length: { min: 9 } }], [{ length: { max: 4 }, strategy: 'closest' }],
	['x'], [null]];
const formats = ['decimal', 'css', 'binary', 'odd']
	.map((format) => [{ format }]);
const dates = [[{ refDate: '2020-01-01T00:00:00.000Z' }],
	[{ refDate: 0 }], [{ refDate: '1969-07-20' }], [{ refDate: 'nonsense' }],
	[{ refDate: '2024-02-29T23:59:60Z' }], [{ refDate: null }],
	[{ refDate: '0999-12-31' }], [{ refDate: '2020-05' }]];
const names = [[{ firstName: 'Jeanne', lastName: 'Doe' }],
	[{ firstName: 'Jürgen', lastName: "O'Neil Ångström" }],
	[{ firstName: '大羽', lastName: '陳' }, ],
	[{ firstName: 'Ελένη', lastName: 'Жукъ' }],
	[{ firstName: '' }], [{ lastName: '' }], [{ firstName: '김철수' }],
	[{ firstName: 'ﬁ', lastName: 'x̧́é..a' }], [{ lastName: 'ʻŌkina…' }],
	[{ firstName: 12, lastName: null }]];
const sides = [[{ width: 640, height: 480 }], [{ width: '1e3' }]];
const ranges = [[5], [{ max: 100 }], [{ min: 10, max: 20 }],
	[{ min: 20, max: 10 }], [{ min: -5, max: 5 }], [0], [-1], [1.5],
	[{ min: 1.2, max: 1.8 }], [{ min: 7, max: 7 }], ['x'], [null],
	[{ max: null }], [{ min: '3', max: '8' }], [{ max: 'x' }], [[]], [true]];
const lists = [[['a', 'b', 'c', 'd', 'e']], [[]], [['one']], [[1, 2, 1, '1']],
	['text'], ['täxt'], [null], [7], [[{ a: 1 }, [2, 3], null, true]]];
const counts = [[1], [4], [0], [{ min: 1, max: 4 }], ['x'], [null], [true]];

const others = {
	'airline.flightNumber': [[{ length: 3 }], [{ addLeadingZeros: true }],
		[{ length: { min: 2, max: 3 }, addLeadingZeros: true }],
		[{ length: 9 }]],
	'airline.recordLocator': [[{ allowNumerics: true }],
		[{ allowVisuallySimilarCharacters: true }],
		[{ allowNumerics: true, allowVisuallySimilarCharacters: true }]],
	'airline.seat': ['narrowbody', 'regional', 'widebody', 'odd']
		.map((aircraftType) => [{ aircraftType }]),
	'color.cmyk': formats,
	'color.colorByCSSColorSpace': [...formats,
		[{ format: 'css', space: 'rec2020' }]],
	'color.hsl': [...formats, ...formats.map(([{ format }]) =>
		[{ format, includeAlpha: true }])],
	'color.hwb': formats,
	'color.lab': formats,
	'color.lch': formats,
	'color.rgb': [...formats, ...formats.map(([{ format }]) =>
		[{ format, includeAlpha: true }]), [{ casing: 'upper' }],
	[{ casing: 'mixed', prefix: '' }], [{ prefix: '0x', includeAlpha: true }]],
	'commerce.isbn': [[10], [13], [{ variant: 10 }],
		[{ variant: 13, separator: ' ' }], [{ variant: 10, separator: '' }]],
	'commerce.price': [[{ min: 100 }], [{ min: 100, max: 200 }],
		[{ min: 100, max: 200, dec: 0 }], [{ dec: 4 }], [{ dec: 1 }],
		[{ min: 100, max: 200, dec: 0, symbol: '$' }], [{ min: 5, max: 5 }],
		[{ min: -1 }], [{ min: 5, max: 2 }], [{ dec: 101 }], [{ dec: 1.5 }]],
	'datatype.boolean': [[0.1], [{ probability: 0.9 }], [1], [0], [-1],
		[{ probability: 'x' }], ['0.5'], [null]],
	'date.anytime': dates,
	'date.between': [[{ from: '2020-01-01', to: '2030-01-01' }], [{}],
		[{ from: 1, to: 2 }], [{ from: 2, to: 1 }], [null],
		[{ from: 'x', to: 2 }], [{ from: 5, to: 5 }],
		[{ from: '1 Jan 2020 00:00:00 GMT', to: '2021-01-01T00:00:00+02:00' }]],
	'date.betweens': [[{ from: '2020-01-01', to: '2030-01-01' }],
		[{ from: 0, to: 1e12, count: 5 }], [{ from: 0, to: 9, count: 0 }],
		[{ from: 0, to: 1e12, count: { min: 1, max: 3 } }], [{ from: 3 }]],
	'date.birthdate': [...dates, [{ mode: 'age', min: 18, max: 65 }],
		[{ mode: 'year', min: 1900, max: 2000 }], [{ mode: 'age' }],
		[{ mode: 'age', min: 66, max: 65 }], [{ min: 1, max: 2 }],
		[{ mode: 'year', min: 2000, max: 1999 }],
		[{ mode: 'odd', min: 1, max: 2 }]],
	'date.future': [...dates, [{ years: 10 }], [{ years: 0 }],
		[{ years: 0.01 }], [{ years: 'x' }]],
	'date.month': [[{ abbreviated: true }], [{ context: true }],
		[{ abbreviated: true, context: true }]],
	'date.past': [...dates, [{ years: 10 }], [{ years: -1 }]],
	'date.recent': [...dates, [{ days: 10 }], [{ days: 0 }], [{ days: 1 / 3 }]],
	'date.soon': [...dates, [{ days: 10 }], [{ days: -4 }]],
	'date.weekday': [[{ abbreviated: true }], [{ context: true }],
		[{ abbreviated: true, context: true }]],
	'finance.accountNumber': lengths,
	'finance.amount': [[{ min: 5, max: 10 }], [{ min: 5, max: 10, dec: 0 }],
		[{ min: 5, max: 10, dec: 2, symbol: '$' }], [{ dec: 5 }],
		[{ min: 1e5, max: 1e9, autoFormat: true }], [{ min: 9, max: 1 }],
		[{ min: -1e7, max: 0, dec: 5, autoFormat: true }],
		[{ autoFormat: true, dec: 0, max: 1e4 }]],
	'finance.bic': [[{ includeBranchCode: true }],
		[{ includeBranchCode: false }]],
	'finance.bitcoinAddress': ['legacy', 'segwit', 'bech32', 'taproot', 'odd']
		.flatMap((type) => ['mainnet', 'testnet']
			.map((network) => [{ type, network }])),
	'finance.creditCardNumber': [['visa'], [{ issuer: 'American_Express' }],
		[{ issuer: '63[7-9]#-####-####-###L' }], ['odd'], ['1234-###L'],
		['##{2,4}[1-6]L'], [7]],
	'finance.iban': [[{ countryCode: 'DE' }], [{ formatted: true }],
		[{ countryCode: 'FR', formatted: true }], [{ countryCode: 'XX' }]],
	'finance.maskedNumber': [[3], [{ length: 3, parens: false }],
		[{ length: 3, parens: false, ellipsis: false }]],
	'finance.pin': lengths,
	'git.commitDate': dates,
	'git.commitEntry': [...dates, [{ merge: true }], [{ merge: false }],
		[{ eol: 'LF' }]],
	'git.commitSha': lengths,
	'helpers.arrayElement': lists,
	'helpers.arrayElements': lists.flatMap((list) => list[0] === 7 ? [] : [list,
		...[2, 0, 99, { min: 1, max: 3 }, null].map((n) => [...list, n])]),
	'helpers.enumValue': [[{ A: 0, B: 1, 0: 'A', 1: 'B' }], [{ x: 'y' }], [{}]],
	'helpers.fake': [
		'Hi {{person.firstName}} {{person.lastName}}!', 'plain', '{{person.x}}',
		'{{number.int(10)}}', '{{number.int({"min": 5, "max": 7})}}', '{{}}',
		'{{helpers.arrayElement(["a", "b"])}}', '{{person.first_name}}',
		'{{airline.airline.name}} {{finance.currency.code}}', '{{x',
		'{{location.country}} {{animal.dog}} {{word.noun}}',
		'{{string.alpha(abc)}}', '{{date.past}}', '{{internet.email()}}',
		'{{date.month({"abbreviated": true})}}', '{{number.int(}}',
		'{{person.firstName(female)}}', '{{person.}}', '{{.x}}', '{{person()}}',
		'{{helpers.replaceSymbols(##-??)}}', '{{number.int()x}}',
		"{{helpers.fake('{{person.firstName}}')}}", '{{location.city_prefix}}',
		'{{helpers.fromRegExp([A-D]{5})}}', '{{airline.airport.iataCode}}',
		'{{definitions.person.first_name.female}}', '{{science.unit}}',
		'{{date.betweens({"from": 0, "to": 9})}}', '{{commerce.price}} {{{ }}',
		'{{helpers.arrayElements(["a","b","c"])}}', '{{internet.emoji}} }}',
		'{{lorem.word}}{{word.sample}}{{system.mime_type}}',
		'{{helpers.shuffle(["a","b"])}}', '{{number.bigInt}}',
	].map((pattern) => [pattern]).concat([[['{{lorem.word}}', 'x']], [[]],
		[null], [3], [{}], []]),
	'helpers.fromRegExp': ['[A-D0-9]{4}-[A-D0-9]{4}', '#{5}test', '[a-z]{2,5}',
		'a{3}b{1,4}c?d*e+', '.{5}', '[^a-z]{6}', '[-a_]{4}', '[z-a]', '[^]',
		'[]a]{3}', '(ab){2}', 'x{2}{3}', '[0-9a-dmno]{5}', '[^a-zA-Z0-8]{3}',
		'[\\w.]+', '\\d{3}', '[a-c]?[d-f]*[g-i]+', 'é{3}', '[é1]{4}', '',
		'{3}', 'a{4,2}', 'ab{2,}c', '[a-f.,/"@]{10}', 'test+[0-9]{2}}x{2}',
		'a{2}]b{2}', '-{2,3}', '[ -]{2}', '[A-Z]{2}[0-9]{3,5} .{2} [_-]{3}',
	].map((pattern) => [pattern]).concat([[null], [3]]),
	'helpers.maybe': [[1], [1, { probability: 0 }], [1, { probability: 1 }]],
	'helpers.multiple': [[], ...[{ count: 2 }, {}, { count: 0 }].map((o) =>
		['x', o])],
	'helpers.mustache': [['I found {{count}} of {{what.x}}.{{count}}',
		{ count: 3, 'what.x': '$& "word"' }], [null, {}], ['{{whatyx}}',
		{ 'what.x': null }], ['x', null]],
	'helpers.objectEntry': [[{ a: 1, b: 'x', 7: null, 3: [] }], [['x', 'y']],
		[{}], [null]],
	'helpers.objectKey': [[{ a: 1, b: 'x', 7: null, 3: [] }], [['x', 'y']],
		[{}], [null]],
	'helpers.objectValue': [[{ a: 1, b: 'x', 7: null, 3: [] }], [['x', 'y']],
		[{}], [null]],
	'helpers.rangeToNumber': ranges,
	'helpers.replaceCreditCardSymbols': [['1234-[4-9]-##!!-L'], ['L#L#', '!'],
		['abcL'], ['####{3}x{1,4}L', '*'], ['##L', 'xx'], ['ü#L', 'ü'], [5]],
	'helpers.replaceSymbols': [['#####'], ['?????'], ['**-?#é'], [''], [4]],
	'helpers.shuffle': lists,
	'helpers.slugify': [['Hello, Wörld! Ça va?'], ['x y\tz'], ['Ǆ ﬃ Å'], [4]],
	'helpers.uniqueArray': lists.flatMap((list) => [list,
		...[2, 0, 99, -1].map((n) => [...list, n])]),
	'helpers.weightedArrayElement': [[[{ weight: 5, value: 'sunny' },
		{ weight: 4, value: 'rainy' }, { weight: 1, value: 'snowy' }]], [[]],
	[[{ weight: 0, value: 1 }]], [[{ weight: 2, value: { a: 1 } }]]],
	'image.dataUri': [...sides, [{ type: 'svg-base64' }],
		[{ type: 'svg-uri', color: 'blue' }], [{ width: 101, height: 33 }]],
	'image.personPortrait': [[{ sex: 'male' }], [{ size: 128 }]],
	'image.url': sides,
	'image.urlLoremFlickr': [...sides, [{ category: 'nature' }]],
	'image.urlPicsumPhotos': [...sides, [{ grayscale: true }], [{ blur: 4 }],
		[{ grayscale: false, blur: 0 }], [{ blur: 11 }], [{ blur: '5' }]],
	'image.urlPlaceholder': [...sides, [{ text: 'Hello Wörld' }],
		[{ format: 'png', backgroundColor: '000', textColor: 'FFF' }]],
	'internet.color': [[{ redBase: 100, greenBase: 100, blueBase: 100 }]],
	'internet.displayName': names,
	'internet.email': [...names, [{ provider: 'example.fakerjs.dev' }],
		[{ allowSpecialCharacters: true }]],
	'internet.emoji': [[{ types: ['nature'] }], [{ types: ['food', 'body'] }],
		[{ types: [] }], [{ types: ['odd'] }]],
	'internet.exampleEmail': [...names, [{ allowSpecialCharacters: true }]],
	'internet.httpStatusCode': [[{ types: ['success', 'serverError'] }],
		[{ types: ['odd'] }]],
	'internet.ipv4': [...['any', 'loopback', 'private-a', 'private-b',
		'private-c', 'test-net-1', 'test-net-2', 'test-net-3', 'link-local',
		'multicast', 'odd'].map((network) => [{ network }]),
	...['192.168.42.255/24', '999.1.2.3/40', '1.2.3.4/32', '1.2.3/4', 'x', 5]
		.map((cidrBlock) => [{ cidrBlock }])],
	'internet.jwt': [...dates, [{ header: { alg: 'HS256', typ: 'X"é' } }],
		[{ payload: { iat: 1.5, a: [null, true, { b: '\n' }] } }]],
	'internet.mac': [['-'], [{ separator: '' }], [{ separator: 'x' }], ['']],
	'internet.password': [[{ length: 20 }], [{ length: 20, memorable: true }],
		[{ prefix: 'Hello ' }], [{ length: 3, prefix: 'long enough' }], ['abc'],
		[{ length: 5, memorable: true, prefix: 'x' }], [{ length: 0 }]],
	'internet.url': [[{ protocol: 'http' }], [{ appendSlash: true }],
		[{ appendSlash: false }]],
	'internet.userName': names,
	'internet.username': names,
	'location.countryCode': [['alpha-2'], ['alpha-3'], ['numeric'], ['odd'],
		[{ variant: 'alpha-3' }]],
	'location.latitude': [[{ max: 10, min: -10 }],
		[{ max: 10, min: -10, precision: 5 }], [{ precision: 0 }],
		[{ precision: -1 }], [{ precision: 1.5 }], [{ min: 95 }]],
	'location.longitude': [[{ max: 10, min: -10 }], [{ precision: 10 }]],
	'location.nearbyGPSCoordinate': [[{ origin: [33, -170] }],
		[{ origin: [33, -170], radius: 1000, isMetric: true }],
		[{ origin: [89.9, 179.9], radius: 500 }], [{ origin: null }]],
	'location.streetAddress': [[true], [false], [{ useFullAddress: true }]],
	'location.zipCode': [['####'], [{ format: ['??#', '*#*'] }],
		[{ state: 'AK' }], [{ state: 'XX' }], [{ state: 'AR' }]],
	'lorem.lines': counts,
	'lorem.paragraph': counts,
	'lorem.paragraphs': [...counts, [2, '<br>']],
	'lorem.sentence': counts,
	'lorem.sentences': [...counts, [2, ' / '], [2, 5]],
	'lorem.slug': counts,
	'lorem.word': words,
	'lorem.words': counts,
	'number.bigInt': [[100], ['123456789012345678901234567890'], [true],
		[{ min: 10, max: 1000, multipleOf: 7 }], [{ min: 5, max: 1 }],
		[{ min: '-99999999999999999999', max: 4 }], [{ max: 1.5 }], ['x'],
		[{ min: 1, max: 3, multipleOf: 5 }], [{ multipleOf: 0 }], [null]],
	'number.binary': ranges,
	'number.float': [...ranges, [{ fractionDigits: 1 }],
		[{ multipleOf: 0.25, min: 0, max: 10 }], [{ multipleOf: 0.02 }],
		[{ min: 10, max: 100, fractionDigits: 3 }], [{ fractionDigits: -1 }],
		[{ fractionDigits: 0.5 }], [{ fractionDigits: 1, multipleOf: 2 }],
		[{ multipleOf: 0 }], [{ multipleOf: 1.5, max: 100 }],
		[{ multipleOf: null }],
		...[...Array(21).keys()].flatMap((fractionDigits) =>
			[[{ fractionDigits }], [{ multipleOf: 10 ** -fractionDigits }]])],
	'number.hex': [...ranges, [{ min: 0, max: 2 ** 60 }], [1e25]],
	'number.int': [...ranges, [{ multipleOf: 7 }], [{ multipleOf: 1.5 }],
		[{ multipleOf: 0 }], [{ min: 1, max: 3, multipleOf: 5 }],
		[{ max: 1e308 }]],
	'number.octal': ranges,
	'number.romanNumeral': [[5000], [{ min: 0 }], [{ min: 10, max: 20 }], [9],
		[{ min: 3999 }], [{ min: 5, max: 2 }], [null], [0.5], [-1]],
	'person.firstName': sexes,
	'person.fullName': [...sexes, ...names, [{ sex: 'female' }]],
	'person.lastName': sexes,
	'person.middleName': sexes,
	'person.prefix': sexes,
	'phone.number': ['human', 'national', 'international', 'odd']
		.map((style) => [{ style }]),
	'string.alpha': [...lengths, [{ casing: 'lower', length: 9 }],
		[{ casing: 'upper', length: 9, exclude: ['A', 'B'] }],
		[{ length: 9, exclude: 'abcdefghijklm' }], [{ casing: 'odd' }],
		[{ exclude: 5 }], [{ casing: 'upper',
			exclude: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' }]],
	'string.alphanumeric': [...lengths, [{ casing: 'lower', length: 9 }],
		[{ casing: 'upper', length: 9, exclude: ['A', '1'] }]],
	'string.binary': [...lengths, [{ prefix: 'x', length: 4 }]],
	'string.fromCharacters': [['abc'], ['abc', 5], [['x', 'yy', 3], 4], ['', 2],
		['äöü', { min: 2, max: 4 }], [[], 0], ['a', 'x']],
	'string.hexadecimal': [...lengths, [{ length: 9, casing: 'upper' }],
		[{ length: 9, prefix: '', casing: 'lower' }]],
	'string.nanoid': [[5], [{ min: 3, max: 9 }], [0], [2.5]],
	'string.numeric': [...lengths, [{ length: 9, allowLeadingZeros: false }],
		[{ length: 9, exclude: ['1', '2'] }], [{ exclude: '0123456789' }],
		[{ length: 3, allowLeadingZeros: false, exclude: '123456789' }],
		[{ length: 3, allowLeadingZeros: false, exclude: '0' }]],
	'string.octal': [...lengths, [{ prefix: 'x', length: 4 }]],
	'string.sample': [[5], [{ min: 3, max: 9 }], [0], [2.5]],
	'string.symbol': [[5], [{ min: 3, max: 9 }], [0]],
	'string.ulid': dates.filter(([{ refDate }]) =>
		!String(refDate).match(/^(09|19)/)),
	'system.commonFileName': [['txt'], ['']],
	'system.cron': [[{ includeYear: true }], [{ includeNonStandard: true }]],
	'system.fileExt': [['application/json'], ['x/y'], [4]],
	'system.fileName': [[{ extensionCount: 2 }], [{ extensionCount: 0 }],
		[{ extensionCount: { min: 1, max: 3 } }]],
	'system.networkInterface': ['index', 'slot', 'mac', 'pci', 'odd']
		.map((interfaceSchema) => [{ interfaceSchema }])
		.concat([[{ interfaceType: 'wl' }]]),
	'location.cardinalDirection': [[{ abbreviated: true }]],
	'location.direction': [[{ abbreviated: true }]],
	'location.ordinalDirection': [[{ abbreviated: true }]],
	'location.state': [[{ abbreviated: true }]],
	'word.words': [[5], [{ count: 2 }], [{ count: { min: 0, max: 2 } }]],
	...Object.fromEntries(['adjective', 'adverb', 'conjunction',
		'interjection', 'noun', 'preposition', 'sample', 'verb']
		.map((name) => [`word.${name}`, words])),
};

function attempt(f) {
	try {
		return f();
	} catch (error) {
		return error instanceof FakerError
			? { error: 'refused', why: error.message }
			: { error: 'failed', why: error.message };
	}
}

function expected(faker, name, args) {
	const [module, method] = name.split('.');
	return attempt(() => {
		const value = faker[module][method](...args);
		return {
			text: String(value),
			json: typeof value === 'bigint' || value === undefined
				? undefined : JSON.stringify(value),
		};
	});
}

function methods(faker) {
	return [...Object.keys(faker), 'address', 'name']
		.filter((module) => faker[module]?.faker === faker)
		.flatMap((module) => Object.getOwnPropertyNames(faker[module])
			.filter((key) => typeof faker[module][key] === 'function')
			.map((key) => `${module}.${key}`))
		.sort();
}

const all = process.argv[3] === 'all';
const some = new Set(['base', 'de', 'ja', 'ru']);
const seeds = [42, 1337, [1, 2, 3]];

function* asked(locale, name) {
	const same = name.replace(/^address/, 'location')
		.replace(/^name/, 'person');
	const more = all || locale === 'en' || some.has(locale);
	for (const args of [[], ...(more && others[same] || [])])
		for (const seed of all || locale === 'en' ? seeds : seeds.slice(0, 1))
			yield [args, seed];
}

for (const [locale, faker] of Object.entries(allFakers)) {
	faker.setDefaultRefDate(DATE);
	for (const name of methods(faker))
		for (const [args, seed] of asked(locale, name)) {
			faker.seed(seed);
			const want = expected(faker, name, args);
			const next = faker.number.int();
			process.stdout.write(`${JSON.stringify({
				locale, seed, date: DATE, name, args, want, next,
			})}\n`);
		}
}
