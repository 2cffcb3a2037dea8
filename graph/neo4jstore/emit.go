package neo4jstore

import (
	"context"

	"ringleader/graph"
)

// emitter makes batches of what the database holds.
type emitter struct {
	*scanner
	ctx   context.Context
	batch graph.Batch
	index map[string]uint32 // of references in batch.Refs
}

// ref is the index of a reference in its text form.
func (o *emitter) ref(text string) (uint32, error) {
	if i, ok := o.index[text]; ok {
		return i, nil
	}
	r, err := graph.ParseRef(text)
	if err != nil {
		return 0, err
	}
	i := uint32(len(o.batch.Refs))
	o.batch.Refs = append(o.batch.Refs, r)
	o.index[text] = i
	return i, nil
}

// wanted reports whether a fact is there at the revision of the scan and not
// older than the changes asked for.
func (o *emitter) wanted(e *entry) bool {
	return o.query.Derived || e.added <= o.rev && e.added > o.query.Since
}

func (o *emitter) statements(node uint32, facts []byte) error {
	r := entryReader{b: facts}
	for r.more() {
		var e entry
		if r.entry(&e, o.query.Sources); o.wanted(&e) {
			if err := o.statement(node, &e); err != nil {
				return err
			}
		}
	}
	return r.err()
}

func (o *emitter) links(from uint32, t graph.LinkType, to uint32, facts []byte) error {
	r := entryReader{b: facts}
	for r.more() {
		var e entry
		if r.entry(&e, o.query.Sources); o.wanted(&e) {
			if err := o.link(from, t, to, &e); err != nil {
				return err
			}
		}
	}
	return r.err()
}

// tombstone yields a fact that went: into a batch of tombstones, or with its
// sources into one of facts, if it was there at the revision of the scan.
func (o *emitter) tombstone(data []byte) error {
	r := entryReader{b: data}
	from, typ, to := r.string(), graph.LinkType(r.string()), r.string()
	var e entry
	r.entry(&e, o.query.Sources && !o.batch.Gone)
	if err := r.err(); err != nil || !o.batch.Gone && !o.wanted(&e) {
		return err
	}
	i, err := o.ref(from)
	if err != nil {
		return err
	}
	if typ == "" {
		return o.statement(i, &e)
	}
	j, err := o.ref(to)
	if err != nil {
		return err
	}
	return o.link(i, typ, j, &e)
}

func (o *emitter) statement(node uint32, e *entry) error {
	o.batch.Attrs = append(o.batch.Attrs, graph.Attr{
		Node: node, Name: e.name, Value: e.body, At: e.at, Sources: o.store.sources(e.sources),
	})
	return o.full()
}

func (o *emitter) link(from uint32, t graph.LinkType, to uint32, e *entry) error {
	l, err := linkOf(from, t, to, e)
	if err != nil {
		return err
	}
	l.Sources = o.store.sources(e.sources)
	o.batch.Links = append(o.batch.Links, l)
	return o.full()
}

// linkOf is the link that an entry states, without its sources.
func linkOf(from uint32, t graph.LinkType, to uint32, e *entry) (graph.Link, error) {
	l := graph.Link{From: from, To: to, Type: t, At: e.at, Until: e.until, Event: e.name}
	if e.body == "" {
		return l, nil
	}
	return l, l.SetBody([]byte(e.body))
}

// full hands the batch on when it has as many facts as were asked for.
func (o *emitter) full() error {
	if o.batch.Len() < o.limit() {
		return nil
	}
	return o.flush()
}

// flush hands on what there is and keeps the dictionary.
func (o *emitter) flush() error {
	if o.batch.Len() == 0 {
		return nil
	}
	if err := o.ctx.Err(); err != nil {
		return err
	}
	out := o.batch
	out.Derived = o.query.Derived
	if err := o.yield(&out); err != nil {
		return err
	}
	o.batch.Attrs, o.batch.Links = o.batch.Attrs[:0], o.batch.Links[:0]
	return nil
}
