package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// State is what a store knows of its secrets: the fold over its stream.
type State struct {
	Fingerprint string       // of the store's key; empty: it has none yet
	Next        string       // of the key that is to follow, while a rekey is under way
	Kinds       []graph.Kind // secret besides card and national_id, ascending
	seq         uint64       // of the last record
}

// Types of the records of [graph.StreamSecrets].
const (
	recordKey   = "key"   // data: keyRecord, the store's key from now on
	recordNext  = "next"  // data: keyRecord, a change of the key has begun
	recordKinds = "kinds" // data: kindsRecord, secret from now on
)

type keyRecord struct {
	Fingerprint string `json:"fingerprint"`
}

type kindsRecord struct {
	Kinds []graph.Kind `json:"kinds"`
}

// ReadState reads the state of a store's secrets. Time: O(records), a handful.
func ReadState(ctx context.Context, log graph.Log) (*State, error) {
	s := new(State)
	kinds := make(map[graph.Kind]bool)
	err := log.Read(ctx, graph.StreamSecrets, 0, func(r graph.Record) error {
		var err error
		switch r.Type {
		case recordKey, recordNext:
			var k keyRecord
			if err = json.Unmarshal(r.Data, &k); err == nil && len(k.Fingerprint) != 16 {
				err = fmt.Errorf("%w fingerprint", graph.ErrInvalid)
			}
			if r.Type == recordKey {
				s.Fingerprint, s.Next = k.Fingerprint, ""
			} else {
				s.Next = k.Fingerprint
			}
		case recordKinds:
			var k kindsRecord
			err = json.Unmarshal(r.Data, &k)
			for _, kind := range k.Kinds {
				kinds[kind] = true
			}
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
		s.seq = r.Seq
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the state of secrets: %w", err)
	}
	s.Kinds = slices.Sorted(maps.Keys(kinds))
	return s, nil
}

// append adds a record where the stream ended when it was read: two that change
// the state at once do not both succeed.
func (s *State) append(ctx context.Context, log graph.Log, typ string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if err := log.Append(ctx, graph.StreamSecrets, s.seq, graph.Record{Type: typ, Data: text}); err != nil {
		return fmt.Errorf("note %s of secrets: %w", typ, err)
	}
	s.seq++
	return nil
}

// Secret reports whether the values of a kind are hashed in this store.
func (s *State) Secret(k graph.Kind) bool {
	return k == graph.Card || k == graph.NationalID || slices.Contains(s.Kinds, k)
}

// secretKinds are all of them, ascending.
func (s *State) secretKinds() []graph.Kind {
	all := append([]graph.Kind{graph.Card, graph.NationalID}, s.Kinds...)
	slices.Sort(all)
	return slices.Compact(all)
}

// sealed reports whether the values of a secret kind are kept, sealed. Card
// numbers never are.
func sealed(k graph.Kind) bool { return k != graph.Card }

// What is wrong between a store and a key; each wraps ErrInvalid.
var (
	ErrNoKey    = fmt.Errorf("%w key of the store", graph.ErrInvalid)
	ErrOtherKey = fmt.Errorf("%w key", graph.ErrInvalid)
)

// check compares a key with what the store records.
func (s *State) check(k *Key) error {
	switch {
	case s.Next != "":
		return fmt.Errorf("%w: a change of it was begun and is not done; run store rekey again to finish it", ErrNoKey)
	case s.Fingerprint == "":
		return fmt.Errorf("%w: the store was made without one; run store rekey once, which makes it and hashes the cards and national IDs that lie there in plain", ErrNoKey)
	case k.replaces(s.Fingerprint):
		return fmt.Errorf("%w: a change of it was begun and is not done; run store rekey again to finish it", ErrNoKey)
	case k.Fingerprint() != s.Fingerprint:
		return fmt.Errorf("%w: the store was made under key %s, the key file holds %s; name the right file with --key-file", ErrOtherKey, s.Fingerprint, k.Fingerprint())
	}
	return nil
}

// Vault is the secrets of one store with its key at hand. It is safe for
// concurrent use.
type Vault struct {
	key    *Key
	state  *State
	erased map[Digest]bool
}

// Open makes the vault of a store with its key. It fails with ErrOtherKey where
// the store records another fingerprint, and with ErrNoKey where it records none
// or its key is being changed.
func Open(ctx context.Context, log graph.Log, k *Key) (*Vault, error) {
	s, err := ReadState(ctx, log)
	if err != nil {
		return nil, err
	}
	if err := s.check(k); err != nil {
		return nil, err
	}
	erased, err := readErased(ctx, log, k)
	if err != nil {
		return nil, err
	}
	return &Vault{key: k, state: s, erased: erased}, nil
}

// Loose is a vault without a store, for facts that are kept nowhere.
func Loose(k *Key) *Vault { return &Vault{key: k, state: new(State)} }

// Adopt makes a key that of a store that has none, and opens it. A store that is
// not empty has plain values, or may have: it is refused with ErrNoKey.
func Adopt(ctx context.Context, store graph.Store, log graph.Log, k *Key) (*Vault, error) {
	s, err := ReadState(ctx, log)
	if err != nil {
		return nil, err
	}
	if s.Fingerprint == "" && s.Next == "" {
		empty, err := Empty(ctx, store)
		if err != nil {
			return nil, err
		}
		if !empty {
			return nil, s.check(k)
		}
		err = s.append(ctx, log, recordKey, keyRecord{k.Fingerprint()})
		if err != nil && !errors.Is(err, graph.ErrConflict) { // another's key: Open compares
			return nil, err
		}
	}
	return Open(ctx, log, k)
}

// Empty reports whether a store holds no fact and no input.
func Empty(ctx context.Context, store graph.Store) (bool, error) {
	inputs, err := store.Inputs(ctx)
	if err != nil || len(inputs) > 0 {
		return false, err
	}
	refs, _, err := store.Search(ctx, graph.SearchQuery{Limit: 1})
	return len(refs) == 0, err
}

// Key is the store's key.
func (v *Vault) Key() *Key { return v.key }

// IsSecret reports whether the values of a kind are hashed.
func (v *Vault) IsSecret(k graph.Kind) bool { return v.state.Secret(k) }

// Ref is the reference under which a thing lies in the store. A value must be in
// the one form of its kind before.
func (v *Vault) Ref(r graph.Ref) graph.Ref {
	if !v.IsSecret(r.Kind) {
		return r
	}
	return v.key.Secret(r)
}

// Seal is the sealed value of a reference of a secret kind, empty for kinds
// whose values are not kept and for what is hashed already.
func (v *Vault) Seal(r graph.Ref) string {
	if !v.IsSecret(r.Kind) || !sealed(r.Kind) || v.key.made(r) {
		return ""
	}
	return v.key.seal(r, v.key.digest(r))
}

// HasErased reports whether anything was erased from the store.
func (v *Vault) HasErased() bool { return len(v.erased) > 0 }

// With makes further kinds secret in a loose vault.
func (v *Vault) With(kinds []graph.Kind) (*Vault, error) {
	for _, k := range kinds {
		if err := CheckKind(k); err != nil {
			return nil, err
		}
	}
	return &Vault{key: v.key, erased: v.erased, state: &State{Kinds: slices.Concat(v.state.Kinds, kinds)}}, nil
}

// Erased reports whether a reference, as it lies in the store, was erased.
// Time: one hash, unless nothing was.
func (v *Vault) Erased(r graph.Ref) bool {
	if len(v.erased) == 0 {
		return false
	}
	d, err := v.key.Digest(r)
	return err == nil && v.erased[d]
}

// Mark makes further kinds secret from now on. It fails with ErrConflict where
// the store holds nodes of such a kind under plain keys, and with ErrInvalid on
// kinds whose keys name accounts or events.
func (v *Vault) Mark(ctx context.Context, store graph.Store, log graph.Log, kinds []graph.Kind) error {
	var fresh []graph.Kind
	for _, k := range kinds {
		if v.IsSecret(k) {
			continue
		}
		if err := CheckKind(k); err != nil {
			return err
		}
		refs, _, err := store.Search(ctx, graph.SearchQuery{Kind: k, Limit: 1})
		if err != nil {
			return fmt.Errorf("mark %s secret: %w", k, err)
		}
		if len(refs) > 0 {
			return fmt.Errorf("mark %s secret: %w: the store holds some in plain; run store rekey --secret %s, which hashes them", k, graph.ErrInvalid, k)
		}
		fresh = append(fresh, k)
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := v.state.append(ctx, log, recordKinds, kindsRecord{fresh}); err != nil {
		return err
	}
	v.state.Kinds = append(v.state.Kinds, fresh...)
	slices.Sort(v.state.Kinds)
	return nil
}

// CheckKind says whether a kind can be secret: accounts are what everything is
// told about, events are named by many facts, and derived kinds are made by runs.
func CheckKind(k graph.Kind) error {
	if _, err := graph.ParseKind(string(k)); err != nil {
		return err
	}
	switch k {
	case graph.Account, graph.Payment, graph.Transfer, graph.Claim, graph.Message, graph.Ring, graph.Run:
		return fmt.Errorf("%w secret kind %s: want a kind of identifiers", graph.ErrInvalid, k)
	}
	return nil
}
