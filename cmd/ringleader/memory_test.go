package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The estimate is within a fifth of what a run then takes, as its own process.
func TestEstimateIsWhatARunTakes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak is read as Linux counts it, in KiB")
	}
	sizes := []int{10_000}
	if os.Getenv("RINGLEADER_SOAK") != "" {
		sizes = append(sizes, 40_000, 200_000)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, accounts := range sizes {
		t.Run(fmt.Sprint(accounts), func(t *testing.T) {
			dir := t.TempDir()
			world, store := filepath.Join(dir, "world"), filepath.Join(dir, "rings.db")
			run := func(args ...string) (*exec.Cmd, []byte) {
				cmd := exec.CommandContext(t.Context(), self)
				cmd.Args = append([]string{"ringleader"}, args...)
				cmd.Env = append(os.Environ(), "RINGLEADER_STORE="+store, "RINGLEADER_QUIET=true")
				out, err := cmd.Output()
				require.NoError(t, err, args)
				return cmd, out
			}
			run("synth", "--world", "mixed", "--accounts", fmt.Sprint(accounts), "--seed", "7", "--out", world)
			run("load", world)
			var e memoryEstimate
			_, out := run("detect", "--estimate", "--output", "json")
			require.NoError(t, json.Unmarshal(out, &e))
			cmd, _ := run("detect")
			peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
			t.Logf("%d accounts: estimated %d bytes, taken %d", accounts, e.Bytes, peak)
			require.InEpsilon(t, peak, e.Bytes, .2)
		})
	}
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "0": 0, "4096": 4096, "1k": 1024, "8GiB": 8 << 30, "8 gib": 8 << 30, "1.5g": 3 << 29, "500MB": 500_000_000, "10b": 10,
	} {
		got, err := parseBytes(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"much", "-1", "1x", "nan", "1e30", "GiB"} {
		_, err := parseBytes(text)
		require.Error(t, err, text)
	}
}

func TestFreeMemoryIsTheLesserOfMachineAndContainer(t *testing.T) {
	root := t.TempDir()
	require.Zero(t, freeMemory(root), "a system that does not say")
	write := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("proc/meminfo", "MemTotal:       2000 kB\nMemAvailable:   1000 kB\n")
	require.Equal(t, int64(1000<<10), freeMemory(root))
	write("sys/fs/cgroup/memory.max", "max\n")
	require.Equal(t, int64(1000<<10), freeMemory(root))
	write("sys/fs/cgroup/memory.max", "500000\n")
	write("sys/fs/cgroup/memory.current", "100000\n")
	require.Equal(t, int64(400_000), freeMemory(root))
	write("sys/fs/cgroup/memory.current", "600000\n")
	require.Equal(t, int64(1), freeMemory(root), "a full container has no room")
}
