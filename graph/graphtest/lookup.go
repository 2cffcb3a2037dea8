package graphtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var lookupCases = []conformance{
	{"get-what-is-not-there", getNotFound},
	{"neighbors-in-pages", neighborsPaged},
	{"neighbors-in-one-order-whatever-the-way-there", neighborsOrder},
	{"neighbors-by-type", neighborsByType},
	{"neighbors-of-a-hub", neighborsOfHub},
	{"a-cursor-is-stable-while-others-write", neighborsCursorStable},
	{"search-in-the-order-of-references", searchOrder},
	{"search-by-kind-and-prefix", searchFilters},
	{"a-search-cursor-is-stable-while-others-write", searchCursorStable},
}

func getNotFound(k *kit) {
	k.apply(load("A", 1, 2))
	for _, r := range []graph.Ref{account("u9"), account("U000001"), account("u000001 "), device("u000001"), {Kind: "never_seen", Key: "x"}} {
		_, err := k.Get(k.ctx, r)
		require.ErrorIs(k, err, graph.ErrNotFound)
		page, next, err := k.Neighbors(k.ctx, r, graph.NeighborQuery{})
		if err != nil {
			require.ErrorIs(k, err, graph.ErrNotFound)
			continue
		}
		require.Empty(k, page.Links)
		require.Empty(k, next)
	}
	_, err := k.Get(k.ctx, merchant("appstore"))
	require.NoError(k, err, "a node that only links name is there")
}

// links reads all pages of the links of r, in order, as text.
func (k *kit) links(r graph.Ref, q graph.NeighborQuery) []string {
	k.Helper()
	lines := []string{}
	for {
		page, next, err := k.Neighbors(k.ctx, r, q)
		require.NoError(k, err)
		for i := range page.Links {
			lines = append(lines, linkLine(page, &page.Links[i]))
		}
		if next == "" {
			return lines
		}
		require.NotEqual(k, q.Cursor, next)
		q.Cursor = next
	}
}

// tangle is links of one account and of one device in many shapes: both ways,
// several types, equal times, versions of one event, a link to itself.
func tangle() *graph.Batch {
	return build(func(w *graph.BatchBuilder) {
		u := account("hub")
		row := int64(0)
		put := func(from, to graph.Ref, l graph.Link) {
			row++
			w.Link(from, to, l, src("A", row))
		}
		for _, at := range []graph.Time{-5, 0, day0, day0 + 1, day1} {
			for _, key := range []string{"d10", "d9", "D9", "é", "ё", "a"} {
				put(u, device(key), graph.Link{Type: graph.UsedDevice, At: at})
			}
			put(u, u, graph.Link{Type: graph.TransferredTo, At: at, Event: "transfer:T1"})
			put(account("b"), u, graph.Link{Type: graph.TransferredTo, At: at})
			put(u, account("b"), graph.Link{Type: graph.TransferredTo, At: at})
			put(u, account("b"), graph.Link{Type: graph.Associated, At: at, Weight: 2.5})
			put(u, account("b"), graph.Link{Type: graph.Associated, At: at, Weight: -2.5})
			for _, minor := range []int64{-1, 1, 300, 65536} {
				put(u, merchant("appstore"), graph.Link{
					Type: graph.Paid, At: at, Until: day2, Event: "payment:P1",
					Money: graph.Money{Minor: minor, Exponent: 2, Known: true, Currency: "CNY"},
				})
			}
			put(account("c"), device("d9"), graph.Link{Type: graph.UsedDevice, At: at})
		}
	})
}

func neighborsPaged(k *kit) {
	b := tangle()
	k.apply(b)
	for _, r := range []graph.Ref{account("hub"), account("b"), device("d9"), merchant("appstore")} {
		want := k.links(r, graph.NeighborQuery{Limit: 1000})
		require.ElementsMatch(k, factsOf(b).about(r, true).content(), want)
		for _, limit := range []int{1, 2, 7, 64} {
			require.Equal(k, want, k.links(r, graph.NeighborQuery{Limit: limit}), "pages of %d are the one page cut", limit)
		}
	}
	page, next, err := k.Neighbors(k.ctx, account("hub"), graph.NeighborQuery{Limit: 3})
	require.NoError(k, err)
	require.Len(k, page.Links, 3)
	require.NotEmpty(k, next)
	again, same, err := k.Neighbors(k.ctx, account("hub"), graph.NeighborQuery{Limit: 3})
	require.NoError(k, err)
	require.Equal(k, next, same)
	require.Equal(k, factsOf(page).lines(), factsOf(again).lines())
	for i := range page.Links {
		require.NotEmpty(k, page.Links[i].Sources, "links come with their sources")
	}
}

// neighborsOrder loads the same links forwards, and then, after erasing all,
// backwards and piece by piece: the order is one of content.
func neighborsOrder(k *kit) {
	refs := []graph.Ref{account("hub"), account("b"), device("d9"), device("d10")}
	k.apply(tangle())
	var want [][]string
	for _, r := range refs {
		want = append(want, k.links(r, graph.NeighborQuery{Limit: 7}))
	}
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	b := tangle()
	links := slices.Clone(b.Links)
	slices.Reverse(links)
	for part := range slices.Chunk(links, 11) {
		k.apply(&graph.Batch{Refs: b.Refs, Links: slices.Clone(part)})
	}
	for i, r := range refs {
		require.Equal(k, want[i], k.links(r, graph.NeighborQuery{Limit: 7}), "links of %s", r)
	}
	k.holds(tangle())
}

func neighborsByType(k *kit) {
	k.apply(tangle())
	all := k.links(account("hub"), graph.NeighborQuery{Limit: 1000})
	for _, types := range [][]graph.LinkType{
		{graph.Paid}, {graph.UsedDevice}, {graph.TransferredTo, graph.Associated}, {"NEVER_SEEN"}, {graph.Paid, "NEVER_SEEN"},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(line string) bool {
			return !slices.ContainsFunc(types, func(t graph.LinkType) bool { return strings.Contains(line, `" `+string(t)+` "`) })
		})
		for _, limit := range []int{4, 1000} {
			got := k.links(account("hub"), graph.NeighborQuery{Types: types, Limit: limit})
			require.Equal(k, want, got, "types %v in pages of %d", types, limit)
		}
	}
}

func neighborsOfHub(k *kit) {
	const rows = 250
	k.apply(load("A", 1, rows))
	page, next, err := k.Neighbors(k.ctx, merchant("appstore"), graph.NeighborQuery{})
	require.NoError(k, err)
	require.Len(k, page.Links, 100, "a page is 100 links unless asked otherwise")
	require.NotEmpty(k, next)
	require.Len(k, k.links(merchant("appstore"), graph.NeighborQuery{}), rows)
}

func neighborsCursorStable(k *kit) {
	k.apply(tangle())
	want := k.links(account("hub"), graph.NeighborQuery{Limit: 1000})
	var got []string
	q := graph.NeighborQuery{Limit: 5}
	for i := int64(0); ; i++ {
		page, next, err := k.Neighbors(k.ctx, account("hub"), q)
		require.NoError(k, err)
		for j := range page.Links {
			got = append(got, linkLine(page, &page.Links[j]))
		}
		if next == "" {
			break
		}
		q.Cursor = next
		// Another writes: a link that is first in any order, and a late one.
		k.apply(build(func(w *graph.BatchBuilder) {
			early, late := account(fmt.Sprintf("!new%02d", i)), device(fmt.Sprintf("new%02d", i))
			w.Link(early, account("hub"), graph.Link{Type: "A", At: -1 << 45}, src("B", i+1))
			w.Link(account("hub"), late, graph.Link{Type: graph.UsedDevice, At: day2}, src("B", i+1))
		}))
	}
	old := slices.DeleteFunc(slices.Clone(got), func(line string) bool { return strings.Contains(line, "new") })
	require.Equal(k, want, old, "each link that was there all the while comes once, in order")
	require.Len(k, slices.Compact(slices.Sorted(slices.Values(got))), len(got), "none comes twice")
}

func searchOrder(k *kit) {
	keys := []string{"b", "a", "B", "A", "10", "9", "é", "e", "z", "€", "𝔘", "\ue000", "a b", "ab", "a-b", "aa", " a", "支付"}
	var want []graph.Ref
	b := build(func(w *graph.BatchBuilder) {
		for i, key := range keys {
			for _, kind := range []graph.Kind{"account", "a", "account_x", "accounts", "z9"} {
				want = append(want, graph.Ref{Kind: kind, Key: key})
				w.Attr(graph.Ref{Kind: kind, Key: key}, "", "", 0, src("A", int64(i+1)))
			}
		}
	})
	k.apply(b)
	slices.SortFunc(want, graph.Ref.Compare)
	for _, limit := range []int{1, 4, 1000} {
		got, err := searchAll(k.ctx, k.Subject, graph.SearchQuery{Limit: limit})
		require.NoError(k, err)
		require.Equal(k, want, got, "pages of %d, ordered by kind, then key, by bytes", limit)
	}
	page, _, err := k.Search(k.ctx, graph.SearchQuery{Limit: 3})
	require.NoError(k, err)
	require.Len(k, page, 3)
}

func searchFilters(k *kit) {
	k.apply(load("A", 1, 150))
	got, err := searchAll(k.ctx, k.Subject, graph.SearchQuery{Kind: graph.Account})
	require.NoError(k, err)
	require.Len(k, got, 150)
	page, next, err := k.Search(k.ctx, graph.SearchQuery{Kind: graph.Account})
	require.NoError(k, err)
	require.Len(k, page, 100, "a page is 100 references unless asked otherwise")
	require.NotEmpty(k, next)

	for prefix, want := range map[string]int{"u00001": 10, "u000010": 1, "U": 0, "": 150, "u%": 0, "u_": 0, "*": 0, "u0000100": 0} {
		got, err := searchAll(k.ctx, k.Subject, graph.SearchQuery{Kind: graph.Account, Prefix: prefix, Limit: 7})
		require.NoError(k, err)
		require.Len(k, got, want, "accounts that begin with %q", prefix)
	}
	got, err = searchAll(k.ctx, k.Subject, graph.SearchQuery{Prefix: "d1"})
	require.NoError(k, err)
	require.Contains(k, got, device("d1"))
	for _, r := range got {
		require.True(k, strings.HasPrefix(r.Key, "d1"))
	}
	got, err = searchAll(k.ctx, k.Subject, graph.SearchQuery{Kind: "never_seen"})
	require.NoError(k, err)
	require.Empty(k, got)
}

func searchCursorStable(k *kit) {
	k.apply(load("A", 10, 40))
	want, err := searchAll(k.ctx, k.Subject, graph.SearchQuery{Kind: graph.Account, Limit: 1000})
	require.NoError(k, err)
	var got []graph.Ref
	q := graph.SearchQuery{Kind: graph.Account, Limit: 4}
	for i := int64(0); ; i++ {
		page, next, err := k.Search(k.ctx, q)
		require.NoError(k, err)
		got = append(got, page...)
		if next == "" {
			break
		}
		q.Cursor = next
		k.apply(load("B", i+1, i+1))                              // before the cursor
		k.apply(retract(graph.Retract{Refs: page[len(page)-1:]})) // where the cursor stands
	}
	require.Equal(k, want, got)
}
