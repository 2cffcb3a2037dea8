package loaders_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
)

// loadEnv makes the test binary a process that loads a folder into a store,
// to be killed.
const loadEnv = "RINGLEADER_TEST_LOAD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(loadEnv); dir != "" {
		if err := loadForEver(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func loadForEver(dir string) error {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, filepath.Join(dir, "store.db"), sqlitestore.Options{})
	if err != nil {
		return err
	}
	_, err = loaders.Load(ctx, s, s, []string{filepath.Join(dir, "world")}, killOptions)
	return errors.Join(err, s.Close())
}

var killOptions = loaders.Options{BatchRows: 20}

// Real processes are killed with SIGKILL at points that the clock decides; the
// store must end equal to an unbroken load wherever they are.
func TestKilledLoadGoesOn(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	world(t, filepath.Join(dir, "world"), 3000)
	whole := sqlitetest.New(t)
	_, err := loaders.Load(ctx, whole, whole, []string{filepath.Join(dir, "world")}, loaders.Options{})
	require.NoError(t, err)

	s, err := sqlitestore.Open(ctx, filepath.Join(dir, "store.db"), sqlitestore.Options{})
	require.NoError(t, err)
	defer s.Close()
	for _, rows := range []int64{1, 300, 900} { // of 9,600, so that it cannot end before
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), loadEnv+"="+dir)
		require.NoError(t, cmd.Start())
		for begun := time.Now(); loadedRows(t, s) < rows; time.Sleep(time.Millisecond) {
			require.Less(t, time.Since(begun), 30*time.Second)
		}
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait(), "killed, not ended")
		lapse(t, s)
	}
	_, err = loaders.Load(ctx, s, s, []string{filepath.Join(dir, "world")}, loaders.Options{})
	require.NoError(t, err)
	require.Equal(t, content(t, whole), content(t, s))
	require.Equal(t, mustLabels(t, whole), mustLabels(t, s))
	loads, err := loaders.Loads(ctx, s)
	require.NoError(t, err)
	require.Len(t, loads, 4)
	require.Equal(t, loaders.LoadRunning, loads[0].State, "it could not say how it ended")
}

// A load by one mapping is killed, one by another goes through, and the first is
// taken back: nothing of it stays, and nothing of it was gone on with.
func TestKilledLoadWithAnotherMapping(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	world(t, filepath.Join(dir, "world"), 3000)
	mapping, err := loaders.ParseMapping("other.yaml", []byte(`name: other
tables:
- file: uses
  links:
  - {from: "customer:{account}", to: "{kind}:{identifier}", at: at}
- file: payments
  links:
  - {from: "customer:{account}", type: PAID, to: "merchant:{merchant}", event: "payment:{id}", at: at}
`))
	require.NoError(t, err)
	other := loaders.Options{BatchRows: 500, Mapping: mapping}
	whole := sqlitetest.New(t)
	_, err = loaders.Load(ctx, whole, whole, []string{filepath.Join(dir, "world")}, other)
	require.NoError(t, err)

	s, err := sqlitestore.Open(ctx, filepath.Join(dir, "store.db"), sqlitestore.Options{})
	require.NoError(t, err)
	defer s.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), loadEnv+"="+dir)
	require.NoError(t, cmd.Start())
	for begun := time.Now(); loadedRows(t, s) < 3300; time.Sleep(time.Millisecond) { // all accounts, and into the next file
		require.Less(t, time.Since(begun), 30*time.Second)
	}
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	lapse(t, s)
	report, err := loaders.Load(ctx, s, s, []string{filepath.Join(dir, "world")}, other)
	require.NoError(t, err)
	require.Zero(t, report.Already, "another mapping is another load")
	loads, err := loaders.Loads(ctx, s)
	require.NoError(t, err)
	_, err = loaders.Revert(ctx, s, s, loads[0].ID)
	require.NoError(t, err)
	require.Equal(t, content(t, whole), content(t, s))
	problems, err := s.Check(ctx)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func loadedRows(t testing.TB, s graph.Store) (rows int64) {
	inputs, err := s.Inputs(context.Background())
	require.NoError(t, err)
	for _, in := range inputs {
		rows += in.Rows
	}
	return rows
}

// lapse ends the lease of a dead process, as half a minute would.
func lapse(t testing.TB, log graph.Log) {
	t.Helper()
	ctx := context.Background()
	tail, err := log.Tail(ctx, graph.StreamLease)
	require.NoError(t, err)
	var lease map[string]any
	require.NoError(t, json.Unmarshal(tail.Data, &lease))
	lease["until"] = graph.TimeOf(time.Now())
	data, err := json.Marshal(lease)
	require.NoError(t, err)
	require.NoError(t, log.Append(ctx, graph.StreamLease, tail.Seq, graph.Record{Type: tail.Type, Data: data}))
}
