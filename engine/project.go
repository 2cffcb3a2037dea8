package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// attrDigest is the attribute of a Ring node that tells whether it has changed.
const attrDigest = "digest"

// project shows a run in the store, for people who look there: a node for the
// run, a node for each ring, and MEMBER_OF links from its members. Rings that
// did not change, by their digests, are not written again; those that changed or
// vanished are taken back in the same batch.
func project(ctx context.Context, store graph.Store, fence uint64, run *Run, digests []string) error {
	shown, err := shownRings(ctx, store)
	if err != nil {
		return err
	}
	var w graph.BatchBuilder
	var back []graph.Ref
	for i := range run.Rings {
		r := &run.Rings[i]
		digest, ref := digests[i], graph.Ref{Kind: graph.Ring, Key: r.ID}
		have, ok := shown[ref]
		delete(shown, ref)
		if ok && have == digest {
			continue
		}
		if ok {
			back = append(back, ref)
		}
		showRing(&w, ref, r, digest)
	}
	for ref := range shown {
		back = append(back, ref)
	}
	slices.SortFunc(back, graph.Ref.Compare)
	ref := graph.Ref{Kind: graph.Run, Key: run.Info.ID}
	w.Attr(ref, "", "", 0)
	w.Attr(ref, "policy", run.Info.Policy, 0)
	w.Attr(ref, "rings", strconv.Itoa(len(run.Rings)), 0)
	w.Attr(ref, "accounts", strconv.Itoa(run.Info.Accounts), 0)
	b := w.Take()
	b.Derived, b.Fence, b.Retract = true, fence, graph.Retract{Refs: back}
	_, err = store.Apply(ctx, b)
	return err
}

// shownRings is the rings that the store shows now, with their digests.
func shownRings(ctx context.Context, store graph.Store) (map[graph.Ref]string, error) {
	shown := make(map[graph.Ref]string)
	_, err := store.Scan(ctx, graph.ScanQuery{Derived: true}, func(b *graph.Batch) error {
		for _, a := range b.Attrs {
			switch ref := b.Refs[a.Node]; {
			case ref.Kind != graph.Ring:
			case a.Name == attrDigest:
				shown[ref] = a.Value
			case shown[ref] == "":
				shown[ref] = ""
			}
		}
		return nil
	})
	return shown, err
}

func showRing(w *graph.BatchBuilder, ref graph.Ref, r *Ring, digest string) {
	bits := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	w.Attr(ref, "", "", 0)
	w.Attr(ref, attrDigest, digest, 0)
	w.Attr(ref, "typology", string(r.Typology), 0)
	w.Attr(ref, "probability", bits(r.Probability), 0)
	w.Attr(ref, "score", bits(r.Score), 0)
	w.Attr(ref, "size", strconv.Itoa(r.Size), 0)
	w.Attr(ref, "people", strconv.Itoa(r.People), 0)
	if r.FirstSeen.Known() {
		w.Attr(ref, "first_seen", r.FirstSeen.String(), 0)
		w.Attr(ref, "last_seen", r.LastSeen.String(), 0)
	}
	if len(r.Loss) > 0 {
		var loss []string
		for _, l := range r.Loss {
			loss = append(loss, strings.TrimSpace(l.Amount+" "+l.Currency))
		}
		w.Attr(ref, "loss", strings.Join(loss, ", "), 0)
	}
	for _, m := range r.Members {
		link := graph.Link{Type: graph.MemberOf, At: m.Since, Props: []graph.Prop{
			{Name: "bits", Value: bits(m.Score)}, {Name: "role", Value: string(m.Role)}}}
		w.Link(m.Ref, ref, link)
	}
}
