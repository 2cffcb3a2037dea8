package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/graph"
)

func newPath(a *app) *cobra.Command {
	var q api.PathQuery
	var kinds []string
	cmd := &cobra.Command{
		Use:   "path FROM TO",
		Short: "How two nodes are connected",
		Long: "The shortest paths between two nodes, and the links that each step rests on. A\n" +
			"node with many links (an app store, a carrier's address) connects everybody and\n" +
			"says nothing; --avoid-hubs says how many are too many.",
		Example: "  ringleader path account:u17 account:u93 --kinds account,device",
		Args:    takes("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := parseRef("FROM", args[0])
			if err != nil {
				return err
			}
			to, err := parseRef("TO", args[1])
			if err != nil {
				return err
			}
			for _, k := range kinds {
				kind, err := graph.ParseKind(k)
				if err != nil {
					return usagef("--kinds: %v", err)
				}
				q.Kinds = append(q.Kinds, kind)
			}
			if q.MaxHops < 1 || q.AvoidHubs < 1 || q.MaxPaths < 1 {
				return usagef("--max-hops, --avoid-hubs and --limit: want at least 1")
			}
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				if from, err = a.lookUp(cmd.Context(), s, from); err != nil {
					return err
				}
				if to, err = a.lookUp(cmd.Context(), s, to); err != nil {
					return err
				}
				paths, err := api.FindPaths(cmd.Context(), s, from, to, q)
				if err != nil {
					return err
				}
				if err := writePaths(a, paths); err != nil {
					return err
				}
				if len(paths.Paths) == 0 && from != to {
					return fmt.Errorf("path from %s to %s: %w within the bounds", from, to, graph.ErrNotFound)
				}
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&q.MaxHops, "max-hops", 6, "links on a path, at most")
	flags.IntVar(&q.AvoidHubs, "avoid-hubs", 200, "do not pass through nodes with more links than this")
	flags.StringSliceVar(&kinds, "kinds", nil, "pass only through these kinds, such as account,device")
	flags.IntVar(&q.MaxPaths, "limit", 3, "at most so many paths")
	return cmd
}

func writePaths(a *app, paths *api.Paths) error {
	type hop struct {
		Path int `json:"path"`
		api.Hop
	}
	var hops []hop
	for i, path := range paths.Paths {
		for _, h := range path.Hops {
			hops = append(hops, hop{i + 1, h})
		}
	}
	for _, limit := range paths.Limits {
		a.say("%s", printable(limit))
	}
	if len(paths.Hubs) > 0 {
		a.say("not passed through, for their many links: %s", printable(hubList(paths.Hubs)))
	}
	via := func(h *hop) string {
		var names []string
		for _, l := range h.Links {
			name := string(l.Type)
			if l.Direction == "in" {
				name = "<" + name
			}
			if l.At.Known() {
				name += " " + l.At.String()
			}
			names = append(names, name)
		}
		return strings.Join(names, ", ")
	}
	return listing[hop]{whole: paths, items: hops, empty: "no path", columns: []column[hop]{
		{name: "path", value: func(h *hop) string { return fmt.Sprint(h.Path) }, right: true},
		{name: "from", value: func(h *hop) string { return h.From.String() }},
		{name: "to", value: func(h *hop) string { return h.To.String() }},
		{name: "links", value: via},
	}}.write(a)
}

// hubList names the first few hubs.
func hubList(hubs []graph.Ref) string {
	const named = 5
	var names []string
	for _, h := range hubs[:min(named, len(hubs))] {
		names = append(names, h.String())
	}
	if rest := len(hubs) - named; rest > 0 {
		names = append(names, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(names, ", ")
}
