package loaders_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
)

// content is every observed fact of a store with its sources, sorted.
func content(t testing.TB, s graph.Store) []string {
	t.Helper()
	var lines []string
	_, err := s.Scan(context.Background(), graph.ScanQuery{Sources: true}, func(b *graph.Batch) error {
		facts := describe(b)
		for i := range b.Attrs {
			facts[i] += fmt.Sprint(b.Attrs[i].Sources)
		}
		for i := range b.Links {
			facts[len(b.Attrs)+i] += fmt.Sprint(b.Links[i].Sources)
		}
		lines = append(lines, facts...)
		return nil
	})
	require.NoError(t, err)
	slices.Sort(lines)
	return lines
}

// world writes a small folder of several tables: deterministic, with a bad row
// here and there.
func world(t testing.TB, dir string, accounts int) {
	t.Helper()
	w, err := loaders.NewWriter(dir, loaders.WriterOptions{})
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	when := graph.Millis(1_539_000_000_000)
	for i := range accounts {
		key := fmt.Sprintf("u%d", i)
		two := "yes"
		if i%3 == 0 {
			two = "no"
		}
		_ = w.Account(loaders.Account{Account: key, Provider: "p", TwoFactor: two, Customer: fmt.Sprintf("c%d", i/2)})
		_ = w.Use(loaders.Use{Account: key, Identifier: graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("d%d", rng.IntN(accounts))}, At: when})
		status := "settled"
		if i%17 == 0 {
			status = "nonsense" // rejected
		}
		amount, err := graph.ParseMoney("648", "CNY")
		require.NoError(t, err)
		_ = w.Payment(loaders.Payment{ID: fmt.Sprintf("P%d", i), Account: key, Merchant: "m", Amount: amount, At: when, Device: "d1", Status: status})
		if i%5 == 0 {
			_ = w.Label(loaders.Label{Account: graph.Ref{Kind: graph.Account, Key: key}, Label: loaders.Fraud})
		}
	}
	require.NoError(t, w.Close())
}

func TestLoadTwiceChangesNothingButARecord(t *testing.T) {
	ctx, dir, s := context.Background(), t.TempDir(), sqlitetest.New(t)
	world(t, dir, 100)
	first, err := loaders.Load(ctx, s, s, []string{dir}, loaders.Options{BatchRows: 30})
	require.NoError(t, err)
	require.Equal(t, int64(6), first.Rejected) // 0, 17, … 85
	require.Equal(t, int64(20), first.Labels)
	before, stats := content(t, s), mustStats(t, s)
	labels, err := loaders.Labels(ctx, s)
	require.NoError(t, err)
	require.Len(t, labels, 20)

	second, err := loaders.Load(ctx, s, s, []string{dir}, loaders.Options{BatchRows: 30})
	require.NoError(t, err)
	require.Zero(t, second.Rows)
	require.Equal(t, first.Rows, second.Already)
	require.Equal(t, before, content(t, s))
	require.Equal(t, stats.Revision, mustStats(t, s).Revision)
	again, err := loaders.Labels(ctx, s)
	require.NoError(t, err)
	require.Equal(t, labels, again)

	loads, err := loaders.Loads(ctx, s)
	require.NoError(t, err)
	require.Len(t, loads, 2)
	require.Equal(t, loaders.LoadDone, loads[0].State)
	require.Equal(t, first.Rows, loads[0].Rows)
	require.NotEqual(t, loads[0].ID, loads[1].ID)
	require.Equal(t, second.Load, loads[1].ID)
}

// A store holds what the files state, each fact once.
func TestStoreHoldsWhatFilesState(t *testing.T) {
	ctx, dir, s := context.Background(), t.TempDir(), sqlitetest.New(t)
	writeAll(t, dir, loaders.WriterOptions{Gzip: true})
	world(t, filepath.Join(dir, "more"), 50)
	_, err := loaders.Load(ctx, s, s, []string{dir}, loaders.Options{BatchRows: 11})
	require.NoError(t, err)
	var stored []string
	_, err = s.Scan(ctx, graph.ScanQuery{}, func(b *graph.Batch) error {
		stored = append(stored, describe(b)...)
		return nil
	})
	require.NoError(t, err)
	slices.Sort(stored)
	stated, _ := read(t, loaders.Options{}, dir)
	require.Equal(t, slices.Compact(stated), stored)
}

// Two files with the same rows are one input.
func TestEqualFilesAreOneInput(t *testing.T) {
	ctx, dir, s := context.Background(), t.TempDir(), sqlitetest.New(t)
	for _, folder := range []string{"a", "b"} {
		write(t, dir, folder+"/labels.csv", "account,label\nu1,fraud\n")
		write(t, dir, folder+"/uses.csv", usesHeader+"u1,device,d,,\n")
	}
	report, err := loaders.Load(ctx, s, s, []string{dir}, loaders.Options{})
	require.NoError(t, err)
	require.Equal(t, int64(2), report.Rows)
	require.Equal(t, int64(2), report.Already)
	require.Len(t, mustLabels(t, s), 1)
	inputs, err := s.Inputs(ctx)
	require.NoError(t, err)
	require.Len(t, inputs, 2)

	_, err = loaders.Revert(ctx, s, s, report.Load)
	require.NoError(t, err)
	require.Empty(t, content(t, s))
	require.Empty(t, mustLabels(t, s))
}

func mustStats(t testing.TB, s graph.Store) graph.Stats {
	t.Helper()
	stats, err := s.Stats(context.Background())
	require.NoError(t, err)
	return stats
}

func TestRevertBLeavesA(t *testing.T) {
	ctx, dir, s := context.Background(), t.TempDir(), sqlitetest.New(t)
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	world(t, a, 60)
	// B states some of A's facts again, new facts, and one file that A has too.
	write(t, b, "uses.csv", usesHeader+"u1,device,new,,\nu2,ip,1.2.3.4,,\n")
	write(t, b, "accounts.csv", "account,provider\nu1,p\nu999,q\n")
	write(t, b, "labels.csv", "account,label\nu1,victim\n")
	shared, err := os.ReadFile(filepath.Join(a, "payments.csv"))
	require.NoError(t, err)
	write(t, b, "payments.csv", string(shared))

	_, err = loaders.Load(ctx, s, s, []string{a}, loaders.Options{})
	require.NoError(t, err)
	onlyA, labelsA := content(t, s), mustLabels(t, s)
	report, err := loaders.Load(ctx, s, s, []string{b}, loaders.Options{})
	require.NoError(t, err)
	both, labelsBoth := content(t, s), mustLabels(t, s)
	require.NotEqual(t, onlyA, both)
	require.NotEqual(t, labelsA, labelsBoth)

	back, err := loaders.Revert(ctx, s, s, report.Load)
	require.NoError(t, err)
	require.Len(t, back.Kept, 1)
	require.Equal(t, "payments", back.Kept[0].Table)
	require.Len(t, back.Retracted, 3)
	require.Equal(t, onlyA, content(t, s))
	require.Equal(t, labelsA, mustLabels(t, s))

	_, err = loaders.Revert(ctx, s, s, report.Load)
	require.ErrorIs(t, err, graph.ErrConflict)
	_, err = loaders.Revert(ctx, s, s, "l-77")
	require.ErrorIs(t, err, graph.ErrNotFound)

	_, err = loaders.Load(ctx, s, s, []string{b}, loaders.Options{})
	require.NoError(t, err)
	require.Equal(t, both, content(t, s))
	require.Equal(t, labelsBoth, mustLabels(t, s))
}

func mustLabels(t testing.TB, log graph.Log) []loaders.Label {
	t.Helper()
	labels, err := loaders.Labels(context.Background(), log)
	require.NoError(t, err)
	return labels
}

// dying is a store that fails as a killed process does: at some batch, before
// or after writing it.
type dying struct {
	graph.Store
	left   int
	before bool
	kill   func()
}

func (d *dying) Apply(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
	d.left--
	if d.left >= 0 {
		return d.Store.Apply(ctx, b)
	}
	if !d.before {
		if _, err := d.Store.Apply(ctx, b); err != nil {
			return 0, err
		}
	}
	d.kill()
	return 0, errDied
}

var errDied = errors.New("died")

// A load that is cut off at any batch and begun again ends as one that was not.
func TestInterruptedLoadGoesOn(t *testing.T) {
	dir := t.TempDir()
	world(t, dir, 80)
	o := loaders.Options{BatchRows: 7}
	whole := sqlitetest.New(t)
	report, err := loaders.Load(context.Background(), whole, whole, []string{dir}, o)
	require.NoError(t, err)
	want, wantLabels := content(t, whole), mustLabels(t, whole)

	rng := rand.New(rand.NewPCG(3, 4)) // 12 points of about 38 batches, each twice
	for range 12 {
		cut := rng.IntN(36)
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("batch %d, before %t", cut, before), func(t *testing.T) {
				s := sqlitetest.New(t)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				first, err := loaders.Load(ctx, &dying{s, cut, before, cancel}, s, []string{dir}, o)
				require.Error(t, err)
				second, err := loaders.Load(context.Background(), s, s, []string{dir}, o)
				require.NoError(t, err)
				require.Equal(t, want, content(t, s))
				require.Equal(t, wantLabels, mustLabels(t, s))
				if before { // otherwise a batch was written whose report was lost
					require.Equal(t, report.Rejected, first.Rejected+second.Rejected)
				}
				require.Equal(t, report.Rows, second.Rows+second.Already)
			})
		}
	}
}

func TestCancelledLoadSaysSo(t *testing.T) {
	dir, s := t.TempDir(), sqlitetest.New(t)
	world(t, dir, 80)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := loaders.Options{BatchRows: 7, Progress: func(p loaders.Progress) {
		if p.Rows > 50 {
			cancel()
		}
	}}
	_, err := loaders.Load(ctx, s, s, []string{dir}, o)
	require.ErrorIs(t, err, context.Canceled)
	loads, err := loaders.Loads(context.Background(), s)
	require.NoError(t, err)
	require.Equal(t, loaders.LoadInterrupted, loads[0].State)

	// The lease is free again.
	_, err = loaders.Load(context.Background(), s, s, []string{dir}, loaders.Options{})
	require.NoError(t, err)
}

func TestLoadYieldsToAnotherJob(t *testing.T) {
	ctx, dir, s := context.Background(), t.TempDir(), sqlitetest.New(t)
	world(t, dir, 3)
	lease, err := graph.AcquireLease(ctx, s, "detect elsewhere", leaseForTests)
	require.NoError(t, err)
	_, err = loaders.Load(ctx, s, s, []string{dir}, loaders.Options{})
	require.ErrorIs(t, err, graph.ErrConflict)
	require.ErrorContains(t, err, "detect elsewhere")
	require.NoError(t, lease.Release(ctx))
}

const leaseForTests = 60_000_000_000 // a minute

// Rows shuffled, columns moved, files split or compressed: the same snapshot.
func TestOrderAndSplitsChangeNothing(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	world(t, plain, 60)
	want, _ := read(t, loaders.Options{}, plain)

	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 5 {
		other := filepath.Join(dir, fmt.Sprint(round))
		for _, name := range []string{"accounts", "uses", "payments"} {
			text, err := os.ReadFile(filepath.Join(plain, name+".csv"))
			require.NoError(t, err)
			rows := strings.Split(strings.TrimSpace(string(text)), "\n")
			columns := rng.Perm(strings.Count(rows[0], ",") + 1)
			for i, row := range rows {
				values := strings.Split(row, ",")
				moved := make([]string, len(values))
				for j, c := range columns {
					moved[j] = values[c]
				}
				rows[i] = strings.Join(moved, ",")
			}
			header, body := rows[0], rows[1:]
			rng.Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
			cut := rng.IntN(len(body))
			write(t, other, "one/"+name+".csv", header+"\n"+strings.Join(body[:cut], "\n"))
			write(t, other, "two/"+name+".csv", header+"\n"+strings.Join(body[cut:], "\n")+"\n")
		}
		got, _ := read(t, loaders.Options{BatchRows: 1 + rng.IntN(40)}, other)
		require.Equal(t, want, got)
	}
}
