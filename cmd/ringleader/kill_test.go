package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/graphtest"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/graph/sqlitestore"
)

// anyStore is both halves of a store, as the test opens it.
type anyStore interface {
	graph.Store
	graph.Log
}

// killed is loads of one world into one store by processes that are killed.
type killed struct {
	world string
	store string // as --store names it
	env   []string
	open  func() anyStore
	wipe  func()
	want  string // dump of an unbroken load
	took  time.Duration
}

// load starts the real program: this test binary under its name.
func (k *killed) load(t *testing.T) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Args = []string{"ringleader", "load", k.world, "--store", k.store, "--quiet", "--shared"}
	cmd.Env = append(os.Environ(), k.env...)
	var says bytes.Buffer
	cmd.Stderr = &says
	require.NoError(t, cmd.Start())
	return cmd, &says
}

// whole loads to the end and returns the dump, less the time of loading.
func (k *killed) whole(t *testing.T) string {
	t.Helper()
	begun := time.Now()
	cmd, says := k.load(t)
	require.NoError(t, cmd.Wait(), says.String())
	k.took = time.Since(begun)
	s := k.open()
	defer func() { require.NoError(t, s.Close()) }()
	dump, err := graphtest.Dump(t.Context(), s)
	require.NoError(t, err)
	return loadedAt.ReplaceAllString(dump, "")
}

var loadedAt = regexp.MustCompile(`20[2-9]\d-\d\d-\d\dT[0-9:.]+Z`)

// at kills loads at n random points in time, and lets one in five go on to its
// end: the store must then be as an unbroken load leaves it.
func (k *killed) at(t *testing.T, n int) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	k.want = k.whole(t)
	k.wipe()
	for hit := 0; hit < n; {
		cmd, says := k.load(t)
		time.Sleep(time.Duration(rng.Float64() * float64(k.took)))
		require.NoError(t, cmd.Process.Kill())
		if cmd.Wait() == nil { // it was faster, and so is the store whole
			require.Equal(t, k.want, k.whole(t))
			k.wipe()
			continue
		}
		require.Empty(t, says.String(), "killed, not failed")
		hit++
		k.lapse(t)
		if hit == n || rng.IntN(5) == 0 {
			require.Equal(t, k.want, k.whole(t), "after %d kills", hit)
			k.wipe()
		}
	}
}

// lapse ends the lease of a killed process, as half a minute would.
func (k *killed) lapse(t *testing.T) {
	t.Helper()
	s := k.open()
	defer func() { require.NoError(t, s.Close()) }()
	tail, err := s.Tail(t.Context(), graph.StreamLease)
	require.NoError(t, err)
	if tail.Seq == 0 {
		return // it did not come that far
	}
	var lease map[string]any
	require.NoError(t, json.Unmarshal(tail.Data, &lease))
	lease["until"] = graph.TimeOf(time.Now())
	data, err := json.Marshal(lease)
	require.NoError(t, err)
	require.NoError(t, s.Append(t.Context(), graph.StreamLease, tail.Seq, graph.Record{Type: tail.Type, Data: data}))
}

// killWorld is a folder of several files, every second one compressed.
func killWorld(t *testing.T, accounts string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "world")
	var out, errs bytes.Buffer
	a := newApp(nil, &out, &errs, os.LookupEnv)
	require.Equal(t, exitDone, run(t.Context(), a, []string{"synth", "--accounts", accounts, "--seed", "5", "--out", dir, "--quiet"}), errs.String())
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	require.NoError(t, err)
	require.Greater(t, len(files), 2)
	for i := 0; i < len(files); i += 2 {
		data, err := os.ReadFile(files[i])
		require.NoError(t, err)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err = z.Write(data)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		require.NoError(t, os.WriteFile(files[i]+".gz", packed.Bytes(), 0o600))
		require.NoError(t, os.Remove(files[i]))
	}
	return dir
}

func soak() bool { return os.Getenv("RINGLEADER_SOAK") == "1" }

// The program is killed with SIGKILL while it loads, again and again, and each
// load goes on where the one before it was stopped.
func TestKilledLoadsIntoAFile(t *testing.T) {
	points, accounts := 3, "1500"
	if soak() {
		points, accounts = 50, "6000"
	}
	path := filepath.Join(t.TempDir(), "s.db")
	k := &killed{world: killWorld(t, accounts), store: path}
	k.open = func() anyStore {
		s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
		require.NoError(t, err)
		problems, err := s.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, problems)
		return s
	}
	k.wipe = func() {
		for _, end := range []string{"", "-wal", "-shm"} {
			require.NoError(t, os.RemoveAll(path+end))
		}
	}
	k.at(t, points)
}

// The same into Neo4j, whose server outlives the client.
func TestKilledLoadsIntoNeo4j(t *testing.T) {
	server := neo4jtest.Server(t)
	server.Shared = true
	points := 1
	if soak() {
		points = 10
	}
	k := &killed{world: killWorld(t, "600"), store: server.URI + "/" + server.Database}
	k.env = []string{"RINGLEADER_NEO4J_PASSWORD=" + server.Password}
	k.open = func() anyStore {
		s, err := neo4jstore.Open(t.Context(), server)
		require.NoError(t, err)
		return s
	}
	k.wipe = func() { neo4jtest.Wipe(t, server) }
	k.at(t, points)
}
