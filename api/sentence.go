package api

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ringleader/engine"
	"ringleader/graph"
)

// Sentence says in words what a ring is: who was hit, by what, how much left
// and to whom, and when. It is made from roles, loss and times alone, so it
// says nothing that the ring does not hold.
func Sentence(r *engine.Ring) string {
	hit, next, others := countRoles(r)
	operators := phrase(others[engine.RoleOperator])
	things := phrase(thingsOf(others[engine.RoleOperator])) // accounts do not act together through themselves
	var b strings.Builder
	switch {
	case hit+next > 0:
		b.WriteString(plural(hit, "account was hit", "accounts were hit"))
		if next > 0 {
			fmt.Fprintf(&b, " and %s", plural(next, "more is taken over", "more are taken over"))
		}
		if operators != "" {
			b.WriteString(", from " + operators)
		}
	case things != "":
		fmt.Fprintf(&b, "%s act together through %s", plural(r.Size, "account", "accounts"), things)
	default:
		fmt.Fprintf(&b, "%s act together", plural(r.Size, "account", "accounts"))
	}
	if loss := LossText(r.Loss); loss != "" {
		fmt.Fprintf(&b, "; %s left", loss)
		if to := phrase(others[engine.RoleBeneficiary]); to != "" {
			b.WriteString(" to " + to)
		}
		if through := phrase(others[engine.RoleCashOut]); through != "" {
			b.WriteString(", cashed out through " + through)
		}
	}
	if span := SpanText(r.FirstSeen, r.LastSeen); span != "" {
		b.WriteString("; " + span)
	}
	return b.String() + "."
}

// kindCount counts members of a role by kind, in the order they come.
type kindCount struct {
	kind graph.Kind
	n    int
}

// countRoles counts the victims, those that lost nothing yet apart, and the
// other members by role and kind.
func countRoles(r *engine.Ring) (hit, next int, others map[engine.Role][]kindCount) {
	others = make(map[engine.Role][]kindCount)
	for _, m := range r.Members {
		switch {
		case m.Role == engine.RoleVictim && m.Next:
			next++
			continue
		case m.Role == engine.RoleVictim:
			hit++
			continue
		}
		counts := others[m.Role]
		i := 0
		for i < len(counts) && counts[i].kind != m.Ref.Kind {
			i++
		}
		if i == len(counts) {
			counts = append(counts, kindCount{kind: m.Ref.Kind})
		}
		counts[i].n++
		others[m.Role] = counts
	}
	return hit, next, others
}

// thingsOf leaves out accounts.
func thingsOf(counts []kindCount) []kindCount {
	var things []kindCount
	for _, c := range counts {
		if c.kind != graph.Account {
			things = append(things, c)
		}
	}
	return things
}

func phrase(counts []kindCount) string {
	var parts []string
	for _, c := range counts {
		parts = append(parts, plural(c.n, KindName(c.kind, 1), KindName(c.kind, c.n)))
	}
	return And(parts)
}

// And joins phrases: "a", "a and b", "a, b and c".
func And(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// KindName is a kind in words, in the plural unless n is 1.
func KindName(k graph.Kind, n int) string {
	name := strings.ReplaceAll(string(k), "_", " ")
	switch {
	case k == graph.IP:
		name = "IP address"
	case k == graph.NationalID:
		name = "national ID"
	}
	switch {
	case n == 1:
		return name
	case strings.HasSuffix(name, "y"):
		return name[:len(name)-1] + "ies"
	case strings.HasSuffix(name, "s"):
		return name + "es"
	}
	return name + "s"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(strconv.Itoa(n)) + " " + many
}

// LossText is what a ring took, by currency: "26,114.00 CNY". Empty for no
// loss.
func LossText(loss []engine.Loss) string {
	var parts []string
	for _, l := range loss {
		if l.Events > 0 {
			parts = append(parts, strings.TrimSpace(Thousands(l.Amount)+" "+l.Currency))
		}
	}
	return And(parts)
}

// Thousands puts separators into a decimal: 26114.00 becomes 26,114.00.
func Thousands(amount string) string {
	whole, frac, dot := strings.Cut(amount, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + frac
	}
	return sign + whole
}

// SpanText says when something happened: "within 38 minutes on 9 October 2018".
// Empty where nothing is known.
func SpanText(first, last graph.Time) string {
	if !first.Known() || !last.Known() {
		return ""
	}
	const day = "2 January 2006"
	from, to := first.Std(), last.Std()
	if to.Sub(from) < 24*time.Hour {
		return "within " + DurationText(to.Sub(from)) + " on " + from.Format(day)
	}
	return "from " + from.Format(day) + " to " + to.Format(day)
}

// DurationText is a duration in words, in its one or two largest units.
func DurationText(d time.Duration) string {
	minutes := int(d.Round(time.Minute).Minutes())
	switch {
	case d < time.Minute:
		return plural(int(d.Seconds()), "second", "seconds")
	case minutes < 100:
		return plural(minutes, "minute", "minutes")
	case minutes < 48*60:
		hours := plural(minutes/60, "hour", "hours")
		if minutes%60 == 0 {
			return hours
		}
		return hours + " " + plural(minutes%60, "minute", "minutes")
	}
	return plural(minutes/(24*60), "day", "days")
}

// ChanceText speaks bits of evidence: 17.3 is "by chance once in 160,000".
// Empty below one bit.
func ChanceText(bits float64) string {
	switch {
	case bits < 1:
		return ""
	case bits > 30:
		return "by chance less than once in a billion"
	}
	n, unit := math.Exp2(bits), 1
	for n/float64(unit) >= 100 {
		unit *= 10
	}
	return "by chance once in " + Thousands(strconv.Itoa(int(n/float64(unit)+0.5)*unit))
}
