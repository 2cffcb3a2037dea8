package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
	"ringleader/vault"
)

// The key of a store decides nothing but names: under any key, and without one,
// the same accounts are in the same rings with the same scores.
func TestRingsDoNotDependOnTheKey(t *testing.T) {
	world := filepath.Join(t.TempDir(), "world")
	_, err := synth.Generate(t.Context(), synth.Options{World: "mixed", Accounts: 3000, Seed: 5, Dir: world})
	require.NoError(t, err)
	rings := func(v *vault.Vault) []string {
		b := graph.NewBuilder(graph.BuildOptions{})
		_, err := loaders.Read(t.Context(), []string{world}, loaders.Options{Vault: v}, b.Add)
		require.NoError(t, err)
		g, err := b.Build(0)
		require.NoError(t, err)
		run, err := engine.Detect(t.Context(), g, engine.Scope{}, nil, engine.Options{})
		require.NoError(t, err)
		var out []string
		for _, r := range run.Rings {
			var accounts []string
			others := make(map[graph.Kind]int)
			for _, m := range r.Members {
				if m.Ref.Kind == graph.Account {
					accounts = append(accounts, fmt.Sprintf("%s=%s %.2f", m.Ref.Key, m.Role, m.Score))
				} else {
					others[m.Ref.Kind]++
				}
			}
			slices.Sort(accounts)
			out = append(out, fmt.Sprintf("%s %.2f %.4f %v %v", r.Typology, r.Score, r.Probability, accounts, others))
		}
		slices.Sort(out)
		return out
	}
	plain := rings(nil)
	require.NotEmpty(t, plain)
	for _, key := range []string{"one", "two", "three"} {
		require.Equal(t, plain, rings(vault.Loose(vault.FixedKey(key))), "key %s", key)
	}
}

// A store that an older version made has no key: it opens and answers, takes no
// load until it is given one, and then holds no plain value.
func TestAnOlderStoreGetsItsKey(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "old.db"), filepath.Join(dir, "uses.csv")
	require.NoError(t, os.WriteFile(data, []byte("account,kind,identifier\nu1,national_id,110101199003070011\nu2,national_id,110101199003070011\n"), 0o600))
	s, err := sqlitestore.Open(t.Context(), file, sqlitestore.Options{})
	require.NoError(t, err)
	_, err = loaders.Load(t.Context(), s, s, []string{data}, loaders.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	var out, errs bytes.Buffer
	program := func(want int, args ...string) string {
		out.Reset()
		errs.Reset()
		a := newApp(nil, &out, &errs, func(string) (string, bool) { return "", false })
		require.Equal(t, want, run(t.Context(), a, append(args, "--store", file)), "%v: %s", args, errs.String())
		return out.String() + errs.String()
	}
	program(exitDone, "detect")
	require.Contains(t, program(exitDone, "entity", "national_id:110101199003070011"), "HAS_NATIONAL_ID")
	require.Contains(t, program(exitUsage, "load", data), "store rekey --store "+file)
	require.Contains(t, program(exitUsage, "erase", "account:u1", "--reason", "test"), "--key-file")
	require.Contains(t, program(exitDone, "store", "rekey", "--reason", "from an older version"), "has a key now")
	require.Contains(t, program(exitDone, "load", data), "2 loaded before")
	require.Contains(t, program(exitDone, "entity", "national_id:110101199003070011"), "account:u2")
	require.NotContains(t, program(exitDone, "entity", "account:u1"), "110101199003070011")
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NotContains(t, string(kept), "110101199003070011")
}

func TestWhereTheKeyLies(t *testing.T) {
	config, err := os.UserConfigDir()
	require.NoError(t, err)
	inConfig := filepath.Join(config, "ringleader", "graph.example_7687_neo4j.key")
	for store, want := range map[string]string{
		"rings.db":                            "rings.db.key",
		"neo4j://graph.example":               inConfig,
		"bolt://ann@graph.example:7687/neo4j": inConfig,
		"neo4j+s://graph.example:7999/fraud":  filepath.Join(config, "ringleader", "graph.example_7999_fraud.key"),
		"bolt://[2001:db8::1]":                filepath.Join(config, "ringleader", "2001_db8__1_7687_neo4j.key"),
	} {
		got, err := (&app{}).keyFile(store)
		require.NoError(t, err)
		require.Equal(t, want, got, store)
	}
	got, err := (&app{settings: settings{KeyFile: "mine"}}).keyFile("neo4j://graph.example")
	require.NoError(t, err)
	require.Equal(t, "mine", got)
}
