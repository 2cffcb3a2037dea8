package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// invoke runs the program in this process.
func invoke(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	a := newApp(nil, &out, &errs, func(string) (string, bool) { return "", false })
	require.Equal(t, exitDone, run(t.Context(), a, args), errs.String())
	return out.Bytes()
}

// What the program prints is what docs/schema says, and a document that is
// slightly wrong is not.
func TestOutputFitsTheSchemas(t *testing.T) {
	dir := t.TempDir()
	world, store := filepath.Join(dir, "world"), filepath.Join(dir, "s.db")
	invoke(t, "synth", "--accounts", "1000", "--seed", "3", "--out", world)
	invoke(t, "load", world, "--store", store)
	invoke(t, "detect", "--store", store)
	rings := invoke(t, "rings", "--store", store, "--output", "json")
	var doc struct {
		Rings []struct {
			ID string `json:"id"`
		} `json:"rings"`
	}
	require.NoError(t, json.Unmarshal(rings, &doc))
	require.NotEmpty(t, doc.Rings)

	invoke(t, "verdict", doc.Rings[0].ID, "fraud", "--why", "seen", "--store", store)
	compiler := jsonschema.NewCompiler()
	for name, output := range map[string][]byte{
		"rings":    rings,
		"verdicts": invoke(t, "verdict", "list", "--store", store, "--output", "json"),
		"ring":     invoke(t, "ring", doc.Rings[0].ID, "--store", store, "--output", "json"),
		"scores":   invoke(t, "scores", "--store", store, "--output", "json"),
	} {
		t.Run(name, func(t *testing.T) {
			schema, err := compiler.Compile(filepath.Join("..", "..", "docs", "schema", name+".json"))
			require.NoError(t, err)
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(output))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(value))

			value.(map[string]any)["surprise"] = true
			require.Error(t, schema.Validate(value), "the schema is strict")
		})
	}
}
