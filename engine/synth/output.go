package synth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"ringleader/graph"
	"ringleader/loaders"
)

// currency of all worlds so far.
const currency = "CNY"

// output writes a world and counts it. The first error stays and ends the
// writing; parts need not look.
type output struct {
	dir     string
	replace bool
	holders *holders // nil: nobody asked what each company sees
	format  loaders.WriterOptions
	facts   *loaders.Writer
	nights  []*loaders.Writer // instead of facts, where a world unfolds
	truth   *loaders.Writer
	records records
	summary Summary
	err     error
}

// truthColumns are the files of truth that every world has, be they empty.
var truthColumns = map[string][]string{
	"truth":  {"account", "ring", "typology", "role", "first_bad_at"},
	"traps":  {"account", "trap"},
	"events": {"event", "ring", "amount", "currency", "refunded"},
}

// create opens the folder. Without replace it fails with ErrConflict on a
// folder that holds files of an earlier world: a mixture would load as one.
func create(dir string, format loaders.WriterOptions, replace bool) (*output, error) {
	if err := clearLayout(dir, replace); err != nil {
		return nil, err
	}
	facts, err := loaders.NewWriter(dir, format)
	if err != nil {
		return nil, err
	}
	truth, err := loaders.NewWriter(filepath.Join(dir, "truth"), loaders.WriterOptions{})
	if err != nil {
		return nil, errors.Join(err, facts.Close())
	}
	o := &output{dir: dir, replace: replace, format: format, facts: facts, truth: truth, summary: Summary{Rows: make(map[string]int64)}}
	for file, columns := range truthColumns {
		if _, err := truth.Table(file, columns...); err != nil {
			return nil, errors.Join(err, facts.Close(), truth.Close())
		}
	}
	return o, nil
}

// clearLayout removes what Generate writes, or refuses to.
func clearLayout(dir string, replace bool) error {
	for _, pattern := range []string{"*.csv", "*.csv.gz", "*.parquet", "truth/*.csv", "20??-??-??/*.parquet", "20??-??-??/*.csv", "20??-??-??/*.csv.gz"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(dir), pattern))
		if err != nil {
			return err
		}
		for _, path := range found {
			if !replace {
				return fmt.Errorf("%w: %s is there already; name an empty folder or ask to replace", graph.ErrConflict, path)
			}
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// escapeGlob makes a folder's name mean itself in a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

func (o *output) close() error {
	err := errors.Join(o.err, o.facts.Close(), o.truth.Close())
	err = errors.Join(err, o.holders.close())
	for _, w := range o.nights {
		err = errors.Join(err, w.Close())
	}
	return err
}

// wrote counts a row and keeps the first error.
func (o *output) wrote(file string, err error) {
	if o.err == nil {
		o.err = err
	}
	o.summary.Rows[file]++
}

// at is unix seconds as the model has them; zero is unknown.
func at(sec int64) graph.Time {
	if sec == 0 {
		return 0
	}
	return graph.Millis(sec * 1000)
}

// yuan is an amount given in fen.
func yuan(fen int64) graph.Money {
	return graph.Money{Minor: fen, Exponent: 2, Known: true, Currency: currency}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (o *output) account(a loaders.Account) {
	o.wrote("accounts", o.book(a.OpenedAt).Account(a))
	if o.holders != nil {
		o.holders.opened(a)
	}
}

// use is a sighting; until is zero unless the world knows the end.
func (o *output) use(account string, kind graph.Kind, key string, from, until int64) {
	if o.records.missed(account, key, at(from)) {
		return
	}
	u := loaders.Use{Account: account, Identifier: graph.Ref{Kind: kind, Key: key}, At: at(from), Until: at(until)}
	o.wrote("uses", o.book(at(max(from, until))).Use(u))
	if o.holders != nil {
		o.holders.use(u)
	}
}

func (o *output) payment(p loaders.Payment) {
	if o.records.missed(p.Account, p.ID, p.At) {
		p.Device, p.IP = "", ""
	}
	o.wrote("payments", o.book(p.At).Payment(p))
	if o.holders != nil {
		o.holders.payment(p)
	}
}

func (o *output) transfer(t loaders.Transfer) {
	if o.records.missed(t.From, t.ID, t.At) {
		t.Device, t.IP = "", ""
	}
	o.wrote("transfers", o.book(t.At).Transfer(t))
	if o.holders != nil {
		o.holders.transfer(t)
	}
}

func (o *output) claim(c loaders.Claim) {
	o.wrote("claims", o.book(c.At).Claim(c))
	if o.holders != nil {
		o.holders.claim(c)
	}
}

func (o *output) message(r loaders.Message) {
	o.wrote("messages", o.book(r.At).Message(r))
	if o.holders != nil {
		o.holders.message(r)
	}
}

func (o *output) event(e loaders.Event) {
	if o.records.missed(e.Account, e.Type, e.At) {
		e.Device, e.IP = "", ""
	}
	o.wrote("events", o.book(e.At).Event(e))
	if o.holders != nil {
		o.holders.event(e)
	}
}

// dispute writes that an owner disowned a payment, unless that lies beyond the
// end of the world. refunded is what came back, in fen.
func (o *output) dispute(account, payment string, when int64, outcome string, refunded int64) {
	if when >= end {
		return
	}
	d := loaders.Dispute{Event: graph.Ref{Kind: graph.Payment, Key: payment}, At: at(when), Outcome: outcome}
	if refunded > 0 {
		d.Refunded = yuan(refunded)
	}
	o.wrote("disputes", o.book(d.At).Dispute(d))
	if o.holders != nil {
		o.holders.dispute(account, d)
	}
}

func (o *output) link(from, to graph.Ref, when int64) {
	l := loaders.Association{From: from, To: to, Type: graph.SightingType(to.Kind), At: at(when)}
	o.wrote("links", o.book(l.At).Association(l))
	if o.holders != nil {
		o.holders.link(l)
	}
}

// entity states properties; empty ones are absent.
func (o *output) entity(of graph.Ref, category, model, name, factor string, asOf int64) {
	columns := []string{"ref", "category", "model", "name", "two_factor", "as_of"}
	values := []string{of.String(), category, model, name, factor, at(asOf).String()}
	t, err := o.book(at(asOf)).Table("entities", columns...)
	if err == nil {
		err = t.Row(values...)
	}
	o.wrote("entities", err)
	if o.holders != nil {
		o.holders.entity(of, columns, values)
	}
}

// member writes a row of truth.
func (o *output) member(account, ring, typology, role string, firstBad int64) {
	o.truthRow("truth", truthColumns["truth"], account, ring, typology, role, at(firstBad).String())
	if o.holders != nil {
		o.holders.truthRow("truth", account, []string{ring, typology, role, at(firstBad).String()})
	}
	if l, ok := o.records.label(account, role, firstBad); ok {
		o.wrote("labels", o.book(l.At).Label(l))
	}
	o.summary.Members++
}

func (o *output) trap(account, name string) {
	o.truthRow("traps", truthColumns["traps"], account, name)
	if o.holders != nil {
		o.holders.truthRow("traps", account, []string{name})
	}
	o.summary.Traps++
}

// debit writes a fraudulent settled payment and what came back of it, in fen.
func (o *output) debit(payment, ring string, amount, refunded int64) {
	o.loss(graph.Ref{Kind: graph.Payment, Key: payment}, ring, amount, refunded)
}

// loss is debit for money events of any kind.
func (o *output) loss(event graph.Ref, ring string, amount, refunded int64) {
	o.truthRow("events", truthColumns["events"],
		event.String(), ring, yuan(amount).Amount(), currency, yuan(refunded).Amount())
	o.summary.Debits++
}

func (o *output) truthRow(file string, columns []string, values ...string) {
	t, err := o.truth.Table(file, columns...)
	if err == nil {
		err = t.Row(values...)
	}
	o.wrote("truth/"+file, err)
}

// eventClass keeps the money events of different parts apart.
type eventClass uint64

const (
	purchaseEvents eventClass = iota
	transferEvents
	spreeEvents
	takeoverEvents
	disguiseEvents
	studioEvents
	counterEvents
	ringEvents     // of members of drafted rings
	customerEvents // of honest customers of a ring's shops
	claimEvents
	chatEvents
	newsletterEvents
	giftEvents     // to accounts that rings opened
	strangerEvents // to others at random
)

// eventID is a unique name of a money event, which does not tell its account:
// n, below 65,536, numbers the events of one account within a class.
func (m *maker) eventID(prefix string, of eventClass, index uint64, n int) string {
	id := mix(uint64(m.seeds.of("events")) ^ (uint64(of)<<56 | index<<16 | uint64(n)))
	return prefix + strconv.FormatUint(id, 36)
}
