package loaders_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
	"ringleader/vault"
)

// keptStore is a store with a key, and a folder for kept files.
func keptStore(t *testing.T) (*sqlitestore.Store, *vault.Vault, string) {
	t.Helper()
	dir := t.TempDir()
	s := storeFile(t, filepath.Join(dir, "s.db"))
	v, err := vault.Adopt(t.Context(), s, s, vault.FixedKey("kept"))
	require.NoError(t, err)
	return s, v, filepath.Join(dir, "s.db.sources")
}

func loadKept(t *testing.T, s *sqlitestore.Store, v *vault.Vault, dir, path string) *loaders.Report {
	t.Helper()
	report, err := loaders.Load(t.Context(), s, s, []string{path}, loaders.Options{Vault: v, KeepSources: dir})
	require.NoError(t, err)
	return report
}

func filesIn(t *testing.T, dir string) []fs.DirEntry {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	return files
}

// keptText has a quoted newline, so that rows are not lines.
const keptText = "account,kind,identifier,at\nu1,device,\"dev\nA\",2018-10-01\nu2,device,dev-B,2018-10-02\nu3,cookie,not-a-day,2018-99-02\nu1,device,dev-C,2018-10-03\n"

func TestKeptRowsOutliveTheirFiles(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(keptText))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	utf16 := []byte{0xff, 0xfe}
	for _, c := range []byte(keptText) {
		utf16 = append(utf16, c, 0)
	}
	for name, data := range map[string][]byte{"uses.csv": []byte(keptText), "uses.csv.gz": packed.Bytes(), "uses.tsv": utf16} {
		t.Run(name, func(t *testing.T) {
			s, v, dir := keptStore(t)
			if strings.HasSuffix(name, ".tsv") {
				data = bytes.ReplaceAll(data, []byte{',', 0}, []byte{'\t', 0})
			}
			path := write(t, t.TempDir(), name, string(data))
			report := loadKept(t, s, v, dir, path)
			require.EqualValues(t, 1, report.Rejected)
			require.NoError(t, os.Remove(path))
			input := report.Files[0].Input

			files := filesIn(t, dir)
			require.Len(t, files, 1)
			info, err := files[0].Info()
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			sealed, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
			require.NoError(t, err)
			require.NotContains(t, string(sealed), "dev-B")

			k := loaders.Keeper{Dir: dir, Key: v.Key()}
			for number, want := range map[int64]string{1: "dev\nA", 2: "dev-B", 4: "dev-C"} {
				row, err := k.Fetch(t.Context(), s, input, number)
				require.NoError(t, err)
				require.Contains(t, row.Raw, want)
				source, err := loaders.SourceOfRow(t.Context(), s, input, number)
				require.NoError(t, err)
				proven, keyed := row.Proves(source, v.Key())
				require.True(t, proven && keyed, "row %d", number)
				require.Equal(t, source.Offset, row.Offset)
				source.Hash ^= 1
				proven, _ = row.Proves(source, v.Key())
				require.False(t, proven)
			}
			row, err := k.Fetch(t.Context(), s, input, 3)
			require.NoError(t, err, "a rejected row is in the file")
			require.Contains(t, row.Raw, "not-a-day")
			_, err = loaders.SourceOfRow(t.Context(), s, input, 3)
			require.ErrorIs(t, err, graph.ErrNotFound)
			_, err = k.Fetch(t.Context(), s, input, 5)
			require.ErrorIs(t, err, graph.ErrNotFound)
			_, err = k.Fetch(t.Context(), s, "no such input", 1)
			require.ErrorIs(t, err, graph.ErrNotFound)
			_, err = loaders.Keeper{Dir: t.TempDir(), Key: v.Key()}.Fetch(t.Context(), s, input, 1)
			require.ErrorIs(t, err, graph.ErrNotFound)
			require.ErrorContains(t, err, "--sources-dir")
		})
	}
}

func TestARevertTakesKeptFilesAlong(t *testing.T) {
	s, v, dir := keptStore(t)
	path := write(t, t.TempDir(), "uses.csv", keptText)
	first := loadKept(t, s, v, dir, path)
	second := loadKept(t, s, v, dir, write(t, t.TempDir(), "uses.csv", keptText+"u9,device,d9,\n"))
	require.Len(t, filesIn(t, dir), 2)
	k := loaders.Keeper{Dir: dir, Key: v.Key()}
	n, err := k.DropUnclaimed(t.Context(), s, s)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = loaders.Revert(t.Context(), s, s, first.Load)
	require.NoError(t, err)
	for _, want := range []int{1, 0} {
		n, err = k.DropUnclaimed(t.Context(), s, s)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	require.Len(t, filesIn(t, dir), 1)
	_, err = k.Fetch(t.Context(), s, second.Files[0].Input, 5)
	require.NoError(t, err)
	loadKept(t, s, v, dir, path)
	require.Len(t, filesIn(t, dir), 2, "loaded again, kept again")
}

func TestKeptFilesFollowTheKey(t *testing.T) {
	s, v, dir := keptStore(t)
	report := loadKept(t, s, v, dir, write(t, t.TempDir(), "uses.csv", keptText))
	k := loaders.Keeper{Dir: dir}
	next := vault.FixedKey("next")
	for range 2 {
		require.NoError(t, k.Reseal(t.Context(), s, v.Key(), next))
	}
	_, err := loaders.Keeper{Dir: dir, Key: v.Key()}.Fetch(t.Context(), s, report.Files[0].Input, 1)
	require.ErrorIs(t, err, vault.ErrOtherKey)
	row, err := loaders.Keeper{Dir: dir, Key: next}.Fetch(t.Context(), s, report.Files[0].Input, 2)
	require.NoError(t, err)
	require.Contains(t, row.Raw, "dev-B")
}

// An erasure blanks her rows, rejected ones too, and no others; rows keep their
// numbers.
func TestEraseBlanksKeptRows(t *testing.T) {
	s, v, dir := keptStore(t)
	text := "account,kind,identifier,at\nperson-7,device,\"dev\nof hers\",2018-10-01\nu2,device,dev-B,2018-10-02\nperson-7,device,d9,not a day\nperson-77,device,dev-C,2018-10-03\r\n"
	report := loadKept(t, s, v, dir, write(t, t.TempDir(), "uses.csv", text))
	input := report.Files[0].Input
	k := loaders.Keeper{Dir: dir, Key: v.Key()}
	before := make(map[int64]*loaders.KeptRow)
	for _, n := range []int64{2, 4} {
		row, err := k.Fetch(t.Context(), s, input, n)
		require.NoError(t, err)
		before[n] = row
	}
	_, err := v.Erase(t.Context(), s, s, vault.Erasure{Ref: graph.Ref{Kind: graph.Account, Key: "person-7"}, Who: "tester", Why: "asked for it",
		Rows: func(ctx context.Context, rows []graph.Source, words []string) error {
			return k.Blank(ctx, s, rows, words)
		}})
	require.NoError(t, err)
	for _, n := range []int64{1, 3} {
		_, err := k.Fetch(t.Context(), s, input, n)
		require.ErrorIs(t, err, graph.ErrNotFound)
		require.ErrorContains(t, err, "erased")
	}
	for n, want := range before {
		row, err := k.Fetch(t.Context(), s, input, n)
		require.NoError(t, err)
		require.Equal(t, want, row)
		source, err := loaders.SourceOfRow(t.Context(), s, input, n)
		require.NoError(t, err)
		proven, _ := row.Proves(source, v.Key())
		require.True(t, proven)
	}

	// Loaded again from another file, her rows are blank from the start.
	now, err := vault.Open(t.Context(), s, v.Key())
	require.NoError(t, err)
	again := loadKept(t, s, now, dir, write(t, t.TempDir(), "uses.csv", text+"u9,device,d9,2018-10-05\n"))
	require.EqualValues(t, 1, again.Erased)
	_, err = k.Fetch(t.Context(), s, again.Files[0].Input, 1)
	require.ErrorContains(t, err, "erased")
	_, err = k.Fetch(t.Context(), s, again.Files[0].Input, 2)
	require.NoError(t, err)
}

func TestKeepingTakesAKey(t *testing.T) {
	s := sqlitetest.New(t)
	_, err := loaders.Load(t.Context(), s, s, []string{write(t, t.TempDir(), "uses.csv", keptText)}, loaders.Options{KeepSources: t.TempDir()})
	require.ErrorIs(t, err, graph.ErrInvalid)
}
