package loaders_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// A line of 1 GiB costs itself, not the memory of the machine, and the rows
// about it are read.
func TestGigabyteLine(t *testing.T) {
	squeeze := func(text []byte) []byte {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		require.NoError(t, err)
		_, err = z.Write(text)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	var file bytes.Buffer // gzip data one after the other are one text
	file.Write(squeeze([]byte(usesHeader + "a,device,d,,\nb,device,")))
	block := squeeze(bytes.Repeat([]byte("x"), 32<<20))
	for range 32 {
		file.Write(block)
	}
	file.Write(squeeze([]byte(",,\nc,device,d,,\n")))
	dir := t.TempDir()
	path := write(t, dir, "uses.csv.gz", file.String())
	rejects := filepath.Join(dir, "rejects")

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, report := read(t, loaders.Options{Rejects: rejects}, path)
	runtime.ReadMemStats(&after)
	require.Equal(t, []string{"account:a USED_DEVICE device:d", "account:c USED_DEVICE device:d"}, got)
	require.Equal(t, "longer than 1 MiB", report.Reasons[0].Reason)
	require.Equal(t, int64(2), report.Reasons[0].First.Row)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "bytes allocated")
	info, err := os.Stat(rejects)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(64<<10), "the reject file keeps the beginning of the line")
}

// A stream that is cut off inside a row states nothing of that row.
func TestCutOffRowIsNotTaken(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(usesHeader + "a,device,d1,,\nb,device,d2"))
	require.NoError(t, err)
	require.NoError(t, z.Flush()) // and never closed
	path := write(t, t.TempDir(), "uses.csv.gz", b.String())
	var lines []string
	report, err := loaders.Read(context.Background(), []string{path}, loaders.Options{}, func(b *graph.Batch) error {
		lines = append(lines, describe(b)...)
		return nil
	})
	require.ErrorContains(t, err, "is it cut off?")
	require.Equal(t, []string{"account:a USED_DEVICE device:d1"}, lines)
	require.Equal(t, int64(1), report.Rows)
	require.Zero(t, report.Rejected)
}

// Rejected rows, mended in the raw column and put under the header of their
// file, load again; together with what was good at once they state what a
// faultless file states.
func TestMendedRowsLoadAgain(t *testing.T) {
	dir := t.TempDir()
	header := "id,account,merchant,amount,currency,at,status\n"
	faultless := []string{
		"P1,a,shop,5.00,EUR,2018-10-09,settled",
		"P2,b,shop,7.00,EUR,2018-10-10,refunded",
		"P3,c,\"shop, \"\"new\"\"\nand more\",9.00,EUR,2018-10-11,settled",
		"P4,d,shop,11.00,EUR,2018-10-12,settled",
	}
	bad := slices.Clone(faultless)
	bad[1] = "P2,b,shop,-7.00,EUR,2018-10-10,settled"
	bad[2] = "P3,c,\"shop, \"\"new\"\"\nand more\",9.00,EUR,2018-02-30,settled"
	text := func(rows []string) string { return header + strings.Join(rows, "\n") + "\n" }
	want, _ := read(t, loaders.Options{}, write(t, dir, "faultless/payments.csv", text(faultless)))

	rejects := filepath.Join(dir, "rejects.csv")
	got, report := read(t, loaders.Options{Rejects: rejects}, write(t, dir, "bad/payments.csv", text(bad)))
	require.Equal(t, int64(2), report.Rejected)

	f, err := os.Open(rejects)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Contains(t, rows[1][3], "if it is money given back, state it as a refund")
	mend := strings.NewReplacer("-7.00,EUR,2018-10-10,settled", "7.00,EUR,2018-10-10,refunded", "2018-02-30", "2018-10-11")
	var mended []string
	for _, row := range rows[1:] {
		mended = append(mended, mend.Replace(row[4]))
	}
	more, report := read(t, loaders.Options{}, write(t, dir, "mended/payments.csv", text(mended)))
	require.Zero(t, report.Rejected)
	got = append(got, more...)
	slices.Sort(got)
	require.Equal(t, want, got)
}
