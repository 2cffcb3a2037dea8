package graphtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"ringleader/graph"
)

var logCases = []conformance{
	{"an-empty-stream", emptyStream},
	{"records-are-kept-in-order", recordsInOrder},
	{"records-keep-their-time-and-bytes", recordsExact},
	{"an-append-is-all-or-nothing", appendAtomic},
	{"streams-are-apart", streamsApart},
	{"streams-by-prefix", streamsByPrefix},
	{"a-callback-ends-a-read", readEnds},
	{"a-large-record-and-a-larger-one", bigRecord},
	{"names-of-streams-are-checked", streamNames},
	{"writers-race-for-numbers", appendRace},
	{"decisions-leave-the-facts-alone", logApart},
}

// read collects the records of a stream.
func (k *kit) read(stream string, from uint64) []graph.Record {
	k.Helper()
	var all []graph.Record
	err := k.Read(k.ctx, stream, from, func(r graph.Record) error {
		r.Data = bytes.Clone(r.Data)
		all = append(all, r)
		return nil
	})
	require.NoError(k, err)
	return all
}

func (k *kit) append(stream string, after uint64, records ...graph.Record) {
	k.Helper()
	require.NoError(k, k.Append(k.ctx, stream, after, records...))
}

func (k *kit) tail(stream string) graph.Record {
	k.Helper()
	r, err := k.Tail(k.ctx, stream)
	require.NoError(k, err)
	return r
}

// note is a record with a number in its data.
func note(n int) graph.Record {
	return graph.Record{Type: "note", Data: fmt.Appendf(nil, `{"n":%d}`, n)}
}

func emptyStream(k *kit) {
	require.Empty(k, k.read("case/1", 0))
	require.Empty(k, k.read("case/1", 99))
	require.Equal(k, graph.Record{}, k.tail("case/1"))
	names, err := k.Streams(k.ctx, "")
	require.NoError(k, err)
	require.Empty(k, names)
	require.ErrorIs(k, k.Append(k.ctx, "case/1", 1, note(1)), graph.ErrConflict)
	require.Empty(k, k.read("case/1", 0))
}

func recordsInOrder(k *kit) {
	began := graph.TimeOf(time.Now().Add(-time.Hour)) // a server's clock may be off, but not by an hour
	for n := 1; n <= 25; n++ {
		k.append("case/1", uint64(n-1), note(n))
		require.EqualValues(k, n, k.tail("case/1").Seq)
	}
	all := k.read("case/1", 0)
	require.Len(k, all, 25)
	for i, r := range all {
		require.EqualValues(k, i+1, r.Seq)
		require.Equal(k, "note", r.Type)
		require.JSONEq(k, fmt.Sprintf(`{"n":%d}`, i+1), string(r.Data))
		require.Greater(k, r.At, began, "At is filled in")
	}
	require.Equal(k, all[10:], k.read("case/1", 10))
	require.Empty(k, k.read("case/1", 25))
	require.Empty(k, k.read("case/1", 1<<40))
	require.Equal(k, all[24], k.tail("case/1"))
	for _, after := range []uint64{0, 24, 26} {
		require.ErrorIs(k, k.Append(k.ctx, "case/1", after, note(99)), graph.ErrConflict)
	}
	require.Equal(k, all, k.read("case/1", 0), "a refused append writes nothing")
}

func recordsExact(k *kit) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	records := []graph.Record{
		{At: day0, Type: "note", Data: []byte(`{"text":"支付宝 \u0000 👩‍👩‍👧"}`)},
		{At: -1, Type: "json+zstd", Data: every},
		{At: 1, Type: `"; DROP TABLE log; --`, Data: []byte(`{"a": 1.0,  "b":[ ]}`)}, // bytes, not a value: spaces stay
		{At: day1, Type: "t", Data: []byte(" ")},
	}
	k.append("labels", 0, records...)
	for i := range records {
		records[i].Seq = uint64(i + 1)
	}
	require.Equal(k, records, k.read("labels", 0))
	require.Equal(k, records[3], k.tail("labels"))
}

func appendAtomic(k *kit) {
	k.append("case/1", 0, note(1), note(2), note(3))
	require.ErrorIs(k, k.Append(k.ctx, "case/1", 2, note(4), note(5)), graph.ErrConflict)
	tooBig := graph.Record{Type: "big", Data: make([]byte, graph.MaxRecord+1)}
	require.ErrorIs(k, k.Append(k.ctx, "case/1", 3, note(4), tooBig), graph.ErrInvalid)
	done, cancel := context.WithCancel(k.ctx)
	cancel()
	require.ErrorIs(k, k.Append(done, "case/1", 3, note(4)), context.Canceled)
	require.Len(k, k.read("case/1", 0), 3)
	k.append("case/1", 3, note(4), note(5))
	require.EqualValues(k, 5, k.tail("case/1").Seq)
}

func streamsApart(k *kit) {
	for n := 1; n <= 3; n++ {
		for _, stream := range []string{"case/1", "case/10", "case/1/notes", "case"} {
			k.append(stream, uint64(n-1), note(n))
		}
	}
	for _, stream := range []string{"case/1", "case/10", "case/1/notes", "case"} {
		require.Len(k, k.read(stream, 0), 3, stream)
	}
	require.Empty(k, k.read("case/2", 0))
}

func streamsByPrefix(k *kit) {
	for _, stream := range []string{"run/b", "run/a", "runs", "r_n/a", "run/a.1", "z", "0"} {
		k.append(stream, 0, note(1))
	}
	require.Error(k, k.Append(k.ctx, "run/refused", 7, note(1)))
	for prefix, want := range map[string][]string{
		"":       {"0", "r_n/a", "run/a", "run/a.1", "run/b", "runs", "z"},
		"run/":   {"run/a", "run/a.1", "run/b"},
		"run":    {"run/a", "run/a.1", "run/b", "runs"},
		"r_n":    {"r_n/a"}, // an underscore is no wildcard
		"run/a.": {"run/a.1"},
		"%":      nil,
		"run/z":  nil,
	} {
		got, err := k.Streams(k.ctx, prefix)
		if err != nil {
			k.nothingOrInvalid(err)
			require.Empty(k, want, "prefix %q", prefix)
			continue
		}
		require.Equal(k, append([]string{}, want...), append([]string{}, got...), "prefix %q", prefix)
	}
}

func readEnds(k *kit) {
	k.append("case/1", 0, note(1), note(2), note(3))
	enough := errors.New("enough")
	calls := 0
	err := k.Read(k.ctx, "case/1", 1, func(graph.Record) error {
		calls++
		return enough
	})
	require.Same(k, enough, err, "the error of a callback comes back as it is")
	require.Equal(k, 1, calls)
}

func bigRecord(k *kit) {
	data := bytes.Repeat([]byte("0123456789abcdef"), graph.MaxRecord/16)
	k.append("run/1", 0, graph.Record{Type: "page", Data: data})
	k.append("run/1", 1, note(2))
	all := k.read("run/1", 0)
	require.Len(k, all, 2)
	require.True(k, bytes.Equal(data, all[0].Data), "16 MiB come back as they were")
	err := k.Append(k.ctx, "run/1", 2, graph.Record{Type: "page", Data: append(data, 0)})
	require.ErrorIs(k, err, graph.ErrInvalid)
	require.EqualValues(k, 2, k.tail("run/1").Seq)
}

func streamNames(k *kit) {
	longest := strings.Repeat("s", 200)
	k.append(longest, 0, note(1))
	require.Len(k, k.read(longest, 0), 1)
	for _, name := range []string{"", "A", "/a", "-a", "a b", "a:b", "a`b", "a'b", "é", "a\x00", "a\n", longest + "s", "a%", "a*"} {
		require.ErrorIs(k, k.Append(k.ctx, name, 0, note(1)), graph.ErrInvalid, "%q", name)
	}
}

// appendRace lets writers, each with a handle of its own, race for the same
// numbers: exactly one wins each, the others learn of it.
func appendRace(k *kit) {
	const writers, each = 4, 8
	conflicts := make([]int, writers)
	g, ctx := errgroup.WithContext(k.ctx)
	for w := range writers {
		handle := k.Subject
		if w%2 == 1 {
			handle = k.reopen()
		}
		g.Go(func() error {
			for n := 0; n < each; {
				tail, err := handle.Tail(ctx, "labels")
				if err != nil {
					return err
				}
				switch err := handle.Append(ctx, "labels", tail.Seq, bid(w, n, tail.Seq+1)); {
				case err == nil:
					n++
				case errors.Is(err, graph.ErrConflict):
					conflicts[w]++
				default:
					return err
				}
			}
			return nil
		})
	}
	require.NoError(k, g.Wait())
	all := k.read("labels", 0)
	require.Len(k, all, writers*each)
	once := map[string]bool{}
	for i, r := range all {
		require.EqualValues(k, i+1, r.Seq)
		require.Contains(k, string(r.Data), fmt.Sprintf(`"as":%d}`, r.Seq), "a record stands where its writer put it")
		once[string(r.Data)] = true
	}
	require.Len(k, once, writers*each, "each record is there once")
	k.Logf("conflicts of each writer: %v", conflicts)
}

// bid is a record that says who wrote it and under which number.
func bid(writer, n int, as uint64) graph.Record {
	return graph.Record{Type: "bid", Data: fmt.Appendf(nil, `{"writer":%d,"n":%d,"as":%d}`, writer, n, as)}
}

func logApart(k *kit) {
	rev := k.apply(load("A", 1, 3))
	before := k.dump()
	k.append("case/1", 0, note(1))
	k.append(graph.StreamLoads, 0, note(1))
	require.Equal(k, rev, k.revision())
	require.Equal(k, before, k.dump())
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	require.Len(k, k.read("case/1", 0), 1)
}
