package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/loaders"
	"ringleader/vault"
)

// sourcesDir is the folder of kept files.
func (a *app) sourcesDir() (string, error) {
	switch {
	case a.SourcesDir != "":
		return a.SourcesDir, nil
	case neo4jstore.IsURI(a.Store):
		return "", usagef("--sources-dir: name the folder of kept files; a Neo4j store has no folder of its own")
	}
	return a.Store + ".sources", nil
}

// keeper is the keeper of a store's files; some is false where none are kept.
func (a *app) keeper(ctx context.Context, s store, key *vault.Key) (k loaders.Keeper, some bool, err error) {
	kept, err := loaders.Kept(ctx, s)
	if err != nil || len(kept) == 0 {
		return k, false, err
	}
	dir, err := a.sourcesDir()
	return loaders.Keeper{Dir: dir, Key: key}, err == nil, err
}

// dropKept removes kept files that the store has no use for any more.
func (a *app) dropKept(ctx context.Context, s store) error {
	k, kept, err := a.keeper(ctx, s, nil)
	if err != nil || !kept {
		return err
	}
	n, err := k.DropUnclaimed(ctx, s, s)
	if err == nil && n > 0 {
		a.say("%d kept files removed", n)
	}
	return err
}

// shownRow is what "load show" prints.
type shownRow struct {
	Input  string `json:"input"`
	File   string `json:"file"`
	Row    int64  `json:"row"`
	Offset int64  `json:"offset"`
	Hash   string `json:"hash"`
	Proof  string `json:"proof"`
	Raw    string `json:"raw"`
}

func newLoadShow(a *app) *cobra.Command {
	var number int64
	var why string
	cmd := &cobra.Command{
		Use:   "show INPUT",
		Short: "Show one row of a kept file, and check that it is the one that was loaded",
		Long: "Show one row of a file that was loaded with --keep-sources, and compare its keyed\n" +
			"hash with what the facts of the store say. INPUT is the ID of the input, its\n" +
			"beginning, or the name of the file. The audit notes who asked and why.",
		Example: "  ringleader load show payments.csv --row 812 --reason \"case 12\"",
		Args:    takes("INPUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if number < 1 {
				return usagef("--row: want the number of a row, 1 being the first after the header")
			}
			if err := vault.CheckWhy(why); err != nil {
				return usagef("--reason: say in a few words why; it stays in the audit")
			}
			return a.withStore(cmd.Context(), toWrite, func(s store) error { return a.showRow(cmd.Context(), s, args[0], number, why) })
		},
	}
	cmd.Flags().Int64Var(&number, "row", 0, "number of the row, the header not counted")
	cmd.Flags().StringVar(&why, "reason", "", "why, for the audit")
	return cmd
}

func (a *app) showRow(ctx context.Context, s store, name string, number int64, why string) error {
	v, err := a.openVault(ctx, s)
	if err != nil {
		return err
	}
	input, err := findInput(ctx, s, name)
	if err != nil {
		return err
	}
	dir, err := a.sourcesDir()
	if err != nil {
		return err
	}
	row, err := loaders.Keeper{Dir: dir, Key: v.Key()}.Fetch(ctx, s, input, number)
	if err != nil {
		return err
	}
	proof := "no fact rests on this row"
	source, err := loaders.SourceOfRow(ctx, s, input, number)
	switch {
	case err == nil:
		proven, keyed := row.Proves(source, v.Key())
		switch {
		case !proven:
			return fmt.Errorf("row %d of %s: %w: it is not the row that the store's facts were read from", number, row.Input.Name, graph.ErrInvalid)
		case keyed:
			proof = "the row that facts were read from"
		default:
			proof = "the row that facts were read from, by a hash from before the store had a key"
		}
	case !errors.Is(err, graph.ErrNotFound):
		return err
	}
	err = vault.Note(ctx, s, vault.Entry{Did: vault.DidFetch, Who: vault.SystemUser(), Why: why, Detail: fmt.Sprintf("row %d of input %s", number, input)})
	if err != nil {
		return err
	}
	one := shownRow{input, row.Input.Name, row.Row, row.Offset, fmt.Sprintf("%016x", row.Hash), proof, row.Raw}
	return listing[shownRow]{whole: one, items: []shownRow{one}, columns: []column[shownRow]{
		{name: "file", value: func(r *shownRow) string { return printable(r.File) }},
		{name: "row", value: func(r *shownRow) string { return fmt.Sprint(r.Row) }, right: true},
		{name: "hash", value: func(r *shownRow) string { return r.Hash }},
		{name: "proof", value: func(r *shownRow) string { return r.Proof }},
		{name: "raw", value: func(r *shownRow) string { return printable(r.Raw) }},
	}}.write(a)
}

// findInput finds a kept input by its ID, the beginning of it, or its file's name.
func findInput(ctx context.Context, s store, name string) (string, error) {
	kept, err := loaders.Kept(ctx, s)
	if err != nil {
		return "", err
	}
	var found []string
	for _, in := range kept {
		if (len(name) >= 6 && strings.HasPrefix(in.Input, name) || in.Name == name) && !slices.Contains(found, in.Input) {
			found = append(found, in.Input)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("input %s: kept file %w; load with --keep-sources keeps one, \"load list --output json\" shows IDs", name, graph.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return "", usagef("%s is %d inputs: %s", name, len(found), strings.Join(found, ", "))
}
