"""Puts sdk.py behind the harness protocol (PROTOCOL.md): a JSON object per line on standard input, its answer on output."""

import json
import sys
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

import sdk


class Skipped(Exception):
    pass


def public_key(point_hex):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(point_hex))


def message(request):
    path = sdk.signed_path(request["method"], request["path"])
    built = sdk.build_message(request["method"], path, request["timestamp"], bytes.fromhex(request["bodyHex"]))
    return {"messageHex": built.hex(), "sha256Hex": sha256(built).hexdigest(), "signedPath": path}


def verify_signature(request):
    to_verify = bytes.fromhex(request["messageHex"])
    return {"valid": sdk.is_signed(public_key(request["publicKeyHex"]), to_verify, request["signature"])}


def sign(request):
    key = load_der_private_key(bytes.fromhex(request["privateKeyHex"]), password=None)
    headers = sdk.signed_headers(
        key, request["appId"], request["deviceId"], request["method"], request["path"],
        bytes.fromhex(request["bodyHex"]), request["timestamp"], request["nonce"])
    return {"headers": headers}


verifier = None


def reset(request):
    global verifier
    if request["config"]:
        raise Skipped("the SDK has no settings")
    keys = {}
    for device in request["devices"]:
        if device["status"] != "active" or [key["state"] for key in device["keys"]] != ["current"]:
            raise Skipped("the SDK knows active devices with one current key")
        keys[device["appId"], device["deviceId"]] = public_key(device["keys"][0]["pointHex"])
    verifier = sdk.Verifier(keys)
    return {"ok": True}


def verify(request):
    if "finishTime" in request:
        raise Skipped("the SDK sees a request when it is complete")
    body = bytes.fromhex(request["bodyHex"]) if "bodyHex" in request else (
        bytes.fromhex(request["bodyRepeat"]["hex"]) * request["bodyRepeat"]["count"])
    refusal = verifier.verify(
        request["method"], request["target"], request["headers"], body, request["serverTime"])
    if refusal is None:
        return {"verdict": "accepted"}
    return {"verdict": "rejected", "status": refusal[0], "publicCode": refusal[1]}


OPS = {"message": message, "verifySignature": verify_signature, "sign": sign, "reset": reset, "verify": verify}


def answer(request):
    if request["op"] == "hello":
        return {"protocol": 1, "name": "my-sdk", "version": "0.1", "language": "Python", "ops": list(OPS)}
    if request["op"] not in OPS:
        raise Skipped("no operation " + request["op"])
    return OPS[request["op"]](request)


for line in sys.stdin.buffer:
    request = json.loads(line)
    try:
        reply = answer(request)
    except Skipped as skipped:
        reply = {"skipped": str(skipped)}
    except Exception as problem:
        reply = {"error": repr(problem)}
    print(json.dumps({"id": request["id"], **reply}), flush=True)
