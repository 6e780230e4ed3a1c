#!/bin/sh
# Makes requests.tsv: requests signed by OpenSSL, one a line: method, path, timestamp, body (hex), public key (Base64 of
# the SubjectPublicKeyInfo), signature (Base64 of the DER). Run it by hand; the tests read what it wrote.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lines=0
: > requests.tsv
while [ "$lines" -lt 40 ]; do
    lines=$((lines + 1))
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem"
    key=$(openssl ec -in "$work/key.pem" -pubout -outform DER 2>/dev/null | openssl base64 -A)
    case $((lines % 4)) in
        0) method=GET path=/v1/status ;;
        1) method=POST path=/v1/events ;;
        2) method=PUT path='/v1//a/../%2F;p=1' ;;
        3) method=DELETE path=/ ;;
    esac
    : > "$work/body"
    [ "$method" = GET ] || openssl rand "$((lines * 7))" > "$work/body"
    timestamp=$((1800000000 + lines))
    { printf '%s\n%s\n%s\n' "$method" "$path" "$timestamp"; cat "$work/body"; } > "$work/message"
    signature=$(openssl dgst -sha256 -sign "$work/key.pem" "$work/message" | openssl base64 -A)
    body=$(od -An -v -tx1 "$work/body" | tr -d ' \n')
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$method" "$path" "$timestamp" "$body" "$key" "$signature" >> requests.tsv
done
