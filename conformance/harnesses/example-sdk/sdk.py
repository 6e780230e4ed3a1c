"""A little SDK for device-signed requests: signs them in the app, verifies them in the backend.

The example of docs/check-your-sdk.md, which tells how it came to be what it is. It has no settings and no life of keys, and
forgets with its process: it shows how an SDK is checked, and is no backend.
"""

import base64
import re
import time
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TARGET = re.compile(r"(?:https?://[^/?]+|(?=/))([^?]*)(?:\?.*)?", re.IGNORECASE)


def raw_path(target):
    """The path as it came, without the query; None if the target is not one that can be signed."""
    match = TARGET.fullmatch(target)
    if not match or not re.fullmatch(r"[!-~]+", target) or re.search(r"[#\\]", target):
        return None
    return match[1] or "/"


def signed_path(method, path):
    """The path that the signature covers: POST below /ingest/v1/ is signed without /ingest."""
    return path[len("/ingest"):] if method == "POST" and path.startswith("/ingest/v1/") else path


def build_message(method, path, timestamp, body):
    return f"{method}\n{path}\n{timestamp}\n".encode() + body


def sign(key, message):
    return base64.b64encode(key.sign(message, ec.ECDSA(SHA256()))).decode()


def read_signature(text):
    """The DER in the header, which has one encoding of each value and no other; None for anything else."""
    try:
        der = base64.b64decode(text, validate=True)
        r, s = utils.decode_dss_signature(der)
    except ValueError:
        return None
    in_range = 1 <= r < ORDER and 1 <= s < ORDER
    same = base64.b64encode(der).decode() == text and utils.encode_dss_signature(r, s) == der
    return der if in_range and same else None


def is_signed(key, message, signature):
    der = read_signature(signature)
    try:
        if der:
            key.verify(der, message, ec.ECDSA(SHA256()))
        return der is not None
    except InvalidSignature:
        return False


def signed_headers(key, app_id, device_id, method, path, body, timestamp=None, nonce=None):
    timestamp = timestamp or str(int(time.time()))
    return {
        "X-App-ID": app_id,
        "X-Device-ID": device_id,
        "X-Synheart-Signature": sign(key, build_message(method, path, timestamp, body)),
        "X-Synheart-Timestamp": timestamp,
        "X-Synheart-Nonce": nonce or str(uuid.uuid4()),
        "X-Synheart-Sig-Version": "1",
    }


HEX = "[0-9A-Fa-f]"
FORMS = {  # in the order in which faults are answered
    "x-synheart-sig-version": "[1-9][0-9]{0,3}",
    "x-app-id": "[!-+.-~-]{1,128}",
    "x-device-id": f"{HEX}{{8}}(-{HEX}{{4}}){{3}}-{HEX}{{12}}",
    "x-synheart-signature": ".*",
    "x-synheart-timestamp": "0|[1-9][0-9]{0,10}",
    "x-synheart-nonce": f"{HEX}{{8}}-{HEX}{{4}}-4{HEX}{{3}}-[89ABab]{HEX}{{3}}-{HEX}{{12}}",
}


class Verifier:
    WINDOW = 300

    def __init__(self, keys):
        # (app id, device id) -> public key; Swift's ids are in upper case
        self.keys = {(app_id, device_id.lower()): key for (app_id, device_id), key in keys.items()}
        self.seen = {}  # what a request must not use again -> until when that is remembered

    def verify(self, method, target, headers, body, now):
        """None if the request is good, or else the status and the code to answer."""
        values = []
        for name, form in FORMS.items():
            found = [value for each, value in headers if each.lower() == name]
            if len(found) != 1 or not re.fullmatch(form, found[0]):
                return 400, "INVALID_REQUEST"
            if name == "x-synheart-sig-version" and found[0] != "1":
                return 400, "UNSUPPORTED_VERSION"
            if name == "x-synheart-signature" and not read_signature(found[0]):
                return 400, "INVALID_REQUEST"
            values.append(found[0])
        _, app_id, device_id, signature, timestamp, nonce = values
        path = raw_path(target)
        if not re.fullmatch("[A-Z][A-Z-]{0,31}", method) or path is None:
            return 400, "INVALID_REQUEST"
        if abs(now - int(timestamp)) > self.WINDOW:
            return 401, "CLOCK_SKEW"
        key = self.keys.get((app_id, device_id.lower()))
        message = build_message(method, signed_path(method, path), timestamp, body)
        if not key or not is_signed(key, message, signature):
            return 401, "INVALID_SIGNATURE"
        # The nonce is not signed, so it alone does not tell a request from its copy: r under this key does.
        r, _ = utils.decode_dss_signature(read_signature(signature))
        tokens = [(app_id, device_id.lower(), nonce.lower()), (key.public_numbers(), r)]
        self.seen = {token: end for token, end in self.seen.items() if end >= now}
        if any(token in self.seen for token in tokens):
            return 401, "NONCE_REPLAY"
        self.seen.update(dict.fromkeys(tokens, max(now, int(timestamp)) + self.WINDOW + 1))
        return None
