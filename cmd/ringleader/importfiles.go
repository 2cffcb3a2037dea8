package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/graph/neo4jstore"
	"ringleader/graph/sqlitestore"
)

func newStoreImportFiles(a *app) *cobra.Command {
	var database string
	cmd := &cobra.Command{
		Use:   "import-files DIR",
		Short: "Write a store file as files for Neo4j's import tool",
		Long: "Write all that a store file holds into a new folder, as files for Neo4j's own import\n" +
			"tool, and print the command that makes a database of them. That is how very many facts\n" +
			"get into an empty Neo4j: three to four times as fast as over Bolt. The server must be down for the\n" +
			"import, and what its database held is gone. Start it afterwards and open it with any\n" +
			"command; the first one makes the constraints. The files hold the data in the clear.",
		Example: "  ringleader store import-files import --store rings.db > import.sh",
		Args:    takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				if _, ok := s.(*sqlitestore.Store); !ok {
					return usagef("this store is no file; copy it into one first: \"ringleader store copy %s FILE\"", a.Store)
				}
				return a.writeImportFiles(cmd.Context(), s, args[0], database)
			})
		},
	}
	cmd.Flags().StringVar(&database, "database", "neo4j", "name of the database that the import makes")
	return cmd
}

// writeImportFiles writes the files and prints the command of Neo4j's tool.
func (a *app) writeImportFiles(ctx context.Context, s store, dir, database string) error {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return usagef("%s is not empty; import files go into a new folder", dir)
	}
	bar := a.newProgress("writing", "facts")
	defer bar.done()
	files, err := neo4jstore.WriteImportFiles(ctx, s, dir, func(facts int64) { bar.set("writing", facts, 0) })
	if err != nil {
		return err
	}
	bar.done()
	if len(files.Unnamed) > 0 {
		a.say("the import tool cannot name the properties %q; the facts hold them, Neo4j's browser will not show them", files.Unnamed)
	}
	a.say("%s facts are %s nodes and %s relationships in %s; with the server down, run:",
		count(files.Facts), count(files.Nodes), count(files.Links), files.Dir)
	_, err = fmt.Fprintln(a.stdout, shellCommand(files.Command(database)))
	return err
}

// shellCommand is a command as a shell reads it, a line for each option.
func shellCommand(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i > 0 && strings.HasPrefix(w, "--"):
			b.WriteString(" \\\n  ")
		case i > 0:
			b.WriteByte(' ')
		}
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+") != "" {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		b.WriteString(w)
	}
	return b.String()
}

// loadTarget is the store that a load goes into: that of --store, or with a
// folder for import files a file in it, beside the database that they are for.
func (a *app) loadTarget(importDir string) (at, database string, err error) {
	if importDir == "" {
		return a.Store, "", nil
	}
	if !neo4jstore.IsURI(a.Store) {
		return "", "", usagef("--import-dir is for a first load into Neo4j; name its database: --store neo4j://host/database")
	}
	config, err := neo4jstore.ParseURI(a.Store)
	if err != nil {
		return "", "", usagef("--store: %v", err)
	}
	if err := os.MkdirAll(importDir, 0o700); err != nil {
		return "", "", usagef("--import-dir: %v", err)
	}
	return filepath.Join(importDir, "load.db"), cmp.Or(config.Database, "neo4j"), nil
}
