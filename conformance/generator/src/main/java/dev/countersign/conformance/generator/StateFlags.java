package dev.countersign.conformance.generator;

import dev.countersign.conformance.suite.Flag;

/** What can be special about time, state and answers; the flags of single inputs are in {@link Flags}. */
final class StateFlags {
    // Time.
    static final Flag AT_THE_EDGE = new Flag(
            "AtTheEdge", "The last second, byte or request that still counts. Finds a limit that comes one too early.");
    static final Flag PAST_THE_EDGE = new Flag(
            "PastTheEdge",
            "The first second, byte or request that no longer counts. Finds a limit that comes one too late.");
    static final Flag DATED_AHEAD = new Flag(
            "DatedAhead",
            "The timestamp lies ahead of the server's clock. Finds checks of one side only, and claims that end before the request does.");
    static final Flag FAR_AWAY = new Flag(
            "FarAway",
            "The timestamp is years from now, or a multiple of 2^32 seconds. Finds arithmetic that overflows or wraps.");
    static final Flag OTHER_WINDOW = new Flag(
            "OtherWindow",
            "A freshness window other than 300 s. Finds a constant where the setting should be, and a minimum that is not kept.");
    static final Flag WITHHELD_BODY = new Flag(
            "WithheldBody",
            "The body ends later than the head came. Finds verifiers that read the clock only once, or act on the earlier reading.");
    static final Flag BECOMES_FRESH =
            new Flag("BecomesFresh", "Too early now, fresh a moment later. Finds verifiers that remember a refusal.");
    static final Flag LONG_AFTER = new Flag(
            "LongAfter",
            "So much later that every claim of before has ended. Finds claims that never end, and quotas that never have room again.");

    // Replay.
    static final Flag SAME_REQUEST = new Flag(
            "SameRequest",
            "The same request again, byte for byte. Finds verifiers that do not remember what they accepted.");
    static final Flag SAME_NONCE = new Flag(
            "SameNonce",
            "Another genuine request, with a signature of its own, under a nonce that is used. Finds verifiers that compare whole requests, or signatures alone.");
    static final Flag SWAPPED_NONCE = new Flag(
            "SwappedNonce",
            "A captured request under another nonce, which is not signed. Finds verifiers that remember nonces alone.");
    static final Flag FLIPPED_S = new Flag(
            "FlippedS",
            "n - s in place of s, which is as valid. Finds verifiers that remember the bytes of a signature in place of r.");
    static final Flag NONCE_CASE =
            new Flag("NonceCase", "The nonce in the other case. Finds verifiers that compare nonces as text.");
    static final Flag DEVICE_CASE = new Flag(
            "DeviceCase",
            "The device id in the other case. Finds verifiers that key claims by the header's text in place of the stored device.");
    static final Flag OTHER_DEVICE = new Flag(
            "OtherDevice",
            "Two devices or two apps. Finds state that is shared between them, or ids that run into each other.");
    static final Flag UNSIGNED_PART = new Flag(
            "UnsignedPart",
            "A captured request changed in what no signature covers: query, form of the target, another route to the same signed path, a further header. Finds replay protection that looks at those.");
    static final Flag DETERMINISTIC_SIGNER = new Flag(
            "DeterministicSigner",
            "Two genuine requests with the same signed content in one second, signed as RFC 6979 does: the signatures are identical. Finds a second token that is not there, or cannot be turned off.");
    static final Flag NONCE_TOKEN_ONLY = new Flag(
            "NonceTokenOnly",
            "The second token is turned off. Finds implementations that ignore the setting, or turn off too much.");
    static final Flag READ_METHOD = new Flag(
            "ReadMethod", "GET, HEAD, OPTIONS or TRACE. Finds verifiers that protect too few methods, or too many.");
    static final Flag WRITE_METHOD = new Flag(
            "WriteMethod",
            "POST, PUT, PATCH, DELETE, or a method that nobody knows. Finds verifiers whose list of writes is not the complement of the four reads.");
    static final Flag WRITES_ONLY =
            new Flag("WritesOnly", "Replay protection on writes only. Finds implementations that ignore the setting.");
    static final Flag NONCE_STAYS_FREE = new Flag(
            "NonceStaysFree",
            "A request is rejected, and its nonce used afterwards by a genuine one. Finds nonces that are stored before everything else is decided: strangers can burn them.");
    static final Flag SIGNATURE_STAYS_FREE = new Flag(
            "SignatureStaysFree",
            "A request is rejected, and its signature counts afterwards. Finds claims that leave one of their tokens behind.");
    static final Flag PARALLEL = new Flag(
            "Parallel", "Several requests at the same moment. Finds a check and a store that are not one step.");
    static final Flag RESTARTED = new Flag(
            "Restarted",
            "The nonce store has forgotten what was before. Finds stores that accept what they were not watching, and 401 where the client should come back.");

    // Stores.
    static final Flag QUOTA_USED_UP = new Flag(
            "QuotaUsedUp",
            "A device has as many live claims as it may. Finds quotas that are not kept, or make room by forgetting.");
    static final Flag KEYS_DOWN = new Flag(
            "KeysDown",
            "The key store fails. Finds 401, which makes clients throw data away, and stores that are asked too early.");
    static final Flag NONCES_DOWN =
            new Flag("NoncesDown", "The nonce store fails. Finds verifiers that accept what they could not claim.");
    static final Flag NONCES_FULL = new Flag(
            "NoncesFull",
            "The nonce store cannot take another claim. Finds verifiers that accept without one, or forget a live one.");
    static final Flag STORE_RECOVERS = new Flag(
            "StoreRecovers",
            "A store works again. Finds verifiers that stay broken, or burnt what they could not answer.");

    // Devices and keys.
    static final Flag NEW_KEY =
            new Flag("NewKey", "A provisional key. Finds rotations that switch too early, too late or never.");
    static final Flag OLD_KEY =
            new Flag("OldKey", "A previous key. Finds keys that outlive their end, or end with the rotation.");
    static final Flag RETIRED_KEY =
            new Flag("RetiredKey", "A retired key. Finds records that are searched for any key.");
    static final Flag INVALIDATED_KEY = new Flag(
            "InvalidatedKey",
            "A key that the operator asked to be replaced. Finds keys that still sign, or an answer that strangers can get.");
    static final Flag PENDING_DEVICE = new Flag(
            "PendingDevice", "A device that is not approved yet. Finds 401 where the client should come back.");
    static final Flag REVOKED_DEVICE = new Flag(
            "RevokedDevice", "A revoked device. Finds records whose status is not looked at, or shown to strangers.");
    static final Flag RECORD_CHANGES = new Flag(
            "RecordChanges",
            "The device's record changes between two requests. Finds records and keys that are kept too long.");
    static final Flag FOREIGN_KEY = new Flag(
            "ForeignKey",
            "A valid signature by a key that is not this device's. Finds lookups by key alone, and checks that are skipped.");
    static final Flag THREE_KEYS = new Flag(
            "ThreeKeys", "A device with three keys that can have signed. Finds records read as two keys or one.");
    static final Flag UNKNOWN_DEVICE = new Flag(
            "UnknownDevice",
            "No such device. Finds answers, or moments of answers, that tell it from a bad signature.");
    static final Flag BAD_SIGNATURE = new Flag(
            "BadSignature",
            "A signature that is well-formed and not valid. Finds verifiers that act before they have checked it.");
    static final Flag SEVERAL_FAULTS = new Flag(
            "SeveralFaults",
            "More than one thing is wrong. Finds another order of checks, which clients see as another answer.");

    // Bodies and answers.
    static final Flag BODY_LIMIT = new Flag(
            "BodyLimit", "A limit for bodies is set. Finds limits that are off by one, or come after the signature.");
    static final Flag ANSWER_401 = new Flag(
            "Answer401",
            "An answer on which clients recover. Finds missing x-synheart-error, WWW-Authenticate or JSON members.");
    static final Flag ANSWER_4XX = new Flag(
            "Answer4xx", "An answer that ends a request for good. Finds wrong codes, and a clock in every answer.");
    static final Flag ANSWER_503 = new Flag(
            "Answer503",
            "An answer after which clients come back. Finds a missing Retry-After, and numbers sent as text.");
    static final Flag SERVER_CLOCK = new Flag(
            "ServerClock",
            "Whether x-server-timestamp is there. Clients correct their clock by it where the body of the 401 is a JSON object with the strings status, code and message, as every body here is. Finds it missing, or sent with another answer.");

    private StateFlags() {}
}
