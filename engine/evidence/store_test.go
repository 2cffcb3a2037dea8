package evidence

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

// shelf is a store that holds one batch and answers what Subgraph asks.
type shelf struct {
	graph.Store
	batch  *graph.Batch
	inputs []graph.Input
}

func (s *shelf) Inputs(context.Context) ([]graph.Input, error) { return s.inputs, nil }

func (s *shelf) Get(_ context.Context, r graph.Ref) (*graph.Batch, error) {
	found := &graph.Batch{Refs: s.batch.Refs}
	for _, a := range s.batch.Attrs {
		if s.batch.Refs[a.Node] == r {
			found.Attrs = append(found.Attrs, a)
		}
	}
	if len(found.Attrs) == 0 {
		return nil, fmt.Errorf("get: %w", graph.ErrNotFound)
	}
	return found, nil
}

func (s *shelf) Neighbors(_ context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
	page, from, seen := &graph.Batch{Refs: s.batch.Refs}, 0, 0
	if q.Cursor != "" {
		from, _ = strconv.Atoi(q.Cursor)
	}
	for _, l := range s.batch.Links {
		if s.batch.Refs[l.From] != r && s.batch.Refs[l.To] != r {
			continue
		}
		seen++
		if seen <= from {
			continue
		}
		if len(page.Links) == q.Limit {
			return page, strconv.Itoa(from + q.Limit), nil
		}
		page.Links = append(page.Links, l)
	}
	return page, "", nil
}

func ref(s string) graph.Ref {
	r, err := graph.ParseRef(s)
	if err != nil {
		panic(err)
	}
	return r
}

func moment(s string) graph.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return graph.TimeOf(t)
}

// wave is three victims on one attacker device, with one stranger and one hub
// near by: the ring, the facts, and what the engine would say of them.
func wave(t testing.TB) (*shelf, *engine.Run, *engine.Ring) {
	var b graph.BatchBuilder
	row := int64(0)
	from := func(input string) graph.Source {
		row++
		return graph.Source{Input: input, Row: row, Offset: row * 40, Hash: uint64(row) * 0x9e37}
	}
	device, carrier, game, store := ref("device:d9"), ref("ip:240.1.2.3"), ref("beneficiary:game-1"), ref("merchant:appstore")
	for i, u := range []string{"u1", "u2", "u3", "honest"} {
		account := ref("account:" + u)
		b.Attr(account, "provider", "alipay", 0, from("in-accounts"))
		b.Attr(account, "two_factor", "no", moment("2018-01-01T00:00:00Z"), from("in-accounts"))
		b.Attr(account, "event/phished", "id-check.example", moment("2018-10-08T10:00:00Z"), from("in-events"))
		b.Link(account, carrier, graph.Link{Type: graph.SightingType(graph.IP), At: moment("2018-05-01T08:00:00Z")}, from("in-uses"))
		if u == "honest" {
			continue
		}
		at := moment("2018-10-09T18:15:00Z").Add(time.Duration(i) * 5 * time.Minute)
		pay, id := from("in-payments"), "payment:P"+strconv.Itoa(i+1)
		amount := graph.Money{Minor: 64800, Exponent: 2, Known: true, Currency: "CNY"}
		b.Link(account, store, graph.Link{Type: "PAID", At: at, Event: id, Money: amount, Props: []graph.Prop{{Name: "status", Value: "settled"}}}, pay)
		b.Link(account, game, graph.Link{Type: "PAID_TO", At: at, Event: id, Money: amount}, pay)
		b.Link(account, device, graph.Link{Type: graph.SightingType(graph.Device), At: at, Event: id}, pay)
		b.Link(account, device, graph.Link{Type: graph.SightingType(graph.Device), At: at.Add(-time.Minute)}, from("in-uses"))
	}
	b.Attr(ref("payment:P1"), "dispute", "won", moment("2018-10-12T09:00:00Z"), from("in-disputes"))
	b.Attr(ref("payment:P1"), "refunded", "324.00", moment("2018-10-12T09:00:00Z"), from("in-disputes"))
	b.Attr(device, "model", "phone-6", 0, from("in-entities"))
	b.Attr(device, "model", "phone-7", moment("2018-06-01T00:00:00Z"), from("in-entities"))
	batch := b.Take()
	require.NoError(t, batch.Validate())

	s := &shelf{batch: batch}
	for _, id := range []string{"accounts", "uses", "payments", "events", "entities", "disputes"} {
		s.inputs = append(s.inputs, graph.Input{ID: "in-" + id, Name: id + ".csv", Content: "c0ffee", Loaded: moment("2018-11-01T00:00:00Z"), Done: true})
	}
	p, q := .96, .01
	ring := &engine.Ring{ID: "r-1", Probability: .97, Score: 41.5, Typology: engine.Takeover, Size: 3, Members: []engine.Member{
		{Ref: device, Role: engine.RoleOperator, Score: 9, Reasons: []string{"three accounts within minutes"}},
		{Ref: game, Role: engine.RoleBeneficiary, Score: 4},
		{Ref: ref("account:u1"), Role: engine.RoleVictim, Probability: &p, SuspectProbability: &q, Score: 12.1, Since: moment("2018-10-09T18:14:00Z"), Reasons: []string{"aged account", "new device"}},
		{Ref: ref("account:u2"), Role: engine.RoleVictim, Probability: &p, SuspectProbability: &q, Score: 11},
		{Ref: ref("account:u3"), Role: engine.RoleVictim, Probability: &p, SuspectProbability: &q, Score: 10},
	}, Evidence: []engine.Evidence{{Text: "three accounts used device d9 within 10 minutes", Bits: 17.25, Kind: "device", Refs: []graph.Ref{device},
		Links: []string{"payment:P1", "payment:P2", "account:u3>USED_DEVICE>device:d9@2018-10-09T18:24:00Z"}}}}
	run := &engine.Run{Info: engine.RunInfo{ID: "run-1"}, Rings: []engine.Ring{*ring}}
	return s, run, ring
}
