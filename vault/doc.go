// Package vault keeps what must not lie open in a store: the values of secret
// kinds, the raw rows of files that are kept, and the record of who looked.
//
// # The key
//
// A store has one [Key], in a file outside of it. From it follow, by HKDF
// (RFC 5869), a key for hashes and a key for sealing. Card numbers, national IDs
// and what else a mapping marks become nodes whose key is an HMAC-SHA-256 of the
// value, cut to 128 bits: equal values are equal nodes, and nobody without the
// key can try out all values. The value itself is sealed beside it (AES-256-GCM)
// so that it can be shown for a stated reason; card numbers are not, of them the
// last four digits are all that stays. The store records the fingerprint of its
// key and takes no other.
//
// # Another key
//
// A new key hashes what the old one hashed: the hash of a value is a chain, one
// link a key. So cards, whose numbers nobody has any more, follow too, a value
// that is loaded later meets its node, and a stolen old key alone opens nothing.
// The price is that the key file keeps the hashing part of old keys.
//
// # The log
//
// The fingerprint and the secret kinds are a fold over the stream "secrets"; who
// unmasked, erased or changed the key, when and why, stands in the stream
// "audit", where things are named by their keyed hash.
package vault
