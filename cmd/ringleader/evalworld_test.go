package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/eval"
	"ringleader/graph"
)

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string][]uint64{
		"7": {7}, "1-3": {1, 2, 3}, "1, 4,9": {1, 4, 9}, "2-3,11": {2, 3, 11}, "0": {0},
	} {
		got, err := parseSeeds(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "x", "3-1", "1-", "-1", "1,,2", "1-100000"} {
		_, err := parseSeeds(text)
		require.ErrorContains(t, err, "--seeds", text)
	}
}

func TestWorldFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"accounts.csv", "2018-10-01/uses.csv", "truth/truth.csv"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	files, err := worldFiles(dir)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "2018-10-01/uses.csv"), filepath.Join(dir, "accounts.csv")}, files)
}

func TestMidnights(t *testing.T) {
	of := func(d int) graph.Time { return graph.TimeOf(time.Date(2018, 10, d, 0, 0, 0, 0, time.UTC)) }
	dir := t.TempDir()
	_, err := midnights(dir, &eval.Truth{}, 2)
	require.ErrorIs(t, err, graph.ErrInvalid)
	truth := &eval.Truth{Members: map[string]eval.Member{"a": {FirstBad: of(9).Add(5 * time.Hour)}, "b": {FirstBad: of(12)}, "c": {}}}
	got, err := midnights(dir, truth, 2)
	require.NoError(t, err)
	require.Equal(t, []graph.Time{of(10), of(11)}, got)
	for _, name := range []string{"2018-10-20", "2018-10-21", "2018-10-22", "truth"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
	}
	got, err = midnights(dir, truth, 2)
	require.NoError(t, err)
	require.Equal(t, []graph.Time{of(22), of(23)}, got)
}
