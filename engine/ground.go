package engine

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// ground is what detection stands on: the graph, the policy made ready for it,
// and the population's statistics. It is read-only once made.
type ground struct {
	g        *graph.Snapshot
	policy   *policy.Policy
	seed     uint64
	threads  int
	lo, hi   graph.Vertex // accounts
	never    []bool       // by type index
	assoc    int          // type index of ASSOCIATED, −1 if no link has it
	rules    map[graph.Kind]policy.KindRule
	holder   func(graph.Ref) string // why a reference is no identifier
	allow    map[graph.Vertex]policy.Allowed
	opened   []graph.Time   // by account: when it was opened
	owner    []graph.Vertex // by account: its customer, or itself
	lastSeen graph.Time     // latest time in the data
	pop      population
	model    *Model
	features []feature
	tables   tables
	failed   map[graph.LinkID]bool // sightings of a login that failed: of somebody who is not in
	habits   habits

	ringRules  []policy.CompiledRule
	atOnce     bool             // classes ask who has a thing at one time
	classUnder bool             // classes may change what ties under the cap
	lift       func(*Cut) bool  // what-if: cuts that do not apply; nil: all do
	expired    []policy.Allowed // entries of the allow list that do not apply any more

	calibration *Calibration // nil: probabilities are estimates

	keepFeatures bool // of candidates, though no model reads them
}

func newGround(ctx context.Context, g *graph.Snapshot, o *Options) (*ground, error) {
	d := &ground{g: g, policy: o.Policy, seed: o.Seed, threads: o.Threads, assoc: -1,
		rules: make(map[graph.Kind]policy.KindRule), allow: make(map[graph.Vertex]policy.Allowed),
		habits: habits{same: make(map[graph.Vertex]float64)}, model: o.Model, features: features(), calibration: o.Calibration}
	if d.threads <= 0 {
		d.threads = runtime.GOMAXPROCS(0)
	}
	d.lo, d.hi = g.OfKind(graph.Account)
	d.never = make([]bool, len(g.Types()))
	for i, t := range g.Types() {
		d.never[i] = slices.Contains(o.Policy.Never, t) || t == graph.Associated && !o.Policy.Associated.Tie
		if t == graph.Associated {
			d.assoc = i
		}
	}
	for _, k := range g.Kinds() {
		d.rules[k] = o.Policy.Rule(k)
	}
	var err error
	if d.holder, err = o.Policy.PlaceholderTest(); err != nil {
		return nil, err
	}
	for l := range graph.LinkID(g.Links()) {
		d.lastSeen = max(d.lastSeen, g.At(l))
	}
	if d.ringRules, err = policy.CompileRules(o.Policy.Rules); err != nil {
		return nil, err
	}
	d.atOnce = o.Policy.AsksAtOnce()
	d.classUnder = o.Policy.ClassesUnderCap()
	d.findOwners()
	if err := d.applyAllowList(o.AsOf); err != nil {
		return nil, err
	}
	d.noteFailures()
	return d, d.measure(ctx)
}

// applyAllowList takes the entries that have not expired. The day is that of
// the data (or of the replay), not the clock's: a run depends on its inputs
// alone.
func (d *ground) applyAllowList(asOf graph.Time) error {
	today := d.today(asOf)
	for _, a := range d.policy.Allow {
		expires, err := a.Expiry()
		if err != nil {
			return fmt.Errorf("%w allow list: %w", graph.ErrInvalid, err)
		}
		ref, err := graph.ParseRef(a.Ref)
		if err != nil {
			return fmt.Errorf("allow list: %w", err)
		}
		if today >= expires {
			d.expired = append(d.expired, a)
		} else if v, ok := d.g.Lookup(ref); ok {
			d.allow[v] = a
		}
	}
	return nil
}

// today is the day of the data or of the replay, by which entries expire.
func (d *ground) today(asOf graph.Time) graph.Time {
	switch {
	case asOf.Known():
		return asOf
	case d.g.AsOf.Known():
		return d.g.AsOf
	}
	return d.lastSeen
}

// placeholderOf is the reason why v is no identifier at all, empty if it is.
func (d *ground) placeholderOf(v graph.Vertex) string {
	return d.holder(d.g.Ref(v))
}

func (d *ground) isAccount(v graph.Vertex) bool { return v >= d.lo && v < d.hi }

// each calls f for every element of [0, n) on all threads, in chunks. Work must
// write only to its own index: the result then knows nothing of threads.
func (d *ground) each(ctx context.Context, n, chunk int, f func(i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(d.threads)
	for lo := 0; lo < n; lo += chunk {
		group.Go(func() error {
			for i := lo; i < min(lo+chunk, n); i++ {
				if i%64 == 0 && ctx.Err() != nil {
					return ctx.Err()
				}
				if err := f(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// sightingsOf appends the sightings of accounts on identifier v: links whose
// type may tie. A login that failed is no sighting: its owner was not there.
func (d *ground) sightingsOf(v graph.Vertex, dst []sighting) []sighting {
	in := d.g.In(v)
	dst = slices.Grow(dst, len(in))
	for _, l := range in {
		if from := d.g.From(l); d.isAccount(from) && !d.never[d.g.TypeOf(l)] && !d.failed[l] {
			dst = append(dst, sighting{account: from, link: l})
		}
	}
	if d.assoc >= 0 && !d.never[d.assoc] { // associations have no direction
		for l, hi := d.g.Out(v); l < hi; l++ {
			if to := d.g.To(l); d.isAccount(to) && int(d.g.TypeOf(l)) == d.assoc {
				dst = append(dst, sighting{account: to, link: l})
			}
		}
	}
	return dst
}

// sightingsBetween appends the sightings of one account on identifier v. Time:
// O(links of the account).
func (d *ground) sightingsBetween(account, v graph.Vertex, dst []sighting) []sighting {
	for l, hi := d.g.Out(account); l < hi; l++ {
		if d.g.To(l) == v && !d.never[d.g.TypeOf(l)] {
			dst = append(dst, sighting{account: account, link: l})
		}
	}
	if d.assoc >= 0 && !d.never[d.assoc] {
		for _, l := range d.g.In(account) {
			if d.g.From(l) == v && int(d.g.TypeOf(l)) == d.assoc {
				dst = append(dst, sighting{account: account, link: l})
			}
		}
	}
	return dst
}

// accountsOf is the distinct accounts of sightings, ascending.
func accountsOf(sightings []sighting) []graph.Vertex {
	out := make([]graph.Vertex, len(sightings))
	for i, s := range sightings {
		out[i] = s.account
	}
	slices.Sort(out)
	return slices.Compact(out)
}
