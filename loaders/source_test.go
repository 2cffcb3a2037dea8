package loaders_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

func TestFoldersGlobsAndArchives(t *testing.T) {
	dir, spool := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", spool)
	write(t, dir, "accounts.csv", "account\na\n")
	write(t, dir, "deep/uses.csv", usesHeader+"a,device,d,,\n")
	write(t, dir, "truth/events.csv", "event,ring,amount,currency\nP1,r1,1,CNY\n")
	write(t, dir, ".hidden/uses.csv", usesHeader+"a,device,hidden,,\n")
	notes := write(t, dir, "notes.csv", "x\n1\n")
	readme := write(t, dir, "README.md", "# x\n")
	want := []string{"account:a . =", "account:a USED_DEVICE device:d"}

	got, report := read(t, loaders.Options{}, dir)
	require.Equal(t, want, got)
	require.Equal(t, []string{readme, notes}, report.Skipped)
	got, _ = read(t, loaders.Options{}, filepath.Join(dir, "acc*.csv"), filepath.Join(dir, "deep"), filepath.Join(dir, "deep", "uses.csv"))
	require.Equal(t, want, got, "a file named twice is read once")

	archive := filepath.Join(dir, "world.tgz")
	pack(t, archive, map[string]string{
		"w/accounts.csv": "account\na\n", "w/deep/uses.csv": usesHeader + "a,device,d,,\n",
		"w/truth/uses.csv": usesHeader + "a,device,truth,,\n", "w/plot.png": "\x89PNG\x00",
	})
	got, report = read(t, loaders.Options{}, archive)
	require.Equal(t, want, got)
	require.Equal(t, []string{archive + "/w/plot.png"}, report.Skipped)

	left, err := os.ReadDir(spool)
	require.NoError(t, err)
	require.Empty(t, left, "what was spooled is removed")
}

// pack writes a .tgz.
func pack(t testing.TB, path string, files map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
}

func TestStandardInput(t *testing.T) {
	want := []string{"account:a USED_DEVICE device:d"}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(usesHeader + "a,device,d,,\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, tt := range map[string]struct{ name, text string }{
		"by header":       {"", usesHeader + "a,device,d,,\n"},
		"by header, gzip": {"", zipped.String()},
		"by header, tabs": {"", "account\tkind\tidentifier\na\tdevice\td\n"},
		"by names":        {"", `{"account":"a","kind":"device","identifier":"d"}` + "\n"},
		"by file name":    {"uses.tsv", "account\tkind\tidentifier\na\tdevice\td\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, report := read(t, loaders.Options{Stdin: strings.NewReader(tt.text), StdinName: tt.name}, "-")
			require.Equal(t, want, got)
			require.Equal(t, "uses", report.Files[0].Table)
			require.Equal(t, "-", report.Files[0].Name)
		})
	}
	_, err = loaders.Read(context.Background(), []string{"-"}, loaders.Options{Stdin: strings.NewReader("x,y\n1,2\n")},
		func(*graph.Batch) error { return nil })
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "no table of mapping canonical has these columns")
}

func TestPathsThatLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		path string
		is   error
		want string
	}{
		"missing":       {filepath.Join(dir, "none.csv"), graph.ErrNotFound, "none.csv"},
		"glob":          {filepath.Join(dir, "none*.csv"), graph.ErrNotFound, "nothing matches"},
		"empty folder":  {dir, graph.ErrInvalid, "it has accounts, uses, payments"},
		"unknown table": {write(t, t.TempDir(), "mine.csv", "a\n1\n"), graph.ErrInvalid, "mapping canonical has no table of this name"},
		"format":        {write(t, t.TempDir(), "uses.xlsx", "PK"), graph.ErrInvalid, "want .csv, .tsv, .psv, .txt, .jsonl or .parquet"},
		"archive":       {write(t, t.TempDir(), "uses.tar", "no archive at all"), graph.ErrInvalid, "archive"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loaders.Read(context.Background(), []string{tt.path}, loaders.Options{}, func(*graph.Batch) error { return nil })
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// The callback's error ends a reading and comes back as it is.
func TestReadStopsWithItsCallback(t *testing.T) {
	path := write(t, t.TempDir(), "uses.csv", usesHeader+strings.Repeat("a,device,d,,\n", 1000))
	stop := errors.New("enough")
	calls := 0
	_, err := loaders.Read(context.Background(), []string{path}, loaders.Options{BatchRows: 10}, func(*graph.Batch) error {
		calls++
		return stop
	})
	require.ErrorIs(t, err, stop)
	require.Equal(t, 1, calls)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = loaders.Read(ctx, []string{path}, loaders.Options{}, func(*graph.Batch) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}

// Sources lead back to the bytes of the row, and their hash depends on the key.
func TestSourcesLeadBackToRows(t *testing.T) {
	text := usesHeader + "a,device,d,,\nb,device,\"e\nf\",,\n"
	path := write(t, t.TempDir(), "uses.csv", text)
	sources := func(key string) []graph.Source {
		var list []graph.Source
		_, err := loaders.Read(context.Background(), []string{path}, loaders.Options{Key: []byte(key)}, func(b *graph.Batch) error {
			for _, l := range b.Links {
				list = append(list, l.Sources...)
			}
			return nil
		})
		require.NoError(t, err)
		return list
	}
	one, other := sources("k"), sources("l")
	require.Len(t, one, 2)
	require.Equal(t, []int64{1, 2}, []int64{one[0].Row, one[1].Row})
	require.True(t, strings.HasPrefix(text[one[1].Offset:], "b,device"))
	require.NotEqual(t, one[0].Hash, other[0].Hash)
	require.Equal(t, one, sources("k"))
}
