package engine

import (
	"fmt"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Rates inside a ring of senders, where the population's own are the null model.
const (
	spamForeign  = .9 // accounts that send from a number that is not theirs
	spamRepeated = .6 // accounts that send one text again
)

func (x spam) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorSpam, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	w := x.weighing(MessageSpam, ties)
	if len(w.r.accounts) < minRing {
		return nil, false
	}
	x.addTexts(w)
	x.addBoxes(w)
	x.addForeign(w)
	x.addRepeats(w)
	collectors := x.addPayers(w)
	w.finish(func(a graph.Vertex) Role {
		switch {
		case collectors[a] > 1:
			return RoleCashOut
		case x.stolen(a, w.since[a]):
			return RoleVictim
		}
		return RoleOperator
	})
	return w.r, true
}

// crowdOf is the members of a list with a thing in common, by thing.
func crowdOf(w *weighing, of map[graph.Vertex][]graph.Vertex, each float64, say string, role Role) (things []graph.Vertex, most int, bits float64) {
	for _, v := range sortedVertices(of) {
		accounts := distinct(of[v])
		if len(accounts) < 2 {
			continue
		}
		things = append(things, v)
		most = max(most, len(accounts))
		bits += float64(len(accounts)-1) * each
		w.member(v, role, each*float64(len(accounts)-1), fmt.Sprintf("%d accounts of the ring %s it", len(accounts), say))
		for _, a := range accounts {
			w.say(a, each, "%s %s %s, as %d others did", say, w.g.Kind(v), w.g.Ref(v).Key, len(accounts)-1)
		}
	}
	return things, most, bits
}

// addTexts: texts that several of them sent to crowds.
func (x spam) addTexts(w *weighing) {
	t := &x.tables.messages
	of := make(map[graph.Vertex][]graph.Vertex)
	var links []graph.LinkID
	reach := 0.0
	for _, a := range w.r.accounts {
		for _, s := range t.sendingsOf(a) {
			if t.mass(&s, x.policy.Spam.Crowd) {
				of[s.text] = append(of[s.text], a)
				links = append(links, s.links...)
				reach += s.reach
				w.at(a, s.from)
				w.at(a, s.to)
			}
		}
	}
	each := min(3, t.texts.rarity())
	texts, most, bits := crowdOf(w, of, each, "sent", RoleOperator)
	if len(texts) > 0 {
		w.add("same_text", min(8, bits), texts, links, "%d texts went to %.0f recipients, each from several accounts, up to %d; %s of all texts are sent to crowds by several",
			len(texts), reach, most, percent(share(t.texts.sharing, t.texts.things)))
	}
}

// addBoxes: numbers that several of them sent from and none is known by.
func (x spam) addBoxes(w *weighing) {
	t := &x.tables.messages
	of := make(map[graph.Vertex][]graph.Vertex)
	var links []graph.LinkID
	for _, a := range w.r.accounts {
		for _, n := range t.numbersOf(a) {
			if !n.own {
				of[n.phone] = append(of[n.phone], a)
				links = append(links, n.links...)
			}
		}
	}
	each := min(4, t.boxes.rarity())
	boxes, most, bits := crowdOf(w, of, each, "sent from", RoleOperator)
	if len(boxes) > 0 {
		w.add("number_box", min(14, bits), boxes, links, "%d numbers were sent from by several accounts, up to %d, that are known by none of them; so are %s of all numbers",
			len(boxes), most, percent(share(t.boxes.sharing, t.boxes.things)))
	}
}

// addForeign: how many send from a number that is not theirs. Staff who send
// offers from their own speak against.
func (x spam) addForeign(w *weighing) {
	t := &x.tables.messages
	n, k := 0, 0
	for _, a := range w.r.accounts {
		if numbers := t.numbersOf(a); len(numbers) > 0 {
			n++
			k += one(slices.ContainsFunc(numbers, func(x number) bool { return !x.own }))
		}
	}
	if n == 0 {
		return
	}
	q := share(t.foreign-k, len(t.numbers)-n)
	w.add("foreign_number", ratio(k, n, max(spamForeign, q), q), nil, nil,
		"%d of %d accounts sent from a number that is not theirs; %s of all do", k, n, percent(q))
}

// addRepeats: accounts that send a text again and again.
func (x spam) addRepeats(w *weighing) {
	t := &x.tables.messages
	k, theirs, rows := 0, 0, 0
	for _, a := range w.r.accounts {
		again := false
		for _, s := range t.sendingsOf(a) {
			rows++
			theirs += one(len(s.links) > 1)
			again = again || len(s.links) > 1
		}
		k += one(again)
	}
	q := share(t.repeated-theirs, len(t.sendings)-rows)
	w.add("repeated", min(6, ratio(k, len(w.r.accounts), max(spamRepeated, q), q)), nil, nil,
		"%d of %d accounts sent one text several times; %s of all texts are", k, len(w.r.accounts), percent(q))
}

// addPayers: strangers who paid accounts of the ring once the messages were
// out, against how many pay an account in so long a time. What they paid to
// those who collect is the loss.
func (x spam) addPayers(w *weighing) map[graph.Vertex]int {
	from, until := w.r.from, graph.Millis(later(w.r.to.Millis(), 14*24*hour))
	payers := make(map[graph.Vertex]int)
	bits := 0.0
	mean := float64(x.tables.flows.transfers) / float64(x.pop.accounts+1) / max(x.tables.flows.span, 1)
	var accounts []graph.Vertex
	for _, a := range w.r.accounts {
		var links []graph.LinkID
		var strangers []graph.Vertex
		for _, l := range x.g.In(a) {
			peer, at := x.g.From(l), x.g.At(l)
			if _, member := slices.BinarySearch(w.r.accounts, peer); member || x.g.Type(l) != graph.TransferredTo || at < from || at > until {
				continue
			}
			strangers = append(strangers, peer)
			links = append(links, l)
		}
		n := len(distinct(strangers))
		b := surprise(float64(n), mean*float64(max(until.Millis()-from.Millis(), hour)))
		if n < 2 || b < 3 {
			continue
		}
		payers[a] = n
		accounts = append(accounts, a)
		bits += min(4, b)
		w.say(a, min(4, b), "was paid by %d strangers while the messages went out", n)
		for _, l := range links {
			x.addDebit(w.ledger, x.g.From(l), debit{link: l, at: x.g.At(l), event: x.g.Event(l)})
		}
	}
	if len(accounts) > 0 {
		w.add("strangers_paid", min(8, math.Round(100*bits)/100), accounts, nil, "%d accounts were paid by strangers while the messages went out, more than accounts are", len(accounts))
	}
	return payers
}

// stolen reports whether an account of age sent from a number of its own before
// the ring's texts: its owner did not send these.
func (x spam) stolen(a graph.Vertex, since graph.Time) bool {
	opened := x.openedAt(a)
	if !opened.Known() || since.Millis()-opened.Millis() < x.policy.Takeover.Aged.Millis() {
		return false
	}
	for _, n := range x.tables.messages.numbersOf(a) {
		if n.own && slices.ContainsFunc(n.links, func(l graph.LinkID) bool { return x.g.At(l) < since }) {
			return true
		}
	}
	return false
}
