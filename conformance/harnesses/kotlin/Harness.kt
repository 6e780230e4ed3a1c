// A conformance harness in Kotlin: the whole signing scheme of docs/protocol.md, version 1, behind the JSON Lines of
// conformance/PROTOCOL.md. Kotlin 2 on a JDK 17 or newer, nothing else: elliptic curves are the JDK's.
//
//     kotlinc Harness.kt -include-runtime -d kotlin-harness.jar
//     java -jar countersign-conformance.jar run --harness "java -jar kotlin-harness.jar"
//
// To check an SDK of your own, copy this file, keep its last part, and let your SDK do the work of parseKey,
// parseSignature with isValid, sign, and Verifier.judge. Take the ops that your SDK does not have out of the table.

import java.math.BigInteger
import java.security.AlgorithmParameters
import java.security.KeyFactory
import java.security.MessageDigest
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import java.security.spec.PKCS8EncodedKeySpec
import java.util.Base64
import java.util.concurrent.Callable
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors

// ---- Signatures and keys: exactly one text for each value -----------------------------------------------------------

val P = BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16)
val B = BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16)
val N = BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
val P256: ECParameterSpec = AlgorithmParameters.getInstance("EC").run {
    init(ECGenParameterSpec("secp256r1"))
    getParameterSpec(ECParameterSpec::class.java)
}

/** The JDK's decoder takes missing padding and stray bits. Encoding back is the whole definition of canonical. */
fun decodeBase64(text: String, url: Boolean = false): ByteArray? = try {
    val bytes = (if (url) Base64.getUrlDecoder() else Base64.getDecoder()).decode(text)
    val canonical = (if (url) Base64.getUrlEncoder().withoutPadding() else Base64.getEncoder()).encodeToString(bytes)
    bytes.takeIf { canonical == text }
} catch (_: IllegalArgumentException) {
    null
}

class RS(val r: BigInteger, val s: BigInteger)

/** Reads Base64 of strict DER: SEQUENCE { INTEGER r, INTEGER s }, both from 1 to n-1. A high s is valid. */
fun parseSignature(text: String): RS? {
    val der = decodeBase64(text) ?: return null
    if (der.size !in 8..72 || der[0] != 0x30.toByte() || der[1].toInt() != der.size - 2) return null
    val (r, afterR) = readInteger(der, 2) ?: return null
    val (s, afterS) = readInteger(der, afterR) ?: return null
    return RS(r, s).takeIf { afterS == der.size && isScalar(r) && isScalar(s) }
}

/** Reads an INTEGER that is not negative, in its shortest form: its value, and where it ends. */
fun readInteger(der: ByteArray, at: Int): Pair<BigInteger, Int>? {
    if (at + 3 > der.size || der[at] != 0x02.toByte() || der[at + 1] !in 1..33) return null
    val from = at + 2
    val end = from + der[at + 1]
    if (end > der.size || der[from] < 0) return null
    if (der[from] == 0.toByte() && end - from > 1 && der[from + 1] >= 0) return null
    return BigInteger(der.copyOfRange(from, end)) to end
}

fun isScalar(value: BigInteger) = value.signum() > 0 && value < N

/** Checks the equation alone: the point lies on the curve, r and s are in range. The JDK's DER parser sees nothing. */
fun isValid(point: ByteArray, digest: ByteArray, signature: RS): Boolean {
    val xy = ECPoint(number(point, 1), number(point, 33))
    if (signature.r + N < P) return isValidByHand(xy, BigInteger(1, digest), signature)
    val ecdsa = Signature.getInstance("NONEwithECDSAinP1363Format")
    ecdsa.initVerify(KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(xy, P256)))
    ecdsa.update(digest)
    return ecdsa.verify(bytes32(signature.r) + bytes32(signature.s))
}

/**
 * JDK 17 refuses a valid signature if the x of R lies between n and p (JDK 25 does not). Once in 2^128 by chance, and on
 * purpose in the vectors; so a small r is checked by the textbook: R = e/s G + r/s Q, and x(R) modulo n = r.
 */
fun isValidByHand(key: ECPoint, e: BigInteger, signature: RS): Boolean {
    fun plus(a: ECPoint, b: ECPoint): ECPoint {
        if (a == ECPoint.POINT_INFINITY) return b
        if (b == ECPoint.POINT_INFINITY) return a
        if (a.affineX == b.affineX && a != b) return ECPoint.POINT_INFINITY
        val slope = if (a == b) (a.affineX * a.affineX - BigInteger.ONE) * BigInteger.valueOf(3) * (a.affineY + a.affineY).modInverse(P)
        else (b.affineY - a.affineY) * (b.affineX - a.affineX).modInverse(P)
        val x = (slope * slope - a.affineX - b.affineX).mod(P)
        return ECPoint(x, (slope * (a.affineX - x) - a.affineY).mod(P))
    }
    fun times(k: BigInteger, point: ECPoint) = (k.bitLength() - 1 downTo 0).fold(ECPoint.POINT_INFINITY) { sum, bit ->
        plus(sum, sum).let { if (k.testBit(bit)) plus(it, point) else it }
    }
    val w = signature.s.modInverse(N)
    val sum = plus(times((e * w).mod(N), P256.generator), times((signature.r * w).mod(N), key))
    return sum != ECPoint.POINT_INFINITY && sum.affineX.mod(N) == signature.r
}

fun number(bytes: ByteArray, at: Int) = BigInteger(1, bytes, at, 32)

fun bytes32(value: BigInteger): ByteArray = value.toByteArray().let { ByteArray(32 - minOf(32, it.size)) + it.takeLast(32) }

/** The 65 bytes of the point, or null for what is no P-256 key in this form. */
fun parseKey(form: String, data: ByteArray): ByteArray? = when (form) {
    // The JDK's KeyFactory builds keys from any coordinates: the curve's equation is ours to check.
    "point" -> data.takeIf { it.size == 65 && it[0] == 4.toByte() && isOnCurve(number(it, 1), number(it, 33)) }
    "compressed" -> if (data.size == 33 && data[0] in 2..3) decompress(data[0].toInt(), number(data, 1)) else null
    "spki" -> SPKI.firstNotNullOfOrNull { (pointForm, prefix) ->
        if (data.size > 26 && data.copyOf(26).contentEquals(unhex(prefix))) {
            parseKey(pointForm, data.copyOfRange(26, data.size))
        } else null
    }
    "pem" -> PEM.matchEntire(String(data, Charsets.ISO_8859_1))
        ?.let { decodeBase64(it.groupValues[1].replace(Regex("[ \t\r\n]"), "")) }?.let { parseKey("spki", it) }
    "jwk" -> parseJwk(String(data))
    else -> throw Skipped("unknown form $form")
}

val SPKI = listOf( // what stands before the point in a SubjectPublicKeyInfo on prime256v1
    "point" to "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    "compressed" to "3039301306072a8648ce3d020106082a8648ce3d030107032200",
)
val PEM = Regex("[ \t\r\n]*-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----[ \t\r\n]*")

fun parseJwk(text: String): ByteArray? {
    val jwk = try { Json(text).read() as? Map<*, *> } catch (_: RuntimeException) { null } ?: return null
    if (jwk["kty"] != "EC" || jwk["crv"] != "P-256" || "d" in jwk) return null
    val x = (jwk["x"] as? String)?.let { decodeBase64(it, url = true) }
    val y = (jwk["y"] as? String)?.let { decodeBase64(it, url = true) }
    return if (x?.size == 32 && y?.size == 32) parseKey("point", byteArrayOf(4) + x + y) else null
}

fun isOnCurve(x: BigInteger, y: BigInteger) = x < P && y < P && y * y % P == rightHandSide(x)

fun rightHandSide(x: BigInteger): BigInteger = ((x * x - BigInteger.valueOf(3)) * x + B).mod(P)

fun decompress(sign: Int, x: BigInteger): ByteArray? {
    val root = rightHandSide(x).modPow((P + BigInteger.ONE) / BigInteger.valueOf(4), P) // p is 3 modulo 4
    val y = if (root.testBit(0) == (sign == 3)) root else P - root
    return if (isOnCurve(x, y)) byteArrayOf(4) + bytes32(x) + bytes32(y) else null
}

// ---- The message ----------------------------------------------------------------------------------------------------

fun sha256(vararg parts: ByteArray): ByteArray = MessageDigest.getInstance("SHA-256").run {
    parts.forEach(::update)
    digest()
}

/** What stands before the body. Strings are Latin-1 here: one character is one byte. */
fun messageHead(method: String, path: String, timestamp: String) =
    "$method\n$path\n$timestamp\n".toByteArray(Charsets.ISO_8859_1)

/** The client's side. The message is hashed once. */
fun sign(pkcs8: ByteArray, message: ByteArray): ByteArray = Signature.getInstance("SHA256withECDSA").run {
    initSign(KeyFactory.getInstance("EC").generatePrivate(PKCS8EncodedKeySpec(pkcs8)))
    update(message)
    sign()
}

class PathRule(val methods: List<String>, val prefix: String, val replacement: String, val unstripped: List<String>)

val INGEST = listOf(PathRule(listOf("POST"), "/ingest/v1/", "/v1/", listOf()))

/** The paths that a signature may cover, the one by rule first. */
fun signedPaths(rules: List<PathRule>, method: String, path: String): List<String> {
    val rule = rules.find { path.startsWith(it.prefix) && method in it.methods } ?: return listOf(path)
    val stripped = rule.replacement + path.removePrefix(rule.prefix)
    return if (rule.unstripped.any(path::startsWith)) listOf(stripped, path) else listOf(stripped)
}

fun isWrite(method: String) = method !in setOf("GET", "HEAD", "OPTIONS", "TRACE")

// ---- The head: strict forms, and the order of faults ----------------------------------------------------------------

val VISIBLE_ID = Regex("[!-+\\--~]{1,128}") // 0x21 to 0x7E, no comma
val UUID = Regex("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
val UUID4 = Regex("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}")
val SECONDS = Regex("0|[1-9][0-9]{0,10}")
val VERSION = Regex("[1-9][0-9]{0,3}")
val METHOD = Regex("[A-Z][A-Z-]{0,31}")
val WIRE = Regex("[!\"$-\\[\\]-~]+") // 0x21 to 0x7E, no # and no backslash
val TARGET = Regex("(?:(/[^?]*)|[Hh][Tt][Tt][Pp][Ss]?://[^/?]+(/[^?]*)?)(\\?.*)?") // origin-form or absolute-form

class Request(
    val headAt: Long, val bodyAt: Long, val method: String, val target: String,
    val headers: List<Pair<String, String>>, val body: ByteArray, val repeat: Long,
)

class Head(val device: String, val rs: RS, val timestampText: String, val nonce: String, val path: String) {
    val timestamp = timestampText.toLong() // eleven digits: no sum overflows
}

/** A verdict other than "accepted", at the second in which it fell. */
class Rejected(val reason: String, val at: Long, val timestamp: Long = 0) : Exception(reason, null, false, false)

fun readHead(request: Request, settings: Settings): Head {
    fun reject(reason: String): Nothing = throw Rejected(reason, request.headAt)

    /** A header that must stand exactly once, in its form. */
    fun value(name: String, hasForm: (String) -> Boolean): String {
        val values = request.headers.filter { lower(it.first) == name }
        if (values.isEmpty()) reject("MISSING_HEADER")
        return values.singleOrNull()?.second?.takeIf(hasForm) ?: reject("MALFORMED_HEADER")
    }
    if (value("x-synheart-sig-version", VERSION::matches) != "1") reject("UNSUPPORTED_VERSION")
    val app = value("x-app-id", VISIBLE_ID::matches)
    val device = value("x-device-id", (if (settings.opaqueIds) VISIBLE_ID else UUID)::matches)
    val signature = value("x-synheart-signature") { parseSignature(it) != null }
    val timestamp = value("x-synheart-timestamp", SECONDS::matches)
    val nonce = value("x-synheart-nonce", UUID4::matches)
    val parts = TARGET.matchEntire(request.target)?.takeIf { WIRE.matches(request.target) }
    if (parts == null || !METHOD.matches(request.method)) reject("MALFORMED_TARGET")
    val (origin, absolute, query) = parts.destructured
    if (settings.rejectQueryOnWrites && query != "" && isWrite(request.method)) reject("QUERY_NOT_ALLOWED")
    return Head(deviceName(app, device), parseSignature(signature)!!, timestamp, lower(nonce), (origin + absolute).ifEmpty { "/" })
}

/** The only canonicaliser: an id of the form of a UUID is lower-cased, any other kept as it is. */
fun deviceName(app: String, device: String) = "$app\n" + if (UUID.matches(device)) lower(device) else device

/** Folds ASCII letters and nothing else. */
fun lower(text: String) = text.map { if (it in 'A'..'Z') it + 32 else it }.joinToString("")

// ---- The stores: devices, and the claims of verified requests -------------------------------------------------------

class DeviceKey(val point: ByteArray, val state: String, val notAfter: Long)

class Device(val status: String, val keys: List<DeviceKey>)

class Stores(private val settings: Settings) {
    private class Claim(val deadline: Long, val device: String?) // the device whose quota the token counts for

    var keysFault = "up"
    var noncesFault = "up"
    private val devices = HashMap<String, Device>()
    private val claims = HashMap<String, Claim>() // by token
    private val live = HashMap<String, Long>() // claims of a device
    private var now = 0L
    private var forgotten = Long.MIN_VALUE

    @Synchronized fun put(name: String, device: Device) = devices.set(name, device)

    @Synchronized fun find(name: String): Device? = devices[name]

    /** Ends a rotation: the provisional key becomes current, and the current one previous for 300 s. */
    @Synchronized fun confirm(name: String, confirmed: DeviceKey, at: Long) {
        val device = devices[name] ?: return
        fun isWaiting(key: DeviceKey) = key.state == "provisional" && key.point.contentEquals(confirmed.point)
        if (device.keys.none(::isWaiting)) return // another request was first
        devices[name] = Device(device.status, device.keys.map {
            when {
                isWaiting(it) -> DeviceKey(it.point, "current", Long.MAX_VALUE)
                it.state == "current" -> DeviceKey(it.point, "previous", at + 300)
                else -> DeviceKey(it.point, "retired", 0)
            }
        })
    }

    /** Takes all tokens, the nonce's and then the signature's, or none. A replay is decided before anything else. */
    @Synchronized fun claim(device: String, tokens: List<String>, timestamp: Long, at: Long): String? {
        if (noncesFault == "down") return "STORE_UNAVAILABLE"
        forgetExpired(at)
        val known = tokens.indexOfFirst { it in claims }
        if (known >= 0) return if (known == 0) "NONCE_REPLAY" else "SIGNATURE_REPLAY"
        val lifetime = maxOf(settings.window, 300) + 1
        // An earlier claim of this same request had the deadline timestamp + lifetime at least: may it be forgotten?
        if (timestamp <= settings.watchingSince || timestamp + lifetime <= forgotten) return "NOT_WATCHING_YET"
        if (noncesFault == "full" || (live[device] ?: 0) >= settings.quota) return "STORE_FULL"
        tokens.forEachIndexed { i, token -> claims[token] = Claim(maxOf(timestamp, at) + lifetime, device.takeIf { i == 0 }) }
        live.merge(device, 1, Long::plus)
        return null
    }

    /** The store's time never decreases, and it keeps the latest deadline that it dropped. */
    private fun forgetExpired(at: Long) {
        if (at <= now) return
        now = at
        claims.values.removeIf { claim ->
            (claim.deadline < at).also { expired ->
                if (expired) {
                    forgotten = maxOf(forgotten, claim.deadline)
                    if (claim.device != null) live.merge(claim.device, -1, Long::plus)
                }
            }
        }
    }
}

// ---- The verdict ----------------------------------------------------------------------------------------------------

const val MAX_CHECKS = 4 // of a signature, for one request

class Settings(
    val window: Long = 300, val nonceOnly: Boolean = false, val writesOnly: Boolean = false, val opaqueIds: Boolean = false,
    val paths: List<PathRule> = INGEST, val rejectQueryOnWrites: Boolean = false, val maxBody: Long = 16L shl 20,
    val quota: Long = 8192, val watchingSince: Long = Long.MIN_VALUE,
)

class Verifier(val settings: Settings) {
    val stores = Stores(settings)

    /** The path that the signature covers; throws [Rejected]. */
    fun judge(request: Request): String {
        val head = readHead(request, settings)
        if (!isFresh(head.timestamp, request.headAt)) throw Rejected("CLOCK_SKEW", request.headAt)
        if (request.body.isNotEmpty() && request.repeat > settings.maxBody / request.body.size) {
            throw Rejected("BODY_TOO_LARGE", request.headAt)
        }
        // The body is complete. What depends on stored data is answered only now, and as of now.
        val now = request.bodyAt
        fun reject(reason: String): Nothing = throw Rejected(reason, now, head.timestamp)
        if (stores.keysFault != "up") reject("STORE_UNAVAILABLE")
        val device = stores.find(head.device) ?: reject("UNKNOWN_DEVICE")
        val (key, signedPath) = findKey(request, head, device, now) ?: reject("INVALID_SIGNATURE")
        if (!isFresh(head.timestamp, now)) reject("CLOCK_SKEW") // a body can be withheld until the claim has expired
        if (device.status == "revoked") reject("DEVICE_REVOKED")
        if (device.status == "pending") reject("DEVICE_PENDING")
        if (key.state == "invalidated") reject("KEY_INVALIDATED")
        if (isWrite(request.method) || !settings.writesOnly) {
            // The second token: r under this key stays the same with a new nonce, with (r, n-s) and in any encoding.
            val nonce = "nonce\n${head.device}\n${head.nonce}"
            val signature = "r\n${hex(sha256(key.point))}\n${head.rs.r}"
            val tokens = if (settings.nonceOnly) listOf(nonce) else listOf(nonce, signature)
            stores.claim(head.device, tokens, head.timestamp, now)?.let { reject(it) }
        }
        if (key.state == "provisional") stores.confirm(head.device, key, now)
        return signedPath
    }

    private fun isFresh(timestamp: Long, now: Long) = now - timestamp in -settings.window..settings.window

    /** Tries every key on the likelier path, likeliest first, then on the other path. */
    private fun findKey(request: Request, head: Head, device: Device, now: Long): Pair<DeviceKey, String>? {
        val candidates = listOf("current", "provisional", "previous", "invalidated").flatMap { state ->
            device.keys.filter { it.state == state && (now <= it.notAfter || state == "current" || state == "invalidated") }
        }
        val checks = signedPaths(settings.paths, request.method, head.path).flatMap { path ->
            val sha256 = MessageDigest.getInstance("SHA-256")
            sha256.update(messageHead(request.method, path, head.timestampText))
            for (i in 1..request.repeat) sha256.update(request.body)
            val digest = sha256.digest()
            candidates.map { key -> Triple(key, path, digest) }
        }
        val (key, path) = checks.take(MAX_CHECKS).find { (key, _, digest) -> isValid(key.point, digest, head.rs) } ?: return null
        return key to path
    }
}

// ---- How the client is answered ----------------------------------------------------------------------------------------

val PUBLIC_CODES = mapOf(
    "MISSING_HEADER" to "INVALID_REQUEST", "MALFORMED_HEADER" to "INVALID_REQUEST", "MALFORMED_TARGET" to "INVALID_REQUEST",
    "SIGNATURE_REPLAY" to "NONCE_REPLAY", "UNKNOWN_DEVICE" to "INVALID_SIGNATURE",
)
const val UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"
val ANSWERS = mapOf(
    "INVALID_REQUEST" to (400 to "The request is not a well-formed signed request."),
    "UNSUPPORTED_VERSION" to (400 to "The signature version is not supported."),
    "QUERY_NOT_ALLOWED" to (400 to "A signed write must not have a query."),
    "CLOCK_SKEW" to (401 to "The timestamp is outside the accepted window."),
    "NONCE_REPLAY" to (401 to "The request was already received."),
    "INVALID_SIGNATURE" to (401 to "The signature is not valid."),
    "KEY_INVALIDATED" to (401 to "The device key must be rotated."),
    "DEVICE_REVOKED" to (401 to "The device was revoked."),
    "BODY_TOO_LARGE" to (413 to "The body is too large."),
    UNAVAILABLE to (503 to "The request cannot be verified now. Try again later."),
)

fun answer(verifier: Verifier, request: Request): Map<String, Any> {
    val rejected = try {
        return mapOf("verdict" to "accepted", "signedPath" to verifier.judge(request))
    } catch (rejected: Rejected) {
        rejected
    } catch (fault: Exception) {
        Rejected("INTERNAL", request.bodyAt)
    }
    val code = (PUBLIC_CODES[rejected.reason] ?: rejected.reason).let { if (it in ANSWERS) it else UNAVAILABLE }
    val (status, message) = ANSWERS.getValue(code)
    val headers = mutableMapOf("Content-Type" to "application/json", "Cache-Control" to "no-store", "x-synheart-error" to code)
    var extra = ""
    if (status == 401) headers["WWW-Authenticate"] = "Synheart-Signature version=\"1\""
    if (code == "CLOCK_SKEW") { // and never otherwise: with such a body, clients correct their clock by any 401 that has it
        headers["x-server-timestamp"] = "${rejected.at}"
        extra = ",\"server_timestamp\":${rejected.at}"
    }
    if (status == 503) {
        val early = verifier.settings.watchingSince - rejected.timestamp
        val retryAfter = when (rejected.reason) {
            "STORE_FULL" -> 10
            "DEVICE_PENDING" -> 60
            "NOT_WATCHING_YET" -> if (early < 0) 2 else minOf(3599, early) + 1 // until the client signs a later second
            else -> 2
        }
        headers["Retry-After"] = "$retryAfter"
        extra = ",\"retry_after\":$retryAfter"
    }
    val body = """{"status":"error","code":"$code","message":"$message","error_code":"$code","error_description":"$message",""" +
        """"error":{"code":"$code","message":"$message"}$extra}"""
    return mapOf(
        "verdict" to "rejected", "reason" to rejected.reason, "status" to status, "publicCode" to code,
        "responseHeaders" to headers, "responseBodyHex" to hex(body.toByteArray()),
    )
}

// ---- JSON, strictly: no repeated names, nothing behind the value ----------------------------------------------------

class Json(private val text: String) {
    private var at = 0

    fun read(): Any? = value(0).also { space(); require(at == text.length) { "text behind the JSON value" } }

    private fun value(depth: Int): Any? {
        require(depth <= 8) { "nested too deeply" }
        return when (peek()) {
            '{' -> LinkedHashMap<String, Any?>().also { map ->
                list('{', '}') {
                    val name = string()
                    expect(':')
                    require(name !in map) { "a name stands twice" }
                    map[name] = value(depth + 1)
                }
            }
            '[' -> ArrayList<Any?>().also { list('[', ']') { it.add(value(depth + 1)) } }
            '"' -> string()
            else -> literal()
        }
    }

    private fun list(open: Char, close: Char, element: () -> Unit) {
        expect(open)
        if (peek() != close) {
            element()
            while (peek() == ',') { at++; element() }
        }
        expect(close)
    }

    private fun string(): String {
        expect('"')
        val out = StringBuilder()
        while (true) {
            val c = text[at++]
            require(c >= ' ') { "a control character in a string" }
            out.append(when (c) { '"' -> return out.toString(); '\\' -> escape(); else -> c })
        }
    }

    private fun escape(): Char = when (val c = text[at++]) {
        'u' -> text.substring(at, at + 4).also { at += 4; require(HEX.matches(it)) { "a broken escape" } }.toInt(16).toChar()
        else -> ESCAPES[c] ?: throw IllegalArgumentException("an unknown escape")
    }

    private fun literal(): Any? {
        val word = LITERAL.matchAt(text, at)?.value ?: throw IllegalArgumentException("no JSON value")
        at += word.length
        return when (word) { "null" -> null; "true" -> true; "false" -> false; else -> word.toLongOrNull() ?: word.toDouble() }
    }

    private fun space() { while (at < text.length && text[at] in " \t\r\n") at++ }

    private fun peek(): Char { space(); require(at < text.length) { "ends early" }; return text[at] }

    private fun expect(c: Char) { require(peek() == c) { "no $c where there must be one" }; at++ }

    companion object {
        val HEX = Regex("[0-9A-Fa-f]{4}")
        val ESCAPES = mapOf('"' to '"', '\\' to '\\', '/' to '/', 'b' to '\b', 'f' to '\u000c', 'n' to '\n', 'r' to '\r', 't' to '\t')
        val LITERAL = Regex("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")

        fun write(value: Any?): String = when (value) {
            is Map<*, *> -> value.entries.joinToString(",", "{", "}") { "${write(it.key)}:${write(it.value)}" }
            is List<*> -> value.joinToString(",", "[", "]", transform = ::write)
            is String -> "\"" + value.map { if (it in ' '..'~' && it !in "\"\\") "$it" else "\\u%04x".format(it.code) }.joinToString("") + "\""
            else -> "$value"
        }
    }
}

// ---- JSON Lines: one request, one answer. What an SDK author keeps --------------------------------------------------

class Skipped(why: String) : Exception(why)

/** Fields of a JSON object; an absent one or one of another type is an error. */
class Fields(val map: Map<*, *>) {
    fun text(name: String) = map[name] as? String ?: throw IllegalArgumentException("$name is no string")
    fun number(name: String) = map[name] as? Long ?: throw IllegalArgumentException("$name is no whole number")
    fun bytes(name: String) = unhex(text(name))
    fun list(name: String) = map[name] as? List<*> ?: throw IllegalArgumentException("$name is no list")
    fun texts(name: String) = list(name).map { it as String }
    fun objects(name: String) = list(name).map { Fields(it as Map<*, *>) }
    fun one(name: String) = Fields(map[name] as? Map<*, *> ?: throw IllegalArgumentException("$name is no object"))
    fun known(name: String, vararg all: String) = text(name).also { if (it !in all) throw Skipped("$name: $it") }
    fun allow(vararg names: String) = map.keys.forEach { if (it !in names) throw Skipped("unknown field of config: $it") }
    operator fun contains(name: String) = name in map
}

fun hex(bytes: ByteArray) = java.util.HexFormat.of().formatHex(bytes)

fun unhex(text: String): ByteArray = java.util.HexFormat.of().parseHex(text)

fun settings(config: Fields): Settings {
    config.allow("freshnessSeconds", "replay", "replayMethods", "deviceIds", "signingPaths", "rejectQueryOnWrites",
        "maxBodyBytes", "quota", "watchingSince")
    fun number(name: String, absent: Long) = if (name in config) config.number(name) else absent
    fun choice(name: String, usual: String, other: String) = name in config && config.known(name, usual, other) == other
    val paths = if ("signingPaths" !in config) INGEST else config.objects("signingPaths").map {
        it.allow("methods", "prefix", "replacement", "acceptUnstripped")
        val unstripped = if ("acceptUnstripped" in it) it.texts("acceptUnstripped") else listOf()
        PathRule(it.texts("methods"), it.text("prefix"), it.text("replacement"), unstripped)
    }
    return Settings(
        number("freshnessSeconds", 300), choice("replay", "nonce+signature", "nonce"), choice("replayMethods", "all", "writes"),
        choice("deviceIds", "uuid", "opaque"), paths, config.map["rejectQueryOnWrites"] == true,
        number("maxBodyBytes", 16L shl 20), number("quota", 8192), number("watchingSince", Long.MIN_VALUE),
    )
}

fun putDevices(verifier: Verifier, devices: List<Fields>) = devices.forEach { device ->
    val keys = device.objects("keys").map {
        val point = parseKey("point", it.bytes("pointHex")) ?: throw IllegalArgumentException("a key is no point of the curve")
        val state = it.known("state", "current", "provisional", "previous", "invalidated", "retired")
        DeviceKey(point, state, if ("notAfter" in it) it.number("notAfter") else Long.MAX_VALUE)
    }
    val status = device.known("status", "active", "pending", "revoked")
    verifier.stores.put(deviceName(device.text("appId"), device.text("deviceId")), Device(status, keys))
}

fun request(call: Fields): Request {
    val repeat = if ("bodyRepeat" in call) call.one("bodyRepeat") else null
    val body = repeat?.bytes("hex") ?: call.bytes("bodyHex")
    return Request(
        call.number("serverTime"), call.number(if ("finishTime" in call) "finishTime" else "serverTime"),
        call.text("method"), call.text("target"), call.list("headers").map { (it as List<*>)[0] as String to it[1] as String },
        body, if (repeat == null || body.isEmpty()) 1 else repeat.number("count"),
    )
}

var verifier = Verifier(Settings()) // since the last reset

val OPS: Map<String, (Fields) -> Map<String, Any>> = mapOf(
    "message" to { call ->
        val path = signedPaths(INGEST, call.text("method"), call.text("path"))[0]
        val message = messageHead(call.text("method"), path, call.text("timestamp")) + call.bytes("bodyHex")
        mapOf("messageHex" to hex(message), "sha256Hex" to hex(sha256(message)), "signedPath" to path)
    },
    "parseKey" to { call ->
        val point = parseKey(call.text("form"), call.bytes("dataHex"))
        if (point == null) mapOf("invalid" to true) else mapOf("pointHex" to hex(point))
    },
    "verifySignature" to { call ->
        val rs = parseSignature(call.text("signature"))
        mapOf("valid" to (rs != null && isValid(call.bytes("publicKeyHex"), sha256(call.bytes("messageHex")), rs)))
    },
    "verifyDigest" to { call ->
        val rs = parseSignature(call.text("signature"))
        val digest = call.bytes("digestHex")
        mapOf("valid" to (rs != null && digest.size == 32 && isValid(call.bytes("publicKeyHex"), digest, rs)))
    },
    "reset" to { call ->
        verifier = Verifier(settings(call.one("config")))
        putDevices(verifier, call.objects("devices"))
        mapOf("ok" to true)
    },
    "devices" to { call ->
        putDevices(verifier, call.objects("devices"))
        mapOf("ok" to true)
    },
    "fault" to { call ->
        when (call.known("store", "keys", "nonces")) {
            "keys" -> verifier.stores.keysFault = call.known("state", "up", "down")
            else -> verifier.stores.noncesFault = call.known("state", "up", "down", "full")
        }
        mapOf("ok" to true)
    },
    "verify" to { call -> answer(verifier, request(call)) },
    "verifyAll" to { call ->
        val requests = call.objects("requests").map(::request)
        val start = CountDownLatch(1)
        val threads = Executors.newCachedThreadPool()
        val answers = requests.map { threads.submit(Callable { start.await(); answer(verifier, it) }) }
        start.countDown()
        threads.shutdown()
        mapOf("answers" to answers.map { it.get() })
    },
    "sign" to { call ->
        val message = messageHead(call.text("method"), call.text("path"), call.text("timestamp")) + call.bytes("bodyHex")
        val signature = Base64.getEncoder().encodeToString(sign(call.bytes("privateKeyHex"), message))
        val headers = mapOf(
            "X-App-ID" to call.text("appId"), "X-Device-ID" to call.text("deviceId"), "X-Synheart-Signature" to signature,
            "X-Synheart-Timestamp" to call.text("timestamp"), "X-Synheart-Nonce" to call.text("nonce"), "X-Synheart-Sig-Version" to "1",
        )
        mapOf("headers" to headers, "messageHex" to hex(message))
    },
)

fun respond(line: String): Map<String, Any?> {
    var id: Any? = null
    val answer = try {
        val call = Fields(Json(line).read() as Map<*, *>)
        id = call.map["id"]
        val op = call.text("op")
        val version = "${KotlinVersion.CURRENT}, JDK ${System.getProperty("java.version")}"
        val hello = mapOf("protocol" to 1, "name" to "countersign-kotlin", "version" to version, "language" to "Kotlin", "ops" to OPS.keys.toList())
        if (op == "hello") hello else (OPS[op] ?: throw Skipped("unknown op $op"))(call)
    } catch (skipped: Skipped) {
        mapOf("skipped" to skipped.message)
    } catch (fault: Throwable) {
        mapOf("error" to "$fault")
    }
    return mapOf("id" to id) + answer
}

fun main() {
    val out = System.out.writer()
    for (line in System.`in`.bufferedReader().lineSequence()) {
        if (line.isNotBlank()) {
            out.write(Json.write(respond(line)) + "\n")
            out.flush()
        }
    }
}
