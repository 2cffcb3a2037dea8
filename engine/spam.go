package engine

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// spam finds accounts that send the same few texts to crowds, from a box of
// numbers that are not theirs, and have some who believed them pay.
//
// Accounts are tied over a number that two of them sent from and neither is
// known by, and over a text that two of them sent to a crowd. A crowd is so many
// times the usual number of recipients of one sender's text, so a joke that goes
// round ties nobody. Null models: the share of numbers and texts of the
// population that are shared like this, of senders who use a number that is not
// theirs, and of texts that one account sends again. Cost: O(messages · log
// messages). Known to misfire on: staff who send offers from the firm's numbers
// (that these are not written down as theirs looks like a box).
type spam struct{ *ground }

func (spam) name() string { return policy.DetectorSpam }

// sending is all that one account sent of one text.
type sending struct {
	account  graph.Vertex
	text     graph.Vertex
	links    []graph.LinkID // SENT, by time
	reach    float64        // recipients of all
	from, to graph.Time
}

// line is a number that an account sent from.
type number struct {
	account graph.Vertex
	phone   graph.Vertex
	links   []graph.LinkID // SENT_FROM
	own     bool           // the account is known by it
}

// messageTable is who sent what, and from where.
type messageTable struct {
	sendings []sending // by account, then text
	numbers  []number  // by account, then phone
	usual    float64   // median reach of a sending
	repeated int       // sendings of more than one message
	foreign  int       // numbers that are not the account's own
	texts    shareTable
	boxes    shareTable
}

// shareTable is things by the accounts that share them in the way that counts.
type shareTable struct {
	of      map[graph.Vertex][]int // by thing: rows of the table
	things  int
	sharing int // things that two or more accounts share so
}

// rarity is how rare it is, in bits, that a thing is shared so.
func (s *shareTable) rarity() float64 { return -math.Log2(share(s.sharing, s.things)) }

func (d *ground) measureMessages(ctx context.Context) error {
	t := &d.tables.messages
	for a := d.lo; a < d.hi; a++ {
		if a%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		d.messagesOf(a, t)
	}
	reaches := make([]float64, len(t.sendings))
	for i := range t.sendings {
		reaches[i] = t.sendings[i].reach
		t.repeated += one(len(t.sendings[i].links) > 1)
	}
	slices.Sort(reaches)
	if n := len(reaches); n > 0 {
		t.usual = reaches[n/2]
	}
	things := make(map[graph.Vertex]bool)
	t.texts.of = make(map[graph.Vertex][]int)
	for i := range t.sendings {
		s := &t.sendings[i]
		things[s.text] = true
		if t.mass(s, d.policy.Spam.Crowd) {
			t.texts.of[s.text] = append(t.texts.of[s.text], i)
		}
	}
	t.texts.count(len(things))
	clear(things)
	t.boxes.of = make(map[graph.Vertex][]int)
	for i := range t.numbers {
		n := &t.numbers[i]
		things[n.phone] = true
		if !n.own {
			t.foreign++
			t.boxes.of[n.phone] = append(t.boxes.of[n.phone], i)
		}
	}
	t.boxes.count(len(things))
	return nil
}

func (s *shareTable) count(things int) {
	s.things = things
	for _, rows := range s.of {
		s.sharing += one(len(rows) > 1)
	}
}

// mass reports whether a sending went to a crowd.
func (t *messageTable) mass(s *sending, crowd float64) bool { return s.reach >= crowd*t.usual }

// messagesOf adds what one account sent. Time: O(links of the account).
func (d *ground) messagesOf(a graph.Vertex, t *messageTable) {
	known := make(map[graph.Vertex]bool)
	lo, hi := d.g.Out(a)
	for l := lo; l < hi; l++ { // links to one end come together, by time
		to := d.g.To(l)
		switch d.g.Type(l) {
		case graph.Sent:
			if n := len(t.sendings); n == 0 || t.sendings[n-1].account != a || t.sendings[n-1].text != to {
				t.sendings = append(t.sendings, sending{account: a, text: to})
			}
			s := &t.sendings[len(t.sendings)-1]
			s.links = append(s.links, l)
			s.reach += d.recipients(l)
			s.from, s.to = earlier(s.from, d.g.At(l)), max(s.to, d.g.At(l))
		case graph.SentFrom:
			if d.placeholderOf(to) != "" {
				continue
			}
			if n := len(t.numbers); n == 0 || t.numbers[n-1].account != a || t.numbers[n-1].phone != to {
				t.numbers = append(t.numbers, number{account: a, phone: to})
			}
			n := &t.numbers[len(t.numbers)-1]
			n.links = append(n.links, l)
		default:
			if !d.never[d.g.TypeOf(l)] {
				known[to] = true
			}
		}
	}
	for i := len(t.numbers) - 1; i >= 0 && t.numbers[i].account == a; i-- {
		t.numbers[i].own = known[t.numbers[i].phone]
	}
}

// recipients is to how many a message went: one, if nobody says.
func (d *ground) recipients(l graph.LinkID) float64 {
	n, err := strconv.ParseFloat(d.g.Prop(l, propRecipients), 64)
	if err != nil || !(n >= 1 && n < 1e12) {
		return 1
	}
	return n
}

func (x spam) ties(_ context.Context, found *tied) error {
	t := &x.tables.messages
	bind := func(on graph.Vertex, accounts []graph.Vertex, links []graph.LinkID, bits float64) {
		accounts = distinct(accounts)
		if len(accounts) < 2 || len(accounts) > x.policy.Spam.Cap {
			return
		}
		b := tie{accounts: accounts, on: on, found: policy.DetectorSpam, bits: min(patternBits, bits*float64(len(accounts)-1)), links: links}
		for _, l := range links {
			if at := x.g.At(l); at.Known() {
				b.from, b.to = earlier(b.from, at), max(b.to, at)
			}
		}
		slices.Sort(b.links)
		found.ties = append(found.ties, b)
	}
	for _, phone := range sortedVertices(t.boxes.of) {
		var accounts []graph.Vertex
		var links []graph.LinkID
		for _, i := range t.boxes.of[phone] {
			accounts = append(accounts, t.numbers[i].account)
			links = append(links, t.numbers[i].links...)
		}
		bind(phone, accounts, links, t.boxes.rarity())
	}
	for _, text := range sortedVertices(t.texts.of) {
		var accounts []graph.Vertex
		var links []graph.LinkID
		for _, i := range t.texts.of[text] {
			accounts = append(accounts, t.sendings[i].account)
			links = append(links, t.sendings[i].links...)
		}
		bind(text, accounts, links, t.texts.rarity())
	}
	return nil
}

func (x spam) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorSpam), nil
}

func (x spam) lacks() []Lack { return x.lacksLinks(graph.Sent, "no messages", "messages.content_hash") }

// sendingsOf and numbersOf are an account's rows of the table.
func (t *messageTable) sendingsOf(a graph.Vertex) []sending {
	byAccount := func(s sending, a graph.Vertex) int { return cmp.Compare(s.account, a) }
	i, _ := slices.BinarySearchFunc(t.sendings, a, byAccount)
	j, _ := slices.BinarySearchFunc(t.sendings, a+1, byAccount)
	return t.sendings[i:j]
}

func (t *messageTable) numbersOf(a graph.Vertex) []number {
	byAccount := func(n number, a graph.Vertex) int { return cmp.Compare(n.account, a) }
	i, _ := slices.BinarySearchFunc(t.numbers, a, byAccount)
	j, _ := slices.BinarySearchFunc(t.numbers, a+1, byAccount)
	return t.numbers[i:j]
}
