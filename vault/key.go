package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"

	"ringleader/graph"
)

// keyBytes is the length of a key and of what is derived from it.
const keyBytes = 32

// digestBytes is the length of a keyed hash: 2^64 values before two are likely
// to meet.
const digestBytes = 16

// Digest is the keyed hash of a reference: what a secret node lies under, and
// what the audit names things by.
type Digest [digestBytes]byte

// base32Lower is how digests are written.
var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (d Digest) String() string { return base32Lower.EncodeToString(d[:]) }

// ParseDigest is the inverse of Digest.String.
func ParseDigest(s string) (d Digest, err error) {
	b, err := base32Lower.DecodeString(s)
	if err != nil || len(b) != digestBytes || Digest(b).String() != s {
		return d, fmt.Errorf("%w keyed hash", graph.ErrInvalid)
	}
	return Digest(b), nil
}

// Key is the key of a store. It is safe for concurrent use.
type Key struct {
	master    []byte
	replacing []byte   // the master before, while a rekey is under way
	retired   [][]byte // hashing roots of the keys before, newest first

	sealing []byte
	// of all generations, oldest first: fingerprints, and states of HMAC
	prints []string
	refs   []*sync.Pool

	rows [][]byte // secrets for hashes of rows, newest first
}

// NewKey makes a key from the system's random source.
func NewKey() (*Key, error) {
	master := make([]byte, keyBytes)
	if _, err := rand.Read(master); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return newKey(master, nil, nil)
}

// FixedKey is a key that follows from a text: for made worlds and for results
// that are kept nowhere. Whoever knows the text can try out values.
func FixedKey(text string) *Key {
	sum := sha256.Sum256([]byte("ringleader fixed key\x00" + text))
	k, err := newKey(sum[:], nil, nil)
	if err != nil {
		panic(err) // a key of the right length always derives
	}
	return k
}

func newKey(master, replacing []byte, retired [][]byte) (*Key, error) {
	k := &Key{master: master, replacing: replacing, retired: retired}
	root, err := derive(master, "hash", keyBytes)
	if err != nil {
		return nil, err
	}
	if k.sealing, err = derive(master, "seal", keyBytes); err != nil {
		return nil, err
	}
	roots := append([][]byte{root}, retired...)
	slices.Reverse(roots)
	for _, root := range roots {
		mark, err := derive(root, "fingerprint", 8)
		if err != nil {
			return nil, err
		}
		k.prints = append(k.prints, hex.EncodeToString(mark))
		ref, err := derive(root, "reference", keyBytes)
		if err != nil {
			return nil, err
		}
		k.refs = append(k.refs, &sync.Pool{New: func() any { return hmac.New(sha256.New, ref) }})
		row, err := derive(root, "row", keyBytes)
		if err != nil {
			return nil, err
		}
		k.rows = append(k.rows, row)
	}
	slices.Reverse(k.rows)
	return k, nil
}

// derive is HKDF-Expand of a key that is random already.
func derive(key []byte, name string, n int) ([]byte, error) {
	out, err := hkdf.Expand(sha256.New, key, "ringleader "+name, n)
	if err != nil {
		return nil, fmt.Errorf("derive key for %s: %w", name, err)
	}
	return out, nil
}

// Fingerprint names the key without telling it: 16 hexadecimal digits.
func (k *Key) Fingerprint() string { return k.prints[len(k.prints)-1] }

// generation is the place of a fingerprint among the keys that this one goes
// back to, negative for another's.
func (k *Key) generation(fingerprint string) int { return slices.Index(k.prints, fingerprint) }

// short is the part of the fingerprint that secret references carry.
func short(fingerprint string) string { return fingerprint[:8] }

// successor is a new key that goes on with the hashes of this one, and knows it
// until the change is done.
func (k *Key) successor() (*Key, error) {
	root, err := derive(k.master, "hash", keyBytes)
	if err != nil {
		return nil, err
	}
	fresh, err := NewKey()
	if err != nil {
		return nil, err
	}
	return newKey(fresh.master, k.master, append([][]byte{root}, k.retired...))
}

// before is the key that this one replaces, nil where no change is under way.
func (k *Key) before() (*Key, error) {
	if k.replacing == nil {
		return nil, nil
	}
	if len(k.retired) == 0 {
		return nil, errors.New("a key that replaces another lists its hashing part")
	}
	return newKey(k.replacing, nil, k.retired[1:])
}

// replaces reports whether this key is to follow one of that fingerprint, and has
// not done so yet.
func (k *Key) replaces(fingerprint string) bool {
	old, err := k.before()
	return err == nil && old != nil && old.Fingerprint() == fingerprint
}

// settled is the key without the one that it replaced.
func (k *Key) settled() (*Key, error) { return newKey(k.master, nil, k.retired) }

// digest is the hash of a reference under the keys of all generations from the
// first on.
func (k *Key) digest(r graph.Ref) Digest {
	d := sum(k.refs[0], []byte(r.Kind), []byte{0}, []byte(r.Key))
	return k.rehash(d, 0)
}

// rehash brings a hash of generation g up to that of this key.
func (k *Key) rehash(d Digest, g int) Digest {
	for _, pool := range k.refs[g+1:] {
		d = sum(pool, d[:])
	}
	return d
}

func sum(pool *sync.Pool, parts ...[]byte) (d Digest) {
	h := pool.Get().(hash.Hash)
	defer pool.Put(h)
	h.Reset()
	for _, p := range parts {
		h.Write(p)
	}
	var buf [sha256.Size]byte
	copy(d[:], h.Sum(buf[:0]))
	return d
}

// Digest is the keyed hash of a reference; that of a secret one is the hash in
// its key.
func (k *Key) Digest(r graph.Ref) (Digest, error) {
	if s, ok := graph.ParseSecretKey(r.Key); ok && s.Print == short(k.Fingerprint()) {
		return ParseDigest(s.Digest)
	}
	return k.digest(r), nil
}

// made reports whether a reference is one that this key made.
func (k *Key) made(r graph.Ref) bool {
	s, ok := graph.ParseSecretKey(r.Key)
	return ok && s.Print == short(k.Fingerprint())
}

// Secret is the reference under which a value of a secret kind lies. One that
// this key made stays as it is.
func (k *Key) Secret(r graph.Ref) graph.Ref {
	if k.made(r) {
		return r
	}
	return k.secret(r, k.digest(r))
}

func (k *Key) secret(r graph.Ref, d Digest) graph.Ref {
	s := graph.SecretKey{Print: short(k.Fingerprint()), Digest: d.String()}
	if r.Kind == graph.Card {
		s.Tail = lastFour(r.Key)
	}
	return graph.Ref{Kind: r.Kind, Key: s.String()}
}

// lastFour are the last four digits of a card number, empty for what is none.
func lastFour(s string) string {
	if len(s) < 12 || len(s) > 19 {
		return ""
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return ""
		}
	}
	return s[len(s)-4:]
}

// RowKeys are the secrets for hashes of rows, that of this key first, then those
// of the keys before it: rows that were loaded under these are still to be
// recognised.
func (k *Key) RowKeys() [][]byte { return slices.Clone(k.rows) }
