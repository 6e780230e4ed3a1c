// A bare harness: Go's own P-256 with nothing in front of it. It hands over the bytes as they came, to show what the
// standard library makes of them; a panic ends it. It is a measuring device and no example: harnesses/go has one.
//
//	go run bare.go [std|strict]     how Base64 is read
//
// Besides the operations of PROTOCOL.md: verifyUnderKey, which reads a key in any form and verifies under it, and the
// form "coordinates", x and y of 32 bytes each, which go into the struct without a check.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"runtime"
	"strings"
)

type object = map[string]any

type request struct {
	ID                                         json.Number
	Op, Form, DataHex, PublicKeyHex, Signature string
	MessageHex, DigestHex                      *string
}

func parse(form string, data []byte) *ecdsa.PublicKey {
	curve := elliptic.P256()
	var x, y *big.Int
	switch form {
	case "point":
		x, y = elliptic.Unmarshal(curve, data)
	case "compressed":
		x, y = elliptic.UnmarshalCompressed(curve, data)
	case "coordinates":
		x, y = new(big.Int).SetBytes(data[:32]), new(big.Int).SetBytes(data[32:])
	case "spki":
		key, _ := x509.ParsePKIXPublicKey(data)
		public, _ := key.(*ecdsa.PublicKey)
		return public
	case "pem":
		if block, _ := pem.Decode(data); block != nil {
			return parse("spki", block.Bytes)
		}
	}
	if x == nil {
		return nil
	}
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}
}

func parseKey(q *request) object {
	key := parse(q.Form, unhex(q.DataHex))
	if key == nil {
		return object{"invalid": true}
	}
	size := (key.Params().BitSize + 7) / 8
	point := make([]byte, 1+2*size)
	point[0] = 4
	key.X.FillBytes(point[1 : 1+size])
	key.Y.FillBytes(point[1+size:])
	return object{"pointHex": hex.EncodeToString(point)}
}

func verify(q *request) object {
	if q.PublicKeyHex != "" {
		q.Form, q.DataHex = "point", q.PublicKeyHex
	}
	encoding := base64.StdEncoding
	if len(os.Args) > 1 && os.Args[1] == "strict" {
		encoding = encoding.Strict()
	}
	key := parse(q.Form, unhex(q.DataHex))
	der, err := encoding.DecodeString(q.Signature)
	if key == nil || err != nil {
		return object{"valid": false}
	}
	if q.MessageHex != nil {
		digest := sha256.Sum256(unhex(*q.MessageHex))
		return object{"valid": ecdsa.VerifyASN1(key, digest[:], der)}
	}
	return object{"valid": ecdsa.VerifyASN1(key, unhex(*q.DigestHex), der)}
}

func answer(q *request) object {
	if q.Form == "jwk" {
		return object{"skipped": "the standard library reads no JWK"}
	}
	switch q.Op {
	case "hello":
		ops := []string{"parseKey", "verifySignature", "verifyDigest"}
		version := strings.TrimPrefix(runtime.Version(), "go")
		return object{"protocol": 1, "name": "Go", "version": version, "language": "Go", "ops": ops}
	case "parseKey":
		return parseKey(q)
	case "verifySignature", "verifyDigest", "verifyUnderKey":
		return verify(q)
	}
	return object{"skipped": "not offered"}
}

func unhex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return bytes
}

func main() {
	lines, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var q request
		if err := json.Unmarshal(line, &q); err != nil {
			panic(err)
		}
		result := answer(&q)
		result["id"] = q.ID
		if err := out.Encode(result); err != nil {
			panic(err)
		}
	}
}
