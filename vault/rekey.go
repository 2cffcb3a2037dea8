package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ringleader/graph"
)

// Rekeying says how a store gets another key, or its first.
type Rekeying struct {
	Path     string       // of the key file, which is replaced
	Kinds    []graph.Kind // secret from now on, besides those that are
	Who, Why string
	Fence    uint64 // of the lease under which it is done
	// Files, if set, seals kept files anew. It may be called again.
	Files func(ctx context.Context, from, to *Key) error
	// Form, if set, brings a plain value into its form before it is hashed.
	Form func(graph.Ref) graph.Ref
	// Progress, if set, is told how many nodes have been renamed.
	Progress func(nodes int)
}

// Rekeyed is what a change of the key did.
type Rekeyed struct {
	Fingerprint string `json:"fingerprint"`
	First       bool   `json:"first"`   // the store had none
	Nodes       int    `json:"nodes"`   // renamed
	Records     int    `json:"records"` // of the log that named them
}

// Rekey gives a store a new key. Each secret node is renamed to the hash of its
// hash under the new key, and its sealed value is sealed anew; plain values of
// secret kinds, in a store without a key, are hashed. Records of the log follow,
// tombstones with the old names go.
//
// The new key is in the file, with the old one, before the store changes, and the
// store says that a change is under way until all is done: loads are refused, and
// calling Rekey again goes on where it broke off. Each node is renamed in one
// batch, and what is renamed no longer bears the old name, so nothing is done
// twice. Hashes of rows stay: the new key file recognises those made under old
// keys. Rings want to be computed again.
// Time: O(facts about secret nodes + bytes of the log + facts, for the purge).
func Rekey(ctx context.Context, store graph.Store, log graph.Log, o Rekeying) (*Rekeyed, error) {
	if err := CheckWhy(o.Why); err != nil {
		return nil, err
	}
	for _, k := range o.Kinds {
		if err := CheckKind(k); err != nil {
			return nil, err
		}
	}
	s, err := ReadState(ctx, log)
	if err != nil {
		return nil, err
	}
	key, err := s.nextKey(o.Path)
	if err != nil {
		return nil, err
	}
	old, err := key.before()
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx, log, key, &o); err != nil {
		return nil, err
	}
	r := &rekeying{Rekeying: o, ctx: ctx, store: store, log: log, old: old, key: key, state: s}
	if err := r.run(); err != nil {
		return nil, fmt.Errorf("rekey: %w; doing it again goes on", err)
	}
	return &r.done, nil
}

// nextKey is the key that is to follow: the one in the file if a change is under
// way or the store has none, else a new one, which is put in the file.
func (s *State) nextKey(path string) (*Key, error) {
	if s.Fingerprint == "" {
		key, _, err := MakeKey(path)
		if err == nil && s.Next != "" && key.Fingerprint() != s.Next {
			err = fmt.Errorf("%w: the change under way is to key %s, the key file holds %s", ErrOtherKey, s.Next, key.Fingerprint())
		}
		return key, err
	}
	key, err := ReadKey(path)
	if err != nil {
		return nil, err
	}
	if key.replacing != nil {
		old, err := key.before()
		if err != nil {
			return nil, err
		}
		under := s.Next == "" || s.Next == key.Fingerprint()
		if old.Fingerprint() == s.Fingerprint && under {
			return key, nil // go on
		}
		if s.Next == "" && key.Fingerprint() == s.Fingerprint { // all but the last step was done
			if key, err = key.settled(); err != nil {
				return nil, err
			}
		}
	}
	if s.Next != "" || key.Fingerprint() != s.Fingerprint {
		return nil, fmt.Errorf("%w: the store was made under key %s, the key file holds %s", ErrOtherKey, s.Fingerprint, key.Fingerprint())
	}
	if key, err = key.successor(); err != nil {
		return nil, err
	}
	return key, WriteKey(path, key, true)
}

// begin notes in the store that a change is under way.
func (s *State) begin(ctx context.Context, log graph.Log, key *Key, o *Rekeying) error {
	var fresh []graph.Kind
	for _, k := range o.Kinds {
		if !s.Secret(k) {
			fresh = append(fresh, k)
		}
	}
	if s.Next == "" {
		if err := s.append(ctx, log, recordNext, keyRecord{key.Fingerprint()}); err != nil {
			return err
		}
		s.Next = key.Fingerprint()
		err := Note(ctx, log, Entry{Did: DidRekey, Stage: StageBegun, Who: o.Who, Why: o.Why, Key: key.Fingerprint()})
		if err != nil {
			return err
		}
	}
	if len(fresh) > 0 {
		if err := s.append(ctx, log, recordKinds, kindsRecord{fresh}); err != nil {
			return err
		}
		s.Kinds = append(s.Kinds, fresh...)
		slices.Sort(s.Kinds)
	}
	return nil
}

// rekeying is a change of the key under way.
type rekeying struct {
	Rekeying
	ctx      context.Context
	store    graph.Store
	log      graph.Log
	old, key *Key // old is nil for a first key
	state    *State
	done     Rekeyed
}

func (r *rekeying) run() error {
	if r.old != nil && r.Files != nil {
		if err := r.Files(r.ctx, r.old, r.key); err != nil {
			return fmt.Errorf("kept files: %w", err)
		}
	}
	// Records first: they are found by the nodes' old names.
	redacted, err := r.redaction().log(r.ctx, r.log)
	if err != nil {
		return err
	}
	for _, kind := range r.state.secretKinds() {
		if err := r.renameKind(kind); err != nil {
			return fmt.Errorf("rename nodes of kind %s: %w", kind, err)
		}
	}
	if err := r.store.Purge(r.ctx); err != nil {
		return err
	}
	r.done.Fingerprint, r.done.First, r.done.Records = r.key.Fingerprint(), r.old == nil, redacted
	detail := fmt.Sprintf("%d nodes, %d records", r.done.Nodes, redacted)
	err = Note(r.ctx, r.log, Entry{Did: DidRekey, Stage: StageDone, Who: r.Who, Why: r.Why, Key: r.key.Fingerprint(), Detail: detail})
	if err != nil {
		return err
	}
	if err := r.state.append(r.ctx, r.log, recordKey, keyRecord{r.key.Fingerprint()}); err != nil {
		return err
	}
	settled, err := r.key.settled()
	if err != nil {
		return err
	}
	return WriteKey(r.Path, settled, true)
}

// renamePage is how many nodes are looked for at once.
const renamePage = 500

// renameKind renames the nodes of a kind until none bears an old name: the
// hashed ones, then the plain ones.
func (r *rekeying) renameKind(kind graph.Kind) error {
	prefix := ""
	if r.old != nil {
		prefix = graph.SecretPrefix(short(r.old.Fingerprint()))
	}
	for _, prefix := range slices.Compact([]string{prefix, ""}) {
		for cursor := ""; ; {
			refs, next, err := r.store.Search(r.ctx, graph.SearchQuery{Kind: kind, Prefix: prefix, Limit: renamePage, Cursor: cursor})
			if err != nil {
				return err
			}
			for _, ref := range refs {
				if err := r.rename(ref); err != nil {
					return err
				}
			}
			if next == "" {
				break
			}
			cursor = next
		}
	}
	return nil
}

// renamed is the name of a node under the new key. Time: a hash or two.
func (r *rekeying) renamed(ref graph.Ref) (graph.Ref, error) {
	if !r.state.Secret(ref.Kind) || r.key.made(ref) {
		return ref, nil
	}
	if r.old != nil && r.old.made(ref) {
		s, _ := graph.ParseSecretKey(ref.Key)
		d, err := ParseDigest(s.Digest)
		if err != nil {
			return ref, err
		}
		s.Print, s.Digest = short(r.key.Fingerprint()), r.key.rehash(d, len(r.key.refs)-2).String()
		return graph.Ref{Kind: ref.Kind, Key: s.String()}, nil
	}
	if r.Form != nil {
		ref = r.Form(ref)
	}
	return r.key.Secret(ref), nil
}

// rename gives one node its new name, in one batch that is written whole or not
// at all; its derived facts come before, since they go with the old name.
func (r *rekeying) rename(ref graph.Ref) error {
	to, err := r.renamed(ref)
	if err != nil || to == ref {
		return err
	}
	derived, err := readKnown(r.ctx, r.store, ref, true)
	if err != nil {
		return err
	}
	observed, err := readKnown(r.ctx, r.store, ref, false)
	if err != nil {
		return err
	}
	name := func(x graph.Ref) graph.Ref {
		if x == ref {
			return to
		}
		return x
	}
	asIs := func(a graph.Attr) string { return a.Value }
	if b := derived.under(ref, name, asIs); b.Len() > 0 {
		b.Derived, b.Fence = true, r.Fence
		if _, err := r.store.Apply(r.ctx, b); err != nil {
			return err
		}
	}
	var failed error
	b := observed.under(ref, name, func(a graph.Attr) string {
		if a.Name != graph.PropSealed {
			return a.Value
		}
		value, err := r.resealed(ref, to, a.Value)
		failed = errors.Join(failed, err)
		return value
	})
	if failed != nil {
		return failed
	}
	if err := r.sealPlain(b, ref, to); err != nil {
		return err
	}
	b.Retract.Refs, b.Fence = []graph.Ref{ref}, r.Fence
	if _, err := r.store.Apply(r.ctx, b); err != nil {
		return err
	}
	r.done.Nodes++
	if r.Progress != nil {
		r.Progress(r.done.Nodes)
	}
	return nil
}

// resealed opens a value under the old key and seals it under the new one.
func (r *rekeying) resealed(ref, to graph.Ref, value string) (string, error) {
	if r.old == nil {
		return value, nil // a property of somebody's own that is called so
	}
	plain, err := r.old.Open(ref, value)
	if err != nil {
		return "", err
	}
	d, err := r.key.Digest(to)
	if err != nil {
		return "", err
	}
	return r.key.seal(plain, d), nil
}

// sealPlain puts the value of a node that was plain beside it, stated by the rows
// that state its links, and takes out what repeats the value.
func (r *rekeying) sealPlain(b *graph.Batch, ref, to graph.Ref) error {
	if _, hashed := graph.ParseSecretKey(ref.Key); hashed {
		return nil
	}
	b.Attrs = slices.DeleteFunc(b.Attrs, func(a graph.Attr) bool { return a.Name == "original" })
	if !sealed(ref.Kind) {
		return nil
	}
	var from []graph.Source
	for i := range b.Attrs {
		from = append(from, b.Attrs[i].Sources...)
	}
	for i := range b.Links {
		from = append(from, b.Links[i].Sources...)
	}
	at := slices.Index(b.Refs, to)
	if at < 0 || len(from) == 0 {
		return nil
	}
	d, err := r.key.Digest(to)
	if err != nil {
		return err
	}
	plain := ref
	if r.Form != nil {
		plain = r.Form(ref)
	}
	slices.SortFunc(from, graph.Source.Compare)
	b.Attrs = append(b.Attrs, graph.Attr{Node: uint32(at), Name: graph.PropSealed, Value: r.key.seal(plain, d), Sources: slices.Compact(from)})
	return nil
}

// redaction renames secret references in the log.
func (r *rekeying) redaction() *redaction {
	e := &redaction{to: func(ref graph.Ref) (graph.Ref, bool) {
		to, err := r.renamed(ref)
		return to, err == nil && to != ref
	}}
	for _, k := range r.state.secretKinds() {
		e.hints = append(e.hints, []byte(string(k)+":"))
	}
	return e
}
