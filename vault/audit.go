package vault

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os/user"

	"ringleader/graph"
)

// What the audit tells of.
const (
	DidUnmask = "unmask"
	DidErase  = "erase"
	DidRekey  = "rekey"
	DidFetch  = "fetch" // a row of a kept file
)

// Entry is one record of the audit. It names things by keyed hash only.
type Entry struct {
	Seq    uint64     `json:"seq,omitempty"` // set when read
	At     graph.Time `json:"at,omitzero"`   // set when read
	Did    string     `json:"did"`
	Stage  string     `json:"stage,omitempty"` // of what takes several steps: begun, done
	Who    string     `json:"who"`             // user of the system, or name of an API key
	Why    string     `json:"why"`
	Kind   graph.Kind `json:"kind,omitempty"`
	Hash   string     `json:"hash,omitempty"`        // keyed, of what it was done to
	Key    string     `json:"fingerprint,omitempty"` // of the key that Hash was made under
	Detail string     `json:"detail,omitempty"`      // counts and positions, nothing personal
}

// Stages of an entry.
const (
	StageBegun = "begun"
	StageDone  = "done"
)

const recordAudit = "audit"

// maxWhy bounds a reason, in bytes.
const maxWhy = 1000

// CheckWhy demands a reason.
func CheckWhy(why string) error {
	if why == "" || len(why) > maxWhy {
		return fmt.Errorf("%w reason: want one in 1 to %d bytes", graph.ErrInvalid, maxWhy)
	}
	return nil
}

// SystemUser names the person who runs this process.
func SystemUser() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return cmp.Or(u.Username, u.Uid)
}

// Note appends an entry to the audit.
func Note(ctx context.Context, log graph.Log, e Entry) error {
	if err := CheckWhy(e.Why); err != nil {
		return err
	}
	e.Seq, e.At = 0, 0
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := graph.AppendNext(ctx, log, graph.StreamAudit, graph.Record{Type: recordAudit, Data: data}); err != nil {
		return fmt.Errorf("note in the audit: %w", err)
	}
	return nil
}

// Audit yields the entries of a store's audit, oldest first.
func Audit(ctx context.Context, log graph.Log, yield func(Entry) error) error {
	return log.Read(ctx, graph.StreamAudit, 0, func(r graph.Record) error {
		var e Entry
		if err := json.Unmarshal(r.Data, &e); err != nil {
			return fmt.Errorf("audit record %d: %w", r.Seq, err)
		}
		e.Seq, e.At = r.Seq, r.At
		return yield(e)
	})
}

// note is an entry about a thing.
func (v *Vault) note(ctx context.Context, log graph.Log, r graph.Ref, e Entry) error {
	d, err := v.key.Digest(r)
	if err != nil {
		return err
	}
	e.Kind, e.Hash, e.Key = r.Kind, d.String(), v.key.Fingerprint()
	return Note(ctx, log, e)
}

// readErased is the hashes of what was erased, under the present key.
func readErased(ctx context.Context, log graph.Log, k *Key) (map[Digest]bool, error) {
	erased := make(map[Digest]bool)
	err := Audit(ctx, log, func(e Entry) error {
		if e.Did != DidErase {
			return nil
		}
		d, err := ParseDigest(e.Hash)
		if err != nil {
			return fmt.Errorf("audit record %d: %w", e.Seq, err)
		}
		g := k.generation(e.Key)
		if g < 0 {
			return fmt.Errorf("audit record %d: %w: it was made under key %s, which the key file does not go back to", e.Seq, ErrOtherKey, e.Key)
		}
		erased[k.rehash(d, g)] = true
		return nil
	})
	return erased, err
}

// Unmask tells the value behind a node of a secret kind, after it has noted in
// the audit who asked and why. It fails with ErrNotFound where the store does
// not know the node or keeps no value of it, as of cards.
func (v *Vault) Unmask(ctx context.Context, store graph.Store, log graph.Log, r graph.Ref, who, why string) (string, error) {
	if err := CheckWhy(why); err != nil {
		return "", err
	}
	facts, err := store.Get(ctx, r)
	if err != nil {
		return "", fmt.Errorf("unmask: %w", err)
	}
	for _, a := range facts.Attrs {
		if a.Name != graph.PropSealed || facts.Refs[a.Node] != r {
			continue
		}
		plain, err := v.key.Open(r, a.Value)
		if err != nil {
			return "", fmt.Errorf("unmask: %w", err)
		}
		if err := v.note(ctx, log, r, Entry{Did: DidUnmask, Who: who, Why: why}); err != nil {
			return "", err
		}
		return plain.Key, nil
	}
	return "", fmt.Errorf("unmask: sealed value of this %s %w: card numbers are never kept, other values where a load stated them under this key", r.Kind, graph.ErrNotFound)
}
