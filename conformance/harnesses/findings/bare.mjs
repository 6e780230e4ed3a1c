#!/usr/bin/env node
// A bare harness: Node's own P-256 with nothing in front of it. It hands over the bytes as they came, to show what Node
// makes of them. It is a measuring device and no example: harnesses/node has one.
//
//   node bare.mjs crypto [buffer|atob]     crypto.createPublicKey, crypto.verify; how Base64 is read
//   node bare.mjs webcrypto                crypto.subtle, which reads raw signatures only
//
// Besides the operations of PROTOCOL.md: verifyUnderKey, which reads a key in any form and verifies under it, and the
// form "coordinates", x and y of 32 bytes each.

import { createPublicKey, ECDH, verify, webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';

const [library = 'crypto', base64 = 'buffer'] = process.argv.slice(2);
const DECODERS = { buffer: (text) => Buffer.from(text, 'base64'), atob: (text) => Buffer.from(atob(text), 'latin1') };
const SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const HASHED = { name: 'ECDSA', hash: 'SHA-256' };
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

class NotOffered extends Error {}
const notOffered = (what) => {
  throw new NotOffered(what);
};
const hex = (text) => Buffer.from(text, 'hex');
const text = (bytes) => bytes.toString('utf8');
const spki = (key) => createPublicKey({ key, format: 'der', type: 'spki' });
const convert = (point) => ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'uncompressed');
const coordinates = (xy) => ({ kty: 'EC', crv: 'P-256', x: xy.toString('base64url', 0, 32), y: xy.toString('base64url', 32) });
const importKey = (format, key) => webcrypto.subtle.importKey(format, key, P256, true, ['verify']);

const LIBRARIES = {
  crypto: {
    ops: ['parseKey', 'verifySignature'],
    forms: {
      point: (data) => spki(Buffer.concat([SPKI, convert(data)])),
      compressed: (data) => spki(Buffer.concat([SPKI, convert(data)])),
      spki,
      pem: (data) => createPublicKey(text(data)),
      jwk: (data) => createPublicKey({ key: JSON.parse(text(data)), format: 'jwk' }),
      coordinates: (data) => createPublicKey({ key: coordinates(data), format: 'jwk' }),
    },
    point(key) {
      const { x, y } = key.export({ format: 'jwk' });
      return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    },
    verify: (key, message, { signature }) => verify('sha256', message, key, DECODERS[base64](signature)),
  },
  webcrypto: {
    ops: ['parseKey'],
    forms: {
      point: (data) => importKey('raw', data),
      compressed: (data) => importKey('raw', data),
      spki: (data) => importKey('spki', data),
      pem: () => notOffered('WebCrypto reads no PEM'),
      jwk: (data) => importKey('jwk', JSON.parse(text(data))),
      coordinates: (data) => importKey('jwk', coordinates(data)),
    },
    point: async (key) => Buffer.from(await webcrypto.subtle.exportKey('raw', key)),
    verify: (key, message, { rawHex }) => webcrypto.subtle.verify(HASHED, key, hex(rawHex), message),
  },
};
const { ops, forms, point, verify: isValid } = LIBRARIES[library];

const OPS = {
  hello: () => {
    const { node, openssl } = process.versions;
    return { protocol: 1, name: `Node ${library}`, version: `${node} (OpenSSL ${openssl})`, language: 'JavaScript', ops };
  },
  parseKey: async ({ form, dataHex }) => ({ pointHex: (await point(await forms[form](hex(dataHex)))).toString('hex') }),
  verifySignature: async ({ publicKeyHex, messageHex, ...rest }) => ({
    valid: await isValid(await forms.point(hex(publicKeyHex)), hex(messageHex), rest),
  }),
  verifyUnderKey: async ({ form, dataHex, messageHex, checkCurve, ...rest }) => {
    if (messageHex === undefined) notOffered('Node always hashes by itself');
    const key = await forms[form](hex(dataHex));
    if (checkCurve && key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('another curve');
    return { valid: await isValid(key, hex(messageHex), rest) };
  },
};
const REFUSED = { parseKey: { invalid: true }, verifySignature: { valid: false }, verifyUnderKey: { valid: false } };

async function answer({ op, ...request }) {
  if (!Object.hasOwn(OPS, op)) return { skipped: 'not offered' };
  try {
    return await OPS[op](request);
  } catch (problem) {
    return problem instanceof NotOffered ? { skipped: problem.message } : REFUSED[op];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id: request.id, ...(await answer(request)) })}\n`);
}
