package zz

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"ringleader/graph"
	"ringleader/loaders"
)

func World(t testing.TB) (*graph.Snapshot, map[string]string) {
	dir := os.Getenv("W")
	b := graph.NewBuilder(graph.BuildOptions{})
	if _, err := loaders.Read(context.Background(), []string{dir}, loaders.Options{Strict: true}, func(x *graph.Batch) error { return b.Add(x) }); err != nil {
		t.Fatal(err)
	}
	g, err := b.Build(0)
	if err != nil {
		t.Fatal(err)
	}
	h, err := os.Open(filepath.Join(dir, "truth", "truth.csv"))
	if err != nil { t.Fatal(err) }
	defer h.Close()
	rows, err := csv.NewReader(h).ReadAll()
	if err != nil { t.Fatal(err) }
	out := map[string]string{}
	for _, r := range rows[1:] { out[r[0]] = r[1] }
	return g, out
}
