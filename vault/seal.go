package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"ringleader/graph"
)

// sealMark begins sealed values, and says how they are made.
const sealMark = "s1."

// seal is the value of a reference as it may lie beside its hash: sealed by
// AES-256-GCM under a key of its own, which follows from the store's key, the
// kind and the hash of the value. So one value is always sealed the same way,
// which keeps loading idempotent, no key ever seals two values, and a sealed
// value opens beside its own node only.
func (k *Key) seal(plain graph.Ref, d Digest) string {
	aead := k.valueKey(plain.Kind, d)
	box := aead.Seal(nil, make([]byte, aead.NonceSize()), []byte(plain.Key), []byte(plain.Kind))
	return sealMark + base64.RawURLEncoding.EncodeToString(box)
}

// Open is the value behind a secret reference. It fails with ErrInvalid where
// the value was sealed under another key, for another node, or is damaged.
func (k *Key) Open(r graph.Ref, sealed string) (graph.Ref, error) {
	bad := func(why string) (graph.Ref, error) {
		return graph.Ref{}, fmt.Errorf("%w sealed value: %s", graph.ErrInvalid, why)
	}
	text, ok := strings.CutPrefix(sealed, sealMark)
	if !ok {
		return bad("not of a form that this version knows")
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return bad("damaged")
	}
	s, ok := graph.ParseSecretKey(r.Key)
	if !ok || s.Print != short(k.Fingerprint()) {
		return bad("the node was made under another key")
	}
	d, err := ParseDigest(s.Digest)
	if err != nil {
		return bad("the node's key is damaged")
	}
	aead := k.valueKey(r.Kind, d)
	value, err := aead.Open(nil, make([]byte, aead.NonceSize()), box, []byte(r.Kind))
	if err != nil {
		return bad("sealed under another key, for another node, or damaged")
	}
	plain := graph.Ref{Kind: r.Kind, Key: string(value)}
	if k.digest(plain) != d {
		return bad("it is not the value of this node")
	}
	return plain, nil
}

func (k *Key) valueKey(kind graph.Kind, d Digest) cipher.AEAD {
	mac := hmac.New(sha256.New, k.sealing)
	mac.Write([]byte("value\x00" + string(kind) + "\x00"))
	mac.Write(d[:])
	return gcm(mac.Sum(nil))
}

// gcm is AES-256-GCM under a key of 32 bytes.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // it wants 16, 24 or 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // it wants a cipher of 16-byte blocks
	}
	return aead
}
