// A conformance harness in Go: the whole signing scheme of docs/protocol.md, version 1, behind the JSON Lines of
// conformance/PROTOCOL.md. Go 1.19 or newer, standard library only.
//
//	go build -o go-harness . && java -jar countersign-conformance.jar run --harness ./go-harness
//
// To check an SDK of your own, copy this file, keep its last part, and let your SDK do the work of parseKey,
// parseSignature with isValid, sign, and (*verifier).judge. Take the ops that your SDK does not have out of the table.
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// ---- Signatures and keys: exactly one text for each value ---------------------------------------------------------

// Go's decoder skips line ends and takes stray bits. Encoding back is the whole definition of canonical.
func decodeBase64(encoding *base64.Encoding, text string) ([]byte, bool) {
	decoded, err := encoding.DecodeString(text)
	return decoded, err == nil && encoding.EncodeToString(decoded) == text
}

// parseSignature reads Base64 of strict DER: SEQUENCE { INTEGER r, INTEGER s }, both from 1 to n-1. A high s is valid.
func parseSignature(text string) (r, s *big.Int, ok bool) {
	der, ok := decodeBase64(base64.StdEncoding, text)
	if !ok || len(der) < 8 || len(der) > 72 || der[0] != 0x30 || int(der[1]) != len(der)-2 {
		return nil, nil, false
	}
	r, rest := readInteger(der[2:])
	s, rest = readInteger(rest)
	return r, s, isScalar(r) && isScalar(s) && len(rest) == 0
}

// readInteger reads an INTEGER that is not negative, in its shortest form; nil for anything else.
func readInteger(der []byte) (value *big.Int, rest []byte) {
	if len(der) < 3 || der[0] != 0x02 || der[1] < 1 || der[1] > 33 || len(der) < 2+int(der[1]) {
		return nil, nil
	}
	content, rest := der[2:2+int(der[1])], der[2+int(der[1]):]
	negative := content[0] >= 0x80
	padded := len(content) > 1 && content[0] == 0 && content[1] < 0x80
	if negative || padded {
		return nil, nil
	}
	return new(big.Int).SetBytes(content), rest
}

func isScalar(value *big.Int) bool {
	return value != nil && value.Sign() > 0 && value.Cmp(elliptic.P256().Params().N) < 0
}

// isValid checks the equation alone: the point lies on the curve, r and s are in range.
func isValid(point, digest []byte, r, s *big.Int) bool {
	x, y := elliptic.Unmarshal(elliptic.P256(), point)
	return ecdsa.Verify(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, digest, r, s)
}

// What stands before the point in a SubjectPublicKeyInfo on prime256v1.
var (
	spkiPoint, _      = hex.DecodeString("3059301306072a8648ce3d020106082a8648ce3d030107034200")
	spkiCompressed, _ = hex.DecodeString("3039301306072a8648ce3d020106082a8648ce3d030107032200")
	pemSpace          = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "")
)

// parseKey returns the 65 bytes of the point, or nil for what is no P-256 key in this form.
func parseKey(form string, data []byte) []byte {
	switch form {
	case "point": // 04, both coordinates below p, on the curve
		if x, y := elliptic.Unmarshal(elliptic.P256(), data); x != nil {
			return elliptic.Marshal(elliptic.P256(), x, y)
		}
	case "compressed":
		if x, y := elliptic.UnmarshalCompressed(elliptic.P256(), data); x != nil {
			return elliptic.Marshal(elliptic.P256(), x, y)
		}
	case "spki":
		if bytes.HasPrefix(data, spkiPoint) {
			return parseKey("point", data[len(spkiPoint):])
		}
		if bytes.HasPrefix(data, spkiCompressed) {
			return parseKey("compressed", data[len(spkiCompressed):])
		}
	case "pem":
		const begin, end = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
		text := strings.Trim(string(data), " \t\r\n")
		if len(text) < len(begin+end) || !strings.HasPrefix(text, begin) || !strings.HasSuffix(text, end) {
			return nil
		}
		text = pemSpace.Replace(text[len(begin) : len(text)-len(end)])
		if der, ok := decodeBase64(base64.StdEncoding, text); ok {
			return parseKey("spki", der)
		}
	case "jwk":
		jwk := readMembers(data)
		textX, _ := jwk["x"].(string)
		textY, _ := jwk["y"].(string)
		x, okX := decodeBase64(base64.RawURLEncoding, textX)
		y, okY := decodeBase64(base64.RawURLEncoding, textY)
		_, private := jwk["d"]
		if !private && jwk["kty"] == "EC" && jwk["crv"] == "P-256" && okX && okY && len(x) == 32 && len(y) == 32 {
			return parseKey("point", append(append([]byte{4}, x...), y...))
		}
	}
	return nil
}

// readMembers reads one JSON object. Unlike json.Unmarshal it refuses a repeated name: nil, as for what is no object.
func readMembers(text []byte) map[string]any {
	decoder, members := json.NewDecoder(bytes.NewReader(text)), map[string]any{}
	if start, _ := decoder.Token(); start != json.Delim('{') {
		return nil
	}
	for decoder.More() {
		var value any
		name, _ := decoder.Token()
		key, isText := name.(string)
		if _, twice := members[key]; !isText || twice || decoder.Decode(&value) != nil {
			return nil
		}
		members[key] = value
	}
	_, end := decoder.Token()
	if _, behind := decoder.Token(); end != nil || behind != io.EOF {
		return nil
	}
	return members
}

// ---- The message --------------------------------------------------------------------------------------------------

// messageHead is what stands before the body. Strings are Latin-1 here: one character is one byte.
func messageHead(method, path, timestamp string) (bytes []byte) {
	for _, c := range method + "\n" + path + "\n" + timestamp + "\n" {
		bytes = append(bytes, byte(c))
	}
	return bytes
}

// sign is the client's side. The message is hashed once.
func sign(pkcs8, message []byte) ([]byte, error) {
	private, err := x509.ParsePKCS8PrivateKey(pkcs8)
	key, isEC := private.(*ecdsa.PrivateKey)
	if !isEC {
		return nil, fmt.Errorf("not an EC key: %v", err)
	}
	digest := sha256.Sum256(message)
	return ecdsa.SignASN1(rand.Reader, key, digest[:])
}

// signedPaths are the paths that a signature may cover, the one by rule first.
func signedPaths(rules []pathRule, method, path string) []string {
	for _, rule := range rules {
		if !strings.HasPrefix(path, rule.Prefix) || !contains(rule.Methods, method) {
			continue
		}
		paths := []string{rule.Replacement + path[len(rule.Prefix):]}
		for _, prefix := range rule.AcceptUnstripped {
			if strings.HasPrefix(path, prefix) {
				return append(paths, path)
			}
		}
		return paths
	}
	return []string{path}
}

func isWrite(method string) bool {
	return !contains([]string{"GET", "HEAD", "OPTIONS", "TRACE"}, method)
}

// ---- The head: strict forms, and the order of faults --------------------------------------------------------------

// All forms are ASCII, and no case is folded beyond it.
var (
	visibleID = regexp.MustCompile(`^[!-+\--~]{1,128}$`) // 0x21 to 0x7E, no comma
	uuid      = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	uuid4     = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$`)
	seconds   = regexp.MustCompile(`^(0|[1-9][0-9]{0,10})$`)
	version   = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
	token     = regexp.MustCompile(`^[A-Z][A-Z-]{0,31}$`)
	wire      = regexp.MustCompile(`^[!"$-\[\]-~]+$`) // 0x21 to 0x7E, no # and no backslash
	target    = regexp.MustCompile(`^(?:(/[^?]*)|[Hh][Tt][Tt][Pp][Ss]?://[^/?]+(/[^?]*)?)(\?.*)?$`)
)

type head struct {
	device, nonce, timestampText, path string
	timestamp                          int64
	r, s                               *big.Int
}

func readHead(q *request, s *settings) (h head, fault string) {
	// value reads a header that must stand exactly once, in its form. The first fault stays.
	value := func(name string, hasForm func(string) bool) string {
		var values []string
		for _, line := range q.Headers {
			if lower(line[0]) == name {
				values = append(values, line[1])
			}
		}
		switch {
		case fault != "":
		case len(values) == 0:
			fault = "MISSING_HEADER"
		case len(values) > 1 || !hasForm(values[0]):
			fault = "MALFORMED_HEADER"
		default:
			return values[0]
		}
		return ""
	}
	if number := value("x-synheart-sig-version", version.MatchString); fault == "" && number != "1" {
		return h, "UNSUPPORTED_VERSION"
	}
	deviceID := uuid
	if s.DeviceIDs == "opaque" {
		deviceID = visibleID
	}
	appID := value("x-app-id", visibleID.MatchString)
	h.device = deviceName(appID, value("x-device-id", deviceID.MatchString))
	value("x-synheart-signature", func(text string) (ok bool) { h.r, h.s, ok = parseSignature(text); return ok })
	h.timestampText = value("x-synheart-timestamp", seconds.MatchString)
	h.timestamp, _ = strconv.ParseInt(h.timestampText, 10, 64) // eleven digits: no sum overflows
	h.nonce = lower(value("x-synheart-nonce", uuid4.MatchString))
	if fault != "" {
		return h, fault
	}
	parts := target.FindStringSubmatch(q.Target) // path of origin-form, path of absolute-form, query
	if parts == nil || !wire.MatchString(q.Target) || !token.MatchString(q.Method) {
		return h, "MALFORMED_TARGET"
	}
	if h.path = parts[1] + parts[2]; h.path == "" {
		h.path = "/"
	}
	if s.RejectQueryOnWrites && parts[3] != "" && isWrite(q.Method) {
		return h, "QUERY_NOT_ALLOWED"
	}
	return h, ""
}

// deviceName is the only canonicaliser: an id of the form of a UUID is lower-cased, any other kept byte for byte.
func deviceName(appID, deviceID string) string {
	if uuid.MatchString(deviceID) {
		deviceID = lower(deviceID)
	}
	return appID + "\n" + deviceID
}

// lower folds ASCII letters and nothing else.
func lower(text string) string {
	folded := []byte(text)
	for i, c := range folded {
		if c >= 'A' && c <= 'Z' {
			folded[i] = c + 32
		}
	}
	return string(folded)
}

// ---- The stores: devices, and the claims of verified requests -----------------------------------------------------

type stores struct {
	sync.Mutex
	keysFault, noncesFault string
	devices                map[string]device     // a device's keys are never changed in place
	claims                 map[string]remembered // by token
	live                   map[string]int64      // claims of a device
	now, forgotten         int64
}

type remembered struct {
	deadline int64 // the last second in which the token is known
	device   string
}

func (s *stores) find(name string) (found device, fault string) {
	s.Lock()
	defer s.Unlock()
	found, known := s.devices[name]
	switch {
	case s.keysFault != "up":
		return found, "STORE_UNAVAILABLE"
	case !known:
		return found, "UNKNOWN_DEVICE"
	}
	return found, ""
}

// confirm ends a rotation: the provisional key becomes current, and the current one previous for 300 s.
func (s *stores) confirm(name string, point []byte, now int64) {
	s.Lock()
	defer s.Unlock()
	record, keys, waiting, end := s.devices[name], []deviceKey(nil), false, now+300
	for _, key := range record.Keys {
		switch {
		case key.State == "provisional" && bytes.Equal(key.PointHex, point):
			key, waiting = deviceKey{key.PointHex, "current", nil}, true
		case key.State == "current":
			key = deviceKey{key.PointHex, "previous", &end}
		default:
			key.State = "retired"
		}
		keys = append(keys, key)
	}
	if waiting { // else another request was first
		record.Keys = keys
		s.devices[name] = record
	}
}

// claim takes all tokens, the nonce's and then the signature's, or none. A replay is decided before anything else.
func (s *stores) claim(device string, tokens []string, timestamp, now int64, set *settings) (fault string) {
	s.Lock()
	defer s.Unlock()
	if s.noncesFault == "down" {
		return "STORE_UNAVAILABLE"
	}
	s.forget(now)
	for i, token := range tokens {
		if _, known := s.claims[token]; known {
			return [2]string{"NONCE_REPLAY", "SIGNATURE_REPLAY"}[i]
		}
	}
	lifetime := max(set.FreshnessSeconds, 300) + 1
	// An earlier claim of this same request had the deadline timestamp + lifetime at least: may it be forgotten?
	if timestamp <= set.WatchingSince || timestamp+lifetime <= s.forgotten {
		return "NOT_WATCHING_YET"
	}
	if s.noncesFault == "full" || s.live[device] >= set.Quota {
		return "STORE_FULL"
	}
	s.claims[tokens[0]] = remembered{max(timestamp, now) + lifetime, device}
	for _, token := range tokens[1:] {
		s.claims[token] = remembered{max(timestamp, now) + lifetime, ""} // one claim counts once
	}
	s.live[device]++
	return ""
}

// forget drops what has expired. The store's time never decreases, and it keeps the latest deadline that it dropped.
func (s *stores) forget(now int64) {
	if now <= s.now {
		return
	}
	s.now = now
	for token, claim := range s.claims {
		if claim.deadline < now {
			s.forgotten = max(s.forgotten, claim.deadline)
			s.live[claim.device]--
			delete(s.claims, token)
		}
	}
}

// ---- The verdict --------------------------------------------------------------------------------------------------

const maxChecks = 4 // of a signature, for one request

type verifier struct {
	settings
	stores
}

// judge returns the second in which the verdict fell, and a reason unless it is "accepted".
func (v *verifier) judge(q *request) (reason string, at int64, h head) {
	defer func() {
		if recover() != nil {
			reason, at = "INTERNAL", q.ServerTime
		}
	}()
	h, fault := readHead(q, &v.settings)
	if fault == "" && !v.isFresh(h.timestamp, q.ServerTime) {
		fault = "CLOCK_SKEW"
	}
	if fault != "" { // before a byte of the body is read
		return fault, q.ServerTime, h
	}
	if part, times := q.body(); len(part) > 0 && times > v.MaxBodyBytes/int64(len(part)) {
		return "BODY_TOO_LARGE", q.ServerTime, h
	}
	// The body is complete. What depends on stored data is answered only now, and as of now.
	now := q.ServerTime
	if q.FinishTime != nil {
		now = *q.FinishTime
	}
	device, fault := v.find(h.device)
	if fault != "" {
		return fault, now, h
	}
	key, signedPath := v.findKey(q, h, device, now)
	switch {
	case key == nil:
		return "INVALID_SIGNATURE", now, h
	case !v.isFresh(h.timestamp, now): // again: a body can be withheld until the original's claim has expired
		return "CLOCK_SKEW", now, h
	case device.Status == "revoked":
		return "DEVICE_REVOKED", now, h
	case device.Status == "pending":
		return "DEVICE_PENDING", now, h
	case key.State == "invalidated":
		return "KEY_INVALIDATED", now, h
	}
	if isWrite(q.Method) || v.ReplayMethods == "all" {
		// The second token: r under this key stays the same with a new nonce, with (r, n-s) and in any encoding.
		tokens := []string{"nonce\n" + h.device + "\n" + h.nonce, fmt.Sprintf("r\n%x\n%x", sha256.Sum256(key.PointHex), h.r)}
		if v.Replay == "nonce" {
			tokens = tokens[:1]
		}
		if fault := v.claim(h.device, tokens, h.timestamp, now, &v.settings); fault != "" {
			return fault, now, h
		}
	}
	if key.State == "provisional" {
		v.confirm(h.device, key.PointHex, now)
	}
	h.path = signedPath
	return "", now, h
}

func (v *verifier) isFresh(timestamp, now int64) bool {
	return now-timestamp <= v.FreshnessSeconds && timestamp-now <= v.FreshnessSeconds
}

// findKey tries every key on the likelier path, likeliest first, then on the other path.
func (v *verifier) findKey(q *request, h head, device device, now int64) (*deviceKey, string) {
	checks := 0
	for _, path := range signedPaths(v.SigningPaths, q.Method, h.path) {
		hash := sha256.New()
		hash.Write(messageHead(q.Method, path, h.timestampText))
		for part, times := q.body(); times > 0; times-- {
			hash.Write(part)
		}
		digest := hash.Sum(nil)
		for _, state := range []string{"current", "provisional", "previous", "invalidated"} {
			for i, key := range device.Keys {
				over := (state == "provisional" || state == "previous") && key.NotAfter != nil && now > *key.NotAfter
				if key.State != state || over || checks == maxChecks {
					continue
				}
				checks++
				if isValid(key.PointHex, digest, h.r, h.s) {
					return &device.Keys[i], path
				}
			}
		}
	}
	return nil, ""
}

// ---- How the client is answered --------------------------------------------------------------------------------------

const malformed, invalid, replayed = "INVALID_REQUEST", "INVALID_SIGNATURE", "NONCE_REPLAY"

type public struct {
	status        int
	code, message string
}

var answers = map[string]public{
	"MISSING_HEADER":      {400, malformed, "The request is not a well-formed signed request."},
	"MALFORMED_HEADER":    {400, malformed, "The request is not a well-formed signed request."},
	"MALFORMED_TARGET":    {400, malformed, "The request is not a well-formed signed request."},
	"UNSUPPORTED_VERSION": {400, "UNSUPPORTED_VERSION", "The signature version is not supported."},
	"QUERY_NOT_ALLOWED":   {400, "QUERY_NOT_ALLOWED", "A signed write must not have a query."},
	"CLOCK_SKEW":          {401, "CLOCK_SKEW", "The timestamp is outside the accepted window."},
	"NONCE_REPLAY":        {401, replayed, "The request was already received."},
	"SIGNATURE_REPLAY":    {401, replayed, "The request was already received."},
	"UNKNOWN_DEVICE":      {401, invalid, "The signature is not valid."},
	"INVALID_SIGNATURE":   {401, invalid, "The signature is not valid."},
	"KEY_INVALIDATED":     {401, "KEY_INVALIDATED", "The device key must be rotated."},
	"DEVICE_REVOKED":      {401, "DEVICE_REVOKED", "The device was revoked."},
	"BODY_TOO_LARGE":      {413, "BODY_TOO_LARGE", "The body is too large."},
}

func (v *verifier) answer(q *request) object {
	reason, at, h := v.judge(q)
	if reason == "" {
		return object{"verdict": "accepted", "signedPath": h.path}
	}
	sent, listed := answers[reason]
	if !listed {
		sent = public{503, "TEMPORARILY_UNAVAILABLE", "The request cannot be verified now. Try again later."}
	}
	headers, extra := object{"Content-Type": "application/json", "Cache-Control": "no-store", "x-synheart-error": sent.code}, ""
	switch sent.status {
	case 401:
		headers["WWW-Authenticate"] = `Synheart-Signature version="1"`
	case 503:
		retryAfter := int64(2)
		switch {
		case reason == "STORE_FULL":
			retryAfter = 10
		case reason == "DEVICE_PENDING":
			retryAfter = 60
		case reason == "NOT_WATCHING_YET" && h.timestamp <= v.WatchingSince:
			retryAfter = -max(-3600, h.timestamp-v.WatchingSince-1) // until it signs a later second
		}
		headers["Retry-After"] = fmt.Sprint(retryAfter)
		extra = fmt.Sprintf(`,"retry_after":%d`, retryAfter)
	}
	if sent.code == "CLOCK_SKEW" { // and never otherwise: with such a body, clients correct their clock by any 401 that has it
		headers["x-server-timestamp"] = fmt.Sprint(at)
		extra = fmt.Sprintf(`,"server_timestamp":%d`, at)
	}
	body := fmt.Sprintf(`{"status":"error","code":"%[1]s","message":"%[2]s","error_code":"%[1]s","error_description":"%[2]s",`+
		`"error":{"code":"%[1]s","message":"%[2]s"}%[3]s}`, sent.code, sent.message, extra)
	return object{"verdict": "rejected", "reason": reason, "status": sent.status, "publicCode": sent.code,
		"responseHeaders": headers, "responseBodyHex": hex.EncodeToString([]byte(body))}
}

// ---- JSON Lines: one request, one answer. What an SDK author keeps -------------------------------------------------

type object = map[string]any
type skipped string // a panic with what this harness cannot do

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// request has the fields of every op; encoding/json finds them by their names without regard to case.
type request struct {
	Method, Path, Target, Timestamp, AppID, DeviceID, Nonce              string
	Form, Signature, Store, State                                        string
	BodyHex, DataHex, PublicKeyHex, MessageHex, DigestHex, PrivateKeyHex hexBytes
	BodyRepeat                                                           struct {
		Hex   hexBytes
		Count int64
	}
	Headers    [][2]string
	ServerTime int64
	FinishTime *int64 // the server's time, if absent
	Config     json.RawMessage
	Devices    []device
	Requests   []request
}

type device struct {
	AppID, DeviceID, Status string
	Keys                    []deviceKey
}

type deviceKey struct {
	PointHex hexBytes
	State    string
	NotAfter *int64
}

// settings have the names of the fields of config: an unknown one is refused when they are read.
type settings struct {
	FreshnessSeconds, MaxBodyBytes, Quota, WatchingSince int64
	Replay, ReplayMethods, DeviceIDs                     string
	RejectQueryOnWrites                                  bool
	SigningPaths                                         []pathRule
}

type pathRule struct {
	Methods, AcceptUnstripped []string
	Prefix, Replacement       string
}

func readSettings(config json.RawMessage) settings {
	s := settings{FreshnessSeconds: 300, MaxBodyBytes: 16 << 20, Quota: 8192, WatchingSince: math.MinInt64,
		Replay: "nonce+signature", ReplayMethods: "all", DeviceIDs: "uuid"}
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		panic(skipped("config: " + err.Error()))
	}
	known(s.Replay, "nonce", "nonce+signature")
	known(s.ReplayMethods, "all", "writes")
	known(s.DeviceIDs, "uuid", "opaque")
	if s.SigningPaths == nil {
		s.SigningPaths = ingest
	}
	return s
}

var ingest = []pathRule{{Methods: []string{"POST"}, Prefix: "/ingest/v1/", Replacement: "/v1/"}}

func (s *stores) put(devices []device) {
	for _, d := range devices {
		known(d.Status, "active", "pending", "revoked")
		for _, key := range d.Keys {
			known(key.State, "current", "provisional", "previous", "invalidated", "retired")
			if parseKey("point", key.PointHex) == nil {
				panic("a device has a key that is no point of the curve")
			}
		}
		s.devices[deviceName(d.AppID, d.DeviceID)] = d
	}
}

// body is a part and how often it comes.
func (q *request) body() (part []byte, times int64) {
	if len(q.BodyRepeat.Hex) > 0 {
		return q.BodyRepeat.Hex, q.BodyRepeat.Count
	}
	return q.BodyHex, 1
}

var current *verifier // since the last reset

var ops = map[string]func(*request) object{
	"message": func(q *request) object {
		path := signedPaths(ingest, q.Method, q.Path)[0]
		message := append(messageHead(q.Method, path, q.Timestamp), q.BodyHex...)
		return object{"messageHex": hex.EncodeToString(message), "sha256Hex": fmt.Sprintf("%x", sha256.Sum256(message)), "signedPath": path}
	},
	"parseKey": func(q *request) object {
		known(q.Form, "point", "compressed", "spki", "pem", "jwk")
		if point := parseKey(q.Form, q.DataHex); point != nil {
			return object{"pointHex": hex.EncodeToString(point)}
		}
		return object{"invalid": true}
	},
	"verifySignature": func(q *request) object {
		r, s, ok := parseSignature(q.Signature)
		digest := sha256.Sum256(q.MessageHex)
		return object{"valid": ok && isValid(q.PublicKeyHex, digest[:], r, s)}
	},
	"verifyDigest": func(q *request) object {
		r, s, ok := parseSignature(q.Signature)
		return object{"valid": ok && len(q.DigestHex) == sha256.Size && isValid(q.PublicKeyHex, q.DigestHex, r, s)}
	},
	"reset": func(q *request) object {
		current = &verifier{readSettings(q.Config), stores{keysFault: "up", noncesFault: "up", forgotten: math.MinInt64,
			devices: map[string]device{}, claims: map[string]remembered{}, live: map[string]int64{}}}
		current.put(q.Devices)
		return object{"ok": true}
	},
	"devices": func(q *request) object { current.put(q.Devices); return object{"ok": true} },
	"fault": func(q *request) object {
		if known(q.Store, "keys", "nonces"); q.Store == "keys" {
			current.keysFault = known(q.State, "up", "down")
		} else {
			current.noncesFault = known(q.State, "up", "down", "full")
		}
		return object{"ok": true}
	},
	"verify": func(q *request) object { return current.answer(q) },
	"verifyAll": func(q *request) object {
		all, start, answers := sync.WaitGroup{}, make(chan struct{}), make([]object, len(q.Requests))
		for i := range q.Requests {
			all.Add(1)
			go func(i int) {
				defer all.Done()
				<-start
				answers[i] = current.answer(&q.Requests[i])
			}(i)
		}
		close(start)
		all.Wait()
		return object{"answers": answers}
	},
	"sign": func(q *request) object {
		message := append(messageHead(q.Method, q.Path, q.Timestamp), q.BodyHex...)
		signature, err := sign(q.PrivateKeyHex, message)
		if err != nil {
			panic(err)
		}
		return object{"messageHex": hex.EncodeToString(message), "headers": object{
			"X-App-ID": q.AppID, "X-Device-ID": q.DeviceID, "X-Synheart-Signature": base64.StdEncoding.EncodeToString(signature),
			"X-Synheart-Timestamp": q.Timestamp, "X-Synheart-Nonce": q.Nonce, "X-Synheart-Sig-Version": "1"}}
	},
}

func main() {
	in, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		line, end := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 && out.Encode(respond(line)) != nil {
			os.Exit(1) // nobody is listening
		}
		if end != nil {
			return
		}
	}
}

func respond(line []byte) (answer object) {
	var call struct {
		ID json.RawMessage
		Op string
	}
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case skipped:
			answer = object{"skipped": string(fault)}
		default:
			answer = object{"error": fmt.Sprint(fault)}
		}
		answer["id"] = call.ID
	}()
	var q request
	if err := json.Unmarshal(line, &call); err != nil {
		panic(err)
	}
	if call.Op == "hello" {
		names := []string{}
		for name := range ops {
			names = append(names, name)
		}
		return object{"protocol": 1, "name": "countersign-go", "version": runtime.Version(), "language": "Go", "ops": names}
	}
	op, found := ops[call.Op]
	if !found {
		panic(skipped("unknown op " + call.Op))
	}
	if err := json.Unmarshal(line, &q); err != nil {
		panic(err)
	}
	return op(&q)
}

// known refuses to guess.
func known(value string, all ...string) string {
	if !contains(all, value) {
		panic(skipped("unknown value " + value))
	}
	return value
}

func contains(all []string, value string) bool {
	for _, one := range all {
		if one == value {
			return true
		}
	}
	return false
}

func max(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}
