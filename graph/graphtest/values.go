package graphtest

import (
	"fmt"
	"math"
	"strings"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var valueCases = []conformance{
	{"unicode-survives", unicodeSurvives},
	{"text-that-is-none-is-refused", badText},
	{"keys-of-512-bytes-and-no-more", longKeys},
	{"long-values-survive", longValues},
	{"hostile-strings-are-data", hostileData},
	{"hostile-kinds-and-types-are-refused", hostileKinds},
	{"amounts-are-exact", amountsExact},
	{"weights-are-exact", weightsExact},
	{"times-are-exact", timesExact},
	{"sources-are-exact", sourcesExact},
	{"every-kind-of-link", everyKindOfLink},
}

// texts are strings that have broken somebody's database.
var texts = []string{
	"支付宝", "אבג\u200f abc", "مرحبا", "👩\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "𝔘𝔫𝔦", "\ufffe", "\U0010ffff",
	"\u00e9", "e\u0301", "\ufb01", "fi", "ß", "SS", "İi", "ıI", // equal only to those who fold or normalise
	"\ufeffbom", "zero\u200bwidth", "zerowidth", " lead and trail ", "tab\tnew\nline\r\n", "\u2028", "\x01\x1b[31m\x7f",
	`"double"`, `'single'`, "`back`", `back\slash`, `\`, `\'`, `''`, `\u0041`, "%", "_", "*", "?", "a%b_c", "[a-z]",
	"$1", ":p", "{}", "a:b:c", ":", "/", "../../etc", "null", "NaN", "true", "0", "00", "1e3", "x", "X",
}

// hostile are attempts to leave a string and become a query.
var hostile = []string{
	`'); DROP TABLE links; --`, `" OR ""="`, `1; DELETE FROM nodes`, `x' UNION SELECT * FROM sqlite_master --`,
	"`) MATCH (n) DETACH DELETE n //", "a`}) DETACH DELETE n WITH 1 AS x //", `"}) MATCH (n) SET n.key = "x" //`,
	`$ref`, `{key: $key}`, `\") RETURN 1 //`, `key`, `ref`, `id`, `_ref`, `_key`, `seq`, `stream`, `sources`, `Ringleader`, "\u0060", "\\u0060",
}

func unicodeSurvives(k *kit) {
	b := build(func(w *graph.BatchBuilder) {
		for i, s := range texts {
			row := int64(i + 1)
			w.Attr(account(s), "name", s, day0, src("A", row))
			w.Link(account(s), graph.Ref{Kind: graph.Address, Key: s}, graph.Link{
				Type: "HAS_ADDRESS", At: day0, Event: "message:" + s, Props: []graph.Prop{{Name: "detail", Value: s}},
			}, src(s, row))
		}
	})
	k.apply(b)
	k.holds(b)
	for _, s := range texts {
		got, err := k.Get(k.ctx, account(s))
		require.NoError(k, err, "%+q", s)
		require.Len(k, got.Attrs, 1, "%+q is one node: no case folding, no normalising", s)
		require.Equal(k, s, got.Attrs[0].Value)
		refs, _, err := k.Search(k.ctx, graph.SearchQuery{Kind: graph.Address, Prefix: s, Limit: 1000})
		require.NoError(k, err)
		require.Contains(k, refs, graph.Ref{Kind: graph.Address, Key: s})
		for _, r := range refs {
			require.True(k, strings.HasPrefix(r.Key, s), "%+q does not begin with %+q: a prefix is bytes, not a pattern", r.Key, s)
		}
	}
	require.Equal(k, graph.Revision(1), k.apply(b), "the same strings are the same facts")
}

func badText(k *kit) {
	k.apply(load("A", 1, 1))
	for why, bad := range map[string]string{"NUL": "a\x00b", "not UTF-8": "a\xffb", "half a rune": "\xe6\x94"} {
		k.refuse(statement(account(bad), "name", "x", 0, src("A", 1)), graph.ErrInvalid, "key: "+why)
		k.refuse(statement(account("u1"), bad, "x", 0, src("A", 1)), graph.ErrInvalid, "property name: "+why)
		k.refuse(statement(account("u1"), "name", bad, 0, src("A", 1)), graph.ErrInvalid, "value: "+why)
		k.refuse(statement(account("u1"), "name", "x", 0, src(bad, 1)), graph.ErrInvalid, "input: "+why)
		for _, l := range []graph.Link{
			{Type: graph.Paid, Event: "payment:" + bad},
			{Type: graph.Paid, Props: []graph.Prop{{Name: "status", Value: bad}}},
			{Type: graph.Paid, Money: graph.Money{Known: true, Currency: bad}},
		} {
			k.refuse(build(func(w *graph.BatchBuilder) {
				w.Link(account("u1"), merchant("m"), l, src("A", 1))
			}), graph.ErrInvalid, "link: "+why)
		}
	}
}

func longKeys(k *kit) {
	longest := []string{strings.Repeat("k", graph.MaxKey), strings.Repeat("k", graph.MaxKey-1), strings.Repeat("支", graph.MaxKey/3) + "ab"}
	b := build(func(w *graph.BatchBuilder) {
		for i, key := range longest {
			w.Attr(account(key), "two_factor", "no", day0, src("A", int64(i+1)))
			w.Link(account(key), device(key), graph.Link{Type: "USED_DEVICE", Event: "payment:" + key}, src("A", int64(i+1)))
		}
	})
	k.apply(b)
	k.holds(b)
	k.refuse(statement(account(strings.Repeat("k", graph.MaxKey+1)), "", "", 0, src("A", 1)), graph.ErrInvalid, "a key of 513 bytes")
	k.refuse(statement(account(""), "", "", 0, src("A", 1)), graph.ErrInvalid, "an empty key")

	kind := graph.Kind(strings.Repeat("k", graph.MaxKind))
	typ := graph.LinkType(strings.Repeat("T", graph.MaxKind))
	wide := build(func(w *graph.BatchBuilder) {
		w.Link(account("u1"), graph.Ref{Kind: kind, Key: "x"}, graph.Link{Type: typ}, src("B", 1))
	})
	k.apply(wide)
	k.holds(b, wide)
	k.refuse(statement(graph.Ref{Kind: kind + "k", Key: "x"}, "", "", 0, src("A", 1)), graph.ErrInvalid, "a kind of 65 bytes")
}

func longValues(k *kit) {
	long := strings.Repeat("long 长 ", 4000) // 36,000 bytes, more than an index entry holds
	b := build(func(w *graph.BatchBuilder) {
		w.Attr(account("u1"), strings.Repeat("n", 256), long, day0, src("A", 1))
		w.Attr(account("u1"), "note", long+"a", day0, src("A", 1))
		w.Attr(account("u1"), "note", long+"b", day0, src("A", 1))
		for _, end := range []string{"a", "b"} {
			w.Link(account("u1"), device("d1"), graph.Link{
				Type: "USED_DEVICE", Props: []graph.Prop{{Name: "detail", Value: long + end}, {Name: "empty"}},
			}, src("A", 2))
		}
	})
	k.apply(b)
	k.holds(b)
}

func hostileData(k *kit) {
	k.apply(load("bystander", 1, 3))
	b := build(func(w *graph.BatchBuilder) {
		for i, s := range hostile {
			row := int64(i + 1)
			w.Attr(account(s), s, s, day0, src(s, row))
			w.Link(account(s), device(s), graph.Link{
				Type: "USED_DEVICE", At: day0, Event: "payment:" + s,
				Money: graph.Money{Minor: row, Known: true, Currency: s},
				Props: []graph.Prop{{Name: s, Value: s}},
			}, src(s, row))
		}
	})
	b.Input = &graph.Input{ID: hostile[0], Name: hostile[1], Content: hostile[2]}
	k.apply(b)
	k.holds(load("bystander", 1, 3), b)
	before := k.dump()
	for _, s := range hostile {
		refs, _, err := k.Search(k.ctx, graph.SearchQuery{Prefix: s})
		require.NoError(k, err)
		require.Contains(k, refs, account(s))
		_, _, err = k.Neighbors(k.ctx, account(s), graph.NeighborQuery{Types: []graph.LinkType{graph.LinkType(s)}})
		k.nothingOrInvalid(err)
		_, _, err = k.Neighbors(k.ctx, account(s), graph.NeighborQuery{Cursor: s})
		k.nothingOrInvalid(err)
		_, _, err = k.Search(k.ctx, graph.SearchQuery{Cursor: s})
		k.nothingOrInvalid(err)
		_, _, err = k.Search(k.ctx, graph.SearchQuery{Kind: graph.Kind(s)})
		k.nothingOrInvalid(err)
		_, err = k.Get(k.ctx, graph.Ref{Kind: graph.Kind(s), Key: s})
		require.Error(k, err, "no node has the kind %q", s)
	}
	require.Equal(k, before, k.dump())
	k.apply(retract(graph.Retract{Inputs: hostile}))
	k.holds(load("bystander", 1, 3))
}

// nothingOrInvalid is what a question that makes no sense may get: an answer
// (an empty one, say) or ErrInvalid, but no failure of the store.
func (k *kit) nothingOrInvalid(err error) {
	k.Helper()
	if err != nil {
		require.ErrorIs(k, err, graph.ErrInvalid)
	}
}

func hostileKinds(k *kit) {
	k.apply(load("A", 1, 2))
	words := append([]string{"", "Account", "account ", "a__b", "_a", "a_", "1a", "a-b", "a.b", "é", "a`b", "a:b"}, hostile[:10]...)
	for _, s := range words {
		k.refuse(statement(graph.Ref{Kind: graph.Kind(s), Key: "x"}, "", "", 0, src("A", 1)), graph.ErrInvalid, "kind "+s)
	}
	for _, s := range append([]string{"", "used_device", "USED DEVICE", "USED__X", "_X", "X_", "1X", "U`X", "É"}, hostile[:10]...) {
		k.refuse(build(func(w *graph.BatchBuilder) {
			w.Link(account("u1"), device("d1"), graph.Link{Type: graph.LinkType(s)}, src("A", 1))
		}), graph.ErrInvalid, "type "+s)
	}
	// Words of query languages are kinds and types like any other.
	b := build(func(w *graph.BatchBuilder) {
		for i, s := range []string{"match", "delete", "select", "table", "group", "order", "ringleader", "log", "node", "meta", "counter", "migration", "lease"} {
			w.Link(graph.Ref{Kind: graph.Kind(s), Key: s}, graph.Ref{Kind: graph.Kind(s), Key: "x"},
				graph.Link{Type: graph.LinkType(strings.ToUpper(s))}, src("B", int64(i+1)))
		}
	})
	k.apply(b)
	k.holds(load("A", 1, 2), b)
}

func amountsExact(k *kit) {
	var w graph.BatchBuilder
	row := int64(0)
	for _, minor := range []int64{math.MinInt64, math.MinInt64 + 1, -1 << 53, -64800, -1, 0, 1, 64800, 1<<53 + 1, math.MaxInt64 - 1, math.MaxInt64} {
		for _, exponent := range []uint8{0, 2, 3, 18} {
			for _, currency := range []string{"", "CNY", "JPY", "币"} {
				row++
				w.Link(account("u1"), merchant("m"), graph.Link{
					Type: graph.Paid, At: day0, Money: graph.Money{Minor: minor, Exponent: exponent, Known: true, Currency: currency},
				}, src("A", row))
			}
		}
	}
	w.Link(account("u1"), merchant("m"), graph.Link{Type: graph.Paid, At: day0}, src("A", row+1)) // no amount is not an amount of nothing
	b := w.Take()
	k.apply(b)
	k.holds(b)
	require.Equal(k, graph.Revision(1), k.apply(b))
}

func weightsExact(k *kit) {
	b := build(func(w *graph.BatchBuilder) {
		for i, weight := range []float64{0, 1, -1, 0.1, 1 / 3.0, math.Pi, 1e-300, math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64, 1 << 53} {
			w.Link(account("u1"), account("u2"), graph.Link{Type: graph.Associated, Weight: weight}, src("A", int64(i+1)))
		}
	})
	k.apply(b)
	k.holds(b)
	for _, weight := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		k.refuse(build(func(w *graph.BatchBuilder) {
			w.Link(account("u1"), account("u2"), graph.Link{Type: graph.Associated, Weight: weight}, src("A", 1))
		}), graph.ErrInvalid, fmt.Sprint(weight))
	}
}

func timesExact(k *kit) {
	// Year 1 and year 9999, both sides of 1970, and not known.
	times := []graph.Time{-62135596800000 + 1, -2208988800000, -86_400_000, -1, 0, 1, 2, day0, day0 + 1, 1 << 41, 253402300799999}
	b := build(func(w *graph.BatchBuilder) {
		for i, at := range times {
			w.Attr(account("u1"), "opened_at", "x", at, src("A", int64(i+1)))
			for _, until := range times {
				w.Link(account("u1"), device("d1"), graph.Link{Type: "USED_DEVICE", At: at, Until: until}, src("A", int64(i+1)))
			}
		}
	})
	k.apply(b)
	k.holds(b)
}

func sourcesExact(k *kit) {
	sources := []graph.Source{
		{Input: "A"}, {Input: "A", Row: 1}, {Input: "A", Row: 1, Offset: 1}, {Input: "A", Row: 1, Offset: 1, Hash: 1},
		{Input: "B", Row: math.MaxInt64, Offset: math.MaxInt64, Hash: math.MaxUint64}, {Input: "a", Hash: 1 << 63},
		{Input: "sha256:" + strings.Repeat("0123456789abcdef", 8)},
	}
	b := build(func(w *graph.BatchBuilder) {
		w.Attr(account("u1"), "country", "CN", day0, sources...)
		w.Link(account("u1"), device("d1"), graph.Link{Type: "USED_DEVICE"}, sources...)
	})
	k.apply(b)
	k.holds(b)
}

func everyKindOfLink(k *kit) {
	b := build(func(w *graph.BatchBuilder) {
		s := src("A", 1)
		w.Link(account("u1"), account("u2"), graph.Link{Type: graph.Associated}, s)
		w.Link(account("u2"), account("u1"), graph.Link{Type: graph.Associated}, s) // the way back is another link
		w.Link(account("u1"), account("u2"), graph.Link{Type: graph.TransferredTo}, s)
		w.Link(account("u1"), account("u1"), graph.Link{Type: graph.TransferredTo, At: day0}, s) // to oneself
		w.Link(account("u1"), account("u1"), graph.Link{Type: graph.TransferredTo, At: day1}, s)
		w.Link(graph.Ref{Kind: graph.Credential, Key: "aid-3"}, graph.Ref{Kind: graph.Phone, Key: "+86 139"}, graph.Link{Type: "HAS_PHONE"}, s)
		w.Link(graph.Ref{Kind: graph.Phone, Key: "same"}, graph.Ref{Kind: graph.Email, Key: "same"}, graph.Link{Type: "X2"}, s)
	})
	k.apply(b)
	k.holds(b)
}
