package neo4jstore_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
)

// wave is three accounts on one device, and a payment.
func wave() *graph.Batch {
	at := graph.TimeOf(time.Date(2018, 10, 9, 18, 14, 0, 0, time.UTC))
	device := graph.Ref{Kind: graph.Device, Key: "d9"}
	var w graph.BatchBuilder
	for i := range 3 {
		src := graph.Source{Input: "uses", Row: int64(i + 1)}
		account := graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%d", i+1)}
		w.Attr(account, "two_factor", "no", at, src)
		w.Attr(account, "ref", "a property called like one of ours", at, src)
		w.Link(account, device, graph.Link{Type: graph.UsedDevice, At: at.Add(time.Duration(i) * time.Minute)}, src)
		w.Link(account, device, graph.Link{Type: graph.UsedDevice, At: at.Add(time.Hour)}, src)
	}
	w.Link(graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Merchant, Key: "appstore"}, graph.Link{
		Type: graph.Paid, At: at, Event: "payment:P1",
		Money: graph.Money{Minor: 64800, Exponent: 2, Known: true, Currency: "CNY"},
		Props: []graph.Prop{{Name: "status", Value: "settled"}},
	}, graph.Source{Input: "payments", Row: 1})
	return w.Take()
}

func open(t *testing.T, c neo4jstore.Config) *neo4jstore.Store {
	t.Helper()
	s, err := neo4jstore.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestAPersonFindsHerWay(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	_, err := s.Apply(t.Context(), wave())
	require.NoError(t, err)

	rows := neo4jtest.Run(t, c, `MATCH (a:Account)-[u:USED_DEVICE]->(d:Device)
RETURN a.key, a.two_factor, a.`+"`data:ref`"+`, a.ref, u.count, toString(u.first_seen), u.at, d.key ORDER BY a.key`, nil)
	require.Len(t, rows, 3)
	require.Equal(t, []any{
		"u2", "no", "a property called like one of ours", "account:u2", int64(2), "2018-10-09T18:15:00Z",
		[]any{"2018-10-09T18:15:00Z", "2018-10-09T19:14:00Z"}, "d9",
	}, rows[1].Values)
	rows = neo4jtest.Run(t, c, "MATCH (:Account {key: 'u1'})-[p:PAID]->(:Merchant {key: 'appstore'}) RETURN p.amount, p.status, p.event", nil)
	require.Len(t, rows, 1)
	require.Equal(t, []any{[]any{"648.00 CNY"}, []any{"settled"}, []any{"payment:P1"}}, rows[0].Values)

	// What was taken back is not there for people either.
	_, err = s.Apply(t.Context(), &graph.Batch{Retract: graph.Retract{Refs: []graph.Ref{{Kind: graph.Device, Key: "d9"}}}})
	require.NoError(t, err)
	require.Empty(t, neo4jtest.Run(t, c, "MATCH (d:Device) RETURN d", nil))
	require.Empty(t, neo4jtest.Run(t, c, "MATCH ()-[u:USED_DEVICE]->() RETURN u", nil))
	findings, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, findings)
}

func TestForeignDataIsLeftAlone(t *testing.T) {
	c := neo4jtest.Server(t)
	neo4jtest.Run(t, c, "CREATE (:Account {key: 'u1', theirs: 1})-[:USED_DEVICE {n: 1}]->(:Device {key: 'd9'})", nil)
	_, err := neo4jstore.Open(t.Context(), c)
	require.ErrorIs(t, err, graph.ErrConflict)
	require.ErrorContains(t, err, "--shared")
	require.Empty(t, neo4jtest.Run(t, c, "MATCH (n) WHERE any(l IN labels(n) WHERE l STARTS WITH '_Ringleader') RETURN n", nil), "a refused database is not written to")

	c.Shared = true
	s := open(t, c)
	_, err = s.Apply(t.Context(), wave())
	require.NoError(t, err)
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[graph.Kind]int64{graph.Account: 3, graph.Device: 1, graph.Merchant: 1}, stats.Nodes)
	findings, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, findings)

	// Somebody marks our account and ties something to it; then the load is reverted.
	neo4jtest.Run(t, c, "MATCH (a:Account {ref: 'account:u1'}) SET a.community = 7 CREATE (a)<-[:ABOUT]-(:Note)", nil)
	neo4jtest.Run(t, c, "MATCH (a:Account {ref: 'account:u1'}) MATCH (b:Account {ref: 'account:u2'}) CREATE (a)-[:KNOWS]->(b)", nil)
	findings, err = s.Check(t.Context())
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Contains(t, findings[0], "1 relationships of type KNOWS")
	more := wave()
	more.Attrs[0].Value = "yes"
	_, err = s.Apply(t.Context(), more)
	require.NoError(t, err)
	rows := neo4jtest.Run(t, c, "MATCH (a:Account {ref: 'account:u1'}) RETURN a.community", nil)
	require.Equal(t, int64(7), rows[0].Values[0], "their property stays when ours change")
	_, err = s.Apply(t.Context(), &graph.Batch{Retract: graph.Retract{Inputs: []string{"uses", "payments"}}})
	require.NoError(t, err)
	stats, err = s.Stats(t.Context())
	require.NoError(t, err)
	require.Empty(t, stats.Nodes)
	rows = neo4jtest.Run(t, c, `MATCH (:Account {theirs: 1})-[u:USED_DEVICE {n: 1}]->(d:Device)
MATCH (:Note)-[:ABOUT]->(a:Account)-[:KNOWS]->(:Account) RETURN count(u), a.community, a.ref`, nil)
	require.Equal(t, []any{int64(1), int64(7), nil}, rows[0].Values, "what they tied something to is theirs from then on")
}

func TestUnavailable(t *testing.T) {
	c := neo4jtest.Server(t)
	wrong := c
	wrong.Password = "not the password"
	_, err := neo4jstore.Open(t.Context(), wrong)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.ErrorContains(t, err, "password")
	require.ErrorContains(t, err, c.URI)
	require.NotContains(t, err.Error(), wrong.Password)

	elsewhere := c
	elsewhere.Database = "elsewhere"
	_, err = neo4jstore.Open(t.Context(), elsewhere)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.ErrorContains(t, err, "elsewhere")
}

// listen gives an address where connections are taken and nothing is said.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestRefusedPort(t *testing.T) {
	l := listen(t)
	require.NoError(t, l.Close())
	start := time.Now()
	_, err := neo4jstore.Open(t.Context(), neo4jstore.Config{URI: "bolt://" + l.Addr().String(), Password: "x"})
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.ErrorContains(t, err, l.Addr().String())
	require.ErrorContains(t, err, "refused")
	require.Less(t, time.Since(start), 20*time.Second)
}

func TestSilentServer(t *testing.T) {
	l := listen(t)
	start := time.Now()
	_, err := neo4jstore.Open(t.Context(), neo4jstore.Config{URI: "bolt://" + l.Addr().String(), Password: "x", Timeout: time.Second})
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.ErrorContains(t, err, l.Addr().String())
	require.Less(t, time.Since(start), 20*time.Second, "the deadline of a second ends the call")

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = neo4jstore.Open(ctx, neo4jstore.Config{URI: "bolt://" + l.Addr().String(), Password: "x"})
	require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline is the caller's")
}

func TestASlowReaderHoldsNoLock(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	_, err := s.Apply(t.Context(), wave())
	require.NoError(t, err)

	// With a second for a batch, Apply would fail behind a lock.
	c.BatchTimeout = time.Second
	impatient := open(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := s.Scan(ctx, graph.ScanQuery{}, func(*graph.Batch) error {
			close(held)
			<-release
			return nil
		})
		done <- err
	}()
	<-held
	_, err = impatient.Apply(t.Context(), wave())
	require.NoError(t, err, "a slow reader holds no lock while it works on a batch")
	close(release)
	require.NoError(t, <-done)
}
