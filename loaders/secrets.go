package loaders

import (
	"context"
	"fmt"
	"strings"

	"ringleader/graph"
	"ringleader/vault"
)

// rowHasher hashes rows under the vault's key, else under that of the options.
func rowHasher(o *Options) RowHasher {
	if o.Vault != nil {
		return NewRowHasher(o.Vault.Key().RowKeys()[0])
	}
	return NewRowHasher(o.Key)
}

// openSecrets makes the options' vault ready for a load into a store: it must be
// the store's own, and it learns the kinds that the mapping marks. A store that
// has a key takes no load without it: values would lie in plain.
func openSecrets(ctx context.Context, store graph.Store, log graph.Log, o *Options) error {
	state, err := vault.ReadState(ctx, log)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if o.Vault == nil {
		if state.Fingerprint != "" || state.Next != "" {
			return fmt.Errorf("load: %w: it is not at hand, and the values of cards and national IDs would lie in plain", vault.ErrNoKey)
		}
		return nil
	}
	if o.Vault, err = vault.Open(ctx, log, o.Vault.Key()); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return o.Vault.Mark(ctx, store, log, o.Mapping.Secrets)
}

// dropErased takes out of the row at hand what was erased. A row of an erased
// account is left out whole: what else it states is about the same person. Of
// others the facts about an erased identifier go.
func (f *fileReader) dropErased(row int64) (whole bool) {
	facts := &f.facts
	defer func() {
		if whole {
			facts.sheet.Cut(facts.row)
			f.chunk.erased = append(f.chunk.erased, row)
		}
	}()
	attrs, links := facts.sheet.Since(facts.row)
	for i := range attrs {
		if r := attrs[i].Of; r.Kind == graph.Account && f.wasErased(r) {
			return true
		}
	}
	for i := range links {
		for _, r := range []graph.Ref{links[i].From, links[i].To} {
			if r.Kind == graph.Account && f.wasErased(r) {
				return true
			}
		}
	}
	for i := range facts.labels {
		if f.wasErased(facts.labels[i].Account) {
			return true
		}
	}
	if facts.sheet.DeleteSince(facts.row, f.wasErased) {
		f.chunk.erased = append(f.chunk.erased, row)
	}
	return false
}

// recallErased looks at a row that an earlier load has taken, where its file is
// kept: a row of what was erased is to be blanked there, and the earlier load may
// have died before.
func (f *fileReader) recallErased(r *row) error {
	if f.opts.KeepSources == "" || !f.opts.Vault.HasErased() {
		return nil
	}
	if len(f.rows.columns()) != f.columns {
		if err := f.compile(); err != nil {
			return err
		}
	}
	f.numberRow(r)
	if keep, p := f.facts.read(r); keep && p == nil {
		f.dropErased(r.number)
	}
	f.facts.sheet.Cut(graph.SheetMark{})
	return nil
}

// blankErased blanks rows of a file that was read to its end, before the store
// is told so.
func blankErased(ctx context.Context, log graph.Log, o *Options, input string, rows []int64) error {
	if o.KeepSources == "" || len(rows) == 0 {
		return nil
	}
	sources := make([]graph.Source, len(rows))
	for i, n := range rows {
		sources[i] = graph.Source{Input: input, Row: n}
	}
	return Keeper{o.KeepSources, o.Vault.Key()}.Blank(ctx, log, sources, nil)
}

// wasErased remembers its answers: a hash costs more than a look.
func (f *fileReader) wasErased(r graph.Ref) bool {
	gone, known := f.gone[r]
	if !known {
		if f.gone == nil || len(f.gone) == maxSeen {
			f.gone = make(map[graph.Ref]bool)
		}
		gone = f.opts.Vault.Erased(r)
		f.gone[graph.Ref{Kind: r.Kind, Key: strings.Clone(r.Key)}] = gone // values lie in large blocks
	}
	return gone
}
