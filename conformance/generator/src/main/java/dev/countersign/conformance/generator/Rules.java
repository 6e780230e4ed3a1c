package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Rule;

/** The protocol's rules, in its order. */
enum Rules {
    MESSAGE_LAYOUT(
            "message.layout",
            "Three line feeds, always",
            "The message is METHOD LF PATH LF TIMESTAMP LF BODY. LF is the one byte 0x0A; all three are always there, so a request without a body ends in LF.",
            "The message"),
    MESSAGE_HASH(
            "message.hash", "One SHA-256", "The signature is over SHA-256 of the message, hashed once.", "The message"),
    MESSAGE_METHOD(
            "message.method",
            "The method as it came",
            "The method is signed in upper-case ASCII, as on the wire.",
            "The message"),
    MESSAGE_PATH(
            "message.path",
            "The raw path",
            "The path is the raw request target up to the first question mark: never decoded, never normalised, without the query.",
            "The message"),
    MESSAGE_TIMESTAMP(
            "message.timestamp",
            "The timestamp's text",
            "The exact text of the timestamp header is signed.",
            "The message"),
    MESSAGE_BODY(
            "message.body",
            "The body's bytes",
            "The exact bytes of the body on the wire are signed, whatever they are.",
            "The message"),
    METHOD_FORM(
            "method.form",
            "The form of a method",
            "A method outside [A-Z][A-Z-]{0,31} is malformed; it is never upper-cased.",
            "The message"),
    TARGET_FORMS(
            "target.forms",
            "Origin-form and absolute-form",
            "Origin-form is taken as it is; absolute-form of http and https means its path and query, an empty path means /. Everything else is malformed.",
            "Targets"),
    TARGET_BYTES(
            "target.bytes",
            "Visible ASCII without # and \\",
            "A target with #, a backslash, or a byte below 0x21 or above 0x7E is malformed.",
            "Targets"),
    TARGET_VERBATIM(
            "target.verbatim",
            "Nothing is tidied up",
            "Double slashes, dot segments, ;parameters and %xx stay as they came.",
            "Targets"),
    TARGET_QUERY(
            "target.query",
            "The query is not signed",
            "Everything from the first question mark on is left out of the message.",
            "Targets"),
    QUERY_ON_WRITES(
            "target.query-on-writes",
            "A query on a write can be refused",
            "With rejectQueryOnWrites, a question mark in the target of anything but GET, HEAD, OPTIONS and TRACE is refused, an empty query included.",
            "Holes"),
    INGEST_STRIP(
            "ingest.strip",
            "POST below /ingest/v1/ is signed without /ingest",
            "For a POST whose raw path starts with /ingest/v1/, the signed path is the path without its leading /ingest.",
            "The /ingest rule"),
    INGEST_METHOD(
            "ingest.method", "Only POST", "Every other method is signed for its path as it comes.", "The /ingest rule"),
    INGEST_PREFIX(
            "ingest.prefix",
            "Only that prefix, byte for byte",
            "Every path that does not start with exactly /ingest/v1/ is signed as it comes.",
            "The /ingest rule"),
    SIGNING_PATHS(
            "ingest.signing-paths",
            "A deployment's own rules",
            "The rules can be replaced: none, others, several; no other rule then applies.",
            "The /ingest rule"),
    UNSTRIPPED(
            "ingest.unstripped",
            "The unstripped path, where named",
            "Where a rule matches and the deployment named the path's prefix, a signature over the path as it came is accepted, too; nowhere else.",
            "The /ingest rule"),
    SIGNATURE_CHECKS(
            "checks.limit",
            "At most four signature checks",
            "At most 2 paths x 3 keys are candidates, and no more than 4 signatures are checked for one request.",
            "The seven checks (§8.4)"),
    HEADER_NAMES(
            "headers.names",
            "Names fold in ASCII only",
            "Header names match case-insensitively by ASCII folding only.",
            "The headers"),
    HEADER_ONCE(
            "headers.once",
            "Each exactly once",
            "An absent header is MISSING_HEADER; an empty, repeated (even identically) or comma-joined one is MALFORMED_HEADER.",
            "The headers"),
    HEADER_ORDER(
            "headers.order",
            "The order of faults",
            "The version is judged first, then the others in table order, then method and target, then a refused query, then freshness.",
            "Order of faults"),
    APP_ID(
            "headers.app-id",
            "The app id",
            "1 to 128 visible ASCII characters, no comma; kept byte for byte.",
            "The headers"),
    DEVICE_ID(
            "headers.device-id",
            "The device id",
            "A UUID 8-4-4-4-12 in either case; with opaque ids, 1 to 128 visible ASCII characters, no comma.",
            "The headers"),
    SIGNATURE_HEADER(
            "headers.signature",
            "The signature's text",
            "Base64 of DER in the only form of either; r and s in range; anything else is MALFORMED_HEADER before anything is looked up.",
            "The headers"),
    TIMESTAMP(
            "headers.timestamp",
            "The timestamp's form",
            "0 or [1-9][0-9]{0,10}: no sign, no space, no fraction, ASCII digits only; arithmetic cannot overflow.",
            "The headers"),
    NONCE(
            "headers.nonce",
            "The nonce's form",
            "A UUID with version digit 4 and variant digit 8, 9, a or b, in either case.",
            "The headers"),
    VERSION(
            "headers.version",
            "The version",
            "[1-9][0-9]{0,3}; a well-formed number other than 1 is UNSUPPORTED_VERSION.",
            "The headers"),
    CANONICAL_DEVICE(
            "device.canonical",
            "One name for a device",
            "A device id of the form 8-4-4-4-12 is lower-cased, also in opaque mode; everything else is kept byte for byte.",
            "One name for a device"),
    ECDSA(
            "signature.equation",
            "The ECDSA equation",
            "A signature is valid if and only if the equation of ECDSA on P-256 holds.",
            "The message"),
    HIGH_S(
            "signature.high-s",
            "A high s is valid",
            "Both (r, s) and (r, n-s) are valid: half of all hardware signatures have a high s.",
            "The headers"),
    SIGNATURE_RANGE(
            "signature.range",
            "r and s from 1 to n-1",
            "Numbers outside 1 to n-1 are refused, also where they are equal modulo n to a valid one.",
            "The headers"),
    DER(
            "signature.der",
            "Strict DER",
            "Minimal lengths and integers, definite lengths, nothing inside or behind that does not belong; a raw r||s of 64 bytes is malformed.",
            "The headers"),
    BASE64(
            "signature.base64",
            "Canonical Base64",
            "Standard alphabet, padded, spare bits zero, nothing else in it.",
            "The headers"),
    DIGEST_EDGES(
            "signature.digest-edges",
            "Every digest",
            "The digest is taken as a number modulo n, whatever it is: zero, n, above n, all ones.",
            "The message"),
    POINT_EDGES(
            "signature.point-edges",
            "Every point",
            "Sums that double, cancel, or end at infinity, and points whose x lies above n, are computed rightly.",
            "The message"),
    KEY_POINT(
            "keys.point",
            "The uncompressed point",
            "65 bytes 04||x||y, on the curve, coordinates below p, not infinity.",
            "Keys"),
    KEY_COMPRESSED(
            "keys.compressed", "The compressed point", "33 bytes 02 or 03||x with an x that is on the curve.", "Keys"),
    KEY_SPKI(
            "keys.spki",
            "SubjectPublicKeyInfo",
            "DER with the OIDs of EC and P-256 and a point; nothing behind.",
            "Keys"),
    KEY_PEM("keys.pem", "PEM", "One block PUBLIC KEY around SubjectPublicKeyInfo.", "Keys"),
    KEY_JWK("keys.jwk", "JWK", "kty EC, crv P-256, x and y of 32 bytes in Base64url.", "Keys"),
    KEY_CURVE("keys.curve", "P-256 only", "A key of another curve or another kind is refused in every form.", "Keys"),
    FRESHNESS(
            "freshness.window",
            "The freshness window",
            "|server time - timestamp| <= window: 300 passes, 301 does not, on either side.",
            "The seven checks (§8.4)"),
    FRESHNESS_TWICE(
            "freshness.twice",
            "Freshness is checked twice",
            "With the head, and again right before the claim; the second reading decides.",
            "Holes"),
    STATE_AT_END(
            "freshness.state-at-end",
            "Device and key are judged at the end",
            "The states of device and key count as of the second reading.",
            "Holes"),
    REPLAY_NONCE(
            "replay.nonce",
            "A nonce counts once",
            "A second request of one device under one nonce is a replay.",
            "Holes"),
    REPLAY_CASE(
            "replay.case",
            "Nonces and device ids compare canonically",
            "Upper and lower case are one nonce, and one device.",
            "One name for a device"),
    REPLAY_SIGNATURE(
            "replay.signature",
            "A signature counts once",
            "The nonce is not signed. Under another nonce, the same r of the same key is a replay, in every encoding and with either s.",
            "Holes"),
    REPLAY_IDENTITY(
            "replay.identity",
            "Claims belong to the stored device",
            "Nonces of different devices or apps do not collide; claims are keyed by the record, not by header text.",
            "Holes"),
    REPLAY_ATOMIC(
            "replay.atomic",
            "One atomic claim",
            "Of any number of copies judged at the same moment exactly one is accepted.",
            "Holes"),
    REPLAY_ALL_OR_NOTHING(
            "replay.all-or-nothing",
            "A losing claim stores nothing",
            "A request that is rejected as a replay leaves neither of its tokens behind.",
            "Holes"),
    REPLAY_AFTER_VERIFY(
            "replay.after-verify",
            "Nothing is stored before the signature verified",
            "A request that is rejected for any reason burns neither nonce nor signature.",
            "Holes"),
    REPLAY_LIFETIME(
            "replay.lifetime",
            "A claim outlives its request's freshness",
            "A claim lives at least until max(timestamp, now) + window: a copy is a replay as long as it is fresh.",
            "Holes"),
    REPLAY_METHODS(
            "replay.methods",
            "Every method by default",
            "Replay protection covers every method; a setting leaves out GET, HEAD, OPTIONS and TRACE, and those only.",
            "The seven checks (§8.4)"),
    REPLAY_TOKENS(
            "replay.tokens",
            "The second token can be turned off",
            "With the nonce token alone, the same signature under another nonce is accepted.",
            "Holes"),
    RESTART(
            "replay.restart",
            "A store says since when it is watching",
            "A request signed in or before the second since which the nonce store has been watching is answered with 503.",
            "Holes"),
    QUOTA(
            "replay.quota",
            "A quota for each device",
            "A device with as many live claims as its quota is refused with 503 until some have ended; other devices are not.",
            "Holes"),
    REPLAY_BEFORE_QUOTA(
            "replay.before-quota",
            "Replay is decided before quota",
            "A replay is answered as such even when the quota is used up or the store is full.",
            "Holes"),
    STORES_DOWN(
            "stores.down",
            "A store that is down",
            "Fail closed with 503, never 401 and never accepted; recovers by itself.",
            "Holes"),
    STORES_FULL("stores.full", "A store that is full", "503; no live claim is dropped to make room.", "Holes"),
    BODY_LIMIT(
            "body.limit", "The longest body", "A body longer than the limit is refused with 413.", "Order of faults"),
    KEY_CURRENT("lifecycle.current", "The current key", "Signs requests.", "Keys"),
    KEY_PROVISIONAL(
            "lifecycle.provisional",
            "A rotation is provisional",
            "Until the new key has verified a request both keys sign requests; with its first accepted request it is current. Past its end it is no key.",
            "Keys"),
    KEY_PREVIOUS(
            "lifecycle.previous",
            "The previous key",
            "Signs requests for another 300 s, then it is no key: INVALID_SIGNATURE.",
            "Keys"),
    KEY_RETIRED(
            "lifecycle.retired",
            "Retired keys never return",
            "A signature by a retired key is INVALID_SIGNATURE.",
            "Keys"),
    KEY_INVALIDATED(
            "lifecycle.invalidated",
            "An invalidated key",
            "Signs no request; KEY_INVALIDATED is said only under a signature valid under that very key.",
            "Keys"),
    DEVICE_PENDING("lifecycle.pending", "A pending device", "503, and only under a valid signature.", "Keys"),
    DEVICE_REVOKED(
            "lifecycle.revoked", "A revoked device", "DEVICE_REVOKED, and only under a valid signature.", "Keys"),
    END_ORDER(
            "answers.order",
            "The order at the end",
            "Lookup, signature, freshness, revoked, pending, invalidated, then what the claim says.",
            "The seven checks (§8.4)"),
    ENUMERATION(
            "answers.enumeration",
            "Unknown device and bad signature are one answer",
            "Both are INVALID_SIGNATURE to the client, after the body.",
            "Answers"),
    ANSWER_CODES(
            "answers.codes",
            "Status and code",
            "Each reason has its status and its public code, in x-synheart-error with every 401.",
            "Answers"),
    ANSWER_HEADERS(
            "answers.headers",
            "Headers of answers",
            "401 carries WWW-Authenticate; 503 carries Retry-After; x-server-timestamp goes with CLOCK_SKEW and with nothing else.",
            "Answers"),
    ANSWER_BODY(
            "answers.body",
            "The JSON body",
            "status, code, message, error_code, error_description, the object error; server_timestamp as a number with CLOCK_SKEW, retry_after with 503.",
            "Answers"),
    SIGNER_HEADERS(
            "signer.headers",
            "The six headers",
            "The signer gives exactly the six headers, each in its form.",
            "The signer's side"),
    SIGNER_PATH(
            "signer.path",
            "The path as given",
            "The signer signs the path it is given, unchanged.",
            "The signer's side"),
    SIGNER_MESSAGE(
            "signer.message",
            "What the signer signs",
            "The signature verifies over the message of the request.",
            "The signer's side");

    final String id;
    private final String title;
    private final String text;
    private final String section;

    Rules(String id, String title, String text, String section) {
        this.id = id;
        this.title = title;
        this.text = text;
        this.section = section;
    }

    /** As it stands in the manifest. */
    Rule rule() {
        return new Rule(id, title, text, section);
    }
}
