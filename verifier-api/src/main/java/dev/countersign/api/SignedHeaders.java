package dev.countersign.api;

/** The names of the six request headers of scheme version 1, and of the headers of the answer by which clients act. */
public final class SignedHeaders {
    /** The app id. */
    public static final String APP_ID = "X-App-ID";
    /** The device id that registration issued. */
    public static final String DEVICE_ID = "X-Device-ID";
    /** Base64 of the DER signature. */
    public static final String SIGNATURE = "X-Synheart-Signature";
    /** Unix seconds. */
    public static final String TIMESTAMP = "X-Synheart-Timestamp";
    /** A version 4 UUID. */
    public static final String NONCE = "X-Synheart-Nonce";
    /** The number of the scheme. */
    public static final String SIG_VERSION = "X-Synheart-Sig-Version";

    /** In an answer: the public code; clients rotate their key when they read {@code KEY_INVALIDATED}. */
    public static final String ERROR = "x-synheart-error";
    /** In an answer with {@code CLOCK_SKEW} and no other: Unix seconds, by which clients correct their clock. */
    public static final String SERVER_TIMESTAMP = "x-server-timestamp";

    private SignedHeaders() {}
}
