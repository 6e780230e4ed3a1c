package dev.countersign.conformance.harness;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.wire.SignatureDer;
import dev.countersign.api.wire.StrictBase64;
import dev.countersign.conformance.protocol.Harness;
import dev.countersign.conformance.protocol.UnsupportedCaseException;
import dev.countersign.conformance.signing.Body;
import dev.countersign.conformance.suite.Hex;
import dev.countersign.conformance.suite.Json;
import dev.countersign.core.SigningPaths;
import dev.countersign.core.VerifierBuilder;
import dev.countersign.core.engine.EcdsaP256Engine;
import dev.countersign.signer.RequestSignature;
import dev.countersign.signer.RequestSigner;
import dev.countersign.signer.SigningCallback;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The library itself: its parsers, its engine, its verifier with the memory store, its signer. */
public final class LibraryHarness implements Harness, AutoCloseable {
    /** r = s = 1: what a signer's callback gives where only the message matters. */
    private static final byte[] ANY_SIGNATURE = new byte[64];

    static {
        ANY_SIGNATURE[31] = 1;
        ANY_SIGNATURE[63] = 1;
    }

    private static final String ANY_ID = "00000000-0000-4000-8000-000000000000";

    private final EcdsaP256Engine engine;
    private final UnaryOperator<VerifierBuilder> settings;
    private @Nullable VerifierSession session;

    /**
     * The library with this engine.
     *
     * @param engine checks the signatures
     */
    public LibraryHarness(EcdsaP256Engine engine) {
        this(engine, UnaryOperator.identity());
    }

    /**
     * The library with this engine, and settings that must change no answer.
     *
     * @param engine checks the signatures
     * @param settings of each verifier that is built
     */
    public LibraryHarness(EcdsaP256Engine engine, UnaryOperator<VerifierBuilder> settings) {
        this.engine = engine;
        this.settings = settings;
    }

    @Override
    public String name() {
        return "countersign/" + engine.name();
    }

    @Override
    public String version() {
        String version = LibraryHarness.class.getPackage().getImplementationVersion();
        return version == null ? "unpacked" : version;
    }

    @Override
    public List<String> ops() {
        return List.of(
                "message",
                "parseKey",
                "verifySignature",
                "verifyDigest",
                "reset",
                "devices",
                "fault",
                "verify",
                "verifyAll",
                "sign");
    }

    @Override
    public ObjectNode answer(String op, ObjectNode request) {
        return switch (op) {
            case "message" -> message(request);
            case "parseKey" -> parseKey(request);
            case "verifySignature" -> verifyDigest(request, Hex.sha256(hex(request, "messageHex")));
            case "verifyDigest" -> verifyDigest(request, hex(request, "digestHex"));
            case "sign" -> sign(request);
            case "reset" -> reset(request);
            case "devices" -> {
                session().devices(request.path("devices"));
                yield ok();
            }
            case "fault" -> {
                session()
                        .fault(
                                request.path("store").asText(),
                                request.path("state").asText());
                yield ok();
            }
            case "verify" -> session().verify(request);
            case "verifyAll" -> session().verifyAll(request.path("requests"));
            default -> throw new UnsupportedCaseException("no operation \"" + op + "\"");
        };
    }

    private static ObjectNode message(ObjectNode request) {
        String method = request.path("method").asText();
        String signedPath = SigningPaths.ingest()
                .signedPaths(method, request.path("path").asText())
                .get(0);
        byte[][] seen = new byte[1][];
        SigningCallback callback = bytes -> {
            seen[0] = bytes;
            return ANY_SIGNATURE;
        };
        RequestSignature unused = RequestSigner.builder(ANY_ID, callback)
                .build()
                .sign("app", method, signedPath, Body.of(request).bytes(), timestamp(request), ANY_ID);
        return Json.object()
                .put("messageHex", Hex.of(seen[0]))
                .put("sha256Hex", Hex.of(Hex.sha256(seen[0])))
                .put("signedPath", signedPath);
    }

    private static ObjectNode parseKey(ObjectNode request) {
        byte[] data = hex(request, "dataHex");
        try {
            DevicePublicKey key =
                    switch (request.path("form").asText()) {
                        case "point" -> ofLength(data, 65);
                        case "compressed" -> ofLength(data, 33);
                        case "spki" -> DevicePublicKey.ofSpki(data);
                        case "pem" -> DevicePublicKey.ofPem(utf8(data));
                        case "jwk" -> Jwk.read(utf8(data));
                        default -> throw new UnsupportedCaseException("no such form of a key");
                    };
            return Json.object().put("pointHex", Hex.of(key.toPoint()));
        } catch (IllegalArgumentException notAKey) {
            return Json.object().put("invalid", true);
        }
    }

    private static String utf8(byte[] data) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not UTF-8", e);
        }
    }

    private static DevicePublicKey ofLength(byte[] point, int length) {
        if (point.length != length) {
            throw new IllegalArgumentException("not a point of this form");
        }
        return DevicePublicKey.ofPoint(point);
    }

    private ObjectNode verifyDigest(ObjectNode request, byte[] digest) {
        byte[] der = StrictBase64.decode(request.path("signature").asText());
        byte[] raw = der == null ? null : SignatureDer.toRaw(der);
        boolean valid = raw != null
                && engine.verify(engine.prepare(DevicePublicKey.ofPoint(hex(request, "publicKeyHex"))), digest, raw);
        return Json.object().put("valid", valid);
    }

    private static ObjectNode sign(ObjectNode request) {
        byte[][] seen = new byte[1][];
        SigningCallback key = SigningCallback.of(privateKey(hex(request, "privateKeyHex")));
        SigningCallback callback = bytes -> {
            seen[0] = bytes.clone();
            return key.sign(bytes);
        };
        RequestSignature signature = RequestSigner.builder(
                        request.path("deviceId").asText(), callback)
                .build()
                .sign(
                        request.path("appId").asText(),
                        request.path("method").asText(),
                        request.path("path").asText(),
                        Body.of(request).bytes(),
                        timestamp(request),
                        request.path("nonce").asText());
        ObjectNode answer = Json.object();
        ObjectNode headers = answer.putObject("headers");
        signature.headers().forEach(headers::put);
        return answer.put("messageHex", Hex.of(seen[0]));
    }

    private ObjectNode reset(ObjectNode request) {
        close();
        session = new VerifierSession(request, engine, settings);
        return ok();
    }

    private VerifierSession session() {
        if (session == null) {
            throw new IllegalStateException("no reset came before");
        }
        return session;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    private static ObjectNode ok() {
        return Json.object().put("ok", true);
    }

    private static byte[] hex(ObjectNode request, String field) {
        return Hex.parse(request.path(field).asText());
    }

    private static long timestamp(ObjectNode request) {
        return Long.parseLong(request.path("timestamp").asText());
    }

    private static PrivateKey privateKey(byte[] pkcs8) {
        try {
            return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not a private key", e);
        }
    }
}
