package dev.countersign.core.explain;

/** What may have gone wrong with a request. Made by verifiers only; may gain parts. Immutable. */
public interface LikelyCause {
    /** The kind of cause; more kinds may come. */
    Kind kind();

    /** The cause in words, with the values found: printable ASCII. */
    String sentence();

    /** Whether it was tested or is certain; else it is a guess. */
    boolean isShown();

    /** A kind of cause. */
    enum Kind {
        /** One of the six headers is missing. */
        HEADER_MISSING,
        /** A header has an underscore in place of a hyphen in its name. */
        HEADER_NAME,
        /** A header is there more than once. */
        HEADER_REPEATED,
        /** Several values are joined with commas in one header. */
        HEADER_JOINED,
        /** A header's value is empty. */
        HEADER_EMPTY,
        /** There is white space inside a header's value. */
        HEADER_SPACE,
        /** An app id, or an opaque device id, is too long or has characters that it may not have. */
        ID_FORM,
        /** A device id is no UUID, and opaque ids are not admitted. */
        DEVICE_ID_NOT_UUID,
        /** The signature is not the padded standard Base64, or not its canonical form. */
        SIGNATURE_BASE64,
        /** The signature is the 64 bytes r and s, as JOSE and WebCrypto sign, not DER. */
        SIGNATURE_RAW,
        /** The signature is hexadecimal: the legacy HMAC scheme, or a wrong encoding. */
        SIGNATURE_HEX,
        /** The signature is no strict DER. */
        SIGNATURE_DER,
        /** r or s is not from 1 to n-1. */
        SIGNATURE_RANGE,
        /** The timestamp is in milliseconds, or finer. */
        TIMESTAMP_MILLISECONDS,
        /** The timestamp is no decimal number in its form. */
        TIMESTAMP_FORM,
        /** The nonce is a UUID of another version or variant. */
        NONCE_VERSION,
        /** The nonce is no UUID. */
        NONCE_FORM,
        /** The scheme's version is unknown or not in its form. */
        VERSION,
        /** The method was sent in lower case. */
        METHOD_LOWER_CASE,
        /** The method is not in its form. */
        METHOD_FORM,
        /** The target has a character that it may not have. */
        TARGET_CHARACTERS,
        /** The target is neither a path nor an absolute URI of http or https. */
        TARGET_FORM,
        /** A write has a query, which the setting refuses. */
        QUERY_ON_WRITE,
        /** The body is longer than the setting allows. */
        BODY_TOO_LONG,
        /** The clocks of client and server differ, or the request was held up. */
        CLOCK,
        /** The clocks differ by whole hours or half hours: local time was taken for UTC. */
        TIME_ZONE,
        /** The request was fresh when it began, and its body took too long. */
        SLOW_BODY,
        /** No device of this id in this app. */
        DEVICE_UNKNOWN,
        /** The device is revoked. */
        DEVICE_REVOKED,
        /** The device is not activated yet. */
        DEVICE_PENDING,
        /** The key was invalidated: the device has to rotate it. */
        KEY_INVALIDATED,
        /** A key signed that was replaced or is past its end. */
        KEY_REPLACED,
        /** A valid key and path were not tried, because the checks of a request are few. */
        CHECKS_SPENT,
        /** The path was signed with the prefix that a rule strips. */
        PATH_UNSTRIPPED,
        /** The path was signed without its first segment. */
        PATH_STRIPPED,
        /** The path was signed with a prefix that is not there any more. */
        PATH_PREFIX_GONE,
        /** The query was signed. */
        PATH_WITH_QUERY,
        /** The path was signed with its percent-escapes decoded. */
        PATH_DECODED,
        /** The path was signed with double slashes merged or dot segments resolved. */
        PATH_NORMALISED,
        /** The path was signed without its parameters behind semicolons. */
        PATH_PARAMETERS_CUT,
        /** The path was signed in lower case. */
        PATH_LOWER_CASED,
        /** The path was signed with a slash at its end more or less. */
        PATH_TRAILING_SLASH,
        /** The method was signed in lower case. */
        METHOD_SIGNED_LOWER_CASE,
        /** The timestamp was signed in milliseconds and sent in seconds. */
        TIMESTAMP_SIGNED_IN_MILLISECONDS,
        /** The message was signed with CR LF at the end of its lines. */
        CR_LF,
        /** Without a body, the message was signed without its last line feed. */
        LAST_LINE_FEED_MISSING,
        /** The message was hashed twice. */
        HASHED_TWICE,
        /** An empty body was signed. */
        BODY_NOT_SIGNED,
        /** The body was read as UTF-8 text and signed as that. */
        BODY_AS_TEXT,
        /** The verifier saw no body where one was announced: something in front has read it. */
        BODY_CONSUMED,
        /** The verifier saw a body of another length than was announced. */
        BODY_LENGTH_CHANGED,
        /** Another body was signed than the one that came. */
        BODY_CHANGED,
        /** Another path was signed than the one that came. */
        PATH_REWRITTEN,
        /** A key signed that the device does not have. */
        OTHER_KEY,
        /** The same request came before. */
        SENT_AGAIN,
        /** The same signature came before under another nonce. */
        SIGNATURE_AGAIN,
        /** A store failed, is full, or does not know the time of the signature. */
        STORE,
        /** The verification was given up. */
        CANCELLED,
        /** A fault of the verifier. */
        INTERNAL
    }
}
