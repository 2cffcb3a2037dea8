package loaders_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
	"ringleader/loaders"
	"ringleader/vault"
)

// varied is what the columns of files hold: good values, bad ones, some that are
// absent, in other forms, placeholders, or in need of quotes.
var varied = map[string][]string{
	"account":    {"u1", "u2", "u3", " u1 ", "", "u\"4", "ü5", strings.Repeat("k", 513)},
	"from":       {"account:u1", "phone:+4930123456", "u1", "ring:r1", ""},
	"to":         {"phone:+4930123456", "device:d1", "shop:s1", ""},
	"kind":       {"device", "phone", "card", "national_id", "Device", "", "ring", "sim_card", "loyalty_programme_" + strings.Repeat("x", 44)},
	"identifier": {"d1", "D2", "+49 30 123456", "+4930123456", "4111 1111 1111 1111", "none", "a,b", "two\nlines", "\x00", "\xff\xfe"},
	"at":         {"2024-02-29T12:00:00Z", "2024-02-29", "1700000000", "2023-02-29T12:00:00Z", "noon", "", "2024-01-01T00:00:00.5+02:00"},
	"until":      {"", "", "", "2025-01-01", "1999-01-01"},
	"timezone":   {"", "", "Asia/Shanghai", "Mars/Olympus"},
	"id":         {"p1", "p2", "p3", ""},
	"merchant":   {"m1", "m2", ""},
	"amount":     {"1.00", "2.5", "-1", "", "many"},
	"currency":   {"EUR", "CNY", "", "eur"},
	"device":     {"d1", "d2", ""},
	"status":     {"settled", "declined", "lost", ""},
	"weight":     {"1", "0.5", "0", "", "heavy"},
	"type":       {"login", "opened", ""},
	"ref":        {"device:d1", "account:u2", "u9", ""},
	"model":      {"x1", "x2", ""},
	"label":      {"fraud", "honest", "maybe", ""},
	"as_of":      {"", "2024-01-01", "2024-06-01"},
}

// variedFiles are the tables with their columns; those that the layout does not
// name become properties.
var variedFiles = map[string][]string{
	"uses":     {"account", "kind", "identifier", "at", "until", "timezone", "colour"},
	"payments": {"id", "account", "merchant", "amount", "currency", "at", "device", "status", "colour"},
	"links":    {"from", "to", "kind", "weight", "at", "until"},
	"events":   {"account", "type", "at", "device", "colour"},
	"entities": {"ref", "model", "as_of"},
	"labels":   {"account", "label", "at"},
}

func drawFiles(t *rapid.T, dir string) {
	for _, name := range []string{"entities", "events", "labels", "links", "payments", "uses"} {
		var b strings.Builder
		columns := variedFiles[name]
		b.WriteString(strings.Join(columns, ",") + "\n")
		for range rapid.IntRange(0, 60).Draw(t, name) {
			for i, column := range columns {
				if i > 0 {
					b.WriteByte(',')
				}
				values := varied[column]
				if values == nil {
					values = []string{"red", "green", ""}
				}
				// Most rows are good: the first values are drawn twice as often.
				v := rapid.SampledFrom(append(values[:min(3, len(values))], values...)).Draw(t, column)
				if strings.ContainsAny(v, ",\"\n") {
					v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
				}
				b.WriteString(v)
			}
			b.WriteByte('\n')
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(b.String()), 0o600))
	}
}

// TestReadIntoIsRead reads varied files straight into snapshots and by way of
// batches: files of snapshots, reports, labels and rejects are the same, byte for
// byte, for any number of threads.
func TestReadIntoIsRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		drawFiles(t, dir)
		build := graph.BuildOptions{Topology: rapid.Bool().Draw(t, "topology")}
		if rapid.Bool().Draw(t, "as of") {
			build.AsOf = graph.Millis(1_706_000_000_000)
		}
		o := loaders.Options{BatchRows: rapid.SampledFrom([]int{1, 7, 0}).Draw(t, "batch rows")}
		o.Placeholder = func(r graph.Ref) string { return map[string]string{"none": "a null word"}[r.Key] }
		if rapid.Bool().Draw(t, "secrets") {
			o.Vault = vault.Loose(vault.FixedKey("test"))
		}
		type outcome struct {
			report   *loaders.Report
			err      string
			labels   []loaders.Label
			rejects  string
			snapshot []byte
		}
		run := func(threads int, read func(loaders.Options, *graph.Builder) (*loaders.Report, error)) (out outcome) {
			o, build := o, build
			build.Threads, o.Rejects = threads, filepath.Join(dir, "rejects")
			o.Labels = func(l []loaders.Label) { out.labels = append(out.labels, l...) }
			b := graph.NewBuilder(build)
			report, err := read(o, b)
			out.report, out.err = report, fmt.Sprint(err)
			if kept, err := os.ReadFile(o.Rejects); err == nil {
				out.rejects = string(kept)
				require.NoError(t, os.Remove(o.Rejects))
			}
			g, err := b.Build(1)
			require.NoError(t, err)
			var file bytes.Buffer
			_, err = g.WriteTo(&file)
			require.NoError(t, err)
			out.snapshot = file.Bytes()
			return out
		}
		ctx := context.Background()
		want := run(1, func(o loaders.Options, b *graph.Builder) (*loaders.Report, error) {
			return loaders.Read(ctx, []string{dir}, o, b.Add)
		})
		for _, threads := range []int{1, 2, 7} {
			got := run(threads, func(o loaders.Options, b *graph.Builder) (*loaders.Report, error) {
				return loaders.ReadInto(ctx, []string{dir}, o, b)
			})
			require.True(t, bytes.Equal(want.snapshot, got.snapshot), "another snapshot")
			got.snapshot = want.snapshot
			require.Equal(t, want, got)
		}
	})
}

// TestReadIntoKeepsNoText reads files of many times what is looked at at once, whose
// memory is used again as the reading goes on: a snapshot and labels are what
// batches, whose texts stay, make of them.
func TestReadIntoKeepsNoText(t *testing.T) {
	dir := t.TempDir()
	write := func(name, header string, row func(i int) string) {
		var b strings.Builder
		b.WriteString(header + "\n")
		for i := range 20_000 {
			b.WriteString(row(i) + "\n")
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(b.String()), 0o600))
	}
	zones := []string{"Asia/Shanghai", "Europe/Berlin", "UTC"}
	write("uses", "account,kind,identifier,at,timezone", func(i int) string {
		return fmt.Sprintf("user-%d,kind_%d,value-%d,2024-03-01 12:%02d:00,%s", i%977, i/3000, i, i%60, zones[i/7000])
	})
	write("links", "from,to,kind,weight", func(i int) string {
		return fmt.Sprintf("account:user-%d,group_%d:g-%d,KNOWS_%d,0.5", i%977, i/2500, i, i/4000)
	})
	write("payments", "id,account,merchant,amount,currency,device,colour", func(i int) string {
		return fmt.Sprintf("p-%d,user-%d,shop-%d,%d.50,EUR,device-%d,shade-%d", i, i%977, i%31, i, i, i/1000)
	})
	write("labels", "account,label,colour", func(i int) string { return fmt.Sprintf("user-%d,fraud,shade-%d", i, i) })
	read := func(read func(loaders.Options, *graph.Builder) error) (snapshot []byte, labels []loaders.Label) {
		b := graph.NewBuilder(graph.BuildOptions{})
		o := loaders.Options{Vault: vault.Loose(vault.FixedKey("test")), Labels: func(l []loaders.Label) { labels = append(labels, l...) }}
		require.NoError(t, read(o, b))
		g, err := b.Build(1)
		require.NoError(t, err)
		var file bytes.Buffer
		_, err = g.WriteTo(&file)
		require.NoError(t, err)
		return file.Bytes(), labels
	}
	want, wantLabels := read(func(o loaders.Options, b *graph.Builder) error {
		_, err := loaders.Read(context.Background(), []string{dir}, o, b.Add)
		return err
	})
	got, labels := read(func(o loaders.Options, b *graph.Builder) error {
		_, err := loaders.ReadInto(context.Background(), []string{dir}, o, b)
		return err
	})
	require.True(t, bytes.Equal(want, got), "another snapshot")
	require.Equal(t, wantLabels, labels)
	require.Len(t, labels, 20_000)
}
