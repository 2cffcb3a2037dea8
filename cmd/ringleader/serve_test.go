package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/sqlitestore"
)

// startProgram starts the program as a process of its own, in dir.
func startProgram(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	// testscript runs the program when the binary is called by its name.
	link := filepath.Join(t.TempDir(), "ringleader")
	require.NoError(t, os.Symlink(self, link))
	cmd := exec.Command(link, args...)
	cmd.Dir = dir
	return cmd
}

// The real program serves on a free port, answers while another process writes,
// and on Ctrl-C lets go and ends with 0.
func TestServeAndStop(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "accounts.csv"), []byte("account\na1\na2\n"), 0o600))
	store := filepath.Join(dir, "s.db")
	require.NoError(t, startProgram(t, dir, "load", "accounts.csv", "--store", store, "--quiet").Run())

	cmd := startProgram(t, dir, "serve", "--store", store, "--listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(stderr)
	require.True(t, lines.Scan())
	address := regexp.MustCompile(`http://[^/]+/`).FindString(lines.Text())
	require.NotEmpty(t, address, lines.Text())

	status := func(path string) int {
		resp, err := http.Get(address + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	require.Equal(t, http.StatusOK, status("healthz"))
	require.Equal(t, http.StatusNotFound, status("api/v1/rings"), "nothing has been detected yet")
	require.NoError(t, startProgram(t, dir, "detect", "--store", store, "--quiet").Run())
	require.Equal(t, http.StatusOK, status("api/v1/rings"), "the run of the other process is seen")

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	require.NoError(t, cmd.Wait(), "a server that was told to stop has done its work")
	require.Contains(t, strings.Join(rest, "\n"), "stopping")
	_, err = http.Get(address + "healthz")
	require.Error(t, err)
}

// Ctrl-C in the middle of a load ends with 130 and leaves a sound store; the
// same command goes on.
func TestInterruptedLoadGoesOn(t *testing.T) {
	dir := t.TempDir()
	store := filepath.Join(dir, "s.db")
	require.NoError(t, startProgram(t, dir, "synth", "--accounts", "4000", "--out", "world", "--quiet").Run())

	cmd := startProgram(t, dir, "load", "world", "--store", store)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return inputs(t, store) > 0 }, 30*time.Second, 2*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil { // else the load was faster than the signal
		require.ErrorAs(t, err, &exit)
		require.Equal(t, exitInterrupted, exit.ExitCode())
	}
	require.NoError(t, startProgram(t, dir, "store", "check", "--store", store).Run())
	require.NoError(t, startProgram(t, dir, "load", "world", "--store", store, "--quiet").Run())

	whole := filepath.Join(dir, "whole.db")
	require.NoError(t, startProgram(t, dir, "load", "world", "--store", whole, "--quiet").Run())
	require.Equal(t, stats(t, whole), stats(t, store))
}

// inputs counts what a store says was loaded; zero while there is none.
func inputs(t *testing.T, path string) int {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{ReadOnly: true, NoCreate: true})
	if err != nil {
		return 0
	}
	defer func() { require.NoError(t, s.Close()) }()
	list, err := s.Inputs(t.Context())
	if err != nil {
		return 0
	}
	return len(list)
}

func stats(t *testing.T, path string) graph.Stats {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{ReadOnly: true, NoCreate: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	stats.Revision, stats.Bytes = 0, 0 // how it came to be, not what it holds
	return stats
}
