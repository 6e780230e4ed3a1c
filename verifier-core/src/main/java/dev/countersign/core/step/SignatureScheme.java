package dev.countersign.core.step;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SchemeId;

/** A version of the signature scheme: which headers it has, in which form, and what message is signed. */
public interface SignatureScheme {
    /** Name and version; the version is the number in the version header. */
    SchemeId id();

    /** Reads the scheme's headers, the version header excepted, in the protocol's order of faults. */
    HeadResult readHead(RequestHead head, HeadRules rules);

    /** What stands before the body in the signed message. */
    byte[] messagePrefix(String method, String signedPath, String timestampText);
}
