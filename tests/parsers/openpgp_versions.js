/*
 * openpgp_versions.js - keys and signatures of versions 5 (LibrePGP) and 6 (RFC 9580), which GnuPG of Debian 12 does not make
 *
 *	node openpgp_versions.js NODE_MODULES OUT
 *
 * openpgp (OpenPGP.js 6) makes version 6, openpgp5 (OpenPGP.js 5) version 5.  OUT/NAME/in is a case of the tables "detached" or
 * "cleartext".
 */
'use strict';
const fs = require('fs'), path = require('path');
const [modules, out] = process.argv.slice(2).map((name) => path.resolve(name));
const date = new Date('2024-03-01T00:00:00Z');
const content = 'what is signed\nwith - two lines, and \u0001 a byte\n';
const text = 'what is signed\n- a dash\nblanks behind   \nÄ\n\nend';

function write(name, files)
{
	for (const [file, bytes] of Object.entries(files)) {
		const target = path.join(out, name, 'in', file);

		fs.mkdirSync(path.dirname(target), { recursive: true });
		fs.writeFileSync(target, bytes);
	}
}

async function makeKind(openpgp, version, kind, options, config)
{
	const { privateKey, publicKey } = await openpgp.generateKey({ userIDs: [{ name: 'Maker', email: `${kind}@example.org` }],
		format: 'object', date, config, ...options });
	const key = publicKey.write();

	for (const digest of ['sha256', 'sha512']) {
		const message = await openpgp.createMessage({ binary: Buffer.from(content) });
		const signing = { ...config, preferredHashAlgorithm: openpgp.enums.hash[digest] };

		write(`v${version}-${kind}-${digest}`, { 'keys/key': key, content, signature: await openpgp.sign({ message,
			signingKeys: privateKey, detached: true, format: 'binary', date, config: signing }) });
	}
	write(`v${version}-${kind}-armored`, { 'keys/key.asc': publicKey.armor(), content, signature: await openpgp.sign({
		message: await openpgp.createMessage({ binary: Buffer.from(content) }), signingKeys: privateKey, detached: true, date, config }) });
	write(`v${version}-${kind}-text`, { 'keys/key': key, text: await openpgp.sign({
		message: await openpgp.createCleartextMessage({ text }), signingKeys: privateKey, date, config }) });
	return { privateKey, publicKey };
}

async function makeRevoked(openpgp, version, key, config)
{
	const { publicKey } = await openpgp.revokeKey({ key: key.privateKey, format: 'object', date, config,
		reasonForRevocation: { flag: openpgp.enums.reasonForRevocation.keyCompromised, string: '' } });

	write(`v${version}-revoked`, { 'keys/key': publicKey.write(), content, signature: await openpgp.sign({
		message: await openpgp.createMessage({ binary: Buffer.from(content) }), signingKeys: key.privateKey, detached: true,
		format: 'binary', date, config }) });
}

async function makeVersion(name, version, kinds, config)
{
	const openpgp = require(path.join(modules, name));
	let made;

	for (const [kind, options] of Object.entries(kinds))
		made = await makeKind(openpgp, version, kind, options, config);
	await makeRevoked(openpgp, version, made, config);
}

(async () => {
	await makeVersion('openpgp', 6, {
		'ed25519': { type: 'curve25519' },
		'ed448': { type: 'curve448' },
		'nistp256': { type: 'ecc', curve: 'nistP256' },
		'nistp521': { type: 'ecc', curve: 'nistP521' },
		'rsa2048': { type: 'rsa', rsaBits: 2048 },
		'subkey': { type: 'curve25519', subkeys: [{ sign: true }] },
	}, { v6Keys: true });
	await makeVersion('openpgp5', 5, {
		'ed25519': { type: 'ecc', curve: 'ed25519' },
		'nistp256': { type: 'ecc', curve: 'p256' },
		'rsa2048': { type: 'rsa', rsaBits: 2048 },
		'subkey': { type: 'ecc', curve: 'ed25519', subkeys: [{ sign: true }] },
	}, { v5Keys: true });
})();
