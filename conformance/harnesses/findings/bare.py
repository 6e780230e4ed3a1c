#!/usr/bin/env python3
"""A bare harness: Python's cryptography with nothing in front of it.

It hands over the bytes as they came, to show what the library makes of them. It is a measuring device and no example:
harnesses/python has one.

    python3 bare.py [default|validate]     how b64decode is called

Besides the operations of PROTOCOL.md: verifyUnderKey, which reads a key in any form and verifies under it, and the form
"coordinates", x and y of 32 bytes each.
"""

import base64
import json
import sys

import cryptography
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

VALIDATE = sys.argv[1:] == ["validate"]


class NotOffered(Exception):
    pass


def point(data):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)


def coordinates(data):
    x, y = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def jwk(data):
    raise NotOffered("cryptography reads no JWK")


FORMS = {
    "point": point,
    "compressed": point,
    "spki": serialization.load_der_public_key,
    "pem": serialization.load_pem_public_key,
    "jwk": jwk,
    "coordinates": coordinates,
}


def verify(key, data, algorithm, signature):
    try:
        key.verify(base64.b64decode(signature, validate=VALIDATE), data, ec.ECDSA(algorithm))
        return {"valid": True}
    except InvalidSignature:
        return {"valid": False}


def hello(request):
    openssl = backend.openssl_version_text().split()[1]
    version = f"{cryptography.__version__} (OpenSSL {openssl})"
    ops = ["parseKey", "verifySignature", "verifyDigest"]
    return {"protocol": 1, "name": "Python cryptography", "version": version, "language": "Python", "ops": ops}


def parse_key(request):
    key = FORMS[request["form"]](bytes.fromhex(request["dataHex"]))
    encoded = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {"pointHex": encoded.hex()}


def verify_under_key(request):
    key = FORMS[request["form"]](bytes.fromhex(request["dataHex"]))
    if "messageHex" in request:
        return verify(key, bytes.fromhex(request["messageHex"]), hashes.SHA256(), request["signature"])
    digest = bytes.fromhex(request["digestHex"])
    return verify(key, digest, utils.Prehashed(hashes.SHA256()), request["signature"])


def verify_given(request):
    return verify_under_key(dict(request, form="point", dataHex=request["publicKeyHex"]))


OPS = {
    "hello": hello,
    "parseKey": parse_key,
    "verifySignature": verify_given,
    "verifyDigest": verify_given,
    "verifyUnderKey": verify_under_key,
}


def answer(request):
    op = request["op"]
    if op not in OPS:
        return {"skipped": "not offered"}
    try:
        return OPS[op](request)
    except NotOffered as reason:
        return {"skipped": str(reason)}
    except Exception:
        return {"invalid": True} if op == "parseKey" else {"valid": False}


for line in sys.stdin:
    call = json.loads(line)
    print(json.dumps({"id": call["id"], **answer(call)}), flush=True)
