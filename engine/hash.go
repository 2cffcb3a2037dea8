package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"ringleader/graph"
)

// resultVersion changes whenever the same inputs give another result.
const resultVersion = 4

// digest feeds framed values to a hash, so that no two inputs run together.
type digest struct {
	h   hash.Hash
	buf []byte // not hashed yet
}

// digestAtOnce is about how much goes to the hash at once; small digests need no
// more room than they have text.
const digestAtOnce = 1 << 14

func newDigest() *digest { return &digest{h: sha256.New()} }

// flush hands on what there is. A hash never fails to write.
func (d *digest) flush() {
	_, _ = d.h.Write(d.buf)
	d.buf = d.buf[:0]
}

func (d *digest) number(n uint64) {
	if d.buf = binary.LittleEndian.AppendUint64(d.buf, n); len(d.buf) >= digestAtOnce {
		d.flush()
	}
}

func (d *digest) text(s string) {
	d.number(uint64(len(s)))
	if d.buf = append(d.buf, s...); len(d.buf) >= digestAtOnce {
		d.flush()
	}
}

func (d *digest) bytes(b []byte) {
	d.number(uint64(len(b)))
	if len(b) >= digestAtOnce/2 {
		d.flush()
		_, _ = d.h.Write(b)
		return
	}
	d.buf = append(d.buf, b...)
}

// hex is the first n hex digits of the hash.
func (d *digest) hex(n int) string {
	d.flush()
	return hex.EncodeToString(d.h.Sum(nil))[:n]
}

// facts feeds all that a snapshot holds. Equal facts give equal snapshots, so
// neither store nor order shows. Time: O(facts).
func (d *digest) facts(g *graph.Snapshot) {
	d.number(uint64(g.Len()))
	for v := range graph.Vertex(g.Len()) {
		r := g.Ref(v)
		d.text(string(r.Kind))
		d.text(r.Key)
		for a := range g.History(v) {
			d.text(a.Name)
			d.text(a.Value)
			d.number(uint64(a.At))
		}
		d.number(0)
	}
	d.number(uint64(g.Links()))
	for _, t := range g.Types() {
		d.text(string(t))
	}
	var body []byte
	for l := range graph.LinkID(g.Links()) {
		d.number(uint64(g.From(l))<<32 | uint64(g.To(l)))
		d.number(uint64(g.TypeOf(l)))
		d.number(uint64(g.At(l)))
		d.number(uint64(g.Until(l)))
		d.text(g.Event(l))
		content := graph.Link{Weight: g.Weight(l), Money: g.Money(l), Props: g.Props(l)}
		body = content.AppendBody(body[:0])
		d.bytes(body)
	}
}

// describe fills in what a run says of its inputs, and its ID: a hash of facts,
// policy, seed, scope and the predecessor's ID, which stands for its result. A
// run over the very inputs of its predecessor is that run again.
func (d *ground) describe(run *Run, o *Options, in Scope, prev *Run) {
	i := &run.Info
	i.AsOf, i.KnownAt, i.Seed, i.Policy = o.AsOf, o.KnownAt, o.Seed, o.Policy.Version()
	i.Model = o.Model.Version()
	if !i.AsOf.Known() {
		i.AsOf = d.g.AsOf
	}
	i.Accounts, i.Conflicts = d.pop.accounts, len(d.g.Conflicts)
	i.Calibration, i.AccountModel = o.Calibration, o.Accounts.Model.Version()
	i.Cuts, i.CutBy, i.Limits, i.Notes = []Cut{}, []RuleCut{}, []string{}, []string{}
	h := newDigest()
	h.number(resultVersion)
	h.text(i.Policy)
	h.text(i.Model)
	h.number(i.Seed)
	h.number(uint64(i.AsOf))
	h.number(uint64(i.KnownAt))
	for _, r := range in.Accounts {
		h.text(r.String())
	}
	h.accountScoring(o)
	h.facts(d.g)
	i.Inputs = h.hex(32)
	if prev != nil {
		i.Predecessor = prev.Info.ID
		if prev.Info.Inputs == i.Inputs {
			i.Predecessor = prev.Info.Predecessor
		}
	}
	id := newDigest()
	id.text(i.Inputs)
	id.text(i.Predecessor)
	i.ID = id.hex(16)
}

// accountScoring feeds what runs without verdicts, labels and account models
// do not have.
func (d *digest) accountScoring(o *Options) {
	if c := o.Calibration; c != nil {
		d.text("calibration")
		d.number(math.Float64bits(c.Slope))
		d.number(math.Float64bits(c.Intercept))
	}
	d.optional("verdicts", o.VerdictNote)
	d.optional("account model", o.Accounts.Model.Version())
	for _, l := range o.Accounts.Labels {
		fraud := uint64(0)
		if l.Fraud {
			fraud = 1
		}
		d.text(l.Account.String())
		d.number(fraud)
		d.number(uint64(l.At))
	}
}

// optional feeds a named value unless it is empty.
func (d *digest) optional(name, s string) {
	if s != "" {
		d.text(name)
		d.text(s)
	}
}
