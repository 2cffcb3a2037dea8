package graph

import "strings"

// A node of a secret kind, such as a card, does not lie under its value. Its key
// is "~" and 8 characters that say which store key made it, "~" and 26 of a
// keyed hash of the value, and where the last four characters of the value may
// be shown, "~" and these: card:~1f0c9a3e~…~1234. Package vault makes such keys.
const (
	secretMark   = "~"
	secretPrint  = 8
	secretDigest = 26
	maskDots     = "····"
)

// PropSealed is the property in which a node of a secret kind keeps its value,
// sealed under a key outside of the store. A [Builder] leaves it out.
const PropSealed = "sealed"

// SecretKey is a key of the form above, in its parts.
type SecretKey struct {
	Print  string // of the store key that made it
	Digest string // keyed hash of the value, in base 32
	Tail   string // the last characters of the value, or empty
}

// String is the key that its parts make.
func (k SecretKey) String() string {
	s := secretMark + k.Print + secretMark + k.Digest
	if k.Tail != "" {
		s += secretMark + k.Tail
	}
	return s
}

// SecretPrefix is what all keys made under one store key begin with.
func SecretPrefix(fingerprint string) string { return secretMark + fingerprint + secretMark }

// ParseSecretKey takes a key of that form apart; ok is false for any other key.
func ParseSecretKey(key string) (k SecretKey, ok bool) {
	rest, ok := strings.CutPrefix(key, secretMark)
	if !ok || len(rest) < secretPrint+1+secretDigest || rest[secretPrint] != secretMark[0] {
		return k, false
	}
	k.Print, rest = rest[:secretPrint], rest[secretPrint+1:]
	k.Digest, rest = rest[:secretDigest], rest[secretDigest:]
	if rest != "" {
		tail, ok := strings.CutPrefix(rest, secretMark)
		if !ok || tail == "" || strings.ContainsAny(tail, secretMark) {
			return SecretKey{}, false
		}
		k.Tail = tail
	}
	if strings.Trim(k.Print, "0123456789abcdef") != "" || strings.Trim(k.Digest, base32Digits) != "" {
		return SecretKey{}, false
	}
	return k, true
}

// base32Digits are those of RFC 4648, in lower case.
const base32Digits = "abcdefghijklmnopqrstuvwxyz234567"

// Masked is the reference with its key as people are shown it.
func (r Ref) Masked() string { return string(r.Kind) + ":" + r.Mask() }

// Mask is the key as people are shown it in texts: the key itself, or for a
// secret one four dots and the last characters of its value (····1234), else the
// first ones of its hash, which tell two apart (····#k3f9qa).
func (r Ref) Mask() string {
	k, ok := ParseSecretKey(r.Key)
	switch {
	case !ok:
		return r.Key
	case k.Tail != "":
		return maskDots + k.Tail
	}
	return maskDots + "#" + k.Digest[:6]
}
