package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// Erasure says what to erase from a store, and for whom.
type Erasure struct {
	Ref      graph.Ref // as it lies in the store
	Who, Why string
	Fence    uint64 // of the lease under which it is done
	// Rows, if set, blanks rows of kept files before the facts go that name them:
	// rows that are sources, and rows that hold one of the words. It may be called
	// again for the same rows.
	Rows func(ctx context.Context, rows []graph.Source, words []string) error
}

// Erased is what an erasure took.
type Erased struct {
	Facts   int  `json:"facts"`   // links and statements, with those of identifiers that nobody else used
	With    int  `json:"with"`    // identifiers that went along, because nothing else named them
	Rows    int  `json:"rows"`    // of loaded files that stated them
	Records int  `json:"records"` // of the log that named them, runs mostly
	Before  bool `json:"before"`  // it had been erased before, whole
}

// Erase takes one thing out of a store: its node, properties, links, sealed
// value and derived facts; identifiers that were known from nothing but its rows;
// its name in runs, labels and other records; the tombstones of all this. What
// stays is a keyed hash of it in the audit, with the reason: by it later loads
// leave out rows that name it.
//
// The audit comes first and the facts last, so an erasure that broke off is
// finished by doing it again. It fails with ErrNotFound on what neither the store
// nor the audit knows. Rings want to be computed again afterwards.
func (v *Vault) Erase(ctx context.Context, store graph.Store, log graph.Log, e Erasure) (*Erased, error) {
	if err := CheckWhy(e.Why); err != nil {
		return nil, err
	}
	fail := func(doing string, err error) (*Erased, error) {
		return nil, fmt.Errorf("erase %s: %s: %w; doing it again goes on", e.Ref.Kind, doing, err)
	}
	begun, done, err := v.erasing(ctx, log, e.Ref)
	if err != nil {
		return fail("read the audit", err)
	}
	t, err := v.collect(ctx, store, e.Ref)
	if err != nil {
		return fail("read what is known", err)
	}
	out := &Erased{Facts: t.facts, With: len(t.refs) - 1, Rows: len(t.rows)}
	if !t.found {
		switch {
		case done:
			out.Before = true
			return out, nil
		case !begun:
			return nil, fmt.Errorf("erase %s: %w in the store", e.Ref.Kind, graph.ErrNotFound)
		}
	}
	if !begun || done {
		if err := v.note(ctx, log, e.Ref, Entry{Did: DidErase, Stage: StageBegun, Who: e.Who, Why: e.Why}); err != nil {
			return fail("note it", err)
		}
	}
	if e.Rows != nil {
		rows := slices.SortedFunc(maps.Keys(t.rows), graph.Source.Compare)
		if err := e.Rows(ctx, rows, t.words()); err != nil {
			return fail("blank rows of kept files", err)
		}
	}
	if out.Records, err = v.redactionOf(t).log(ctx, log); err != nil {
		return fail("redact", err)
	}
	if t.found {
		if _, err := store.Apply(ctx, &graph.Batch{Retract: graph.Retract{Refs: t.refs}, Fence: e.Fence}); err != nil {
			return fail("take facts back", err)
		}
	}
	if err := store.Purge(ctx); err != nil {
		return fail("purge", err)
	}
	detail := fmt.Sprintf("%d facts, %d identifiers with it, %d rows, %d records", out.Facts, out.With, out.Rows, out.Records)
	return out, v.note(ctx, log, e.Ref, Entry{Did: DidErase, Stage: StageDone, Who: e.Who, Why: e.Why, Detail: detail})
}

// erasing is how far an erasure has come.
func (v *Vault) erasing(ctx context.Context, log graph.Log, r graph.Ref) (begun, done bool, err error) {
	want, err := v.key.Digest(r)
	if err != nil {
		return false, false, err
	}
	err = Audit(ctx, log, func(e Entry) error {
		g := v.key.generation(e.Key)
		if e.Did != DidErase || e.Kind != r.Kind || g < 0 {
			return nil
		}
		d, err := ParseDigest(e.Hash)
		if err == nil && v.key.rehash(d, g) == want {
			begun, done = true, e.Stage == StageDone
		}
		return err
	})
	return begun, done, err
}

// target is what an erasure takes.
type target struct {
	refs   []graph.Ref // the thing itself first
	events map[string]bool
	rows   map[graph.Source]bool
	facts  int
	found  bool
}

// collect reads all about a thing, and finds the identifiers that go with it.
func (v *Vault) collect(ctx context.Context, store graph.Store, r graph.Ref) (*target, error) {
	t := &target{refs: []graph.Ref{r}, events: make(map[string]bool), rows: make(map[graph.Source]bool)}
	_, err := store.Get(ctx, r)
	if errors.Is(err, graph.ErrNotFound) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	t.found = true
	k, err := readKnown(ctx, store, r, false)
	if err != nil {
		return nil, err
	}
	near := make(map[graph.Ref]bool)
	for _, a := range k.attrs {
		t.add(a.Sources)
	}
	for _, page := range k.links {
		for i := range page.Links {
			l := &page.Links[i]
			t.add(l.Sources)
			if l.Event != "" && r.Kind == graph.Account {
				t.events[l.Event] = true
			}
			for _, end := range []graph.Ref{page.Refs[l.From], page.Refs[l.To]} {
				near[end] = end != r
			}
		}
	}
	for _, n := range slices.SortedFunc(maps.Keys(near), graph.Ref.Compare) {
		if !near[n] || n.Kind == graph.Account || r.Kind != graph.Account {
			continue // what an identifier belonged to stays
		}
		alone, facts, err := t.alone(ctx, store, n)
		if err != nil {
			return nil, err
		}
		if alone {
			t.refs = append(t.refs, n)
			t.facts += facts
		}
	}
	return t, nil
}

// minWord is the shortest key that is looked for in kept rows, rejected ones
// among them: a shorter one stands in too many rows of others.
const minWord = 6

// words are the keys that can be looked for in rows as they are.
func (t *target) words() []string {
	var words []string
	for _, r := range t.refs {
		if _, hashed := graph.ParseSecretKey(r.Key); !hashed && len(r.Key) >= minWord {
			words = append(words, r.Key)
		}
	}
	return words
}

func (t *target) add(sources []graph.Source) {
	t.facts++
	for _, s := range sources {
		t.rows[s] = true
	}
}

// alone reports whether nothing but the target's own rows and links tells of an
// identifier, and how many statements there are about it.
func (t *target) alone(ctx context.Context, store graph.Store, n graph.Ref) (alone bool, facts int, err error) {
	alone = true
	err = eachPage(ctx, store, n, false, func(page *graph.Batch) (bool, error) {
		for i := range page.Links {
			l := &page.Links[i]
			if page.Refs[l.From] != t.refs[0] && page.Refs[l.To] != t.refs[0] {
				alone = false
			}
		}
		return alone, nil
	})
	if err != nil || !alone {
		return false, 0, err
	}
	k, err := store.Get(ctx, n)
	if err != nil {
		return false, 0, err
	}
	for _, a := range k.Attrs {
		for _, s := range a.Sources {
			if !t.rows[s] {
				return false, 0, nil
			}
		}
	}
	return true, len(k.Attrs), nil
}

// erasedMark begins the key that stands in records for what was erased.
const erasedMark = "~erased~"

// redactionOf replaces what an erasure takes by a mark, which tells two apart
// and nothing else.
func (v *Vault) redactionOf(t *target) *redaction {
	to := make(map[graph.Ref]graph.Ref)
	e := &redaction{to: func(r graph.Ref) (graph.Ref, bool) { with, ok := to[r]; return with, ok }}
	add := func(r graph.Ref) {
		d, err := v.key.Digest(r)
		if err != nil {
			return // a key that only looks like a hash of ours is in no record
		}
		to[r] = graph.Ref{Kind: r.Kind, Key: erasedMark + d.String()[:10]}
		e.hints = append(e.hints, hintsOf(r.Key)...)
	}
	for _, r := range t.refs {
		add(r)
	}
	for event := range t.events {
		if r, err := graph.ParseRef(event); err == nil {
			add(r)
		}
	}
	return e
}
