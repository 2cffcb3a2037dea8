package synth

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"ringleader/graph"
	"ringleader/loaders"
)

// Options say what to make. Zero fields take the defaults given.
type Options struct {
	World    string // a name of [Worlds]; default apple-id-2018
	Accounts int    // default 20,000, at least 500
	Seed     uint64
	Dir      string // where the files go; made if absent
	Gzip     bool   // write .csv.gz; truth stays plain
	Parquet  bool   // write .parquet; truth stays CSV
	Replace  bool   // remove the files of an earlier world from Dir first

	// Knobs change a world by name; see [Knobs].
	Knobs map[string]float64

	// SplitByHolder also writes what each company would see: Dir has a folder
	// for each wallet, one for the store, and "whole" for the world. Not for
	// worlds that unfold by nights.
	SplitByHolder bool

	// Progress, if set, is called now and then with the accounts done and the
	// accounts to do.
	Progress func(done, total int)
}

// Summary is what was made.
type Summary struct {
	World    string           `json:"world"`
	Accounts int              `json:"accounts"`
	Seed     uint64           `json:"seed"`
	Rows     map[string]int64 `json:"rows"` // by file, headers not counted
	Rings    int              `json:"rings"`
	Members  int              `json:"members"` // accounts in rings
	Debits   int              `json:"debits"`  // fraudulent and settled
	Traps    int              `json:"traps"`   // honest accounts in look-alike sharing, by kind of trap
}

// WorldInfo names a world.
type WorldInfo struct {
	Name  string `json:"name"`
	About string `json:"about"` // one line
}

// Worlds lists what can be made.
func Worlds() []WorldInfo {
	var list []WorldInfo
	for _, w := range worlds() {
		list = append(list, WorldInfo{w.name, w.about})
	}
	return list
}

const (
	defaultWorld    = "apple-id-2018"
	defaultAccounts = 20_000
	minAccounts     = 500
)

// Names that are not among those there are. Both wrap [graph.ErrInvalid].
var (
	ErrNoWorld = fmt.Errorf("%w world", graph.ErrInvalid) // not among [Worlds]
	ErrNoKnob  = fmt.Errorf("%w knob", graph.ErrInvalid)  // not among [Knobs]
)

// Generate writes a world: the canonical layout into o.Dir and its truth into
// o.Dir/truth. The same options write the same bytes on every machine. It fails
// with graph.ErrInvalid on options that make no world, and says with [ErrNoWorld]
// and [ErrNoKnob] that a name is wrong. Time: O(rows). Memory: O(members of rings).
func Generate(ctx context.Context, o Options) (Summary, error) {
	if o.World == "" {
		o.World = defaultWorld
	}
	if o.Accounts == 0 {
		o.Accounts = defaultAccounts
	}
	recipes := worlds()
	at := slices.IndexFunc(recipes, func(w world) bool { return w.name == o.World })
	switch {
	case at < 0:
		return Summary{}, fmt.Errorf("%w %q: not among those that can be made", ErrNoWorld, o.World)
	case o.Accounts < minAccounts:
		return Summary{}, fmt.Errorf("%w world of %d accounts: want at least %d", graph.ErrInvalid, o.Accounts, minAccounts)
	case o.Dir == "":
		return Summary{}, fmt.Errorf("%w world: no folder to write to", graph.ErrInvalid)
	}
	var err error
	if recipes[at].knobs, err = recipes[at].knobs.with(o.Knobs); err != nil {
		return Summary{}, err
	}
	if o.SplitByHolder && recipes[at].knobs.nights > 0 {
		return Summary{}, fmt.Errorf("%w world %s: it unfolds by nights and is not split by holder", graph.ErrInvalid, o.World)
	}
	dir := o.Dir
	if o.SplitByHolder {
		dir = filepath.Join(o.Dir, "whole")
	}
	out, err := create(dir, loaders.WriterOptions{Gzip: o.Gzip, Parquet: o.Parquet}, o.Replace)
	if err == nil {
		err = out.unfold(int64(recipes[at].knobs.nights))
	}
	if err == nil && o.SplitByHolder {
		err = out.split(o.Dir, newPopulation(seeds(o.Seed), uint64(o.Accounts), recipes[at].knobs))
	}
	if err != nil {
		return Summary{}, fmt.Errorf("make world %s: %w", o.World, err)
	}
	err = build(ctx, recipes[at], o, out)
	if closing := out.close(); err == nil {
		err = closing
	}
	if err != nil {
		return Summary{}, fmt.Errorf("make world %s: %w", o.World, err)
	}
	s := out.summary
	s.World, s.Accounts, s.Seed = o.World, o.Accounts, o.Seed
	return s, nil
}

// build runs the parts of a world.
func build(ctx context.Context, w world, o Options, out *output) error {
	s, size := seeds(o.Seed), uint64(o.Accounts)
	m := &maker{seeds: s, knobs: w.knobs, people: newPopulation(s, size, w.knobs), inRing: map[uint64]bool{}, out: out}
	out.records = records{s, w.knobs}
	drafted := draft(m, w.rings)
	m.honest = size - w.own - drafted.owned()
	if out.holders != nil {
		out.holders.honest = m.honest
	}
	drafted.recruit(m.honest + w.own)
	plans := []fraud{drafted}
	for _, plan := range w.frauds {
		plans = append(plans, plan(m))
	}
	for _, f := range plans {
		for _, i := range f.members() {
			m.inRing[i] = true
		}
	}
	if err := m.live(ctx, w, o); err != nil {
		return err
	}
	crowds := w.crowds
	if w.knobs.strangers > 0 {
		crowds = append(slices.Clone(crowds), strangers)
	}
	if w.knobs.accidents > 0 {
		crowds = append(slices.Clone(crowds), accidents)
	}
	for _, crowd := range crowds {
		if err := crowd(ctx, m); err != nil {
			return err
		}
	}
	for _, f := range plans {
		if err := f.write(ctx); err != nil {
			return err
		}
	}
	return out.err
}

// live writes what honest accounts do, account by account.
func (m *maker) live(ctx context.Context, w world, o Options) error {
	for _, h := range w.habits {
		m.habits = append(m.habits, h(m))
	}
	for i := range m.honest {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if m.out.err != nil {
				return m.out.err
			}
			if o.Progress != nil {
				o.Progress(int(i), o.Accounts)
			}
		}
		a := m.people.account(i)
		for _, habit := range m.habits {
			habit(a)
		}
	}
	if o.Progress != nil {
		o.Progress(o.Accounts, o.Accounts)
	}
	return nil
}
