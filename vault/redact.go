package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"ringleader/graph"
)

// redaction replaces references in records of the log, whatever they are: a
// reference by itself, one inside the name of a link, an account by its key, and
// keys in the sentences of an object that names the reference elsewhere. A key by
// itself is not looked for: it may be as short as "7".
type redaction struct {
	// to is what a reference becomes; ok is false for what stays.
	to func(graph.Ref) (with graph.Ref, ok bool)
	// hints are texts one of which is in every record that may have to change.
	hints [][]byte
}

// maxUnpacked bounds what one record may unpack to.
const maxUnpacked = 256 << 20

// zstdSuffix ends the types of records whose data is compressed.
const zstdSuffix = "+zstd"

// log rewrites the records of all streams but those that hold no reference.
// It can be repeated. Memory: one record. Time: O(bytes of the log).
func (e *redaction) log(ctx context.Context, log graph.Log) (records int, err error) {
	streams, err := log.Streams(ctx, "")
	if err != nil {
		return 0, err
	}
	for _, stream := range streams {
		switch stream {
		case graph.StreamLease, graph.StreamSecrets, graph.StreamAudit:
			continue
		}
		err := log.Read(ctx, stream, 0, func(r graph.Record) error {
			data, changed, err := e.record(r)
			if err != nil {
				return fmt.Errorf("record %d: %w", r.Seq, err)
			}
			if !changed {
				return nil
			}
			records++
			return log.Rewrite(ctx, stream, r.Seq, data)
		})
		if err != nil {
			return records, fmt.Errorf("redact stream %s: %w", stream, err)
		}
	}
	return records, nil
}

// record is the data of a record as it must be.
func (e *redaction) record(r graph.Record) (data []byte, changed bool, err error) {
	packed := strings.HasSuffix(r.Type, zstdSuffix)
	text := r.Data
	if packed {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
		if err != nil {
			return nil, false, err
		}
		defer z.Close()
		if text, err = z.DecodeAll(r.Data, nil); err != nil {
			return nil, false, fmt.Errorf("%w: %w", graph.ErrInvalid, err)
		}
	}
	if !slices.ContainsFunc(e.hints, func(h []byte) bool { return bytes.Contains(text, h) }) {
		return nil, false, nil
	}
	if text, changed, err = e.json(text); err != nil || !changed || !packed {
		return text, changed, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = z.Close() }()
	return z.EncodeAll(text, nil), true, nil
}

// json redacts one JSON value. Elements of a list are apart from one another.
func (e *redaction) json(text []byte) (out []byte, changed bool, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, false, fmt.Errorf("%w JSON: %w", graph.ErrInvalid, err)
	}
	if d.More() {
		return nil, false, fmt.Errorf("%w JSON: more than one value", graph.ErrInvalid)
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for i := range list {
		f := &finding{redaction: e, found: make(map[graph.Ref]graph.Ref)}
		list[i] = f.refs(list[i])
		if len(f.found) == 0 {
			continue
		}
		changed = true
		list[i] = f.texts(list[i])
	}
	if !changed {
		return text, false, nil
	}
	if !ok {
		value = list[0]
	}
	out, err = json.Marshal(value)
	return out, true, err
}

// hintsOf are the ways in which a key may stand in JSON.
func hintsOf(key string) [][]byte {
	quoted, err := json.Marshal(key)
	if err != nil {
		return [][]byte{[]byte(key)} // a string always marshals
	}
	return [][]byte{[]byte(key), quoted[1 : len(quoted)-1]}
}

// finding is the references that one object named.
type finding struct {
	*redaction
	found map[graph.Ref]graph.Ref
}

// refs replaces what is a reference by itself, or a name of a link.
func (f *finding) refs(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if key, ok := x.(string); ok && name == string(graph.Account) {
				if to, ok := f.look(graph.Ref{Kind: graph.Account, Key: key}); ok {
					v[name] = to.Key
					continue
				}
			}
			v[name] = f.refs(x)
		}
	case []any:
		for i := range v {
			v[i] = f.refs(v[i])
		}
	case string:
		if r, err := graph.ParseRef(v); err == nil {
			if to, ok := f.look(r); ok {
				return to.String()
			}
		}
		return f.link(v)
	}
	return v
}

func (f *finding) look(r graph.Ref) (graph.Ref, bool) {
	to, ok := f.to(r)
	if ok {
		f.found[r] = to
	}
	return to, ok
}

// link replaces the ends in the name of a link: from>TYPE>to@time.
func (f *finding) link(s string) string {
	from, rest, ok := strings.Cut(s, ">")
	typ, to, also := strings.Cut(rest, ">")
	if !ok || !also {
		return s
	}
	if r, err := graph.ParseRef(from); err == nil {
		if with, ok := f.look(r); ok {
			from = with.String()
		}
	}
	at := ""
	if i := strings.LastIndexByte(to, '@'); i >= 0 {
		to, at = to[:i], to[i:]
	}
	for _, cut := range []string{to, to + at} { // a link without a time may end in an address
		if r, err := graph.ParseRef(cut); err == nil {
			if with, ok := f.look(r); ok {
				return from + ">" + typ + ">" + with.String() + strings.TrimPrefix(to+at, cut)
			}
		}
	}
	return from + ">" + typ + ">" + to + at
}

// texts replaces keys, and their masks, in the sentences of the object.
func (f *finding) texts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			v[name] = f.texts(x)
		}
	case []any:
		for i := range v {
			v[i] = f.texts(v[i])
		}
	case string:
		if !strings.Contains(v, " ") {
			return v
		}
		s := v
		for _, r := range slices.SortedFunc(maps.Keys(f.found), graph.Ref.Compare) {
			s = replaceWord(s, r.Key, f.found[r].Mask())
			s = replaceWord(s, r.Mask(), f.found[r].Mask())
		}
		return s
	}
	return v
}

// replaceWord replaces a text where it does not stand within a longer word.
func replaceWord(s, old, with string) string {
	if old == with {
		return s
	}
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(s[at:], old)
		if i < 0 {
			b.WriteString(s[at:])
			return b.String()
		}
		from, to := at+i, at+i+len(old)
		before, _ := utf8.DecodeLastRuneInString(s[:from])
		after, _ := utf8.DecodeRuneInString(s[to:])
		b.WriteString(s[at:from])
		if from > 0 && inWord(before) || to < len(s) && inWord(after) && !endsSentence(s[to:]) {
			b.WriteString(old)
		} else {
			b.WriteString(with)
		}
		at = to
	}
}

func inWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-' || r == '.' || r > 0x7f && r != '·'
}

// endsSentence reports whether a full stop is one, and not part of a name.
func endsSentence(s string) bool {
	return s[0] == '.' && (len(s) == 1 || s[1] == ' ')
}
