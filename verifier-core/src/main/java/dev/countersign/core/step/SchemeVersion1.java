package dev.countersign.core.step;

import static dev.countersign.api.RejectionReason.MALFORMED_HEADER;
import static dev.countersign.api.RejectionReason.MALFORMED_TARGET;
import static dev.countersign.api.RejectionReason.MISSING_HEADER;
import static dev.countersign.api.RejectionReason.QUERY_NOT_ALLOWED;

import dev.countersign.api.RequestHead;
import dev.countersign.api.SignedHeaders;
import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.wire.Ascii;
import dev.countersign.api.wire.HttpMethod;
import dev.countersign.api.wire.UuidText;
import java.nio.charset.StandardCharsets;

/** Version 1: six headers, and the message {@code METHOD LF PATH LF TIMESTAMP LF BODY}. */
final class SchemeVersion1 implements SignatureScheme {
    private static final int MAX_TIMESTAMP_DIGITS = 11;

    @Override
    public int version() {
        return 1;
    }

    /** In table order, each header absent before malformed; then the method and the target. */
    @Override
    public HeadResult readHead(RequestHead head, HeadRules rules) {
        String appId = HeaderValues.single(head, SignedHeaders.APP_ID);
        if (appId == null) {
            return HeadResult.fault(MISSING_HEADER);
        }
        if (!Ascii.isVisibleId(appId, DeviceIdentity.MAX_LENGTH)) {
            return HeadResult.fault(MALFORMED_HEADER);
        }
        String deviceId = HeaderValues.single(head, SignedHeaders.DEVICE_ID);
        if (deviceId == null) {
            return HeadResult.fault(MISSING_HEADER);
        }
        if (!isDeviceId(deviceId, rules.opaqueDeviceIds())) {
            return HeadResult.fault(MALFORMED_HEADER);
        }
        String signatureText = HeaderValues.single(head, SignedHeaders.SIGNATURE);
        if (signatureText == null) {
            return HeadResult.fault(MISSING_HEADER);
        }
        SignatureValue signature = SignatureValue.parse(signatureText);
        if (signature == null) {
            return HeadResult.fault(MALFORMED_HEADER);
        }
        String timestampText = HeaderValues.single(head, SignedHeaders.TIMESTAMP);
        if (timestampText == null) {
            return HeadResult.fault(MISSING_HEADER);
        }
        long timestamp = DecimalText.parse(timestampText, MAX_TIMESTAMP_DIGITS);
        if (timestamp == DecimalText.MALFORMED) {
            return HeadResult.fault(MALFORMED_HEADER);
        }
        String nonce = HeaderValues.single(head, SignedHeaders.NONCE);
        if (nonce == null) {
            return HeadResult.fault(MISSING_HEADER);
        }
        if (!UuidText.isVersion4(nonce)) {
            return HeadResult.fault(MALFORMED_HEADER);
        }
        String method = head.method();
        RequestTarget target = RequestTarget.parse(head.target());
        if (!HttpMethod.isWellFormed(method) || target == null) {
            return HeadResult.fault(MALFORMED_TARGET);
        }
        if (rules.rejectQueryOnWrites() && target.query() != null && HttpMethod.isWrite(method)) {
            return HeadResult.fault(QUERY_NOT_ALLOWED);
        }
        return HeadResult.of(new SignedHead(
                this,
                new DeviceIdentity(appId, deviceId),
                signature,
                timestampText,
                timestamp,
                UuidText.canonical(nonce),
                method,
                target,
                rules.signingPaths().signedPaths(method, target.path())));
    }

    @Override
    public byte[] messagePrefix(String method, String signedPath, String timestampText) {
        return (method + "\n" + signedPath + "\n" + timestampText + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean isDeviceId(String text, boolean opaque) {
        return opaque ? Ascii.isVisibleId(text, DeviceIdentity.MAX_LENGTH) : UuidText.isUuid(text);
    }
}
