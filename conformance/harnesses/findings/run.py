#!/usr/bin/env python3
"""Runs the suite against bare P-256 implementations, and writes where they differ from the protocol.

    mvn -q -pl conformance/runner -am -DskipTests package
    python3 conformance/harnesses/findings/run.py

replaces the tables in docs/p256-findings.md. What is not installed is left out, with a word on standard error. The first
--java runs everything; a further one adds a column for its own provider, as does a further --python:

    python3 conformance/harnesses/findings/run.py --java java --java /path/to/jdk25/bin/java

Nothing but Python's standard library is needed.
"""

import argparse
import base64
import copy
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MODULE = HERE.parent
ROOT = MODULE.parent.parent
AGREES, LAXER, STRICTER, CRASHES, OTHER, ABSENT = "·", "**laxer**", "stricter", "**crash**", "other key", "–"
DIFFERS = {LAXER, STRICTER, CRASHES, OTHER}
KEYS, SIGNATURES, BASE64 = "role:keys", "role:signature", "rule:signature.base64"
BOTH = KEYS + "," + SIGNATURES


class Column:
    """One way to call one implementation."""

    def __init__(self, title, command, only):
        self.title, self.command, self.only = title, [str(word) for word in command], only
        self.hello = json.loads(ask(self.command, [{"id": 0, "op": "hello", "protocol": 1}])[0])
        self.cells = {}

    def version(self):
        return f"{self.hello['name']} {self.hello['version']}"

    def named(self, title):
        """The same column under another name; it is run once."""
        other = copy.copy(self)
        other.title = title
        return other

    def judged(self):
        return sum(1 for name, value in self.cells.items() if "/" in name and value != ABSENT)


def ask(command, requests):
    """Every answer, as text, in order; None where the harness died of the question."""
    answers = []
    while len(answers) < len(requests):
        lines = "".join(json.dumps(request) + "\n" for request in requests[len(answers) :])
        done = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=HERE)
        answers += done.stdout.splitlines()
        if done.returncode != 0 and len(answers) < len(requests):
            answers.append(None)
        elif len(answers) < len(requests):
            sys.exit(f"{command} left questions unanswered: {done.stderr}")
    return answers


# ---- the suite's own cases ----------------------------------------------------------------------------------------


def run(column, jar, java, folder):
    """Lets the runner judge; fills the column's cells by case id."""
    report = folder / (file_name(column.title) + ".json")
    report.unlink(missing_ok=True)
    options = ["--vectors", ROOT / "conformance-vectors" / "vectors", "--only", column.only, "--json", report, "--start-limit", "120", "--quiet"]
    command = [java, "-jar", jar, "run", "--harness", " ".join(f'"{word}"' for word in column.command), *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=HERE)
    if done.returncode not in (0, 1):
        sys.exit(f"{column.title}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    results = json.loads(report.read_text(encoding="utf-8"))
    if results["faults"]:
        sys.exit(f"{column.title}: {results['faults']}")
    column.cells.update((result["id"], cell(result)) for result in results["results"])
    print(f"{column.title}: {results['counts']}", file=sys.stderr)


def file_name(title):
    return "".join(c if c.isalnum() else "-" for c in title.lower())


def cell(result):
    if result["outcome"] == "passed":
        return AGREES
    if result["outcome"] == "skipped":
        return ABSENT
    if not result["mismatches"]:
        return CRASHES
    first = result["mismatches"][0]
    if (first["field"], first["expected"]) in (("valid", "false"), ("invalid", "true")):
        return LAXER
    if first["field"] == "pointHex" and first["actual"] != "absent":
        return OTHER
    return STRICTER


# ---- what the suite does not ask ------------------------------------------------------------------------------------

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G_X = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
Y_OF_5 = 0x459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC  # (5, y) is on the curve


def probes(cases):
    """Questions with the answer that the protocol wants: id, what is special, request, expected."""
    message = b"POST\n/v1/hsi\n1767225600\n{}"
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big") % N
    # Under infinity the equation is x(e/s * G) = r. So s = e and r = x(G) solve it, for any message.
    forged = {"messageHex": message.hex(), "signature": text(der(G_X % N, digest)), "rawHex": hex32(G_X % N) + hex32(digest)}
    infinity = {"form": "spki", "dataHex": "3019301306072a8648ce3d020106082a8648ce3d03010703020000"}
    zero = {"form": "coordinates", "dataHex": "00" * 64}
    off_curve = {"form": "coordinates", "dataHex": hex32(1) * 2}
    above_p = {"form": "coordinates", "dataHex": hex32(5 + P) + hex32(Y_OF_5)}
    ordinary = cases["signatures/ordinary"]["steps"][0]
    under_point = {"form": "coordinates", "dataHex": ordinary["request"]["publicKeyHex"][2:]}
    numbers = ordinary["intermediates"]["rHex"] + ordinary["intermediates"]["sHex"]
    signed = {**{name: ordinary["request"][name] for name in ("messageHex", "signature")}, "rawHex": numbers}
    yield "ordinary", "Control: a right signature, key as coordinates.", verify(under_point, signed), {"valid": True}
    yield (
        "infinity-forged",
        "The key is a SubjectPublicKeyInfo that holds infinity; the signature is made without any private key.",
        verify(infinity, forged),
        {"valid": False},
    )
    yield (
        "infinity-curve-asked",
        "The same, but the caller asks the loaded key for its curve first (`asymmetricKeyDetails`).",
        {**verify(infinity, forged), "checkCurve": True},
        {"valid": False},
    )
    for name, what, key in (
        ("off-curve", "The key's coordinates are (1, 1), which is off the curve", off_curve),
        ("zero", "The key's coordinates are (0, 0)", zero),
        ("x-plus-p", "The key's x is x + p", above_p),
    ):
        yield f"{name}-loaded", f"{what}: is it loaded?", {"op": "parseKey", **key}, {"invalid": True}
        yield (
            f"{name}-forged",
            f"{what}: does it verify a signature made without any private key?",
            verify(key, forged),
            {"valid": False},
        )
    for case, cut, what in (
        ("digest-leading-zeros-1", slice(1, None), "31 bytes: its leading zero byte got lost"),
        ("digest-leading-zeros-16", slice(16, None), "16 bytes: its leading zero bytes got lost"),
        ("digest-leading-zeros-1", None, "64 bytes, of which the first 32 were signed"),
    ):
        request = cases["signatures/" + case]["steps"][0]["request"]
        right = bytes.fromhex(request["digestHex"])
        other = right[cut] if cut else right + bytes(32)
        key = {"form": "point", "dataHex": request["publicKeyHex"]}
        asked = verify(key, {"digestHex": other.hex(), "signature": request["signature"]})
        yield f"digest-of-{len(other)}-bytes", f"The digest has {what}.", asked, {"valid": False}
    spki = bytes.fromhex(cases["keys/spki"]["steps"][0]["request"]["dataHex"])
    pem = f"-----BEGIN PUBLIC KEY-----\n{text(spki)[:64]}\n{text(spki)[64:]}\n-----END PUBLIC KEY-----\n"
    for name, what, data in (
        ("pem-text-before", "PEM with a line of text before the block.", "A key:\n" + pem),
        ("pem-text-behind", "PEM with a line of text behind the block.", pem + "A key.\n"),
        ("pem-byte-order-mark", "PEM behind a UTF-8 byte order mark.", "\ufeff" + pem),
    ):
        yield name, what, {"op": "parseKey", "form": "pem", "dataHex": data.encode().hex()}, {"invalid": True}
    compressed = bytes([2 + spki[-1] % 2]) + spki[-64:-32]
    short = bytes.fromhex("3039") + spki[2:23] + bytes.fromhex("032200") + compressed
    asked = {"op": "parseKey", "form": "spki", "dataHex": short.hex()}
    yield "spki-compressed", "A SubjectPublicKeyInfo with the compressed point.", asked, {"pointHex": spki[-65:].hex()}
    explicit = bytes.fromhex(cases["keys/curve-explicit-parameters"]["steps"][0]["request"]["dataHex"])
    generator = bytes.fromhex("04" + hex32(G_X))
    at = explicit.index(generator)
    other = explicit[:at] + explicit[-65:] + explicit[at + 65 :]
    # With the key as generator, the private number is 1; with k = 1, r = x(Q) and s = e + r.
    r = int.from_bytes(other[-64:-32], "big") % N
    s = (digest + r) % N
    foreign = {"form": "spki", "dataHex": other.hex()}
    by_anybody = {"messageHex": message.hex(), "signature": text(der(r, s)), "rawHex": hex32(r) + hex32(s)}
    what = "A SubjectPublicKeyInfo with explicit parameters: P-256, but the generator is the key itself"
    yield "other-generator-loaded", f"{what}: is it loaded?", {"op": "parseKey", **foreign}, {"invalid": True}
    yield (
        "other-generator-forged",
        f"{what}: does it verify a signature made without any private key?",
        verify(foreign, by_anybody),
        {"valid": False},
    )


def verify(key, signed):
    return {"op": "verifyUnderKey", **key, **signed}


def hex32(number):
    return f"{number:064x}"


def der(r, s):
    body = b"".join(integer(number) for number in (r, s))
    return bytes([0x30, len(body)]) + body


def integer(number):
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(content)]) + content


def text(data):
    return base64.b64encode(data).decode()


def probe(column, questions):
    asked = [{"id": i, **request} for i, (_, _, request, _) in enumerate(questions)]
    for (name, _, request, expected), line in zip(questions, ask(column.command, asked)):
        if line is None:
            column.cells[name] = CRASHES
            continue
        answer = json.loads(line)
        (field, wanted), = expected.items()
        if "skipped" in answer or ("checkCurve" in request and column.title != "Node crypto"):
            column.cells[name] = ABSENT
        elif answer.get(field, False) == wanted:
            column.cells[name] = AGREES
        else:
            column.cells[name] = LAXER if expected in ({"valid": False}, {"invalid": True}) else STRICTER


# ---- the tables -----------------------------------------------------------------------------------------------------


def table(columns, rows):
    """rows: id, flags, text. Only where somebody differs."""
    lines = [
        "| what is special | " + " | ".join(column.title for column in columns) + " |",
        "|---|" + ":-:|" * len(columns),
    ]
    for name, flags, what in rows:
        cells = [column.cells.get(name, ABSENT) for column in columns]
        if DIFFERS.intersection(cells):
            special = f"{what.replace('|', chr(92) + '|')} {flags} `{name}`".replace("  ", " ")
            lines.append(f"| {special} | " + " | ".join(cells) + " |")
    agreed = sum(1 for name, _, _ in rows if not DIFFERS.intersection(c.cells.get(name, ABSENT) for c in columns))
    return lines, len(rows), agreed


def rows_of(cases, role, wanted):
    for case in cases.values():
        if case["role"] == role and wanted(case):
            what = case["difference"]["text"] if "difference" in case else case["comment"]
            yield case["id"], " ".join(f"`{flag}`" for flag in case["flags"]), what


def read_cases():
    suite = json.loads((ROOT / "conformance-vectors" / "vectors" / "suite.json").read_text(encoding="utf-8"))
    cases = {}
    for entry in suite["files"]:
        group = json.loads((ROOT / "conformance-vectors" / "vectors" / entry["file"]).read_text(encoding="utf-8"))
        cases.update((case["id"], case) for case in group["cases"])
    return suite["suiteVersion"], cases


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jar", default=ROOT / "conformance" / "runner" / "target" / "countersign-conformance.jar", type=pathlib.Path)
    options.add_argument("--java", action="append")
    options.add_argument("--python", action="append")
    options.add_argument("--reports", default=MODULE / "target" / "findings", type=pathlib.Path)
    options.add_argument("--document", default=ROOT / "docs" / "p256-findings.md", type=pathlib.Path)
    chosen = options.parse_args()
    javas, pythons = chosen.java or ["java"], chosen.python or [sys.executable]
    jar, folder = chosen.jar.resolve(), chosen.reports.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    version, cases = read_cases()
    java = javas[0]

    go = folder / "bare-go"
    if shutil.which("go"):
        subprocess.run(["go", "build", "-o", go, "bare.go"], check=True, cwd=HERE)

    def column(title, *command, only=BOTH):
        """No column, if the program is not there."""
        if shutil.which(str(command[0])) is None:
            print(f"{title}: left out, there is no {command[0]}", file=sys.stderr)
            return []
        return [Column(title, command, only)]

    def source(launcher, name, *words):
        return launcher, "-cp", jar, name, *words

    def openssl(title, **options):
        if shutil.which("openssl") is None:
            return column(title, "openssl")
        return column(title, sys.executable, "bare-openssl.py", **options)

    pythons = [each for path in pythons for each in column("Python", path, "bare.py")]
    for each in pythons:
        each.title += " " + each.hello["version"].split(".")[0]
    suns = [each for path in javas for each in column("SunEC", *source(path, "BareJca.java", "SunEC"))]
    for each in suns:
        each.title += " " + each.hello["version"].split()[-1].split(".")[0]
    node, go = column("Node crypto", "node", "bare.mjs", "crypto"), column("Go", go)
    own = column("Countersign", java, "-jar", jar, "harness")
    columns = [
        *node,
        *column("Node WebCrypto", "node", "bare.mjs", "webcrypto", only=KEYS),
        *pythons,
        *go,
        *openssl("openssl"),
        *suns,
        *column("BC provider", *source(java, "BareJca.java", "BC")),
        *column("BC lightweight", *source(java, "BareBouncyCastle.java", "asn1")),
        *column("BC lightweight, strict reader", *source(java, "BareBouncyCastle.java", "standard"), only=SIGNATURES),
        *own,
    ]
    decoders = [  # those that are run with the others come first
        *(each.named("Node `Buffer.from`") for each in node),
        *(each.named("Python `b64decode`") for each in pythons[:1]),
        *(each.named("Go `StdEncoding`") for each in go),
        *(each.named("JDK `getDecoder`") for each in suns[:1]),
        *(each.named("openssl `base64 -d -A`") for each in columns if each.title == "openssl"),
        *(each.named("Countersign") for each in own),
        *column("Node `atob`", "node", "bare.mjs", "crypto", "atob", only=BASE64),
        *(other for each in pythons[:1] for other in column("Python `validate=True`", *each.command, "validate", only=BASE64)),
        *(other for each in go for other in column("Go `.Strict()`", *each.command, "strict", only=BASE64)),
        *column("JDK `getMimeDecoder`", *source(java, "BareJca.java", "SunEC", "mime"), only=BASE64),
        *column("BC `Base64`", *source(java, "BareJca.java", "SunEC", "bc"), only=BASE64),
    ]
    for each in columns + [decoder for decoder in decoders if decoder.only == BASE64]:
        run(each, jar, java, folder)
    probed = [each for each in columns if each.only != SIGNATURES]
    questions = list(probes(cases))
    for each in probed:
        probe(each, questions)

    out = [
        f"Suite {version}. Columns:",
        "",
        "| column | implementation | cases judged |",
        "|---|---|---|",
        *(f"| {each.title} | {each.version()} | {each.judged()} |" for each in columns),
        "",
    ]

    def section(title, columns, rows):
        lines, total, agreed = table(columns, list(rows))
        out.extend([f"### {title}", "", *lines, ""])
        out.extend([f"All agree, as far as they offer it, on {'one' if agreed == 1 else agreed} of these {total} cases.", ""])

    def is_base64(case):
        return case["rule"] == "signature.base64"

    verifying = [each for each in columns if each.only != KEYS]
    section("Signatures", verifying, rows_of(cases, "signature", lambda case: not is_base64(case)))
    decoders.sort(key=lambda each: (each.title == "Countersign", each.title))
    section("Base64 of the signature", decoders, rows_of(cases, "signature", is_base64))
    section("Public keys", probed, rows_of(cases, "keys", lambda case: True))
    section("What the suite does not ask", probed, ((name, "", what) for name, what, _, _ in questions))

    begin, end = "<!-- tables: made by conformance/harnesses/findings/run.py -->", "<!-- end of tables -->"
    document = chosen.document.read_text(encoding="utf-8")
    head, rest = document.split(begin)
    tail = rest.split(end)[1]
    chosen.document.write_text(f"{head}{begin}\n\n" + "\n".join(out).strip() + f"\n\n{end}{tail}", encoding="utf-8")


main()
