package dev.countersign.core.step;

import dev.countersign.api.RequestHead;

/** A version of the signature scheme: which headers it has, in which form, and what message is signed. */
public interface SignatureScheme {
    /** The number in the version header. */
    int version();

    /** Reads the scheme's headers, the version header excepted, in the protocol's order of faults. */
    HeadResult readHead(RequestHead head, HeadRules rules);

    /** What stands before the body in the signed message. */
    byte[] messagePrefix(String method, String signedPath, String timestampText);
}
