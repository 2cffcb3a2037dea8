package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/graph"
)

// flagged is the probability from which a ring counts as one.
const flagged = 0.5

// answers is what the rings of a run come to.
type answers struct {
	rings         []engine.Ring
	doubtful      int // rings below the threshold
	victims       int
	loss          []engine.Loss
	merchants     []flow
	beneficiaries []flow
	operators     []engine.Member // devices first, then by ref
	next          []engine.Exposed
}

// flow is money that went one way.
type flow struct {
	to     graph.Ref
	amount graph.Money
	debits int
}

// answer adds up the flagged rings of a run.
func answer(g *graph.Snapshot, run *engine.Run) answers {
	var a answers
	for _, r := range run.Rings {
		if r.Probability < flagged {
			a.doubtful++
			continue
		}
		a.rings = append(a.rings, r)
		a.loss = append(a.loss, r.Loss...)
		for _, m := range r.Members {
			switch {
			case m.Role == engine.RoleVictim && !m.Next:
				a.victims++
			case m.Role == engine.RoleOperator:
				a.operators = append(a.operators, m)
			}
		}
	}
	a.loss = sumLoss(a.loss)
	a.merchants, a.beneficiaries = flows(g, a.rings, graph.Paid), flows(g, a.rings, graph.PaidTo)
	slices.SortFunc(a.operators, func(x, y engine.Member) int {
		if dx, dy := x.Ref.Kind == graph.Device, y.Ref.Kind == graph.Device; dx != dy {
			if dx {
				return -1
			}
			return 1
		}
		return x.Ref.Compare(y.Ref)
	})
	a.operators = slices.CompactFunc(a.operators, func(x, y engine.Member) bool { return x.Ref == y.Ref })
	a.next = engine.Exposure(g, run)
	return a
}

// sumLoss adds up losses by currency, in order of the currency. Amounts that
// do not add up exactly are left as they are.
func sumLoss(all []engine.Loss) []engine.Loss {
	slices.SortStableFunc(all, func(x, y engine.Loss) int { return cmp.Compare(x.Currency, y.Currency) })
	var sums []engine.Loss
	for _, l := range all {
		n := len(sums)
		if n == 0 || sums[n-1].Currency != l.Currency {
			sums = append(sums, l)
			continue
		}
		s := &sums[n-1]
		s.Amount, s.Gross = plus(s.Amount, l.Amount), plus(s.Gross, l.Gross)
		s.Refunded, s.Declined = plus(s.Refunded, l.Refunded), plus(s.Declined, l.Declined)
		s.Events += l.Events
	}
	return sums
}

// plus adds two decimals exactly.
func plus(x, y string) string {
	a, errA := graph.ParseMoney(x, "")
	b, errB := graph.ParseMoney(y, "")
	sum, err := a.Add(b)
	if errA != nil || errB != nil || err != nil {
		return x + " + " + y
	}
	return sum.Amount()
}

// flows sums the settled debits of victims that the evidence of their ring
// rests on, by where they went, the largest first.
func flows(g *graph.Snapshot, rings []engine.Ring, t graph.LinkType) []flow {
	at := make(map[graph.Ref]*flow)
	for i := range rings {
		basis := make(map[string]bool)
		for _, e := range rings[i].Evidence {
			for _, key := range e.Links {
				basis[key] = true
			}
		}
		for _, m := range rings[i].Members {
			v, ok := g.Lookup(m.Ref)
			if !ok || m.Role != engine.RoleVictim {
				continue
			}
			for l, end := g.Out(v); l < end; l++ {
				if g.Type(l) != t || !basis[engine.LinkKey(g, l)] || g.Prop(l, "status") != "settled" {
					continue
				}
				to := g.Ref(g.To(l))
				if at[to] == nil {
					at[to] = &flow{to: to}
				}
				if sum, err := at[to].amount.Add(g.Money(l)); err == nil {
					at[to].amount = sum
					at[to].debits++
				}
			}
		}
	}
	var out []flow
	for _, f := range at {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(x, y flow) int {
		return cmp.Or(cmp.Compare(y.amount.Float(), x.amount.Float()), x.to.Compare(y.to))
	})
	return out
}

// teller writes texts for a terminal of 80 columns.
type teller struct {
	a *app
	w io.Writer
}

// head starts a section.
func (t teller) head(text string) { _, _ = fmt.Fprintf(t.w, "\n%s\n", t.a.bold(text)) }

// say writes a paragraph.
func (t teller) say(format string, args ...any) {
	_, _ = fmt.Fprintln(t.w, "  "+wrap(printable(fmt.Sprintf(format, args...)), "  "))
}

// item writes a name and what is to be said of it, with a hanging indent.
func (t teller) item(name, text string) {
	name = fmt.Sprintf("  %-16s ", printable(name))
	_, _ = fmt.Fprintln(t.w, name+wrap(printable(text), strings.Repeat(" ", len([]rune(name)))))
}

// tellAnswers writes the answers in plain words.
func tellAnswers(a *app, w io.Writer, g *graph.Snapshot, run *engine.Run) {
	all, t := answer(g, run), teller{a, w}
	t.head("Who is hit?")
	if len(all.rings) == 0 {
		t.say("Nobody, as far as the data shows: %s.", nothingFound(&run.Info))
		return
	}
	t.say("%s of %s accounts, by %s:", count(all.victims), count(run.Info.Accounts), ringCount(len(all.rings)))
	for i := range all.rings {
		t.item(all.rings[i].ID, api.Sentence(&all.rings[i]))
	}
	if all.doubtful > 0 {
		t.say("Besides %s too faint to count.", ringCount(all.doubtful))
	}

	t.head("How much is lost?")
	if len(all.loss) == 0 {
		t.say("No money is seen to be lost.")
	}
	for _, l := range all.loss {
		t.say("%s %s in %s debits: %s taken, %s refunded so far. Another %s was tried and refused.",
			api.Thousands(l.Amount), l.Currency, count(l.Events), api.Thousands(l.Gross), api.Thousands(l.Refunded), api.Thousands(l.Declined))
	}

	t.head("Through whom?")
	t.flows("merchant", all.merchants)
	t.flows("beneficiary", all.beneficiaries)

	t.head("What is behind it?")
	for i, m := range all.operators {
		if i == 10 {
			t.say("… and %s more", count(len(all.operators)-i))
			break
		}
		t.item(m.Ref.Mask(), string(m.Ref.Kind)+": "+strings.Join(m.Reasons, "; "))
	}
	if len(all.operators) == 0 {
		t.say("No device or address stands out.")
	}

	t.head("Who is next?")
	if len(all.next) == 0 {
		t.say("Nobody is seen within reach of the rings.")
		return
	}
	t.say("%s within reach of the same people and not hit yet:", accountCount(len(all.next)))
	for i, e := range all.next {
		if i == 6 {
			t.say("… and %s more", count(len(all.next)-i))
			break
		}
		t.item(e.Account.Key, strings.Join(e.Reasons, "; "))
	}
}

// flows writes amounts one below the other.
func (t teller) flows(what string, all []flow) {
	const shown = 8
	for i, f := range all {
		if i == shown {
			t.say("… and %s more", count(len(all)-shown))
			return
		}
		_, _ = fmt.Fprintf(t.w, "  %-12s %-24s %14s %-4s %7s debits\n", what, printable(f.to.Mask()),
			api.Thousands(f.amount.Amount()), printable(f.amount.Currency), count(f.debits))
		what = ""
	}
}

func ringCount(n int) string {
	if n == 1 {
		return "one ring"
	}
	return count(n) + " rings"
}

func accountCount(n int) string {
	if n == 1 {
		return "One account is"
	}
	return count(n) + " accounts are"
}

// tellNextSteps names the commands that lead on, as they must be typed.
func tellNextSteps(a *app, w io.Writer, run *engine.Run) {
	t, self, ring := teller{a, w}, programName(), "ID"
	if len(run.Rings) > 0 {
		ring = run.Rings[0].ID
	}
	t.head("What next?")
	for _, step := range [][2]string{
		{"let the commands below find this store", "export RINGLEADER_STORE=" + a.Store},
		{"see why, and who", self + " ring " + ring},
		{"take it to other tools", self + " export " + ring + " --format graphml --out ring.graphml"},
		{"score every account", self + " scores --output csv"},
		{"look at it in a browser", self + " serve"},
		{"use your own data, in the layout of docs/data.md", self + " load DIR --store own.db && " + self + " detect --store own.db"},
	} {
		_, _ = fmt.Fprintf(w, "  %s\n    %s\n", step[0], step[1])
	}
}

// programName is how this program was started.
func programName() string {
	path, err := os.Executable()
	if err == nil && strings.Contains(path, string(os.PathSeparator)+"go-build") {
		return "go run ./cmd/ringleader"
	}
	return "ringleader"
}
