package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/graph"
	"ringleader/vault"
)

func newEntity(a *app) *cobra.Command {
	var q api.EntityQuery
	var types []string
	var unmask bool
	var why string
	cmd := &cobra.Command{
		Use:     "entity REF",
		Short:   "Everything on one account, device, phone number or other node",
		Example: "  ringleader entity account:u17\n  ringleader entity device:dev-9f --types USED_DEVICE --limit 1000",
		Args:    takes("REF"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := parseRef("REF", args[0])
			if err != nil {
				return err
			}
			if q.Types, err = api.ParseLinkTypes(types); err != nil {
				return usagef("--types: %v", err)
			}
			if q.Limit < 1 {
				return usagef("--limit %d: want at least 1", q.Limit)
			}
			if unmask {
				return a.withStore(cmd.Context(), toWrite, func(s store) error { return a.unmask(cmd.Context(), s, ref, why) })
			}
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				run, err := api.ReadRun(cmd.Context(), s, "")
				if err != nil && !errors.Is(err, graph.ErrNotFound) {
					return err
				}
				if ref, err = a.lookUp(cmd.Context(), s, ref); err != nil {
					return err
				}
				e, err := api.ReadEntity(cmd.Context(), s, run, ref, q)
				if err != nil {
					return err
				}
				return writeEntity(a, e)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&types, "types", nil, "only links of these types, such as USED_DEVICE")
	flags.BoolVar(&unmask, "unmask", false, "print the sealed value of a node of a secret kind, and note in the audit who asked")
	flags.StringVar(&why, "reason", "", "why it is unmasked, for the audit")
	flags.IntVar(&q.Limit, "limit", 100, "at most so many links")
	flags.StringVar(&q.Cursor, "cursor", "", "the value of next in the page before")
	return cmd
}

// unmask prints the value behind a node of a secret kind.
func (a *app) unmask(ctx context.Context, s store, ref graph.Ref, why string) error {
	if err := vault.CheckWhy(why); err != nil {
		return usagef("--unmask wants --reason: say in a few words why; it stays in the audit")
	}
	v, err := a.openVault(ctx, s)
	if err != nil {
		return err
	}
	value, err := v.Unmask(ctx, s, s, ref, vault.SystemUser(), why)
	if err != nil {
		return err
	}
	type row struct {
		Ref   graph.Ref `json:"ref"`
		Value string    `json:"value"`
	}
	one := row{ref, value}
	return listing[row]{whole: one, items: []row{one}, columns: []column[row]{
		{name: "ref", value: func(r *row) string { return r.Ref.String() }},
		{name: "value", value: func(r *row) string { return printable(r.Value) }},
	}}.write(a)
}

// parseRef reads a reference from the argument or flag of that name.
func parseRef(name, s string) (graph.Ref, error) {
	ref, err := graph.ParseRef(s)
	if err != nil {
		return ref, usagef("%s: %v", name, err)
	}
	return ref, nil
}

func writeEntity(a *app, e *api.Entity) error {
	if a.Output == "table" {
		w := bufio.NewWriter(a.stdout)
		if err := tellEntity(a, w, e); err != nil {
			return err
		}
		return w.Flush()
	}
	return listing[api.EntityLink]{whole: e, items: e.Links, columns: linkColumns()}.write(a)
}

func linkColumns() []column[api.EntityLink] {
	return []column[api.EntityLink]{
		{name: "type", value: func(l *api.EntityLink) string { return string(l.Type) }},
		{name: "direction", value: func(l *api.EntityLink) string { return l.Direction }},
		{name: "other", value: func(l *api.EntityLink) string { return l.Other.String() }},
		{name: "at", value: func(l *api.EntityLink) string { return l.At.String() }},
		{name: "until", value: func(l *api.EntityLink) string { return l.Until.String() }},
		{name: "event", value: func(l *api.EntityLink) string { return l.Event }},
		{name: "amount", value: func(l *api.EntityLink) string { return l.Amount }},
		{name: "currency", value: func(l *api.EntityLink) string { return l.Currency }},
	}
}

func tellEntity(a *app, w io.Writer, e *api.Entity) error {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p("%s", a.bold(printable(e.Ref.String())))
	if e.Score != nil {
		p("  probability %s, as a suspect %s, %s bits, %s", probability(e.Score.Probability),
			probability(e.Score.SuspectProbability), bits(e.Score.Score), strings.ReplaceAll(string(e.Score.Status), "_", " "))
		if e.Score.Combined != nil {
			p("  with model and labels %s%s", probability(*e.Score.Combined), also(e.Score.Label != "", "; labelled "+e.Score.Label))
		}
		for _, reason := range e.Score.Reasons {
			p("    %s", printable(reason))
		}
	}
	if len(e.Rings) == 0 {
		p("  in no ring")
	}
	for _, m := range e.Rings {
		p("  %s in ring %s (%s, probability %s)", m.Role, m.Ring, m.Typology, probability(m.RingProbability))
		for _, reason := range m.Reasons {
			p("    %s", wrap(printable(reason), "    "))
		}
	}
	tellMatches(a, w, e)
	if len(e.Attributes) > 0 {
		p("\n%s", a.bold("Stated"))
		for _, at := range e.Attributes {
			p("  %-20s %-24s %s", printable(at.Name), printable(at.Value), at.At)
		}
	}
	if len(e.Links) == 0 {
		return nil
	}
	p("\n%s", a.bold("Links"))
	for i, l := range e.Links {
		if i == 0 || l.Type != e.Links[i-1].Type || l.Direction != e.Links[i-1].Direction {
			p("  %s (%s)", l.Type, l.Direction)
		}
		p("    %-28s %-20s %s", printable(l.Other.String()), l.At, strings.TrimSpace(l.Amount+" "+l.Currency))
	}
	if e.Next != "" {
		p("\nthere are more links; --limit shows more, --cursor %s the next page", e.Next)
	}
	return nil
}

// tellMatches says who the node may be, the strongest first.
func tellMatches(a *app, w io.Writer, e *api.Entity) {
	if len(e.MayBe) == 0 {
		return
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", a.bold("May be the same person as"))
	for i := range e.MayBe {
		m := &e.MayBe[i]
		if i == shownMatches {
			_, _ = fmt.Fprintf(w, "  … and %s more; --output json lists them\n", count(len(e.MayBe)-i))
			return
		}
		_, _ = fmt.Fprintf(w, "  %s, %s bits\n", printable(m.Other.String()), bits(m.Bits))
		for _, l := range m.Lines {
			_, _ = fmt.Fprintf(w, "    %+6.1f  %-12s %s\n", l.Bits, printable(l.Field), printable(l.Text))
		}
	}
}

// shownMatches is how many matches a table shows with their lines.
const shownMatches = 10
