#!/usr/bin/env node
// Conformance harness: device-signed requests, scheme version 1, in Node 18 or newer with nothing but its own crypto.
//
// What it is: a whole, independent verifier and signer (docs/protocol.md) behind the harness protocol (PROTOCOL.md): a
// JSON object per line on standard input, its answer on standard output.
//
//   Run it:       java -jar <the suite's jar> run --harness "node harness.mjs"
//   Try it:       echo '{"id":1,"op":"hello","protocol":1}' | node harness.mjs
//   Test an SDK:  copy this file, keep the JSON Lines loop at the end, and let the functions in OPS call the SDK instead.
//                 Delete from OPS what it does not have: a missing operation is answered with "skipped".

import { createHash, createPrivateKey, createPublicKey, sign as ecdsaSign, verify as ecdsaVerify } from 'node:crypto';
import { createInterface } from 'node:readline';

// ---- P-256, and the forms of its keys ------------------------------------------------------------------------------

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const G = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

const number = (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`);
const bytes32 = (value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const mod = (a, m) => ((a % m) + m) % m;

function power(base, exponent, m) {
  let result = 1n;
  for (let b = base % m, e = exponent; e > 0n; e >>= 1n, b = (b * b) % m) if (e & 1n) result = (result * b) % m;
  return result;
}

/** The 65 bytes of a checked point, or null: exactly 04 x y, both below p, on the curve. Infinity has no such form. */
function readPoint(bytes) {
  if (bytes.length !== 65 || bytes[0] !== 4) return null;
  const x = number(bytes.subarray(1, 33));
  const y = number(bytes.subarray(33));
  return x < P && y < P && mod(y * y - x * x * x + 3n * x - B, P) === 0n ? bytes : null;
}

function readCompressedPoint(bytes) {
  if (bytes.length !== 33 || (bytes[0] !== 2 && bytes[0] !== 3)) return null;
  const x = number(bytes.subarray(1));
  let y = power(mod(x * x * x - 3n * x + B, P), (P + 1n) / 4n, P);
  if ((y & 1n) !== BigInt(bytes[0] & 1)) y = P - y;
  return readPoint(Buffer.concat([Buffer.of(4), bytes.subarray(1), bytes32(y)])); // checks that y is a root at all
}

/** SubjectPublicKeyInfo has one DER form for each form of the point, so comparing its beginning is a whole parser. */
const ALGORITHM = '301306072a8648ce3d020106082a8648ce3d030107'; // id-ecPublicKey, named curve prime256v1
const SPKI = Buffer.from(`3059${ALGORITHM}034200`, 'hex');
const SPKI_COMPRESSED = Buffer.from(`3039${ALGORITHM}032200`, 'hex');

function readSpki(der) {
  if (der.indexOf(SPKI) === 0) return readPoint(der.subarray(SPKI.length));
  if (der.indexOf(SPKI_COMPRESSED) === 0) return readCompressedPoint(der.subarray(SPKI_COMPRESSED.length));
  return null;
}

function readPem(bytes) {
  const pem = /^[ \t\r\n]*-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----[ \t\r\n]*$/;
  const block = pem.exec(bytes.toString('latin1'));
  const base64 = block?.[1].replace(/[ \t\r\n]/g, '');
  return block && BASE64.test(base64) ? readSpki(Buffer.from(base64, 'base64')) : null;
}

function readJwk(bytes) {
  let text;
  let jwk;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    jwk = JSON.parse(text);
  } catch {
    return null;
  }
  const isPublicP256 = jwk !== null && jwk.kty === 'EC' && jwk.crv === 'P-256' && !Object.hasOwn(jwk, 'd');
  if (!isPublicP256 || repeatsName(text)) return null;
  if (![jwk.x, jwk.y].every((c) => typeof c === 'string' && BASE64URL_32.test(c))) return null;
  return readPoint(Buffer.concat([Buffer.of(4), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]));
}

/** Whether an object of this valid JSON text names a member twice. JSON.parse takes the last one and says nothing. */
function repeatsName(json) {
  const open = []; // a set of names for an object, null for an array
  const tokens = json.match(/"(?:[^"\\]|\\.)*"\s*:?|[[\]{}]/g);
  for (const token of tokens) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      const name = JSON.parse(token.slice(0, -1));
      if (open.at(-1).has(name)) return true;
      open.at(-1).add(name);
    }
  }
  return false;
}

const KEY_FORMS = { point: readPoint, compressed: readCompressedPoint, spki: readSpki, pem: readPem, jwk: readJwk };

// ---- signatures ----------------------------------------------------------------------------------------------------

// Padded and canonical: the last character before the padding has no spare bit set. Buffer.from() alone takes anything.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
const BASE64URL_32 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Base64 of strict DER, 1 <= r,s < n, to {r, s}; null for anything else. A high s is as good as a low one. */
function readSignature(text) {
  if (!BASE64.test(text)) return null;
  const der = Buffer.from(text, 'base64');
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const r = readInteger(der, 2);
  const s = r && readInteger(der, r.end);
  return s && s.end === der.length ? { r: r.value, s: s.value } : null;
}

function readInteger(der, at) {
  const length = der[at + 1];
  const end = at + 2 + length;
  if (der[at] !== 0x02 || !(length >= 1 && length <= 33) || end > der.length) return null;
  const isNegative = der[at + 2] >= 0x80;
  const isPadded = length > 1 && der[at + 2] === 0 && der[at + 3] < 0x80; // a zero that no sign bit asks for
  const value = number(der.subarray(at + 2, end));
  return !isNegative && !isPadded && value >= 1n && value < N ? { value, end } : null;
}

/**
 * The library gets the two numbers as we read them, and the key in a form that we wrote around a checked point: its own
 * parsers have no say. Node 20 takes a key that is the point at infinity, under which anyone can sign.
 */
function isSigned(point, message, { r, s }) {
  const key = createPublicKey({ key: Buffer.concat([SPKI, point]), format: 'der', type: 'spki' });
  return ecdsaVerify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([bytes32(r), bytes32(s)]));
}

/** The same for a digest. Node's crypto always hashes by itself, so this is the arithmetic of the curve: slow, no secrets. */
function isDigestSigned(point, digest, { r, s }) {
  if (digest.length !== 32) throw new Error('not a SHA-256');
  const w = inverse(s, N);
  const key = { x: number(point.subarray(1, 33)), y: number(point.subarray(33)) };
  const sum = add(multiply((number(digest) * w) % N, G), multiply((r * w) % N, key));
  return sum !== null && sum.x % N === r;
}

const inverse = (a, m) => power(mod(a, m), m - 2n, m); // m is prime

function add(p, q) { // null is infinity
  if (!p || !q) return p ?? q;
  if (p.x === q.x && p.y !== q.y) return null;
  const slope = p.x === q.x ? 3n * (p.x ** 2n - 1n) * inverse(2n * p.y, P) : (q.y - p.y) * inverse(q.x - p.x, P);
  const x = mod(slope * slope - p.x - q.x, P);
  return { x, y: mod(slope * (p.x - x) - p.y, P) };
}

function multiply(factor, point) {
  let sum = null;
  for (let k = factor, p = point; k > 0n; k >>= 1n, p = add(p, p)) if (k & 1n) sum = add(sum, p);
  return sum;
}

// ---- the message, and which path it covers -------------------------------------------------------------------------

const INGEST = [{ methods: ['POST'], prefix: '/ingest/v1/', replacement: '/v1/' }];

function buildMessage(method, path, timestamp, body) {
  const head = `${method}\n${path}\n${timestamp}\n`;
  if (/[^\0-\xff]/.test(head)) throw new Error('a character beyond Latin-1');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** The paths that a signature may cover, the one by rule first: two only where the raw one is accepted as well. */
function signedPaths(rules, method, path) {
  const rule = rules.find((each) => each.methods.includes(method) && path.startsWith(each.prefix));
  if (!rule) return [path];
  const byRule = rule.replacement + path.slice(rule.prefix.length);
  return rule.acceptUnstripped?.some((prefix) => path.startsWith(prefix)) ? [byRule, path] : [byRule];
}

// ---- the head of a request -----------------------------------------------------------------------------------------

class Rejected extends Error {
  constructor(reason, now, retryAfter = RETRY_AFTER[reason] ?? 2) {
    super(reason);
    Object.assign(this, { reason, now, retryAfter });
  }
}

const UUID = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/;
const UUID_4 = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/;
const ID = /^[\x21-\x2b\x2d-\x7e]{1,128}$/; // visible ASCII without the comma
const isWrite = (method) => !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
const lowerAscii = (text) => text.replace(/[A-Z]/g, (c) => c.toLowerCase());
const canonicalId = (id) => (UUID.test(id) ? lowerAscii(id) : id);

/** Step 1, in the order of faults: the version, the other five, method and target, the query. */
function readHead(config, { method, target, headers }, now) {
  const header = (name, isValid) => {
    const values = headers.filter(([each]) => lowerAscii(each) === lowerAscii(name)).map(([, value]) => value);
    if (values.length === 0) throw new Rejected('MISSING_HEADER', now);
    if (values.length > 1 || !isValid(values[0])) throw new Rejected('MALFORMED_HEADER', now);
    return values[0];
  };
  const matches = (pattern) => (value) => pattern.test(value);
  const version = header('X-Synheart-Sig-Version', matches(/^[1-9][0-9]{0,3}$/));
  if (version !== '1') throw new Rejected('UNSUPPORTED_VERSION', now);
  const appId = header('X-App-ID', matches(ID));
  const deviceId = canonicalId(header('X-Device-ID', matches(config.deviceIds === 'opaque' ? ID : UUID)));
  const signature = readSignature(header('X-Synheart-Signature', (value) => readSignature(value) !== null));
  const timestamp = header('X-Synheart-Timestamp', matches(/^(?:0|[1-9][0-9]{0,10})$/));
  const nonce = lowerAscii(header('X-Synheart-Nonce', matches(UUID_4)));
  const [, path, query] = /^(?:https?:\/\/[^/?]+|(?=\/))([^?]*)(\?.*)?$/i.exec(target) ?? [];
  if (!/^[A-Z][A-Z-]{0,31}$/.test(method) || path === undefined || /[^\x21-\x7e]|[#\\]/.test(target)) {
    throw new Rejected('MALFORMED_TARGET', now);
  }
  if (config.rejectQueryOnWrites && query !== undefined && isWrite(method)) throw new Rejected('QUERY_NOT_ALLOWED', now);
  return { appId, deviceId, signature, timestamp, nonce, method, path: path || '/' };
}

// ---- nonce store: all tokens of a claim or none --------------------------------------------------------------------

class NonceStore {
  state = 'up';
  #tokens = new Map(); // token -> {device, deadline, nonce}
  #claims = new Map(); // device -> live claims
  #latestPurged = -Infinity;
  #purgedAt = -Infinity;

  constructor(quota, watchingSince) {
    Object.assign(this, { quota, watchingSince });
  }

  claim({ device, tokens, timestamp, now, memory }) {
    if (this.state === 'down') throw new Rejected('STORE_UNAVAILABLE', now);
    this.#purge(now);
    const [nonce, signature] = tokens;
    if (this.#tokens.has(nonce)) throw new Rejected('NONCE_REPLAY', now);
    if (this.#tokens.has(signature)) throw new Rejected('SIGNATURE_REPLAY', now);
    if (timestamp <= this.watchingSince) {
      throw new Rejected('NOT_WATCHING_YET', now, Math.min(this.watchingSince - timestamp + 1, 3600));
    }
    if (timestamp + memory <= this.#latestPurged) throw new Rejected('NOT_WATCHING_YET', now); // may have been this one
    const live = this.#claims.get(device) ?? 0;
    if (this.state === 'full' || live >= this.quota) throw new Rejected('STORE_FULL', now);
    this.#claims.set(device, live + 1);
    for (const token of tokens) this.#tokens.set(token, { device, deadline: Math.max(timestamp, now) + memory, nonce });
  }

  #purge(now) {
    if (now <= this.#purgedAt) return; // the store's time never decreases
    this.#purgedAt = now;
    for (const [token, { device, deadline, nonce }] of this.#tokens) {
      if (deadline >= now) continue;
      this.#latestPurged = Math.max(this.#latestPurged, deadline);
      this.#tokens.delete(token);
      if (token === nonce) this.#claims.set(device, this.#claims.get(device) - 1);
    }
  }
}

// ---- the verifier --------------------------------------------------------------------------------------------------

const MAX_CHECKS = 4;
const MARGIN = 1; // seconds a claim outlives its window, in one process
const PREVIOUS_KEY_GRACE = 300;
const LIKELIEST_FIRST = ['current', 'provisional', 'previous', 'invalidated'];

class Verifier {
  constructor(config, devices) {
    this.config = config;
    this.keysAreDown = false;
    this.nonces = new NonceStore(config.quota, config.watchingSince ?? -Infinity);
    this.devices = new Map();
    this.putDevices(devices);
  }

  putDevices(devices) {
    for (const { appId, deviceId, status, keys } of devices) {
      const name = identity(appId, deviceId);
      const known = keys.map(({ pointHex, state, notAfter }) => ({
        point: requirePoint(pointHex),
        state: requireOneOf([...LIKELIEST_FIRST, 'retired'], state),
        notAfter: notAfter ?? Infinity,
      }));
      this.devices.set(name, { identity: name, status: requireOneOf(['active', 'pending', 'revoked'], status), keys: known });
    }
  }

  /** Answers as the protocol wants it; the head arrives at serverTime, the body is complete at finishTime. */
  answer(request) {
    const { serverTime, finishTime = serverTime } = request;
    try {
      return { verdict: 'accepted', signedPath: this.#judge(request, serverTime, finishTime) };
    } catch (rejected) {
      if (rejected instanceof Rejected) return errorAnswer(rejected);
      throw rejected;
    }
  }

  #judge(request, headTime, now) {
    const head = readHead(this.config, request, headTime);
    this.#requireFresh(head, headTime);
    const body = readBody(request, this.config.maxBodyBytes);
    if (body === null) throw new Rejected('BODY_TOO_LARGE', now);

    if (this.keysAreDown) throw new Rejected('STORE_UNAVAILABLE', now);
    const device = this.devices.get(identity(head.appId, head.deviceId));
    if (!device) throw new Rejected('UNKNOWN_DEVICE', now);
    const { key, path } = this.#findSigner(head, body, device, now);
    this.#requireFresh(head, now); // again: a body can be withheld until the original's claim has expired
    if (device.status === 'revoked') throw new Rejected('DEVICE_REVOKED', now);
    if (device.status === 'pending') throw new Rejected('DEVICE_PENDING', now);
    if (key.state === 'invalidated') throw new Rejected('KEY_INVALIDATED', now);

    if (this.config.replayMethods === 'all' || isWrite(head.method)) this.#claim(head, device, key, now);
    if (key.state === 'provisional') this.#confirm(device, now);
    return path;
  }

  #requireFresh({ timestamp }, now) {
    if (Math.abs(now - Number(timestamp)) > this.config.freshnessSeconds) throw new Rejected('CLOCK_SKEW', now);
  }

  /** All keys on the likelier path first. A previous or provisional key past its end is no key. */
  #findSigner(head, body, device, now) {
    const isOver = ({ state, notAfter }) => (state === 'previous' || state === 'provisional') && now > notAfter;
    const keys = LIKELIEST_FIRST.flatMap((state) => device.keys.filter((key) => key.state === state && !isOver(key)));
    const paths = signedPaths(this.config.signingPaths, head.method, head.path);
    const pairs = paths.flatMap((path) => keys.map((key) => ({ key, path })));
    const signer = pairs.slice(0, MAX_CHECKS).find(({ key, path }) =>
      isSigned(key.point, buildMessage(head.method, path, head.timestamp, body), head.signature));
    if (!signer) throw new Rejected('INVALID_SIGNATURE', now);
    return signer;
  }

  /** Tokens are made of the stored identity and of the key; r survives (r, n-s), the bytes of a signature do not. */
  #claim(head, device, key, now) {
    const tokens = [JSON.stringify(['nonce', device.identity, head.nonce])];
    if (this.config.replay === 'nonce+signature') {
      tokens.push(JSON.stringify(['signature', sha256(key.point).toString('hex'), head.signature.r.toString(16)]));
    }
    const memory = Math.max(this.config.freshnessSeconds, 300) + MARGIN;
    this.nonces.claim({ device: device.identity, tokens, timestamp: Number(head.timestamp), now, memory });
  }

  #confirm(device, now) {
    const next = { provisional: 'current', current: 'previous', previous: 'retired', invalidated: 'retired', retired: 'retired' };
    for (const key of device.keys) {
      key.state = next[key.state];
      key.notAfter = key.state === 'previous' ? now + PREVIOUS_KEY_GRACE : Infinity;
    }
  }
}

const identity = (appId, deviceId) => JSON.stringify([appId, canonicalId(deviceId)]);

/** The bytes of the body, or null if there are more than the limit; counted before they are made. */
function readBody({ bodyHex, bodyRepeat }, limit) {
  const piece = hex(bodyRepeat ? bodyRepeat.hex : bodyHex);
  const count = bodyRepeat ? bodyRepeat.count : 1;
  return piece.length * count > limit ? null : Buffer.alloc(piece.length * count, piece);
}

// ---- how a rejected client is answered --------------------------------------------------------------------------------

const RETRY_AFTER = { STORE_FULL: 10, DEVICE_PENDING: 60 };
const PUBLIC_CODE = { // of the reasons that are not their own public code
  MISSING_HEADER: 'INVALID_REQUEST', MALFORMED_HEADER: 'INVALID_REQUEST', MALFORMED_TARGET: 'INVALID_REQUEST',
  SIGNATURE_REPLAY: 'NONCE_REPLAY', UNKNOWN_DEVICE: 'INVALID_SIGNATURE',
  DEVICE_PENDING: 'TEMPORARILY_UNAVAILABLE', STORE_UNAVAILABLE: 'TEMPORARILY_UNAVAILABLE',
  STORE_FULL: 'TEMPORARILY_UNAVAILABLE', NOT_WATCHING_YET: 'TEMPORARILY_UNAVAILABLE',
};
const PUBLIC_ANSWER = {
  INVALID_REQUEST: [400, 'The request is not a well-formed signed request.'],
  UNSUPPORTED_VERSION: [400, 'The signature version is not supported.'],
  QUERY_NOT_ALLOWED: [400, 'A signed write must not have a query.'],
  CLOCK_SKEW: [401, 'The timestamp is outside the accepted window.'],
  NONCE_REPLAY: [401, 'The request was already received.'],
  INVALID_SIGNATURE: [401, 'The signature is not valid.'],
  KEY_INVALIDATED: [401, 'The device key must be rotated.'],
  DEVICE_REVOKED: [401, 'The device was revoked.'],
  BODY_TOO_LARGE: [413, 'The body is too large.'],
  TEMPORARILY_UNAVAILABLE: [503, 'The request cannot be verified now. Try again later.'],
};

function errorAnswer({ reason, now, retryAfter }) {
  const code = PUBLIC_CODE[reason] ?? reason;
  const [status, message] = PUBLIC_ANSWER[code];
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'x-synheart-error': code };
  const body = { status: 'error', code, message, error_code: code, error_description: message, error: { code, message } };
  if (status === 401) headers['WWW-Authenticate'] = 'Synheart-Signature version="1"';
  if (code === 'CLOCK_SKEW') { // and never otherwise: with such a body, clients correct their clock by any 401 that has it
    headers['x-server-timestamp'] = String(now);
    body.server_timestamp = now;
  }
  if (status === 503) {
    headers['Retry-After'] = String(retryAfter);
    body.retry_after = retryAfter;
  }
  const responseBodyHex = Buffer.from(JSON.stringify(body)).toString('hex');
  return { verdict: 'rejected', reason, publicCode: code, status, responseHeaders: headers, responseBodyHex };
}

// ---- the harness: replace the functions in OPS by calls to the SDK under test --------------------------------------

class Skipped extends Error {}

const isCount = (value) => Number.isInteger(value) && value >= 0;
const oneOf = (...choices) => (value) => choices.includes(value);
const RULE_FIELDS = ['methods', 'prefix', 'replacement', 'acceptUnstripped'];
const isRule = (rule) => Object.keys(rule).every((name) => RULE_FIELDS.includes(name));
const CONFIG = { // field: [if absent, what we support]
  freshnessSeconds: [300, isCount],
  replay: ['nonce+signature', oneOf('nonce', 'nonce+signature')],
  replayMethods: ['all', oneOf('all', 'writes')],
  deviceIds: ['uuid', oneOf('uuid', 'opaque')],
  signingPaths: [INGEST, (value) => Array.isArray(value) && value.every(isRule)],
  rejectQueryOnWrites: [false, oneOf(true, false)],
  maxBodyBytes: [16 * 1024 * 1024, isCount],
  quota: [8192, isCount],
  watchingSince: [null, Number.isInteger],
};

let verifier = null; // made by reset

function reset({ config = {}, devices }) {
  verifier = null;
  const settings = Object.fromEntries(Object.entries(CONFIG).map(([name, [ifAbsent]]) => [name, ifAbsent]));
  for (const [name, value] of Object.entries(config)) {
    if (!Object.hasOwn(CONFIG, name) || !CONFIG[name][1](value)) throw new Skipped(`config ${name} is not supported`);
    settings[name] = value;
  }
  verifier = new Verifier(settings, devices);
  return { ok: true };
}

function fault({ store, state }) {
  if (store === 'keys') verifier.keysAreDown = requireOneOf(['up', 'down'], state) === 'down';
  else if (requireOneOf(['nonces'], store)) verifier.nonces.state = requireOneOf(['up', 'down', 'full'], state);
  return { ok: true };
}

function sign({ privateKeyHex, appId, deviceId, method, path, timestamp, nonce, bodyHex }) {
  if (!privateKeyHex.includes(ALGORITHM)) throw new Error('not a P-256 key');
  const key = createPrivateKey({ key: hex(privateKeyHex), format: 'der', type: 'pkcs8' });
  const message = buildMessage(method, path, timestamp, hex(bodyHex)); // the path as given
  const headers = {
    'X-App-ID': appId,
    'X-Device-ID': deviceId,
    'X-Synheart-Signature': ecdsaSign('sha256', message, key).toString('base64'),
    'X-Synheart-Timestamp': timestamp,
    'X-Synheart-Nonce': nonce,
    'X-Synheart-Sig-Version': '1',
  };
  return { headers, messageHex: message.toString('hex') };
}

const OPS = {
  message({ method, path, timestamp, bodyHex }) {
    const [signedPath] = signedPaths(INGEST, method, path);
    const message = buildMessage(method, signedPath, timestamp, hex(bodyHex));
    return { messageHex: message.toString('hex'), sha256Hex: sha256(message).toString('hex'), signedPath };
  },
  parseKey({ form, dataHex }) {
    const point = KEY_FORMS[requireOneOf(Object.keys(KEY_FORMS), form)](hex(dataHex));
    return point ? { pointHex: point.toString('hex') } : { invalid: true };
  },
  verifySignature({ publicKeyHex, messageHex, signature }) {
    const numbers = readSignature(signature);
    return { valid: numbers !== null && isSigned(requirePoint(publicKeyHex), hex(messageHex), numbers) };
  },
  verifyDigest({ publicKeyHex, digestHex, signature }) {
    const numbers = readSignature(signature);
    return { valid: numbers !== null && isDigestSigned(requirePoint(publicKeyHex), hex(digestHex), numbers) };
  },
  reset,
  devices({ devices }) {
    verifier.putDevices(devices);
    return { ok: true };
  },
  fault,
  verify: (request) => verifier.answer(request),
  // JavaScript runs one thing at a time: one after another is as concurrent as this verifier ever gets.
  verifyAll: ({ requests }) => ({ answers: requests.map((request) => verifier.answer(request)) }),
  sign,
};

function hello() {
  const version = process.versions.node;
  return { protocol: 1, name: 'countersign-node', version, language: 'JavaScript', ops: Object.keys(OPS) };
}

function hex(text) {
  if (typeof text !== 'string' || text.length % 2 || /[^0-9a-f]/.test(text)) throw new Error('not lower-case hex');
  return Buffer.from(text, 'hex');
}

function requirePoint(text) {
  const point = readPoint(hex(text));
  if (!point) throw new Error('not a point of P-256');
  return point;
}

function requireOneOf(choices, value) {
  if (!choices.includes(value)) throw new Skipped(`expected one of ${choices}, not ${value}`); // never guess
  return value;
}

function answerLine(line) {
  let id = null;
  try {
    const { op, ...request } = JSON.parse(line);
    id = request.id ?? null;
    if (op === 'hello') return { id, ...hello() };
    if (!Object.hasOwn(OPS, op)) throw new Skipped(`no operation ${op}`);
    return { id, ...OPS[op](request) };
  } catch (problem) {
    return { id, [problem instanceof Skipped ? 'skipped' : 'error']: String(problem?.message ?? problem) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) process.stdout.write(`${JSON.stringify(answerLine(line))}\n`);
}
