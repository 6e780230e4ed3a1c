#!/usr/bin/env python3
"""Conformance harness: device-signed requests, scheme version 1, in Python 3.9 or newer with the package `cryptography`.

What it is: a whole, independent verifier and signer (docs/protocol.md) behind the harness protocol (PROTOCOL.md): a JSON
object per line on standard input, its answer on standard output.

  Run it:       java -jar <the suite's jar> run --harness "python3 harness.py"
  Try it:       echo '{"id":1,"op":"hello","protocol":1}' | python3 harness.py
  Test an SDK:  copy this file, keep the JSON Lines loop at the end, and let the functions in OPS call the SDK instead.
                Delete from OPS what it does not have: a missing operation is answered with "skipped".
"""

import base64
import json
import re
import string
import sys
from hashlib import sha256
from math import inf
from platform import python_version

import cryptography
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

# ---- P-256, and the forms of its keys ------------------------------------------------------------------------------

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def read_point(data):
    """The 65 bytes of a checked point, or None: exactly 04 x y, both below p, on the curve. Infinity has no such form."""
    if len(data) != 65 or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    return data if x < P and y < P and (y * y - x * x * x + 3 * x - B) % P == 0 else None


def read_compressed_point(data):
    if len(data) != 33 or data[0] not in (2, 3):
        return None
    x = int.from_bytes(data[1:], "big")
    y = pow(x * x * x - 3 * x + B, (P + 1) // 4, P)
    if y % 2 != data[0] % 2:
        y = P - y
    return read_point(b"\x04" + data[1:] + y.to_bytes(32, "big"))  # checks that y is a root at all


# SubjectPublicKeyInfo has one DER form for each form of the point, so comparing its beginning is a whole parser.
ALGORITHM = "301306072a8648ce3d020106082a8648ce3d030107"  # id-ecPublicKey, named curve prime256v1
SPKI = bytes.fromhex("3059" + ALGORITHM + "034200")
SPKI_COMPRESSED = bytes.fromhex("3039" + ALGORITHM + "032200")


def read_spki(der):
    if der.startswith(SPKI):
        return read_point(der[len(SPKI):])
    if der.startswith(SPKI_COMPRESSED):
        return read_compressed_point(der[len(SPKI_COMPRESSED):])
    return None


PEM = re.compile(rb"[ \t\r\n]*-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----[ \t\r\n]*")


def read_pem(data):
    block = PEM.fullmatch(data)
    text = re.sub(r"[ \t\r\n]", "", block[1].decode("latin-1")) if block else ""
    return read_spki(base64.b64decode(text)) if BASE64.fullmatch(text) else None


def read_jwk(data):
    try:
        jwk = json.loads(data.decode("utf-8"), object_pairs_hook=members_once, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        return None
    coordinates = [jwk.get("x"), jwk.get("y")]
    if not all(isinstance(c, str) and BASE64URL_32.fullmatch(c) for c in coordinates):
        return None
    return read_point(b"\x04" + b"".join(base64.urlsafe_b64decode(c + "=") for c in coordinates))


def members_once(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member is repeated")
    return dict(pairs)


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


KEY_FORMS = {
    "point": read_point, "compressed": read_compressed_point, "spki": read_spki, "pem": read_pem, "jwk": read_jwk,
}

# ---- signatures ----------------------------------------------------------------------------------------------------

# Padded and canonical: the last character before the padding has no spare bit set. b64decode alone takes far more.
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?")
BASE64URL_32 = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def read_signature(text):
    """Base64 of strict DER, 1 <= r,s < n, to (r, s); None for anything else. A high s is as good as a low one."""
    if not BASE64.fullmatch(text):
        return None
    der = base64.b64decode(text)
    if len(der) < 8 or der[0] != 0x30 or der[1] != len(der) - 2:
        return None
    r, after_r = read_integer(der, 2)
    s, after_s = read_integer(der, after_r)
    return (r, s) if r and s and after_s == len(der) else None


def read_integer(der, at):
    """The number of a strict INTEGER and where it ends; (None, at) if it is not one, or not from 1 to n-1."""
    if at + 2 >= len(der) or der[at] != 0x02 or not 1 <= der[at + 1] <= 33:
        return None, at
    content = der[at + 2:at + 2 + der[at + 1]]
    if len(content) != der[at + 1]:
        return None, at
    is_negative = content[0] >= 0x80
    is_padded = len(content) > 1 and content[0] == 0 and content[1] < 0x80
    value = int.from_bytes(content, "big")
    return (None, at) if is_negative or is_padded or not 1 <= value < N else (value, at + 2 + len(content))


def is_signed(point, digest, numbers):
    """The library gets DER that we wrote from the two numbers we read, and a checked point: its own parsers have no say."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        key.verify(utils.encode_dss_signature(*numbers), digest, ec.ECDSA(utils.Prehashed(SHA256())))
        return True
    except InvalidSignature:
        return False


# ---- the message, and which path it covers -------------------------------------------------------------------------

INGEST = [{"methods": ["POST"], "prefix": "/ingest/v1/", "replacement": "/v1/"}]


def build_message(method, path, timestamp, body):
    return f"{method}\n{path}\n{timestamp}\n".encode("latin-1") + body


def signed_paths(rules, method, path):
    """The paths that a signature may cover, the one by rule first: two only where the raw one is accepted as well."""
    for rule in rules:
        if method in rule["methods"] and path.startswith(rule["prefix"]):
            by_rule = rule["replacement"] + path[len(rule["prefix"]):]
            return [by_rule, path] if path.startswith(tuple(rule.get("acceptUnstripped", []))) else [by_rule]
    return [path]


# ---- the head of a request -----------------------------------------------------------------------------------------


class Rejected(Exception):
    def __init__(self, reason, now, retry_after=None):
        super().__init__(reason)
        self.reason, self.now = reason, now
        self.retry_after = retry_after or {"STORE_FULL": 10, "DEVICE_PENDING": 60}.get(reason, 2)


UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
UUID_4 = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}")
ID = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,128}")  # visible ASCII without the comma
VERSION = re.compile(r"[1-9][0-9]{0,3}")
TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,10}")
METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
TARGET = re.compile(r"(?:[Hh][Tt][Tt][Pp][Ss]?://[^/?]+|(?=/))([^?]*)(\?.*)?")
TARGET_CHARACTERS = re.compile(r"[\x21\x22\x24-\x5b\x5d-\x7e]*")  # visible ASCII without # and \
READS = ("GET", "HEAD", "OPTIONS", "TRACE")  # anything else counts as a write
LOWER_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def canonical_id(device_id):
    return device_id.translate(LOWER_ASCII) if UUID.fullmatch(device_id) else device_id


def read_head(config, request, now):
    """Step 1, in the order of faults: the version, the other five, method and target, the query."""

    def header(name, is_valid):
        values = [v for n, v in request["headers"] if n.translate(LOWER_ASCII) == name.translate(LOWER_ASCII)]
        if not values:
            raise Rejected("MISSING_HEADER", now)
        if len(values) > 1 or not is_valid(values[0]):
            raise Rejected("MALFORMED_HEADER", now)
        return values[0]

    if header("X-Synheart-Sig-Version", VERSION.fullmatch) != "1":
        raise Rejected("UNSUPPORTED_VERSION", now)
    head = {
        "app_id": header("X-App-ID", ID.fullmatch),
        "device_id": canonical_id(header("X-Device-ID", (ID if config["deviceIds"] == "opaque" else UUID).fullmatch)),
        "signature": read_signature(header("X-Synheart-Signature", read_signature)),
        "timestamp": header("X-Synheart-Timestamp", TIMESTAMP.fullmatch),
        "nonce": header("X-Synheart-Nonce", UUID_4.fullmatch).translate(LOWER_ASCII),
        "method": request["method"],
    }
    target = TARGET.fullmatch(request["target"])
    if not METHOD.fullmatch(head["method"]) or not target or not TARGET_CHARACTERS.fullmatch(request["target"]):
        raise Rejected("MALFORMED_TARGET", now)
    if config["rejectQueryOnWrites"] and target[2] is not None and head["method"] not in READS:
        raise Rejected("QUERY_NOT_ALLOWED", now)
    head["path"] = target[1] or "/"
    return head


# ---- nonce store: all tokens of a claim or none --------------------------------------------------------------------


class NonceStore:
    def __init__(self, quota, watching_since):
        self.state, self.quota, self.watching_since = "up", quota, watching_since
        self.tokens = {}  # token -> (device, deadline, whether it is the nonce's)
        self.claims = {}  # device -> live claims
        self.latest_purged = self.purged_at = -inf

    def claim(self, device, nonce, signature, timestamp, now, memory):
        if self.state == "down":
            raise Rejected("STORE_UNAVAILABLE", now)
        self.purge(now)
        if nonce in self.tokens:
            raise Rejected("NONCE_REPLAY", now)
        if signature in self.tokens:
            raise Rejected("SIGNATURE_REPLAY", now)
        if timestamp <= self.watching_since:
            raise Rejected("NOT_WATCHING_YET", now, min(self.watching_since - timestamp + 1, 3600))
        if timestamp + memory <= self.latest_purged:  # what was purged may have been this one
            raise Rejected("NOT_WATCHING_YET", now)
        if self.state == "full" or self.claims.get(device, 0) >= self.quota:
            raise Rejected("STORE_FULL", now)
        self.claims[device] = self.claims.get(device, 0) + 1
        deadline = max(timestamp, now) + memory
        self.tokens[nonce] = (device, deadline, True)
        if signature is not None:
            self.tokens[signature] = (device, deadline, False)

    def purge(self, now):
        if now <= self.purged_at:
            return  # the store's time never decreases
        self.purged_at = now
        for token, (device, deadline, is_nonce) in list(self.tokens.items()):
            if deadline < now:
                self.latest_purged = max(self.latest_purged, deadline)
                del self.tokens[token]
                self.claims[device] -= is_nonce


# ---- the verifier --------------------------------------------------------------------------------------------------

MAX_CHECKS = 4
MARGIN = 1  # seconds a claim outlives its window, in one process
PREVIOUS_KEY_GRACE = 300
LIKELIEST_FIRST = ["current", "provisional", "previous", "invalidated"]
CONFIRMED = {"provisional": "current", "current": "previous"}  # every other key is retired


class Verifier:
    def __init__(self, config, devices):
        self.config = config
        self.keys_are_down = False
        watching_since = config["watchingSince"]
        self.nonces = NonceStore(config["quota"], -inf if watching_since is None else watching_since)
        self.devices = {}
        self.put_devices(devices)

    def put_devices(self, devices):
        for device in devices:
            keys = [
                {
                    "point": require_point(key["pointHex"]),
                    "state": require_one_of(LIKELIEST_FIRST + ["retired"], key["state"]),
                    "not_after": inf if key.get("notAfter") is None else key["notAfter"],
                }
                for key in device["keys"]
            ]
            status = require_one_of(["active", "pending", "revoked"], device["status"])
            identity = (device["appId"], canonical_id(device["deviceId"]))
            self.devices[identity] = {"identity": identity, "status": status, "keys": keys}

    def answer(self, request):
        """Answers as the protocol wants it; the head arrives at serverTime, the body is complete at finishTime."""
        try:
            finish_time = request.get("finishTime")
            now = request["serverTime"] if finish_time is None else finish_time
            return {"verdict": "accepted", "signedPath": self.judge(request, request["serverTime"], now)}
        except Rejected as rejected:
            return error_answer(rejected)

    def judge(self, request, head_time, now):
        head = read_head(self.config, request, head_time)
        self.require_fresh(head, head_time)
        body = read_body(request, self.config["maxBodyBytes"])
        if body is None:
            raise Rejected("BODY_TOO_LARGE", now)

        if self.keys_are_down:
            raise Rejected("STORE_UNAVAILABLE", now)
        device = self.devices.get((head["app_id"], head["device_id"]))
        if device is None:
            raise Rejected("UNKNOWN_DEVICE", now)
        key, path = self.find_signer(head, body, device, now)
        self.require_fresh(head, now)  # again: a body can be withheld until the original's claim has expired
        if device["status"] == "revoked":
            raise Rejected("DEVICE_REVOKED", now)
        if device["status"] == "pending":
            raise Rejected("DEVICE_PENDING", now)
        if key["state"] == "invalidated":
            raise Rejected("KEY_INVALIDATED", now)

        if self.config["replayMethods"] == "all" or head["method"] not in READS:
            self.claim(head, device, key, now)
        if key["state"] == "provisional":
            self.confirm(device, now)
        return path

    def require_fresh(self, head, now):
        if abs(now - int(head["timestamp"])) > self.config["freshnessSeconds"]:
            raise Rejected("CLOCK_SKEW", now)

    def find_signer(self, head, body, device, now):
        """All keys on the likelier path first. A previous or provisional key past its end is no key."""
        living = [k for k in device["keys"] if k["state"] not in ("previous", "provisional") or now <= k["not_after"]]
        keys = [key for state in LIKELIEST_FIRST for key in living if key["state"] == state]
        paths = signed_paths(self.config["signingPaths"], head["method"], head["path"])
        for path, key in [(path, key) for path in paths for key in keys][:MAX_CHECKS]:
            message = build_message(head["method"], path, head["timestamp"], body)
            if is_signed(key["point"], sha256(message).digest(), head["signature"]):
                return key, path
        raise Rejected("INVALID_SIGNATURE", now)

    def claim(self, head, device, key, now):
        """Tokens are made of the stored identity and of the key; r survives (r, n-s), the bytes of a signature do not."""
        nonce = ("nonce", device["identity"], head["nonce"])
        signature = ("signature", sha256(key["point"]).digest(), head["signature"][0])
        if self.config["replay"] == "nonce":
            signature = None
        memory = max(self.config["freshnessSeconds"], 300) + MARGIN
        self.nonces.claim(device["identity"], nonce, signature, int(head["timestamp"]), now, memory)

    def confirm(self, device, now):
        for key in device["keys"]:
            key["state"] = CONFIRMED.get(key["state"], "retired")
            key["not_after"] = now + PREVIOUS_KEY_GRACE if key["state"] == "previous" else inf


def read_body(request, limit):
    """The bytes of the body, or None if there are more than the limit; counted before they are made."""
    repeat = request.get("bodyRepeat") or {"hex": request.get("bodyHex"), "count": 1}
    piece = bytes.fromhex(repeat["hex"])
    return None if len(piece) * repeat["count"] > limit else piece * repeat["count"]


# ---- how a rejected client is answered --------------------------------------------------------------------------------

PUBLIC_CODE = {  # of the reasons that are not their own public code
    "MISSING_HEADER": "INVALID_REQUEST", "MALFORMED_HEADER": "INVALID_REQUEST", "MALFORMED_TARGET": "INVALID_REQUEST",
    "SIGNATURE_REPLAY": "NONCE_REPLAY", "UNKNOWN_DEVICE": "INVALID_SIGNATURE",
    "DEVICE_PENDING": "TEMPORARILY_UNAVAILABLE", "STORE_UNAVAILABLE": "TEMPORARILY_UNAVAILABLE",
    "STORE_FULL": "TEMPORARILY_UNAVAILABLE", "NOT_WATCHING_YET": "TEMPORARILY_UNAVAILABLE",
}
PUBLIC_ANSWER = {
    "INVALID_REQUEST": (400, "The request is not a well-formed signed request."),
    "UNSUPPORTED_VERSION": (400, "The signature version is not supported."),
    "QUERY_NOT_ALLOWED": (400, "A signed write must not have a query."),
    "CLOCK_SKEW": (401, "The timestamp is outside the accepted window."),
    "NONCE_REPLAY": (401, "The request was already received."),
    "INVALID_SIGNATURE": (401, "The signature is not valid."),
    "KEY_INVALIDATED": (401, "The device key must be rotated."),
    "DEVICE_REVOKED": (401, "The device was revoked."),
    "BODY_TOO_LARGE": (413, "The body is too large."),
    "TEMPORARILY_UNAVAILABLE": (503, "The request cannot be verified now. Try again later."),
}


def error_answer(rejected):
    code = PUBLIC_CODE.get(rejected.reason, rejected.reason)
    status, message = PUBLIC_ANSWER[code]
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "x-synheart-error": code}
    body = {"status": "error", "code": code, "message": message, "error_code": code, "error_description": message,
            "error": {"code": code, "message": message}}
    if status == 401:
        headers["WWW-Authenticate"] = 'Synheart-Signature version="1"'
    if code == "CLOCK_SKEW":  # and never otherwise: with such a body, clients correct their clock by any 401 that has it
        headers["x-server-timestamp"] = str(rejected.now)
        body["server_timestamp"] = rejected.now
    if status == 503:
        headers["Retry-After"] = str(rejected.retry_after)
        body["retry_after"] = rejected.retry_after
    body_hex = json.dumps(body, separators=(",", ":")).encode().hex()
    return {"verdict": "rejected", "reason": rejected.reason, "publicCode": code, "status": status,
            "responseHeaders": headers, "responseBodyHex": body_hex}


# ---- the harness: replace the functions in OPS by calls to the SDK under test --------------------------------------


class Skipped(Exception):
    pass


def is_count(value):
    return type(value) is int and value >= 0


def is_rules(value):
    fields = {"methods", "prefix", "replacement", "acceptUnstripped"}
    return isinstance(value, list) and all(set(rule) <= fields for rule in value)


CONFIG = {  # field: (if absent, what we support)
    "freshnessSeconds": (300, is_count),
    "replay": ("nonce+signature", lambda value: value in ("nonce", "nonce+signature")),
    "replayMethods": ("all", lambda value: value in ("all", "writes")),
    "deviceIds": ("uuid", lambda value: value in ("uuid", "opaque")),
    "signingPaths": (INGEST, is_rules),
    "rejectQueryOnWrites": (False, lambda value: type(value) is bool),
    "maxBodyBytes": (16 * 1024 * 1024, is_count),
    "quota": (8192, is_count),
    "watchingSince": (None, lambda value: type(value) is int),
}

verifier = None  # made by reset


def reset(request):
    global verifier
    verifier = None
    config = {name: if_absent for name, (if_absent, _) in CONFIG.items()}
    for name, value in request.get("config", {}).items():
        if name not in CONFIG or not CONFIG[name][1](value):
            raise Skipped(f"config {name} is not supported")
        config[name] = value
    verifier = Verifier(config, request["devices"])
    return {"ok": True}


def put_devices(request):
    verifier.put_devices(request["devices"])
    return {"ok": True}


def fault(request):
    if request["store"] == "keys":
        verifier.keys_are_down = require_one_of(["up", "down"], request["state"]) == "down"
    elif require_one_of(["nonces"], request["store"]):
        verifier.nonces.state = require_one_of(["up", "down", "full"], request["state"])
    return {"ok": True}


def message(request):
    path = signed_paths(INGEST, request["method"], request["path"])[0]
    built = build_message(request["method"], path, request["timestamp"], bytes.fromhex(request["bodyHex"]))
    return {"messageHex": built.hex(), "sha256Hex": sha256(built).hexdigest(), "signedPath": path}


def parse_key(request):
    point = KEY_FORMS[require_one_of(KEY_FORMS, request["form"])](bytes.fromhex(request["dataHex"]))
    return {"pointHex": point.hex()} if point else {"invalid": True}


def verify_signature(request):
    digest = sha256(bytes.fromhex(request["messageHex"])).hexdigest()
    return verify_digest({**request, "digestHex": digest})


def verify_digest(request):
    numbers = read_signature(request["signature"])
    point, digest = require_point(request["publicKeyHex"]), bytes.fromhex(request["digestHex"])
    return {"valid": numbers is not None and is_signed(point, digest, numbers)}


def sign(request):
    key = load_der_private_key(bytes.fromhex(request["privateKeyHex"]), password=None)
    if not isinstance(getattr(key, "curve", None), ec.SECP256R1):
        raise ValueError("not a P-256 key")
    body = bytes.fromhex(request["bodyHex"])
    to_sign = build_message(request["method"], request["path"], request["timestamp"], body)  # the path as given
    headers = {
        "X-App-ID": request["appId"],
        "X-Device-ID": request["deviceId"],
        "X-Synheart-Signature": base64.b64encode(key.sign(to_sign, ec.ECDSA(SHA256()))).decode(),
        "X-Synheart-Timestamp": request["timestamp"],
        "X-Synheart-Nonce": request["nonce"],
        "X-Synheart-Sig-Version": "1",
    }
    return {"headers": headers, "messageHex": to_sign.hex()}


OPS = {
    "message": message,
    "parseKey": parse_key,
    "verifySignature": verify_signature,
    "verifyDigest": verify_digest,
    "reset": reset,
    "devices": put_devices,
    "fault": fault,
    "verify": lambda request: verifier.answer(request),
    # One after another: this verifier has one thread, so that is as concurrent as it ever gets.
    "verifyAll": lambda request: {"answers": [verifier.answer(each) for each in request["requests"]]},
    "sign": sign,
}


def hello(request):
    version = f"{python_version()}, cryptography {cryptography.__version__}"
    return {"protocol": 1, "name": "countersign-python", "version": version, "language": "Python", "ops": list(OPS)}


def require_point(text):
    point = read_point(bytes.fromhex(text))
    if point is None:
        raise ValueError("not a point of P-256")
    return point


def require_one_of(choices, value):
    if value not in choices:
        raise Skipped(f"expected one of {list(choices)}, not {value}")  # never guess
    return value


def answer_line(line):
    request_id = None
    try:
        request = json.loads(line)
        request_id = request.get("id")
        op = hello if request.get("op") == "hello" else OPS.get(request.get("op"))
        if op is None:
            raise Skipped(f"no operation {request.get('op')}")
        return {"id": request_id, **op(request)}
    except Skipped as skipped:
        return {"id": request_id, "skipped": str(skipped)}
    except Exception as problem:  # a fault of ours, or a request that makes no sense: the next line has its own chance
        return {"id": request_id, "error": f"{type(problem).__name__}: {problem}"}


if __name__ == "__main__":
    for each_line in sys.stdin.buffer:
        if each_line.strip():
            print(json.dumps(answer_line(each_line)), flush=True)
