package neo4jstore

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// What stands beside the facts in files for the import tool: inputs, the Log
// and the state node.

// inputs writes the inputs that sources name and those that were recorded.
func (w *importWriter) inputs(ctx context.Context, from Stored) error {
	recorded, err := from.Inputs(ctx)
	if err != nil {
		return err
	}
	rows := map[string]map[string]any{}
	for _, in := range recorded {
		w.number(in.ID)
		rows[in.ID] = map[string]any{"recorded": true, "name": in.Name, "content": in.Content,
			"rows": in.Rows, "offset": in.Offset, "done": in.Done, "loaded": int64(in.Loaded)}
	}
	t, err := w.table("inputs", "_RingleaderInput")
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(w.numbers, strings.Compare) {
		row := rows[id]
		if row == nil {
			row = map[string]any{}
		}
		row["id"], row["number"] = id, int64(w.numbers[id])
		if err := t.add(nil, row); err != nil {
			return err
		}
	}
	return nil
}

// streams writes the Log but for the lease, which is each store's own.
func (w *importWriter) streams(ctx context.Context, from Stored) error {
	names, err := from.Streams(ctx, "")
	if err != nil {
		return err
	}
	streams, err := w.table("streams", "_RingleaderStream")
	if err != nil {
		return err
	}
	records, err := w.table("records", "_RingleaderRecord")
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == graph.StreamLease {
			continue
		}
		last := uint64(0)
		err := from.Read(ctx, name, 0, func(r graph.Record) error {
			last = r.Seq
			return records.add(nil, map[string]any{"stream": name, "seq": int64(r.Seq), "at": int64(r.At),
				"type": r.Type, "data": r.Data, "size": len(r.Data)})
		})
		if err == nil {
			err = streams.add(nil, map[string]any{"name": name, "seq": int64(last)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pack takes the facts of a node or a relationship.
func (w *importWriter) pack(of pair, entries []entry) error {
	if w.packs.facts += int64(len(entries)); of.typ == "" {
		w.packs.attrs += int64(len(entries))
	}
	for i := range entries {
		if err := w.packing.add(of, &entries[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *importWriter) writePack(facts []packedFact) error {
	t, err := w.table("packs", "_RingleaderPack")
	if err != nil {
		return err
	}
	w.packs.packs++
	return t.add(nil, w.packs.row(w.packs.packs, int64(w.rev), facts))
}

// state writes the node that counts. Layout 0 makes the first opening make the
// constraints.
func (w *importWriter) state() error {
	t, err := w.table("state", "_RingleaderState")
	if err != nil {
		return err
	}
	types, links := w.packs.counts()
	return t.add(nil, map[string]any{"id": "store", "layout": int64(0), "revision": int64(w.rev), "purged": int64(w.rev),
		"fence": int64(0), "inputs": int64(len(w.numbers)), "tombstones": int64(0),
		"whole": true, "packed": int64(w.rev), "packs": w.packs.packs, "facts": w.packs.facts, "attrs": w.packs.attrs, "nodes": w.files.Nodes, "types": types, "links": links})
}

// arguments are the options of the tool: how the files are to be read, and
// which there are.
func (w *importWriter) arguments() {
	args := []string{"--id-type=string", "--array-delimiter=U+001F", "--multiline-fields=true", "--normalize-types=false", "--bad-tolerance=0"}
	longest := 0
	for _, t := range w.order {
		longest = max(longest, t.longest)
		w.files.Unnamed = append(w.files.Unnamed, slices.Collect(maps.Keys(t.unnamed))...)
	}
	slices.Sort(w.files.Unnamed)
	w.files.Unnamed = slices.Compact(w.files.Unnamed)
	const usual = 4 << 20 // of the tool's buffer, which must hold the longest field
	if longest > usual/2 {
		args = append(args, "--read-buffer-size="+strconv.Itoa(2*longest))
	}
	for _, t := range w.order {
		option := "--nodes="
		if t.fixed == 2 {
			option = "--relationships="
		}
		if len(t.columns) > 0 { // else there is not a row
			args = append(args, option+t.name+"="+t.header+","+t.path)
		}
	}
	w.files.args = args
}
