package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine/evidence"
)

func newExport(a *app) *cobra.Command {
	var run, format, out string
	cmd := &cobra.Command{
		Use:   "export ID",
		Short: "Write the evidence graph of a ring for other tools",
		Long: "Write the members of a ring, their links, and the rows of source files that each\n" +
			"link leads back to.\n\nFormats, and what opens them:\n" + formatList(),
		Example: "  ringleader export r-7c2f00000000 --format graphml --out ring.graphml",
		Args:    takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("format", format, formatNames()...); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.withStore(ctx, toRead, func(s store) error {
				r, err := api.ReadRun(ctx, s, run)
				if err != nil {
					return err
				}
				ring, err := findRing(r, args[0])
				if err != nil {
					return err
				}
				g, err := evidence.Subgraph(ctx, s, r, ring)
				if err != nil {
					return err
				}
				for _, limit := range g.Limits {
					a.log.Warn(limit)
				}
				if err := writeFile(a, out, func(w io.Writer) error { return evidence.Write(w, g, format) }); err != nil {
					return err
				}
				a.say("ring %s: %s nodes and %s links as %s", ring.ID, count(len(g.Nodes)), count(len(g.Edges)), format)
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&run, "run", "", "ID of a run; the latest if not given")
	flags.StringVar(&format, "format", "json", strings.Join(formatNames(), ", "))
	flags.StringVar(&out, "out", "-", "file to write; - is standard output")
	return cmd
}

func formatNames() []string {
	var names []string
	for _, f := range evidence.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func formatList() string {
	var b strings.Builder
	for _, f := range evidence.Formats() {
		fmt.Fprintf(&b, "  %-10s %s\n", f.Name, f.About)
	}
	return strings.TrimRight(b.String(), "\n")
}
