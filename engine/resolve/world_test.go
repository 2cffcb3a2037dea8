package resolve

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"ringleader/graph"
)

// The made-up world that thresholds are settled on. It is of nobody's data:
// names are syllables, and how often what goes wrong was chosen beforehand.
// Families share a surname and an address; some have a father and a son of one
// name, or twins.

type person struct {
	first, second, surname string
	year, month, day       int
	town, street           int
	job, gender            string
}

type noise struct {
	missing, typo, dateTypo, move, other float64
}

var usualNoise = noise{missing: .15, typo: .10, dateTypo: .08, move: .12, other: .05}

type world struct {
	rng   *rand.Rand
	names [2][]string // first names, surnames
	towns []string
	jobs  []string
}

func newWorld(seed uint64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 9))}
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("bcdfghklmnprstvw"[w.rng.IntN(16)])
			b.WriteByte("aeiou"[w.rng.IntN(5)])
		}
		if w.rng.IntN(2) == 0 {
			b.WriteByte("lmnrst"[w.rng.IntN(6)])
		}
		return b.String()
	}
	list := func(n, least int) []string {
		seen, out := map[string]bool{}, []string{}
		for len(out) < n {
			if s := word(least + w.rng.IntN(2)); !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
		return out
	}
	w.names = [2][]string{list(400, 2), list(8000, 2)}
	w.towns, w.jobs = list(300, 3), list(80, 3)
	return w
}

// zipf draws a place in a list, the first ones most often.
func (w *world) zipf(n int) int {
	return int(rand.NewZipf(w.rng, 1.15, 8, uint64(n-1)).Uint64())
}

func (w *world) person() person {
	p := person{
		first: w.names[0][w.zipf(400)], second: w.names[0][w.zipf(400)], surname: w.names[1][w.zipf(8000)],
		year: 1930 + w.rng.IntN(75), month: 1 + w.rng.IntN(12), day: 1 + w.rng.IntN(28),
		town: w.zipf(300), street: w.rng.IntN(4000), job: w.jobs[w.zipf(80)], gender: []string{"male", "female"}[w.rng.IntN(2)],
	}
	if w.rng.IntN(6) == 0 { // an unknown birthday is written as the first of January
		p.month, p.day = 1, 1
	}
	return p
}

// family is a person and others of the same surname and address.
func (w *world) family() []person {
	one := w.person()
	family := []person{one}
	for range w.rng.IntN(3) {
		p := w.person()
		p.surname, p.town, p.street = one.surname, one.town, one.street
		switch w.rng.IntN(12) {
		case 0: // father and son
			p.first, p.gender, p.year = one.first, one.gender, one.year-30
		case 1: // twins
			p.year, p.month, p.day = one.year, one.month, one.day
		}
		family = append(family, p)
	}
	return family
}

func (w *world) typo(s string) string {
	r := []rune(s)
	if len(r) < 3 {
		return s
	}
	i := w.rng.IntN(len(r) - 1)
	switch w.rng.IntN(4) {
	case 0:
		r[i] = rune('a' + w.rng.IntN(26))
	case 1:
		r = append(r[:i], r[i+1:]...)
	case 2:
		r[i], r[i+1] = r[i+1], r[i]
	default:
		r = append(r[:i], append([]rune{rune('a' + w.rng.IntN(26))}, r[i:]...)...)
	}
	return string(r)
}

func (w *world) postcode(town, street int) string {
	t := w.towns[town]
	return fmt.Sprintf("%s%d %d%c%c", t[:2], 1+town%20, street%9+1, 'a'+street/9%20, 'a'+street/180%23)
}

// record is what one clerk writes down of a person.
func (w *world) record(p person, n noise) map[string]string {
	hit := func(share float64) bool { return w.rng.Float64() < share }
	if hit(n.move) {
		if hit(.5) {
			p.town = w.zipf(300)
		}
		p.street = w.rng.IntN(4000)
	}
	if hit(n.other) { // married, or known by the second name
		if hit(.4) {
			p.surname = w.names[1][w.zipf(8000)]
		} else {
			p.first, p.second = p.second, p.first
		}
	}
	if hit(n.other) {
		p.job = w.jobs[w.zipf(80)]
	}
	if hit(n.other / 5) {
		p.month, p.day = p.day, p.month
	}
	date := []byte(fmt.Sprintf("%04d-%02d-%02d", p.year, p.month, p.day))
	if hit(n.dateTypo) {
		date[[]int{2, 3, 5, 6, 8, 9}[w.rng.IntN(6)]] = byte('0' + w.rng.IntN(10))
	}
	if hit(n.typo) {
		p.first = w.typo(p.first)
	}
	if hit(n.other) {
		p.first = p.first[:1]
	}
	if hit(n.typo) {
		p.surname = w.typo(p.surname)
	}
	if hit(n.other / 5) {
		p.first, p.surname = p.surname, p.first
	}
	r := map[string]string{
		"first_name": p.first, "surname": p.surname, "full_name": p.first + " " + p.second + " " + p.surname,
		"dob": string(date), "postcode": w.postcode(p.town, p.street), "birth_place": w.towns[p.town], "occupation": p.job, "gender": p.gender,
	}
	for _, name := range []string{"first_name", "surname", "dob", "postcode", "birth_place", "occupation", "gender"} {
		share := n.missing
		if name == "first_name" || name == "surname" {
			share /= 4
		}
		if hit(share) {
			delete(r, name)
			if name == "first_name" || name == "surname" {
				delete(r, "full_name")
			}
		}
	}
	return r
}

// made is records and the person each is of.
type made struct {
	records []map[string]string
	person  []int
}

// make draws people until there are enough records. most is how many records a
// person has at most.
func (w *world) make(records, most int, n noise) made {
	var m made
	for people := 0; len(m.records) < records; {
		for _, p := range w.family() {
			for range 1 + w.rng.IntN(most) {
				m.records = append(m.records, w.record(p, n))
				m.person = append(m.person, people)
			}
			people++
		}
	}
	return m
}

// snapshot holds record i as customer:rNNNNNN, the rows in some order.
func (m made) snapshot(order []int) *graph.Snapshot {
	var b graph.BatchBuilder
	for _, i := range order {
		ref := graph.Ref{Kind: "customer", Key: fmt.Sprintf("r%06d", i)}
		for name, value := range m.records[i] {
			b.Attr(ref, name, value, 0, graph.Source{Input: "made", Row: int64(i + 1)})
		}
	}
	builder := graph.NewBuilder(graph.BuildOptions{})
	if err := builder.Add(b.Take()); err != nil {
		panic(err)
	}
	s, err := builder.Build(1)
	if err != nil {
		panic(err)
	}
	return s
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// quality is pair and B-cubed precision and recall of people.
type quality struct{ pairP, pairR, cubedP, cubedR float64 }

func (q quality) String() string {
	f1 := func(p, r float64) float64 { return 2 * p * r / (p + r) }
	return fmt.Sprintf("pair P %.3f R %.3f F1 %.3f; B3 P %.3f R %.3f F1 %.3f",
		q.pairP, q.pairR, f1(q.pairP, q.pairR), q.cubedP, q.cubedR, f1(q.cubedP, q.cubedR))
}

func (m made) measure(people []Person) quality {
	group := inOrder(len(m.records))
	for _, p := range people {
		first := -1
		for _, ref := range p.Refs {
			var n int
			if _, err := fmt.Sscanf(ref.Key, "r%d", &n); err != nil {
				panic(err)
			}
			if first < 0 {
				first = n
			}
			group[n] = first
		}
	}
	both, truth, found := map[[2]int]float64{}, map[int]float64{}, map[int]float64{}
	for i, p := range m.person {
		both[[2]int{p, group[i]}]++
		truth[p]++
		found[group[i]]++
	}
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	var hit, t, f, cp, cr float64
	for k, n := range both {
		hit += pairs(n)
		cp += n * n / found[k[1]]
		cr += n * n / truth[k[0]]
	}
	for _, n := range truth {
		t += pairs(n)
	}
	for _, n := range found {
		f += pairs(n)
	}
	n := float64(len(m.person))
	return quality{hit / max(f, 1), hit / t, cp / n, cr / n}
}
