package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/graph"
)

func writeExplanation(a *app, e *engine.Explanation) error {
	switch {
	case a.Output == "json" || a.Output == "jsonl":
		return listing[engine.Explanation]{whole: e, items: []engine.Explanation{*e}}.write(a)
	case a.Output == "csv" && e.Account != nil:
		return listing[engine.IdentifierUsed]{items: e.Account.Identifiers, columns: usedColumns()}.write(a)
	case a.Output == "csv":
		return listing[engine.TieFound]{items: e.Identifier.Ties, columns: tieColumns()}.write(a)
	}
	w := bufio.NewWriter(a.stdout)
	t := teller{a, w}
	_, _ = fmt.Fprintln(w, a.bold(printable(e.Ref.Masked())))
	t.say("by policy %s, as of %s", e.Policy, day(e.AsOf))
	if e.Account != nil {
		t.account(e.Account)
	} else {
		t.identifier(e.Ref.Kind, e.Identifier)
	}
	return w.Flush()
}

func usedColumns() []column[engine.IdentifierUsed] {
	type row = engine.IdentifierUsed
	return []column[row]{
		{name: "identifier", value: func(u *row) string { return u.Ref.Masked() }},
		{name: "accounts", value: func(u *row) string { return fmt.Sprint(u.Accounts) }, right: true},
		{name: "tied_to", value: func(u *row) string { return fmt.Sprint(u.TiedTo) }, right: true},
		{name: "bits", value: func(u *row) string { return decimal(u.Bits) }, right: true},
		{name: "cut", value: func(u *row) string { return u.Cut }},
		{name: "class", value: func(u *row) string { return u.Class }},
	}
}

func tieColumns() []column[engine.TieFound] {
	type row = engine.TieFound
	return []column[row]{
		{name: "how", value: func(t *row) string { return t.How }},
		{name: "accounts", value: func(t *row) string { return fmt.Sprint(t.Accounts) }, right: true},
		{name: "from", value: func(t *row) string { return t.From.String() }},
		{name: "to", value: func(t *row) string { return t.To.String() }},
		{name: "bits", value: func(t *row) string { return decimal(t.Bits) }, right: true},
	}
}

// identifier tells what the policy makes of an identifier.
func (t teller) identifier(k graph.Kind, x *engine.IdentifierExplanation) {
	s := &x.Stats
	t.say("%s of %s people; at most %s at one time", accountsText(s.Accounts), count(s.People), count(s.AtOnce))
	if s.First.Known() {
		t.say("seen from %s to %s; half stay for %s or longer, %.0f %% come back after a day, %.0f %% were opened within a day of coming; %.2g new a day",
			day(s.First), day(s.Last), spanText(s.Stay), 100*s.Returning, 100*s.Natives, s.PerDay)
	}
	t.head("What the policy says")
	if x.Rule.Cap == 0 {
		t.say("The kind %s never ties.", k)
		return
	}
	t.say("An identifier of the kind %s ties up to %s accounts; a sighting holds for %s, spans tie within %s of each other%s.", k, count(x.Rule.Cap), x.Rule.Hold, x.Rule.Window, also(x.Rule.Exclusive, "; one owner at a time"))
	if x.Placeholder != "" {
		t.say("Its key is a placeholder: %s.", x.Placeholder)
	}
	if x.Allow != nil {
		state := "applies until"
		if x.Allow.Expired {
			state = "does not apply: it expired on"
		}
		t.say("On the allow list (%s; owner %s): the entry %s %s.", x.Allow.Reason, x.Allow.Owner, state, x.Allow.Expires)
	}
	if x.Class != nil {
		then := "the cap decides"
		if x.Class.Then != "" {
			then = strings.Replace(string(x.Class.Then), "never", "nothing of it ties", 1)
			then = strings.Replace(then, "bursts", "only bursts and the core tie", 1)
		}
		t.say("Class %s (%s): %s%s.", x.Class.Name, x.Class.Reason, then, also(x.Class.Bits != 0, "; each tie counts "+decimal(x.Class.Bits)+" bits"))
		for _, w := range x.Class.Why {
			t.item("  "+w.What, w.Found+", wanted "+w.Wanted)
		}
	}
	t.head("What follows")
	switch {
	case x.Cut != "" && len(x.Ties) == 0:
		t.say("It is cut by %s and ties nobody.", x.Cut)
	case x.Cut != "":
		t.say("It is cut by %s and ties nobody as a whole. Of its accounts these are tied:", x.Cut)
	case s.Accounts < 2:
		t.say("One account alone has it: there is nobody to tie.")
	case len(x.Ties) == 0:
		t.say("It ties nobody: its accounts did not have it at the same time.")
	default:
		t.say("It ties:")
	}
	for _, y := range x.Ties {
		t.item("  "+y.How, fmt.Sprintf("%s, %s to %s, %s bits: %s", accountsText(y.Accounts), day(y.From), day(y.To), bits(y.Bits), memberList(y)))
	}
	if s.Accounts > 1 {
		t.say("Rarity: %s bits; %s accounts share a %s so widely or more so.", bits(x.Rarity), count(x.AsWide), k)
	}
}

// account tells what the policy makes of an account.
func (t teller) account(x *engine.AccountExplanation) {
	switch {
	case len(x.CutBy) > 0:
		t.say("Not scored: all that it shares was cut, by %s.", strings.Join(x.CutBy, ", "))
	case x.Status == engine.StatusNoLinks:
		t.say("Not scored: the data link it to nothing.")
	default:
		t.say("Scored; nothing that was cut keeps it from that.")
	}
	t.head("Identifiers")
	if len(x.Identifiers) == 0 {
		t.say("None that may tie.")
	}
	for i := range x.Identifiers {
		u := &x.Identifiers[i]
		var parts []string
		switch {
		case u.TiedTo > 0:
			parts = append(parts, fmt.Sprintf("ties it to %s others, %s bits", count(u.TiedTo), bits(u.Bits)))
		case u.Accounts > 1 && u.Cut == "":
			parts = append(parts, "shared, but not at the same time")
		case u.Accounts < 2:
			parts = append(parts, "its own")
		}
		if u.Cut != "" {
			parts = append(parts, "cut by "+u.Cut)
		}
		t.item(fmt.Sprintf("%-36s", printable(u.Ref.Masked())), accountsText(u.Accounts)+"; "+strings.Join(parts, "; "))
	}
	if x.More > 0 {
		t.say("… and %s more; --limit shows more", count(x.More))
	}
	if len(x.Patterns) == 0 {
		return
	}
	t.head("Patterns that tie it")
	for _, y := range x.Patterns {
		on := ""
		if y.On.Kind != "" {
			on = " over " + y.On.Masked()
		}
		t.item(y.How, fmt.Sprintf("%s%s, %s bits", accountsText(y.Accounts), on, bits(y.Bits)))
	}
}

// spanText is a length of time in its largest sensible unit.
func spanText(s policy.Span) string {
	d := time.Duration(s)
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= 2*unit && s != policy.Forever {
			return policy.Span(d.Round(unit)).String()
		}
	}
	return s.String()
}

func memberList(y engine.TieFound) string {
	names := make([]string, len(y.Members))
	for i, m := range y.Members {
		names[i] = m.Mask()
	}
	text := strings.Join(names, ", ")
	if rest := y.Accounts - len(names); rest > 0 {
		text += fmt.Sprintf(" … and %s more", count(rest))
	}
	return text
}

func accountsText(n int) string {
	if n == 1 {
		return "1 account"
	}
	return count(n) + " accounts"
}

func also(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}
