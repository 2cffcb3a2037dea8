package engine

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// fixture is a case that an analyst can read: rows to load, and what to expect
// of them. See testdata/*.txt.
//
//	honest  N                       N accounts that share nothing
//	account NAMES [opened T…] [two_factor V] [customer C…]
//	use     NAMES REF TIMES [until T]
//	pay     NAMES MERCHANT AMOUNT CURRENCY [to B] [on REF] at TIMES [status S] [auth A] [id ID]
//	event   NAMES TYPE TIMES [detail D]
//	dispute ID OUTCOME [AMOUNT CURRENCY]
//	refund  ID AMOUNT CURRENCY ACCOUNT MERCHANT TIME
//	claim send message login        see [fixture.more]
//	expect  ring TYPOLOGY NAME=ROLE… [loss AMOUNT CURRENCY]
//	expect  no ring with NAME · no tie A B · cut REF RULE[:KIND:CLASS] · exposed NAMES · status NAME S
//
// NAMES are accounts, a1..a9 is nine of them. TIMES are a time for the first
// and +5m +1d offsets from it, or "every 5m".
type fixture struct {
	facts   []fact
	expects [][]string
}

// fact is one attribute or link, kept apart from batches so that tests can
// shuffle and rewrite facts.
type fact struct {
	from, to graph.Ref
	attr     bool
	name     string
	value    string
	at       graph.Time
	link     graph.Link
}

func readFixture(path string) (*fixture, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	x := &fixture{}
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		words := strings.Fields(s.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := x.line(&row{words: words[1:], n: n}, words[0]); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return x, s.Err()
}

// row is the words of a line that are still to be read.
type row struct {
	words []string
	n     int
}

func (r *row) next() string {
	if len(r.words) == 0 {
		return ""
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

func (r *row) has(word string) bool {
	if len(r.words) > 0 && r.words[0] == word {
		r.next()
		return true
	}
	return false
}

var (
	rangeWord = regexp.MustCompile(`^([a-z-]+)(\d+)\.\.([a-z-]+)(\d+)$`)
	timeWord  = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T\d\d:\d\dZ)?$`)
)

func expand(word string) []string {
	m := rangeWord.FindStringSubmatch(word)
	if m == nil {
		return []string{word}
	}
	lo, _ := strconv.Atoi(m[2])
	hi, _ := strconv.Atoi(m[4])
	var out []string
	for i := lo; i <= hi; i++ {
		out = append(out, m[1]+strconv.Itoa(i))
	}
	return out
}

// names takes the leading words that are known accounts (any, if fresh).
func (x *fixture) names(r *row, fresh bool) []string {
	var out []string
	for len(r.words) > 0 {
		e := expand(r.words[0])
		if !fresh && !x.known(e[0]) || r.words[0] == "opened" || r.words[0] == "two_factor" || r.words[0] == "customer" {
			break
		}
		out = append(out, e...)
		r.next()
	}
	return out
}

func (x *fixture) known(name string) bool {
	return slices.ContainsFunc(x.facts, func(f fact) bool { return f.attr && f.name == "" && f.from.Key == name })
}

func parseTime(s string) (graph.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return graph.TimeOf(t), nil
		}
	}
	return 0, fmt.Errorf("time %q", s)
}

// times reads one time for each of n accounts.
func (r *row) times(n int) ([]graph.Time, error) {
	first, err := parseTime(r.next())
	if err != nil {
		return nil, err
	}
	out := slices.Repeat([]graph.Time{first}, n)
	if r.has("every") {
		step, err := policy.ParseSpan(r.next())
		for i := range out {
			out[i] = first.Add(time.Duration(i) * time.Duration(step))
		}
		return out, err
	}
	for i := 1; len(r.words) > 0; i++ {
		switch {
		case strings.HasPrefix(r.words[0], "+") && i < n:
			step, err := policy.ParseSpan(r.next()[1:])
			if err != nil {
				return nil, err
			}
			out[i] = first.Add(time.Duration(step))
		case timeWord.MatchString(r.words[0]) && i < n:
			if out[i], err = parseTime(r.next()); err != nil {
				return nil, err
			}
		default:
			return out, nil
		}
	}
	return out, nil
}

func account(name string) graph.Ref { return graph.Ref{Kind: graph.Account, Key: name} }

func (x *fixture) attr(r graph.Ref, name, value string, at graph.Time) {
	x.facts = append(x.facts, fact{from: r, attr: true, name: name, value: value, at: at})
}

func (x *fixture) link(from, to graph.Ref, l graph.Link) {
	x.facts = append(x.facts, fact{from: from, to: to, link: l})
}

func (x *fixture) sight(name string, to graph.Ref, at, until graph.Time, event string) {
	x.link(account(name), to, graph.Link{Type: graph.SightingType(to.Kind), At: at, Until: until, Event: event})
}

func (x *fixture) line(r *row, verb string) error {
	switch verb {
	case "honest":
		n, err := strconv.Atoi(r.next())
		x.honest(n)
		return err
	case "account":
		return x.account(r)
	case "use":
		names := x.names(r, false)
		ref, err := graph.ParseRef(r.next())
		if err != nil {
			return err
		}
		at, err := r.times(len(names))
		if err != nil {
			return err
		}
		var until graph.Time
		if r.has("until") {
			if until, err = parseTime(r.next()); err != nil {
				return err
			}
		}
		for i, n := range names {
			x.sight(n, ref, at[i], until, "")
		}
	case "pay":
		return x.pay(r)
	case "event":
		names := x.names(r, false)
		kind := r.next()
		at, err := r.times(len(names))
		detail := ""
		if r.has("detail") {
			detail = r.next()
		}
		for i, n := range names {
			x.attr(account(n), graph.EventPrefix+kind, detail, at[i])
		}
		return err
	case "dispute":
		ref := graph.Ref{Kind: graph.Payment, Key: r.next()}
		x.attr(ref, propDispute, r.next(), 0)
		if len(r.words) > 0 {
			x.attr(ref, propRefunded, r.next()+" "+r.next(), 0)
		}
	case "refund":
		of := r.next()
		m, err := graph.ParseMoney(r.next(), r.next())
		name, merchant := r.next(), r.next()
		at, errTime := parseTime(r.next())
		x.link(account(name), graph.Ref{Kind: graph.Merchant, Key: merchant}, graph.Link{Type: graph.Paid, At: at, Money: m,
			Event: "payment:back-" + of, Props: []graph.Prop{{Name: propRefundOf, Value: of}, {Name: propStatus, Value: statusRefunded}}})
		if err != nil {
			return err
		}
		return errTime
	case "expect":
		x.expects = append(x.expects, r.words)
		r.words = nil
	default:
		if err := x.more(r, verb); err != nil {
			return err
		}
	}
	if len(r.words) > 0 {
		return fmt.Errorf("words left: %v", r.words)
	}
	return nil
}

// honest adds accounts that live by themselves: the population that rarity is
// measured against.
func (x *fixture) honest(n int) {
	born := graph.TimeOf(time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC))
	seen := graph.TimeOf(time.Date(2018, 1, 1, 10, 0, 0, 0, time.UTC))
	for i := range n {
		name := fmt.Sprintf("honest-%d", i)
		x.attr(account(name), "", "", 0)
		x.attr(account(name), propOpened, born.Add(time.Duration(i)*11*24*time.Hour).String(), 0)
		x.attr(account(name), propFactor, []string{"yes", "no"}[i%2], 0)
		for k := range 3 {
			at := seen.Add(time.Duration(i*37+k*1000) * time.Hour / 5)
			event := fmt.Sprintf("payment:h%d-%d", i, k)
			x.sight(name, graph.Ref{Kind: graph.Device, Key: name + "-phone"}, at, 0, event)
			m, _ := graph.ParseMoney([]string{"6.00", "12.00", "648.00"}[(i+k)%3], "CNY")
			x.link(account(name), graph.Ref{Kind: graph.Merchant, Key: "appstore"}, graph.Link{Type: graph.Paid, At: at, Event: event, Money: m,
				Props: []graph.Prop{{Name: propAuth, Value: []string{"password", "password_free"}[(i+k)%2]}}})
			x.link(account(name), graph.Ref{Kind: graph.Beneficiary, Key: name + "-game"}, graph.Link{Type: graph.PaidTo, At: at, Event: event, Money: m})
		}
	}
}

func (x *fixture) account(r *row) error {
	names := x.names(r, true)
	for _, n := range names {
		x.attr(account(n), "", "", 0)
	}
	for len(r.words) > 0 {
		switch {
		case r.has("opened"):
			at, err := r.times(len(names))
			if err != nil {
				return err
			}
			for i, n := range names {
				x.attr(account(n), propOpened, at[i].String(), 0)
			}
		case r.has("two_factor"):
			v := r.next()
			for _, n := range names {
				x.attr(account(n), propFactor, v, 0)
			}
		case r.has("customer"):
			for _, n := range names {
				x.link(account(n), graph.Ref{Kind: graph.Customer, Key: r.next()}, graph.Link{Type: graph.OwnedBy})
			}
		default:
			return fmt.Errorf("word %q", r.words[0])
		}
	}
	return nil
}

func (x *fixture) pay(r *row) error {
	names := x.names(r, false)
	merchant := r.next()
	m, err := graph.ParseMoney(r.next(), r.next())
	if err != nil {
		return err
	}
	var to, on, id string
	var at []graph.Time
	var props []graph.Prop
	for len(r.words) > 0 {
		switch {
		case r.has("to"):
			to = r.next()
		case r.has("on"):
			on = r.next()
		case r.has("id"):
			id = r.next()
		case r.has("at"):
			if at, err = r.times(len(names)); err != nil {
				return err
			}
		case r.has("auth"):
			props = append(props, graph.Prop{Name: propAuth, Value: r.next()})
		case r.has("status"):
			props = append(props, graph.Prop{Name: propStatus, Value: r.next()})
		default:
			return fmt.Errorf("word %q", r.words[0])
		}
	}
	for i, n := range names {
		event := fmt.Sprintf("payment:line%d-%s", r.n, n)
		if id != "" {
			event = "payment:" + id + "-" + n
		}
		x.link(account(n), graph.Ref{Kind: graph.Merchant, Key: merchant}, graph.Link{Type: graph.Paid, At: at[i], Event: event, Money: m, Props: props})
		if to != "" {
			x.link(account(n), graph.Ref{Kind: graph.Beneficiary, Key: to}, graph.Link{Type: graph.PaidTo, At: at[i], Event: event, Money: m})
		}
		if on != "" {
			ref, err := graph.ParseRef(on)
			if err != nil {
				return err
			}
			x.sight(n, ref, at[i], 0, event)
		}
	}
	return nil
}

// snapshot builds the graph of facts, in batches of the given size.
func snapshot(t testing.TB, facts []fact, batch int) *graph.Snapshot {
	return snapshotAsOf(t, facts, batch, 0)
}

func snapshotAsOf(t testing.TB, facts []fact, batch int, asOf graph.Time) *graph.Snapshot {
	b := graph.NewBuilder(graph.BuildOptions{AsOf: asOf})
	var w graph.BatchBuilder
	flush := func() { require.NoError(t, b.Add(w.Take())) }
	for i, f := range facts {
		src := graph.Source{Input: "fixture", Row: int64(i + 1)}
		if f.attr {
			w.Attr(f.from, f.name, f.value, f.at, src)
		} else {
			l := f.link
			l.Props = slices.Clone(l.Props)
			w.Link(f.from, f.to, l, src)
		}
		if w.Len() >= batch {
			flush()
		}
	}
	flush()
	s, err := b.Build(1)
	require.NoError(t, err)
	return s
}

func fixtures(t testing.TB) map[string]*fixture {
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	out := make(map[string]*fixture)
	for _, p := range paths {
		x, err := readFixture(p)
		require.NoError(t, err)
		out[filepath.Base(p)] = x
	}
	return out
}

func TestFixtures(t *testing.T) {
	for name, x := range fixtures(t) {
		for model, m := range map[string]*Model{"evidence": NoModel(), "model": nil} {
			t.Run(name+"/"+model, func(t *testing.T) { x.check(t, m) })
		}
	}
}

// check holds what is found, by the evidence alone or with the model that ships,
// against what the fixture expects.
func (x *fixture) check(t *testing.T, m *Model) {
	g := snapshot(t, x.facts, 1<<20)
	run, err := Detect(context.Background(), g, Scope{}, nil, Options{Model: m})
	require.NoError(t, err)
	require.NotEmpty(t, x.expects)
	claimed := make(map[string]bool)
	for _, e := range x.expects {
		expect(t, g, run, &row{words: e}, claimed)
	}
	for _, r := range run.Rings {
		if r.Probability >= .5 {
			require.True(t, claimed[r.ID], "nobody expects %s", sketch(&r))
		}
	}
}

// sketch is a ring in a line or two of a failure.
func sketch(r *Ring) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s p=%.3f %.1f bits, loss %v:", r.ID, r.Typology, r.Probability, r.Score, r.Loss)
	for _, m := range r.Members {
		fmt.Fprintf(&b, " %s=%s", m.Ref, m.Role)
	}
	for _, e := range r.Evidence {
		fmt.Fprintf(&b, "\n  %6.2f %s", e.Bits, e.Text)
	}
	return b.String()
}

func ringOf(run *Run, name string) *Ring {
	for i := range run.Rings {
		if r := &run.Rings[i]; r.Probability >= .5 && slices.Contains(r.accountKeys(), name) {
			return r
		}
	}
	return nil
}

func expect(t *testing.T, g *graph.Snapshot, run *Run, r *row, claimed map[string]bool) {
	what := strings.Join(r.words, " ")
	switch r.next() {
	case "ring":
		expectRing(t, run, r, claimed, what)
	case "no":
		if r.has("tie") {
			a, b := r.next(), r.next()
			require.False(t, tiedTogether(t, g, a, b), what)
			return
		}
		r.next()
		r.next()
		name := r.next()
		if ring := ringOf(run, name); ring != nil {
			require.Fail(t, what, sketch(ring))
		}
	case "cut":
		ref, rule := r.next(), r.next()
		require.True(t, slices.ContainsFunc(run.Info.Cuts, func(c Cut) bool { return c.Ref.String() == ref && (c.Rule == rule || c.name() == rule) }), what)
	case "exposed":
		var got []string
		for _, e := range Exposure(g, run) {
			got = append(got, e.Account.Key)
		}
		require.ElementsMatch(t, r.words, got, what)
	case "status":
		name, status := r.next(), r.next()
		i := slices.IndexFunc(run.Scores, func(s AccountScore) bool { return s.Account == name })
		require.GreaterOrEqual(t, i, 0)
		require.Equal(t, Status(status), run.Scores[i].Status, what)
	default:
		require.Fail(t, "what is expected?", what)
	}
}

func expectRing(t *testing.T, run *Run, r *row, claimed map[string]bool, what string) {
	typology := Typology(r.next())
	want := make(map[string]Role)
	first := ""
	for len(r.words) > 0 && r.words[0] != "loss" {
		names, role, ok := strings.Cut(r.next(), "=")
		require.True(t, ok, what)
		if strings.Contains(names, ":") {
			want[names] = Role(role)
			continue
		}
		for _, n := range expand(names) {
			want["account:"+n] = Role(role)
			if first == "" {
				first = n
			}
		}
	}
	ring := ringOf(run, first)
	require.NotNil(t, ring, "%s: no flagged ring has %s", what, first)
	claimed[ring.ID] = true
	got := make(map[string]Role)
	for _, m := range ring.Members {
		got[m.Ref.String()] = m.Role
	}
	require.Equal(t, want, got, sketch(ring))
	require.Equal(t, typology, ring.Typology, sketch(ring))
	if r.has("loss") {
		require.Len(t, ring.Loss, 1)
		require.Equal(t, r.next()+" "+r.next(), ring.Loss[0].Amount+" "+ring.Loss[0].Currency)
	}
}

// tiedTogether reports whether one tie holds both accounts.
func tiedTogether(t *testing.T, g *graph.Snapshot, a, b string) bool {
	o := Options{}
	require.NoError(t, o.complete())
	d, err := newGround(context.Background(), g, &o)
	require.NoError(t, err)
	found, err := d.findTies(context.Background())
	require.NoError(t, err)
	v, ok := g.Lookup(account(a))
	require.True(t, ok)
	w, ok := g.Lookup(account(b))
	require.True(t, ok)
	return slices.ContainsFunc(found.ties, func(x tie) bool {
		return slices.Contains(x.accounts, v) && slices.Contains(x.accounts, w)
	})
}
