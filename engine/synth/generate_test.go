package synth

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// small is a world for tests: every part has something to do in it.
func small(t testing.TB, o Options) (string, Summary) {
	t.Helper()
	if o.Accounts == 0 {
		o.Accounts = 1000
	}
	o.Dir = filepath.Join(t.TempDir(), "world")
	s, err := Generate(context.Background(), o)
	require.NoError(t, err)
	return o.Dir, s
}

// digest is one hash over the names and bytes of all files of a folder.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = io.WriteString(h, rel+"\n"+string(data))
		return err
	}))
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	one, summary := small(t, Options{Seed: 7})
	two, again := small(t, Options{Seed: 7})
	other, _ := small(t, Options{Seed: 8})
	require.Equal(t, summary, again)
	require.Equal(t, digest(t, one), digest(t, two))
	require.NotEqual(t, digest(t, one), digest(t, other))
}

func TestGzipHoldsTheSameRows(t *testing.T) {
	plain, _ := small(t, Options{Seed: 3})
	zipped, _ := small(t, Options{Seed: 3, Gzip: true})
	want, err := os.ReadFile(filepath.Join(plain, "uses.csv"))
	require.NoError(t, err)
	f, err := os.Open(filepath.Join(zipped, "uses.csv.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	got, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	require.FileExists(t, filepath.Join(zipped, "truth", "truth.csv"), "truth stays plain")
}

func TestGenerateRefuses(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	for name, o := range map[string]Options{
		"unknown world": {World: "atlantis", Dir: dir},
		"too small":     {Accounts: 499, Dir: dir},
		"no folder":     {},
	} {
		_, err := Generate(ctx, o)
		require.ErrorIs(t, err, graph.ErrInvalid, name)
	}

	mine := filepath.Join(dir, "accounts.csv")
	require.NoError(t, os.WriteFile(mine, []byte("account\nmine\n"), 0o600))
	_, err := Generate(ctx, Options{Accounts: 500, Dir: dir})
	require.ErrorIs(t, err, graph.ErrConflict)
	kept, err := os.ReadFile(mine)
	require.NoError(t, err)
	require.Equal(t, "account\nmine\n", string(kept))

	_, err = Generate(ctx, Options{Accounts: 500, Dir: dir, Replace: true})
	require.NoError(t, err)

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = Generate(cancelled, Options{Accounts: 500, Dir: t.TempDir()})
	require.ErrorIs(t, err, context.Canceled)
}

func TestProgressEndsAtTheTotal(t *testing.T) {
	last := -1
	_, s := small(t, Options{Progress: func(done, total int) {
		require.Greater(t, done, last)
		require.Equal(t, 1000, total)
		last = done
	}})
	require.Equal(t, s.Accounts, last)
}

func TestWorldsAreNamed(t *testing.T) {
	list := Worlds()
	require.Equal(t, defaultWorld, list[0].Name)
	for _, w := range list {
		require.NotEmpty(t, w.About)
		require.NotContains(t, w.About, "\n")
	}
}

// TestPartsDoNotDisturbEachOther leaves one part out and expects the rows of
// the others as they were.
func TestPartsDoNotDisturbEachOther(t *testing.T) {
	whole := worlds()[0]
	less := whole
	less.habits = append(append([]func(*maker) func(*account){}, whole.habits[:3]...), whole.habits[4:]...) // no purchases
	write := func(w world) string {
		o := Options{Accounts: 1000, Seed: 5, Dir: filepath.Join(t.TempDir(), "world")}
		out, err := create(o.Dir, loaders.WriterOptions{}, false)
		require.NoError(t, err)
		require.NoError(t, build(context.Background(), w, o, out))
		require.NoError(t, out.close())
		return o.Dir
	}
	a, b := write(whole), write(less)
	for _, file := range []string{"accounts.csv", "uses.csv", "transfers.csv", "events.csv", "truth/truth.csv", "truth/events.csv"} {
		want, err := os.ReadFile(filepath.Join(a, file))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(b, file))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), file)
	}
	require.Less(t, len(rows(t, b, "payments.csv")), len(rows(t, a, "payments.csv")))
}

// rows reads a file as one map per row.
func rows(t testing.TB, dir, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(file)))
	require.NoError(t, err)
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var list []map[string]string
	for _, values := range all[1:] {
		row := make(map[string]string)
		for i, v := range values {
			row[all[0][i]] = v
		}
		list = append(list, row)
	}
	return list
}

// BenchmarkGenerate reports rows and heap: the heap must not grow with the
// accounts.
func BenchmarkGenerate(b *testing.B) {
	for _, accounts := range []int{20_000, 100_000} {
		b.Run(strconv.Itoa(accounts), func(b *testing.B) {
			var made int64
			var peak uint64
			for range b.N {
				dir := filepath.Join(b.TempDir(), "world")
				s, err := Generate(context.Background(), Options{Accounts: accounts, Dir: dir, Progress: func(int, int) {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}})
				require.NoError(b, err)
				for _, n := range s.Rows {
					made += n
				}
				require.NoError(b, os.RemoveAll(dir))
			}
			b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(peak)/1e6, "MB-heap")
		})
	}
}
