package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
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
