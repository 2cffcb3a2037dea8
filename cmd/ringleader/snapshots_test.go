package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSnapshotBesideTheStore follows the file: it is made by detect, serves the
// next one with the same rings, goes with the facts that it is of, and is made
// anew where it is damaged.
func TestSnapshotBesideTheStore(t *testing.T) {
	dir := t.TempDir()
	store, world := filepath.Join(dir, "rings.db"), filepath.Join(dir, "world")
	do := func(args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		a := newApp(bytes.NewReader(nil), &out, &errs, func(string) (string, bool) { return "", false })
		require.Equal(t, exitDone, run(t.Context(), a, append(args, "--store", store, "--output", "csv")), errs.String())
		return out.String(), errs.String()
	}
	kept := func() []string {
		t.Helper()
		files, err := filepath.Glob(store + ".snapshot-*")
		require.NoError(t, err)
		return files
	}
	do("synth", "--world", "apple-id-2018", "--accounts", "600", "--seed", "3", "--out", world)
	do("load", world)
	require.Empty(t, kept())
	plain, _ := do("detect", "--no-snapshot")
	require.Empty(t, kept(), "told not to")

	first, _ := do("detect")
	require.Equal(t, plain, first)
	files := kept()
	require.Len(t, files, 1)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(files[0])
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	second, _ := do("detect")
	require.Equal(t, first, second)
	require.Equal(t, files, kept(), "the same facts, the same file")

	require.NoError(t, os.Truncate(files[0], 1000))
	damaged, stderr := do("detect")
	require.Equal(t, first, damaged)
	require.Contains(t, stderr, "made anew")
	require.Equal(t, files, kept())

	require.NoError(t, os.WriteFile(filepath.Join(dir, "uses.csv"),
		[]byte("account,kind,identifier,at,until\nu-new,device,d-new,2018-10-09T18:14:00Z,\n"), 0o600))
	do("load", filepath.Join(dir, "uses.csv"))
	do("detect")
	require.Len(t, kept(), 1)
	require.NotEqual(t, files, kept(), "other facts, another file, and the old one goes")
	scores, _ := do("scores")
	require.Contains(t, scores, "u-new")

	do("store", "purge")
	require.Empty(t, kept(), "what was taken away for good does not live on")
}
