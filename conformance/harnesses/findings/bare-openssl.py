#!/usr/bin/env python3
"""A bare harness: the command line tool openssl with nothing in front of it.

It hands over the bytes as they came, to show what openssl makes of them. It is a measuring device and no example:
harnesses/openssl has one.

Besides the operations of PROTOCOL.md: verifyUnderKey, which reads a key in the forms spki and pem and verifies under it.
"""

import json
import os
import subprocess
import sys
import tempfile

ALGORITHM = "301306072a8648ce3d020106082a8648ce3d030107"  # id-ecPublicKey, prime256v1
folder = tempfile.TemporaryDirectory()


class NotOffered(Exception):
    pass


def file(name, content=None):
    path = os.path.join(folder.name, name)
    if content is not None:
        with open(path, "wb") as out:
            out.write(content)
    return path


def openssl(*arguments):
    """Whether it exits with 0, and its standard output. A signal is a crash, and not caught."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode < 0:
        sys.exit(f"openssl {arguments[0]} died of signal {-done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.returncode == 0, done.stdout


def spki(point):
    """openssl has no option for a bare point: what stands in front of it is fixed but for two lengths."""
    body = bytes.fromhex(ALGORITHM) + bytes([0x03, len(point) + 1, 0]) + point
    return bytes([0x30, len(body)]) + body


def key(form, data):
    """Writes the key; returns the arguments that name its format."""
    if form in ("point", "compressed"):
        form, data = "spki", spki(data)
    if form not in ("spki", "pem"):
        raise NotOffered("openssl reads no " + form)
    file("key", data)
    return "DER" if form == "spki" else "PEM"


def hello(request):
    version = openssl("version")[1].decode().split()[1]
    ops = ["parseKey", "verifySignature", "verifyDigest"]
    return {"protocol": 1, "name": "openssl", "version": version, "language": "command line", "ops": ops}


def parse_key(request):
    form = key(request["form"], bytes.fromhex(request["dataHex"]))
    arguments = ["-pubin", "-inform", form, "-in", file("key"), "-conv_form", "uncompressed", "-outform", "DER"]
    read, der = openssl("ec", *arguments)
    return {"pointHex": der[-65:].hex()} if read else {"invalid": True}


def verify_under_key(request):
    form = key(request["form"], bytes.fromhex(request["dataHex"]))
    text = file("signature.txt", request["signature"].encode("latin-1"))
    openssl("base64", "-d", "-A", "-in", text, "-out", file("signature"))
    if "messageHex" in request:
        message = file("message", bytes.fromhex(request["messageHex"]))
        signed = ["-signature", file("signature"), message]
        return {"valid": openssl("dgst", "-sha256", "-verify", file("key"), "-keyform", form, *signed)[0]}
    digest = file("digest", bytes.fromhex(request["digestHex"]))
    signed = ["-in", digest, "-sigfile", file("signature")]
    return {"valid": openssl("pkeyutl", "-verify", "-pubin", "-inkey", file("key"), "-keyform", form, *signed)[0]}


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
