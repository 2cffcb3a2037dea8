package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"

	"ringleader/engine"
	"ringleader/engine/eval"
	"ringleader/graph"
)

// candidateFile is the CSV file of labelled candidates that a scorer is trained
// on: one row a candidate, of all seeds.
type candidateFile struct {
	f *os.File
	w *csv.Writer
}

func createCandidates(path string) (*candidateFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("candidates: %w", err)
	}
	c := &candidateFile{f, csv.NewWriter(f)}
	head := []string{"world", "accounts", "seed", "component", "detector", "typology", "ring", "jaccard", "size"}
	return c, c.w.Write(append(head, prefixed(engine.FeatureNames())...))
}

// prefixed keeps the names of features apart from the columns before them.
func prefixed(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "f_" + n
	}
	return out
}

// add writes the candidates of one world.
func (c *candidateFile) add(ctx context.Context, f *evalFlags, seed uint64, g *graph.Snapshot, truth *eval.Truth, o engine.Options) error {
	sizes := truth.Sizes()
	return engine.Candidates(ctx, g, o, func(x *engine.Candidate) error {
		near := truth.Nearest(x.Accounts, sizes)
		row := []string{f.World, strconv.Itoa(f.Accounts), strconv.FormatUint(seed, 10), strconv.Itoa(x.Component), x.Detector,
			string(near.Typology), near.Ring, strconv.FormatFloat(near.Jaccard, 'g', 4, 64), strconv.Itoa(len(x.Accounts))}
		for _, v := range x.Features {
			row = append(row, strconv.FormatFloat(v, 'g', 6, 64))
		}
		return c.w.Write(row)
	})
}

func (c *candidateFile) close() error {
	c.w.Flush()
	return errors.Join(c.w.Error(), c.f.Close())
}
