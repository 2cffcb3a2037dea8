package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
)

// A team decides a hundred rings by command; from then on probabilities are
// measured by what it said, until it takes some back.
func TestAHundredVerdictsMeasureProbabilities(t *testing.T) {
	dir := t.TempDir()
	world, store, file := filepath.Join(dir, "world"), filepath.Join(dir, "s.db"), filepath.Join(dir, "decided.csv")
	invoke(t, "synth", "--world", "mixed", "--accounts", "20000", "--seed", "5", "--out", world)
	invoke(t, "load", world, "--store", store)
	invoke(t, "detect", "--store", store)
	said := saidBy(t, "rings", "--store", store)
	require.Contains(t, said, "estimates from made-up worlds")
	before := ringsOf(t, store)
	require.Greater(t, len(before.Rings), 100, "the world has enough to decide")

	// The team decides the first hundred, and knows the truth.
	fraud := trueAccounts(t, world)
	table := "id,verdict\n"
	words := make(map[string]string)
	for _, r := range before.Rings[:100] {
		hit := 0
		for _, m := range r.Members {
			if m.Role != engine.RoleBystander && fraud[m.Ref.Key] {
				hit++
			}
		}
		word := "cleared"
		if 2*hit > r.Size {
			word = "fraud"
		}
		words[r.ID] = word
		table += r.ID + "," + word + "\n"
	}
	last := before.Rings[99].ID
	ninetyNine := strings.TrimSuffix(table, last+","+words[last]+"\n")
	require.NoError(t, os.WriteFile(file, []byte(ninetyNine), 0o600))
	invoke(t, "verdict", "--from", file, "--why", "review", "--by", "team", "--store", store)
	invoke(t, "detect", "--store", store)
	require.Nil(t, ringsOf(t, store).Run.Calibration, "one is missing")
	invoke(t, "verdict", last, words[last], "--why", "the last one", "--store", store)
	invoke(t, "detect", "--store", store)

	after := ringsOf(t, store)
	require.NotNil(t, after.Run.Calibration)
	require.Equal(t, 100, after.Run.Calibration.Decided)
	require.Greater(t, min(after.Run.Calibration.Confirmed, after.Run.Calibration.Rejected), 9)
	require.Len(t, after.Rings, len(before.Rings), "verdicts change what a score means, not the rings")
	for i, r := range after.Rings {
		require.True(t, r.Calibrated)
		require.InDelta(t, before.Rings[i].Score, r.Score, 0)
		if want, ok := words[r.ID]; ok {
			require.Equal(t, want, r.Meta.Status)
		} else {
			require.Equal(t, "new", r.Meta.Status)
		}
	}
	require.Contains(t, saidBy(t, "rings", "--store", store), "measured by 100 decided rings of this store")

	invoke(t, "verdict", last, "withdrawn", "--why", "the wrong one", "--store", store)
	invoke(t, "detect", "--store", store)
	require.Nil(t, ringsOf(t, store).Run.Calibration)
}

// saidBy is what a command tells the person, beside its data.
func saidBy(t *testing.T, args ...string) string {
	t.Helper()
	var out, said bytes.Buffer
	a := newApp(nil, &out, &said, func(string) (string, bool) { return "", false })
	require.Equal(t, exitDone, run(t.Context(), a, args), said.String())
	return said.String()
}

func ringsOf(t *testing.T, store string) (doc ringsDocument) {
	t.Helper()
	require.NoError(t, json.Unmarshal(invoke(t, "rings", "--store", store, "--output", "json"), &doc))
	return doc
}

// trueAccounts are the accounts of the rings that a world really has.
func trueAccounts(t *testing.T, world string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(world, "truth", "truth.csv"))
	require.NoError(t, err)
	out := make(map[string]bool)
	for _, line := range strings.Split(string(text), "\n")[1:] {
		key, _, _ := strings.Cut(line, ",")
		out[key] = key != ""
	}
	return out
}

func TestOneBeginning(t *testing.T) {
	ids := []string{"r-aaaa11111111", "r-aaaa22222222", "r-bbbb11111111"}
	for prefix, want := range map[string]string{"r-bbbb11111111": ids[2], "r-bbbb": ids[2], "r-aaaa2": ids[1], "r-bbb": "", "r-cccc": "", "": ""} {
		id, err := oneBeginning(ids, prefix)
		require.NoError(t, err)
		require.Equal(t, want, id, "at least four letters after r-")
	}
	_, err := oneBeginning(ids, "r-aaaa")
	require.ErrorContains(t, err, "the IDs of 2 rings begin so: r-aaaa11111111, r-aaaa22222222; give more of it")
}

// FuzzVerdictFile feeds tables to "verdict --from": a row becomes a verdict on a
// ring of the run, or the error says which row it was.
func FuzzVerdictFile(f *testing.F) {
	f.Add("ring,verdict,why\nr-aaaaaaaaaaaa,fraud,seen\n")
	f.Add("id,verdict\nr-aaaa,unsure\nr-bbbb,\n")
	f.Add("verdict\nfraud\n")
	f.Add("ring,verdict\nr-aaaaaaaaaaaa,maybe\n")
	shown := &engine.Run{Info: engine.RunInfo{ID: "run"}, Rings: []engine.Ring{{ID: "r-aaaaaaaaaaaa"}, {ID: "r-bbbbbbbbbbbb"}}}
	path := filepath.Join(f.TempDir(), "verdicts.csv")
	f.Fuzz(func(t *testing.T, table string) {
		require.NoError(t, os.WriteFile(path, []byte(table), 0o600))
		verdicts, err := readVerdicts(t.Context(), path, shown, &verdictFlags{why: "because", by: "somebody"})
		if err != nil {
			require.Empty(t, verdicts)
			require.ErrorContains(t, err, "verdicts.csv")
			return
		}
		require.LessOrEqual(t, len(verdicts), 2, "one for each ring")
		for _, v := range verdicts {
			_, err := engine.ParseDecision(string(v.Decision))
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint("r-aaaaaaaaaaaa", "r-bbbbbbbbbbbb"), v.Ring)
			require.NotEmpty(t, v.Why)
			require.Equal(t, "run", v.Run)
		}
	})
}
