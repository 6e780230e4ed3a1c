#!/bin/sh
# ./quickstart demo: a device made of OpenSSL and curl against a server of its own. Run by the script at the root.
set -eu

: "${java:?run ./quickstart demo}" "${class_path:?run ./quickstart demo}"

work=$(mktemp -d)
pid=
clean_up() {
    exec 3<&- || :
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- a server on a free port, in a folder of its own

mkfifo "$work/out"
unset COUNTERSIGN_NONCE_STORE COUNTERSIGN_KEYS_URL COUNTERSIGN_KEYS_USER COUNTERSIGN_KEYS_PASSWORD COUNTERSIGN_OPAQUE_IDS
PORT=0 COUNTERSIGN_HOME="$work/home" \
    "$java" -cp "$class_path" dev.countersign.quickstart.Quickstart >"$work/out" &
pid=$!
exec 3<"$work/out"
read -r line <&3 || { echo "quickstart: the server did not start" >&2; exit 1; }
url=${line##* on }

# ---- a device: a key, an id, and their registration

uuid() {
    if [ -r /proc/sys/kernel/random/uuid ]; then
        cat /proc/sys/kernel/random/uuid
    else
        openssl rand -hex 16 |
            sed 's/^\(........\)\(....\).\(...\).\(...\)\(............\)$/\1-\2-4\3-8\4-\5/'
    fi
}

app=com.example.demo
device=$(uuid)
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem" 2>/dev/null
public_key=$(openssl ec -in "$work/key.pem" -pubout -outform DER 2>/dev/null | openssl base64 -A)

failures=0
report() { # what was sent, status, code, expected status, expected code
    mark=ok
    if [ "$2 $3" != "$4 $5" ]; then
        mark=FAILED
        failures=$((failures + 1))
    fi
    printf '%-6s  %-62s  ->  %s %s' "$mark" "$1" "$2" "$3"
    [ "$mark" = ok ] || printf '  (expected %s %s)' "$4" "$5"
    printf '\n'
}

status=$(curl -s -o "$work/answer" -w '%{http_code}' -X PUT "$url/admin/v1/apps/$app/devices/$device" \
    -H 'Content-Type: application/json' -d "{\"public_key\":\"$public_key\"}") || status=000
report 'register the public key' "$status" "$([ "$status" = 201 ] && echo registered || echo refused)" 201 registered

# ---- requests

sign() { # path as signed, timestamp, body
    printf 'POST\n%s\n%s\n%s' "$1" "$2" "$3" | openssl dgst -sha256 -sign "$work/key.pem" | openssl base64 -A
}

send() { # what is sent, path, timestamp, nonce, signature, body, expected status, expected code
    status=$(curl -s --path-as-is -o "$work/answer" -w '%{http_code}' "$url$2" \
        -H 'Content-Type: application/json' \
        -H "X-App-ID: $app" \
        -H "X-Device-ID: $device" \
        -H "X-Synheart-Signature: $5" \
        -H "X-Synheart-Timestamp: $3" \
        -H "X-Synheart-Nonce: $4" \
        -H 'X-Synheart-Sig-Version: 1' \
        --data-binary "$6") || status=000
    code=$(sed -n 's/.*"error_code":"\([A-Z_]*\)".*/\1/p' "$work/answer")
    if [ -z "$code" ]; then
        code="accepted, signed path $(sed -n 's/.*"signed_path":"\([^"]*\)".*/\1/p' "$work/answer")"
    fi
    report "$1" "$status" "$code" "$7" "$8"
}

now=$(date +%s)
body='{"heart_rate":61}'
nonce=$(uuid)
signature=$(sign /v1/samples "$now" "$body")
send 'POST /v1/samples, signed' /v1/samples "$now" "$nonce" "$signature" "$body" 200 'accepted, signed path /v1/samples'
send 'the same, its body changed on the way' /v1/samples "$now" "$(uuid)" "$signature" '{"heart_rate":99}' 401 INVALID_SIGNATURE
send 'the same again, byte for byte (a replay)' /v1/samples "$now" "$nonce" "$signature" "$body" 401 NONCE_REPLAY
send 'the same again, under another nonce' /v1/samples "$now" "$(uuid)" "$signature" "$body" 401 NONCE_REPLAY
old=$((now - 600))
send 'signed ten minutes ago' /v1/samples "$old" "$(uuid)" "$(sign /v1/samples "$old" "$body")" "$body" 401 CLOCK_SKEW
send 'POST /ingest/v1/samples, signed as /v1/samples' /ingest/v1/samples "$now" "$(uuid)" \
    "$(sign /v1/samples "$now" "$body")" "$body" 200 'accepted, signed path /v1/samples'

[ "$failures" -eq 0 ]
