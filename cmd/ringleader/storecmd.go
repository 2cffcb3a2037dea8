package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/sqlitestore"
)

func newStore(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Check, back up, count, migrate, copy, purge or rekey a store",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStoreCheck(a), newStoreBackup(a), newStoreStats(a), newStoreMigrate(a), newStoreCopy(a), newStoreImportFiles(a),
		newStorePurge(a), newStoreRekey(a))
	return cmd
}

// errDamaged ends "store check" where there is something to see.
var errDamaged = errors.New("the store has problems")

func newStoreCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Look for damage; exit code 1 if there is any",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				problems, err := s.Check(cmd.Context())
				if err != nil {
					return err
				}
				type problem struct {
					Problem string `json:"problem"`
				}
				found := make([]problem, len(problems))
				for i, p := range problems {
					found[i] = problem{p}
				}
				whole := struct {
					Sound    bool      `json:"sound"`
					Problems []problem `json:"problems"`
				}{len(found) == 0, found}
				err = listing[problem]{whole: whole, items: found, empty: "sound", columns: []column[problem]{
					{name: "problem", value: func(p *problem) string { return p.Problem }},
				}}.write(a)
				if err == nil && len(found) > 0 {
					err = fmt.Errorf("%w: %d", errDamaged, len(found))
				}
				return err
			})
		},
	}
}

func newStoreBackup(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy a store file, whole and consistent, while it is in use",
		Long: "Write a consistent copy of the store to a new file, while others read and write\n" +
			"it. A Neo4j store is backed up by Neo4j's own tools, or copied into a file with\n" +
			"\"ringleader store copy\".",
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				return usagef("%s exists; a backup goes to a new file", args[0])
			}
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				file, ok := s.(*sqlitestore.Store)
				if !ok {
					return usagef("this store is no file; use \"ringleader store copy %s %s\"", a.Store, args[0])
				}
				if err := file.Backup(cmd.Context(), args[0]); err != nil {
					return fmt.Errorf("backup: %w", err)
				}
				a.say("%s copied to %s", a.Store, args[0])
				return nil
			})
		},
	}
}

func newStoreStats(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Count what the store holds",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				stats, err := s.Stats(cmd.Context())
				if err != nil {
					return err
				}
				type row struct {
					What  string `json:"what"`
					Name  string `json:"name"`
					Count int64  `json:"count"`
				}
				var rows []row
				for kind, n := range stats.Nodes {
					rows = append(rows, row{"node", string(kind), n})
				}
				for linkType, n := range stats.Links {
					rows = append(rows, row{"link", string(linkType), n})
				}
				slices.SortFunc(rows, func(x, y row) int {
					return cmp.Or(strings.Compare(y.What, x.What), strings.Compare(x.Name, y.Name))
				})
				rows = append(rows, row{"attributes", "", stats.Attrs}, row{"derived facts", "", stats.Derived},
					row{"revision", "", int64(stats.Revision)}, row{"bytes", "", stats.Bytes})
				whole := map[string]any{"revision": stats.Revision, "nodes": stats.Nodes, "links": stats.Links,
					"attributes": stats.Attrs, "derived": stats.Derived, "bytes": stats.Bytes}
				return listing[row]{whole: whole, items: rows, columns: []column[row]{
					{name: "what", value: func(r *row) string { return r.What }},
					{name: "name", value: func(r *row) string { return r.Name }},
					{name: "count", value: func(r *row) string { return strconv.FormatInt(r.Count, 10) }, right: true},
				}}.write(a)
			})
		},
	}
}

func newStorePurge(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "purge",
		Short: "Make what was reverted or erased go for good",
		Long: "Facts that were taken back leave tombstones, which tell readers of changes that they\n" +
			"went. This takes the tombstones away and writes a store file anew, so that nothing of\n" +
			"them stays in its gaps; it takes free disk space as large as the store. \"ringleader\n" +
			"erase\" does so by itself.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toWrite, func(s store) error {
				err := a.job(cmd.Context(), s, "store purge", func(ctx context.Context, _ uint64) error { return s.Purge(ctx) })
				if err == nil {
					a.say("%s is purged", a.Store)
				}
				return err
			})
		},
	}
}

// packNeo4j opens a Neo4j store, which migrates it, and packs its facts.
func (a *app) packNeo4j(ctx context.Context) error {
	return a.withStore(ctx, toWrite, func(s store) error {
		packer, ok := s.(interface{ Pack(context.Context) error })
		if !ok {
			return fmt.Errorf("%w store %s: it packs nothing", graph.ErrInvalid, a.Store)
		}
		err := a.job(ctx, s, "store migrate", func(ctx context.Context, _ uint64) error { return packer.Pack(ctx) })
		if err == nil {
			a.say("%s has the layout of this version, and its facts are packed", a.Store)
		}
		return err
	})
}

func newStoreMigrate(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the store to the layout of this version",
		Long: "Bring the store to the layout of this version. Every command does so when it opens\n" +
			"a store to write; this one does nothing else, and says what it did. Of a Neo4j store\n" +
			"it also makes the packs anew that whole scans read: a store of an earlier version has\n" +
			"none until then, and is read ten times as slowly.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if neo4jstore.IsURI(a.Store) {
				return a.packNeo4j(cmd.Context())
			}
			from, to, err := sqlitestore.Migrate(cmd.Context(), a.Store)
			if err != nil {
				return err
			}
			if from == to {
				a.say("%s has the layout of this version, %d", a.Store, to)
				return nil
			}
			a.say("%s: layout %d is now %d", a.Store, from, to)
			return nil
		},
	}
}
