package loaders_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// writeAll writes a row of every table.
func writeAll(t testing.TB, dir string, o loaders.WriterOptions) {
	t.Helper()
	w, err := loaders.NewWriter(dir, o)
	require.NoError(t, err)
	at := graph.Millis(1_539_108_840_000) // 2018-10-09T18:14:00Z
	money, err := graph.ParseMoney("648", "CNY")
	require.NoError(t, err)
	device := graph.Ref{Kind: graph.Device, Key: "d"}
	account := graph.Ref{Kind: graph.Account, Key: "a"}
	require.NoError(t, w.Account(loaders.Account{Account: "a", Provider: "p,\"q\"", OpenedAt: at, TwoFactor: "no", Customer: "c"}))
	require.NoError(t, w.Use(loaders.Use{Account: "a", Identifier: device, At: at, Until: at}))
	require.NoError(t, w.Payment(loaders.Payment{ID: "P", Account: "a", Merchant: "m", Amount: money, At: at, Status: "settled", Beneficiary: "g"}))
	require.NoError(t, w.Transfer(loaders.Transfer{ID: "T", From: "a", To: "b", Amount: money, At: at}))
	require.NoError(t, w.Claim(loaders.Claim{ID: "C", Account: "a", Device: "d", Amount: money}))
	require.NoError(t, w.Message(loaders.Message{ID: "M", Account: "a", ContentHash: "h", Recipients: 1000000, At: at}))
	require.NoError(t, w.Event(loaders.Event{Account: "a", Type: "login", At: at, Device: "d"}))
	require.NoError(t, w.Dispute(loaders.Dispute{Event: graph.Ref{Kind: graph.Payment, Key: "P"}, At: at, Outcome: "won", Refunded: money}))
	require.NoError(t, w.Entity(loaders.Entity{Ref: device, Props: []graph.Prop{{Name: "model", Value: "m"}}}))
	require.NoError(t, w.Entity(loaders.Entity{Ref: account, Props: []graph.Prop{{Name: "age", Value: "7"}}, AsOf: at}))
	require.NoError(t, w.Association(loaders.Association{From: account, To: device, Weight: 0.25}))
	require.NoError(t, w.Label(loaders.Label{Account: account, Label: loaders.Victim, At: at}))
	truth, err := w.Table("truth/truth", "account", "ring")
	require.NoError(t, err)
	require.NoError(t, truth.Row("a", "r1"))
	require.NoError(t, w.Close())
}

// What the writer writes, the canonical mapping reads.
func TestWriterAndReaderAgree(t *testing.T) {
	want := []string{
		"account:a . =",
		"account:a . opened_at=2018-10-09T18:14:00Z",
		`account:a . provider=p,"q"`,
		"account:a . two_factor=no",
		"account:a . age=7 @2018-10-09T18:14:00Z",
		"account:a . event/login= @2018-10-09T18:14:00Z",
		"account:a ASSOCIATED device:d *0.25",
		"account:a CLAIMED device:d !claim:C =648.00 CNY",
		"account:a OWNED_BY customer:c",
		"account:a PAID merchant:m @2018-10-09T18:14:00Z !payment:P =648.00 CNY status=settled",
		"account:a PAID_TO beneficiary:g @2018-10-09T18:14:00Z !payment:P =648.00 CNY status=settled",
		"account:a SENT content:h @2018-10-09T18:14:00Z !message:M recipients=1000000",
		"account:a TRANSFERRED_TO account:b @2018-10-09T18:14:00Z !transfer:T =648.00 CNY",
		"account:a USED_DEVICE device:d @2018-10-09T18:14:00Z",
		"account:a USED_DEVICE device:d @2018-10-09T18:14:00Z ~2018-10-09T18:14:00Z",
		"device:d . model=m",
		"payment:P . dispute=won @2018-10-09T18:14:00Z",
		"payment:P . refunded=648.00 CNY @2018-10-09T18:14:00Z",
	}
	slices.Sort(want)
	for name, o := range map[string]loaders.WriterOptions{"plain": {}, "gzip": {Gzip: true}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeAll(t, dir, o)
			got, report := read(t, loaders.Options{Strict: true}, dir)
			require.Equal(t, want, got)
			require.Equal(t, int64(1), report.Labels)
		})
	}
}

func TestWriterIsDeterministic(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	writeAll(t, a, loaders.WriterOptions{Gzip: true})
	writeAll(t, b, loaders.WriterOptions{Gzip: true})
	files, err := filepath.Glob(filepath.Join(a, "*"))
	require.NoError(t, err)
	require.Len(t, files, 12) // eleven tables and truth
	for _, name := range files {
		if filepath.Base(name) == "truth" {
			name = filepath.Join(name, "truth.csv.gz")
		}
		rel, err := filepath.Rel(a, name)
		require.NoError(t, err)
		one, err := os.ReadFile(name)
		require.NoError(t, err)
		other, err := os.ReadFile(filepath.Join(b, rel))
		require.NoError(t, err)
		require.Equal(t, one, other, rel)
	}
}

func TestWriterKeepsItsErrors(t *testing.T) {
	w, err := loaders.NewWriter(t.TempDir(), loaders.WriterOptions{})
	require.NoError(t, err)
	table, err := w.Table("truth/traps", "account", "trap")
	require.NoError(t, err)
	require.ErrorIs(t, table.Row("only one"), graph.ErrInvalid)
	require.ErrorIs(t, w.Close(), graph.ErrInvalid)
	_, err = loaders.NewWriter("/dev/null/x", loaders.WriterOptions{})
	require.Error(t, err)
}
