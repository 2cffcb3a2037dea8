package main

import (
	"slices"

	"ringleader/engine/eval"
)

// spreadRow is one number of one method over all seeds.
type spreadRow struct {
	Method string `json:"method"`
	eval.Spread
}

// headline are the numbers that a table of several methods shows.
func headline() []string {
	return []string{"node_auprc", "node_recall_at_positives", "ring_recall", "ring_precision", "macro_recall", "pair_f1", "b_cubed_f1", "ami",
		"fragmentation", "contamination", "traps_flagged"}
}

// writeComparison prints every number of every method; a table of several
// methods has a row each, with mean and worst of the numbers that matter most.
func writeComparison(a *app, c *comparison) error {
	a.tellChecks(c)
	if a.Output == "table" && len(c.Methods) > 1 {
		return writeMethods(a, c)
	}
	var rows []spreadRow
	for _, m := range c.Methods {
		for _, s := range m.Summary {
			rows = append(rows, spreadRow{m.Method, s})
		}
	}
	columns := []column[spreadRow]{
		{name: "method", value: func(r *spreadRow) string { return r.Method }},
		{name: "measure", value: func(r *spreadRow) string { return r.Name }},
		{name: "mean", value: func(r *spreadRow) string { return number(r.Mean, r.Count) }, right: true},
		{name: "worst", value: func(r *spreadRow) string { return number(r.Worst, r.Count) }, right: true},
	}
	return listing[spreadRow]{whole: c, items: rows, columns: columns, table: columns[1:]}.write(a)
}

func writeMethods(a *app, c *comparison) error {
	columns := []column[methodReport]{{name: "method", value: func(m *methodReport) string { return m.Method }}}
	for _, name := range headline() {
		columns = append(columns, column[methodReport]{name: name, right: true, value: func(m *methodReport) string {
			i := slices.IndexFunc(m.Summary, func(s eval.Spread) bool { return s.Name == name })
			if i < 0 {
				return ""
			}
			s := m.Summary[i]
			if len(s.Values) == 1 {
				return number(s.Mean, s.Count)
			}
			return number(s.Mean, s.Count) + " / " + number(s.Worst, s.Count)
		}})
	}
	return listing[methodReport]{whole: c, items: c.Methods, columns: columns}.write(a)
}

// tellChecks says of gate and stability what does not hold, and that the rest
// does.
func (a *app) tellChecks(c *comparison) {
	for _, g := range c.Gate {
		for _, check := range g.Checks {
			want, verdict := "at most", "holds"
			if check.Least {
				want = "at least"
			}
			if !check.Holds {
				verdict = "FAILS"
			}
			a.say("gate, seed %d: %s %s: %s, want %s %s %s", g.Seed, check.Name, verdict, number(check.Value, false), want, number(check.Limit, false), check.Detail)
		}
	}
	for _, v := range c.Stability {
		verdict := "the same result"
		if !v.Same {
			verdict = "ANOTHER RESULT"
		}
		a.say("stability, seed %d, %s: %s", v.Seed, v.Name, verdict)
	}
}
