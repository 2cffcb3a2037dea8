package loadertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// RealData is the folder of the real sets: RINGLEADER_DATA, else
// ../shared/data beside the module. Without one the test is skipped with a
// message that begins REAL DATA TESTS DID NOT RUN, and fails where CI is true.
func RealData(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("RINGLEADER_DATA")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		const missing = "REAL DATA TESTS DID NOT RUN: set RINGLEADER_DATA to the folder of the sets"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing) // a green CI means that they ran
		}
		t.Skip(missing) // make test says so in its last lines, too
	}
	return dir
}

// moduleRoot is the folder with go.mod above that of the test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
}
