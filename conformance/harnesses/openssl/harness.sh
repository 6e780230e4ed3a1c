#!/bin/sh
# Conformance harness: the primitive operations of device-signed requests with a POSIX shell, awk, od and the command
# line tool openssl (written for 3.0). It speaks the harness protocol (PROTOCOL.md): a JSON object per line on standard
# input, its answer on standard output.
#
#   Run it:       java -jar <the suite's jar> run --harness "sh harness.sh"
#   Try it:       echo '{"id":1,"op":"hello","protocol":1}' | sh harness.sh
#   Test a tool:  copy this file and replace the functions below that call openssl.
#
# openssl does the hashing, the arithmetic and the check that a point lies on the curve. Base64, DER and key encodings
# are judged here before it sees them, because it takes more than the protocol allows: OpenSSL 3.0 even takes a key that
# is the point at infinity, under which anyone can sign. What needs a whole verifier (headers, replay, devices) is
# answered with "skipped".

LC_ALL=C
export LC_ALL
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# ---- bytes ---------------------------------------------------------------------------------------------------------

# hex_to_file HEX FILE: through octal escapes, the only ones that every printf has. Fails unless it is lower-case hex.
hex_to_file() {
    case $1 in *[!0-9a-f]*) return 1 ;; esac
    [ $((${#1} % 2)) -eq 0 ] || return 1
    printf '%s\n' "$1" | awk '{
        for (i = 1; i < length($0); i += 2) {
            byte = 16 * (index("0123456789abcdef", substr($0, i, 1)) - 1) + index("0123456789abcdef", substr($0, i + 1, 1)) - 1
            printf "\\%o%o%o", byte / 64 % 4, byte / 8 % 8, byte % 8
        }
    }' >"$dir/octal"
    # shellcheck disable=SC2059
    printf "$(cat "$dir/octal")" >"$2"
}

file_to_hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }

# ---- Base64 and DER, strictly --------------------------------------------------------------------------------------

# Padded and canonical: the last character before the padding has no spare bit set.
is_base64() {
    printf '%s\n' "$1" | grep -Eqx '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?'
}

base64_to_hex() {
    is_base64 "$1" || return 1
    printf '%s' "$1" | fold -w 64 | { cat; echo; } | openssl base64 -d >"$dir/decoded" && file_to_hex "$dir/decoded"
}

ORDER=ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551

# Hex of SEQUENCE { INTEGER r, INTEGER s }: short definite lengths, minimal and positive numbers from 1 to n-1, no more.
is_strict_der() {
    printf '%s\n' "$1" | awk -v order="$ORDER" '
        function value(at) { return 16 * (index(digits, substr($0, at, 1)) - 1) + index(digits, substr($0, at + 1, 1)) - 1 }
        function integer(at,    size, number) {  # where the INTEGER ends, or 0
            size = value(at + 2)
            if (substr($0, at, 2) != "02" || size < 1 || size > 33 || at + 3 + 2 * size > length($0)) return 0
            number = substr($0, at + 4, 2 * size)
            if (value(at + 4) >= 128) return 0                                          # negative
            if (size > 1 && substr(number, 1, 2) == "00" && value(at + 6) < 128) return 0  # padded
            if (size == 33) number = substr(number, 3)
            while (length(number) < 64) number = "0" number
            if (number "" >= order "" || number ~ /^0*$/) return 0
            return at + 4 + 2 * size
        }
        BEGIN { digits = "0123456789abcdef" }
        {
            whole = length($0) >= 16 && substr($0, 1, 2) == "30" && 2 * value(3) == length($0) - 4
            afterR = whole ? integer(5) : 0
            afterS = afterR ? integer(afterR) : 0
            exit afterS == length($0) + 1 ? 0 : 1
        }'
}

# ---- keys ----------------------------------------------------------------------------------------------------------

ALGORITHM=301306072a8648ce3d020106082a8648ce3d030107 # id-ecPublicKey, named curve prime256v1

# spki_of_point HEX: writes key.der; fails unless it is 04 x y or 02/03 x.
spki_of_point() {
    case ${#1}:$1 in
    130:04*) hex_to_file "3059${ALGORITHM}034200$1" "$dir/key.der" ;;
    66:02* | 66:03*) hex_to_file "3039${ALGORITHM}032200$1" "$dir/key.der" ;;
    *) return 1 ;;
    esac
}

# Prints the uncompressed point of key.der in hex: openssl refuses what is not on the curve.
point_of_key() {
    openssl ec -pubin -inform DER -in "$dir/key.der" -conv_form uncompressed -outform DER -out "$dir/point.der" \
        >/dev/null 2>&1 || return 1
    file_to_hex "$dir/point.der" | sed 's/.*\(.\{130\}\)$/\1/'
}

point_of_spki() {
    case $1 in
    "3059${ALGORITHM}03420004"* | "3039${ALGORITHM}03220002"* | "3039${ALGORITHM}03220003"*) ;;
    *) return 1 ;;
    esac
    spki_of_point "${1#30??"${ALGORITHM}"03??00}" && point_of_key
}

point_of_pem() {
    hex_to_file "$1" "$dir/pem" && ! grep -q _ "$dir/pem" || return 1
    # One line for sed: a line end or tab becomes "_", which PEM does not know.
    text=$(tr '\000\t\r\n' '?___' <"$dir/pem" |
        sed -n 's/^[ _]*-----BEGIN PUBLIC KEY-----\([^-]*\)-----END PUBLIC KEY-----[ _]*$/\1/p' | tr -d ' _')
    spki=$(base64_to_hex "$text") && point_of_spki "$spki"
}

# ---- JSON ----------------------------------------------------------------------------------------------------------

# Reads one object. For each member at its top: "name raw token" and, if the token is a string of printable ASCII,
# "name.text characters". Nothing on standard output if it is not an object.
read_json='
    function escape(token,    out, c, code) {  # a string token to its characters; "" in c marks one beyond ASCII
        token = substr(token, 2, length(token) - 2)
        while (match(token, /\\/)) {
            out = out substr(token, 1, RSTART - 1)
            c = substr(token, RSTART + 1, 1)
            token = substr(token, RSTART + 2)
            if (c == "u") {
                code = toupper(substr(token, 1, 4))
                token = substr(token, 5)
                if (!(code in ascii)) return "\t"
                c = ascii[code]
            } else if (c !~ /["\\\/]/) return "\t"
            out = out c
        }
        return out token
    }
    BEGIN { for (i = 32; i < 127; i++) ascii[sprintf("%04X", i)] = sprintf("%c", i) }
    {
        rest = $0; depth = 0; name = ""; expectName = 0
        while (match(rest, /^[ \t\r]*("([^"\\]|\\.)*"|[][{}:,]|[^][{}:, \t\r"]+)/)) {
            token = substr(rest, 1, RLENGTH)
            rest = substr(rest, RLENGTH + 1)
            sub(/^[ \t\r]+/, "", token)
            if (token ~ /^[[{]$/) { depth++; expectName = (token == "{") }
            else if (token ~ /^[]}]$/) { depth--; expectName = 0 }
            else if (token == ",") expectName = 1
            else if (token == ":") expectName = 0
            else if (depth == 1 && expectName) name = escape(token)
            else if (depth == 1) {
                print name, token
                text = token ~ /^"/ ? escape(token) : "\t"
                if (text !~ /[^ -~]/) print name ".text", text
            }
        }
        if (depth != 0 || rest !~ /^[ \t\r]*$/) print "broken 1"
    }'

field() { sed -n "s/^$1 //p" "$dir/fields" | head -n 1; }
has() { grep -q "^$1 " "$dir/fields"; }

answer() { printf '{"id":%s,%s}\n' "$id" "$1"; }
skip() { answer "\"skipped\":\"$1\""; }
fail() { answer "\"error\":\"$1\""; }

# ---- operations ----------------------------------------------------------------------------------------------------

OPS='"message","parseKey","verifySignature","verifyDigest","sign"'

hello() {
    version=$(openssl version | sed 's/ *[^A-Za-z0-9. -].*//')
    answer "\"protocol\":1,\"name\":\"countersign-openssl\",\"version\":\"$version\",\"language\":\"sh\",\"ops\":[$OPS]"
}

# build_message PATH: method LF path LF timestamp LF body, into the file message.
build_message() {
    hex_to_file "$(field bodyHex.text)" "$dir/body" || return 1
    { printf '%s\n%s\n%s\n' "$(field method.text)" "$1" "$(field timestamp.text)" && cat "$dir/body"; } >"$dir/message"
}

is_printable() { has method.text && has path.text && has timestamp.text && has bodyHex.text; }

message() {
    is_printable || { skip 'only printable ASCII here'; return; }
    path=$(field path.text)
    case "$(field method.text) $path" in "POST /ingest/v1/"*) path=${path#/ingest} ;; esac
    build_message "$path" || { fail 'bodyHex is not hex'; return; }
    sha256=$(openssl dgst -sha256 -r "$dir/message" | cut -c 1-64)
    signed_path=$(printf '%s\n' "$path" | sed 's/["\\]/\\&/g')
    answer "\"messageHex\":\"$(file_to_hex "$dir/message")\",\"sha256Hex\":\"$sha256\",\"signedPath\":\"$signed_path\""
}

parse_key() {
    data=$(field dataHex.text)
    form=$(field form.text)
    case $form in
    point) point=$([ ${#data} -eq 130 ] && spki_of_point "$data" && point_of_key) ;;
    compressed) point=$([ ${#data} -eq 66 ] && spki_of_point "$data" && point_of_key) ;;
    spki) point=$(point_of_spki "$data") ;;
    pem) point=$(point_of_pem "$data") ;;
    *) skip 'only point, compressed, spki and pem'; return ;;
    esac
    if [ -n "$point" ]; then answer "\"pointHex\":\"$point\""; else answer '"invalid":true'; fi
}

# verify_file FILE: whether the signature of this request is valid over the 32 bytes of a digest.
verify_file() {
    der=$(base64_to_hex "$(field signature.text)") && is_strict_der "$der" && hex_to_file "$der" "$dir/signature" &&
        openssl pkeyutl -verify -pubin -keyform DER -inkey "$dir/key.der" -in "$1" -sigfile "$dir/signature" >/dev/null 2>&1
}

verify() { # verify FILE
    spki_of_point "$(field publicKeyHex.text)" && point_of_key >/dev/null || { fail 'not a point of P-256'; return; }
    if verify_file "$1"; then answer '"valid":true'; else answer '"valid":false'; fi
}

verify_signature() {
    hex_to_file "$(field messageHex.text)" "$dir/message" || { fail 'messageHex is not hex'; return; }
    openssl dgst -sha256 -binary -out "$dir/digest" "$dir/message" && verify "$dir/digest"
}

verify_digest() {
    digest=$(field digestHex.text)
    [ ${#digest} -eq 64 ] && hex_to_file "$digest" "$dir/digest" || { fail 'digestHex is not the hex of a SHA-256'; return; }
    verify "$dir/digest"
}

sign() {
    is_printable || { skip 'only printable ASCII here'; return; }
    build_message "$(field path.text)" && hex_to_file "$(field privateKeyHex.text)" "$dir/private.der" &&
        openssl pkcs8 -nocrypt -inform DER -in "$dir/private.der" -out "$dir/private.pem" 2>/dev/null &&
        openssl dgst -sha256 -sign "$dir/private.pem" -out "$dir/signature" "$dir/message" 2>/dev/null ||
        { fail 'openssl could not sign'; return; }
    # The four values that only pass through go out as the JSON strings they came in.
    headers="\"X-App-ID\":$(field appId),\"X-Device-ID\":$(field deviceId)"
    headers="$headers,\"X-Synheart-Signature\":\"$(openssl base64 -A -in "$dir/signature")\""
    headers="$headers,\"X-Synheart-Timestamp\":$(field timestamp),\"X-Synheart-Nonce\":$(field nonce)"
    headers="$headers,\"X-Synheart-Sig-Version\":\"1\""
    answer "\"headers\":{$headers},\"messageHex\":\"$(file_to_hex "$dir/message")\""
}

# ---- the loop ------------------------------------------------------------------------------------------------------

while IFS= read -r line || [ -n "$line" ]; do
    [ -n "$line" ] || continue
    printf '%s\n' "$line" | awk "$read_json" >"$dir/fields"
    id=$(field id)
    id=${id:-null}
    if has broken; then
        fail 'not a JSON object'
        continue
    fi
    case $(field op.text) in
    hello) hello ;;
    message) message ;;
    parseKey) parse_key ;;
    verifySignature) verify_signature ;;
    verifyDigest) verify_digest ;;
    sign) sign ;;
    *) skip 'openssl has no verifier of requests' ;;
    esac </dev/null
done
