package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine"
)

func newRing(a *app) *cobra.Command {
	var run string
	cmd := &cobra.Command{
		Use:   "ring ID",
		Short: "Show one ring: what happened, why we think so, who is in it",
		Args:  takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				r, err := api.ReadRun(cmd.Context(), s, run)
				if err != nil {
					return err
				}
				ring, err := findRing(r, args[0])
				if err != nil {
					return err
				}
				shown := []engine.Ring{*ring}
				if err := showVerdicts(cmd.Context(), s, shown); err != nil {
					return err
				}
				return writeRing(a, &shown[0])
			})
		},
	}
	cmd.Flags().StringVar(&run, "run", "", "ID of a run; the latest if not given")
	return cmd
}

func writeRing(a *app, ring *engine.Ring) error {
	if a.Output == "table" {
		w := bufio.NewWriter(a.stdout)
		tellRing(a, w, ring)
		return w.Flush()
	}
	if a.Output == "jsonl" {
		return listing[engine.Ring]{items: []engine.Ring{*ring}}.write(a)
	}
	return listing[engine.Member]{whole: ring, items: ring.Members, columns: memberColumns()}.write(a)
}

func memberColumns() []column[engine.Member] {
	optional := func(p *float64) string {
		if p == nil {
			return ""
		}
		return decimal(*p)
	}
	return []column[engine.Member]{
		{name: "ref", value: func(m *engine.Member) string { return m.Ref.String() }},
		{name: "role", value: func(m *engine.Member) string { return string(m.Role) }},
		{name: "probability", value: func(m *engine.Member) string { return optional(m.Probability) }},
		{name: "suspect_probability", value: func(m *engine.Member) string { return optional(m.SuspectProbability) }},
		{name: "score", value: func(m *engine.Member) string { return decimal(m.Score) }},
		{name: "since", value: func(m *engine.Member) string { return m.Since.String() }},
		{name: "reasons", value: func(m *engine.Member) string { return strings.Join(m.Reasons, "; ") }},
	}
}

// width is the terminal that texts are made for.
const width = 80

// membersShown is how many members of a role the text of a ring names.
const membersShown = 12

// tellRing writes a ring for a person: the sentence, the evidence, the members
// by role, so that no list mixes people to protect with people to block.
func tellRing(a *app, w io.Writer, r *engine.Ring) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p("%s", a.bold(r.ID))
	p("%s", wrap(printable(api.Sentence(r)), ""))
	p("")
	estimate := ""
	if !r.Calibrated {
		estimate = " (an estimate from made-up worlds)"
	}
	p("  pattern      %s", strings.ReplaceAll(string(r.Typology), "_", " "))
	p("  probability  %s%s", probability(r.Probability), estimate)
	p("  accounts     %s, people %s", count(r.Size), count(r.People))
	for _, l := range r.Loss {
		p("  loss         %s", wrap(fmt.Sprintf("%s %s in %s debits: %s taken, %s refunded; another %s refused", api.Thousands(l.Amount),
			l.Currency, count(l.Events), api.Thousands(l.Gross), api.Thousands(l.Refunded), api.Thousands(l.Declined)), "               "))
	}
	if r.FirstSeen.Known() {
		p("  seen         %s to %s", r.FirstSeen, r.LastSeen)
	}
	if v := r.Meta.Verdict; v != nil {
		p("  verdict      %s", wrap(fmt.Sprintf("%s, by %s on %s%s: %s", v.Decision, printable(v.By), day(v.At),
			also(v.Run != r.Meta.Run, ", as run "+v.Run+" showed it"), printable(v.Why)), "               "))
	}
	if len(r.Tags) > 0 {
		p("  tags         %s", strings.Join(r.Tags, ", "))
	}
	if r.SuppressedBy != "" {
		p("  suppressed   by rule %s of the policy", r.SuppressedBy)
	}
	p("")
	p("%s", a.bold("Evidence, in bits"))
	for _, e := range r.Evidence {
		text := printable(e.Text)
		if chance := api.ChanceText(e.Bits); chance != "" {
			text += ", " + chance
		}
		p("%8s  %s", bits(e.Bits), wrap(text, "          "))
	}
	p("%8s  together", bits(r.Score))
	role, shown, hidden := engine.Role(""), 0, 0
	more := func() {
		if hidden > 0 {
			p("  … and %s more; --output json shows all", count(hidden))
		}
	}
	for _, m := range r.Members {
		if m.Role != role {
			more()
			role, shown, hidden = m.Role, 0, 0
			p("")
			p("%s", a.bold(strings.ReplaceAll(string(m.Role), "_", "-")))
		}
		if shown++; shown > membersShown {
			hidden++
			continue
		}
		line := fmt.Sprintf("  %-24s %6s  ", printable(m.Ref.Masked()), bits(m.Score))
		p("%s%s", line, wrap(printable(strings.Join(m.Reasons, "; ")), strings.Repeat(" ", len([]rune(line)))))
	}
	more()
}

// bold marks a heading where the terminal can.
func (a *app) bold(s string) string {
	if a.stdoutTerminal && !a.NoColor {
		return "\x1b[1m" + s + "\x1b[0m"
	}
	return s
}

// wrap breaks text at spaces to fit the width; lines after the first begin
// with indent, and the first is taken to stand as far to the right.
func wrap(text, indent string) string {
	room := max(width-len([]rune(indent)), 24)
	var b strings.Builder
	used := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case used == 0:
		case used+1+n > room:
			b.WriteString("\n" + indent)
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}
