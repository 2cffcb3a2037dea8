package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringleader/graph"
	"ringleader/loaders"
)

// lackingTimes is the word of --lacking for when things happened.
const lackingTimes = "times"

// accountOpened is the attribute that says when an account was opened.
const accountOpened = "opened_at"

// lackingWorld reads the files of a world as a company would have them that
// never kept some tables, or no times: "lacking" names files without their
// ending, or [lackingTimes].
func lackingWorld(ctx context.Context, dir string, lacking []string) (*graph.Snapshot, error) {
	if len(lacking) == 0 {
		return readWorld(ctx, []string{dir}, graph.BuildOptions{}, 0)
	}
	files, err := worldFiles(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range lacking {
		of := func(path string) bool { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) == name }
		if name != lackingTimes && !slices.ContainsFunc(files, of) {
			return nil, usagef("--lacking %s: the world has no such table", name)
		}
		files = slices.DeleteFunc(files, of)
	}
	b := graph.NewBuilder(graph.BuildOptions{})
	_, err = loaders.Read(ctx, files, loaders.Options{Strict: true}, func(batch *graph.Batch) error {
		if slices.Contains(lacking, lackingTimes) {
			forgetTimes(batch)
		}
		return b.Add(batch)
	})
	if err != nil {
		return nil, err
	}
	return b.Build(0)
}

// forgetTimes takes the times from facts, and the days on which accounts were
// opened.
func forgetTimes(b *graph.Batch) {
	for i := range b.Links {
		b.Links[i].At, b.Links[i].Until = 0, 0
	}
	for i := range b.Attrs {
		b.Attrs[i].At = 0
	}
	b.Attrs = slices.DeleteFunc(b.Attrs, func(a graph.Attr) bool { return a.Name == accountOpened })
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
