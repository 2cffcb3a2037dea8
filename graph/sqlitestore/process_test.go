package sqlitestore

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// The test binary runs itself as a second process that loads batches into the
// store named here until its standard input is closed.
const writerEnv = "RINGLEADER_TEST_SQLITE_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := writeUntilTold(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// rowsPerBatch makes one batch of the second process; each row is two facts.
const rowsPerBatch = 2000

func writeUntilTold(path string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	s, err := Open(ctx, path, Options{NoCreate: true})
	if err != nil {
		return err
	}
	for n := int64(0); ctx.Err() == nil; n++ {
		var w graph.BatchBuilder
		for i := range int64(rowsPerBatch) {
			row := n*rowsPerBatch + i
			a := graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%d", row*7919%100_003)}
			from := graph.Source{Input: "A", Row: row + 1}
			w.Attr(a, "seen", fmt.Sprint(row), 0, from)
			w.Link(a, graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("d%d", row%997)}, graph.Link{Type: graph.UsedDevice, At: graph.Time(row + 1)}, from)
		}
		if _, err := s.Apply(ctx, w.Take()); err != nil && ctx.Err() == nil {
			return err
		}
		if n == 0 {
			fmt.Println("writing")
		}
	}
	return s.Close()
}

// startWriter starts the second process and returns when its first batch is in.
// stop ends it and requires that it ended well.
func startWriter(t *testing.T, path string) (stop func()) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "writing\n", line)
	return func() {
		t.Helper()
		require.NoError(t, stdin.Close())
		require.NoError(t, cmd.Wait())
	}
}

// TestReaderBesideWriter reads while another process writes: each scan holds
// exactly the batches of its revision, and so does what follows it.
func TestReaderBesideWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path, Options{})
	stop := startWriter(t, path)
	revisions := make(map[graph.Revision]bool)
	for deadline := time.Now().Add(20 * time.Second); len(revisions) < 4; {
		require.True(t, time.Now().Before(deadline), "the writer does not get on; %d revisions seen", len(revisions))
		facts := 0
		rev, err := s.Scan(t.Context(), graph.ScanQuery{Limit: 500}, func(b *graph.Batch) error {
			facts += b.Len()
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, int(rev)*2*rowsPerBatch, facts, "a scan is one revision, whole")
		revisions[rev] = true

		changed := 0
		later, err := s.Scan(t.Context(), graph.ScanQuery{Since: rev}, func(b *graph.Batch) error {
			changed += b.Len()
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, int(later-rev)*2*rowsPerBatch, changed, "changes are exact")
	}
	stop()
	problems, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestDecisionsDuringLoad appends while another process loads without a pause.
// What it holds is turns, not seconds: a decision waits for the batch under
// way and for few more, on however slow a machine.
func TestDecisionsDuringLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path, Options{})
	stop := startWriter(t, path)
	revision := func() int {
		stats, err := s.Stats(t.Context())
		require.NoError(t, err)
		return int(stats.Revision)
	}
	first := revision()
	var waited []int
	var took []time.Duration
	for seq := range uint64(40) {
		before, start := revision(), time.Now()
		require.NoError(t, s.Append(t.Context(), "labels", seq, graph.Record{Type: "label"}))
		took = append(took, time.Since(start))
		waited = append(waited, revision()-before)
		time.Sleep(10 * time.Millisecond) // people decide one by one
	}
	require.Greater(t, revision(), first+3, "the load goes on meanwhile")
	stop()
	slices.Sort(waited)
	slices.Sort(took)
	t.Logf("40 decisions: batches waited for: median %d, most %d; time: median %v, most %v", waited[20], waited[39], took[20], took[39])
	require.LessOrEqual(t, waited[20], 2, "batches that the median decision waits for")
	require.LessOrEqual(t, waited[39], 12, "batches that the slowest decision waits for")
}

// TestKilledWriter kills a process in the middle of a load: what it applied is
// there in whole batches, and the next writer goes on.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path, Options{})
	exe, err := os.Executable()
	require.NoError(t, err)
	for range 3 {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), writerEnv+"="+path)
		_, err := cmd.StdinPipe() // held open: the writer does not end by itself
		require.NoError(t, err)
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = bufio.NewReader(stdout).ReadString('\n')
		require.NoError(t, err)
		time.Sleep(30 * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())

		facts := 0
		rev, err := s.Scan(t.Context(), graph.ScanQuery{}, func(b *graph.Batch) error {
			facts += b.Len()
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, int(rev)*2*rowsPerBatch, facts, "whole batches only")
		problems, err := s.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, problems)
	}
}
