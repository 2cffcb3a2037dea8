package synth

import "context"

// world is a recipe. Parts run in the order given, but none depends on another.
type world struct {
	name  string
	about string

	knobs knobs
	// rings are the typologies that the world mixes.
	rings []quota
	// own is how many accounts the frauds bring with them.
	own uint64
	// frauds tell a story of their own, beside the rings. Both are planned
	// first: their members are few, and the other parts must know whom not to
	// call honest.
	frauds []func(*maker) fraud
	// habits write the rows of one honest account; all of an account's rows
	// come in one pass over the accounts.
	habits []func(*maker) func(*account)
	// crowds write what brings many accounts together, one thing at a time.
	crowds []func(ctx context.Context, m *maker) error
}

// fraud is one typology, planned.
type fraud interface {
	// members are the accounts in truth, by index.
	members() []uint64
	// write adds rows and truth.
	write(context.Context) error
}

// worlds lists every world, in the order of [Worlds].
func worlds() []world {
	return []world{{
		name:   "apple-id-2018",
		about:  "stolen credentials spend from linked wallets at one app store: three takeover waves among honest sharing",
		own:    ownAccounts,
		frauds: []func(*maker) fraud{planTakeovers},
		habits: []func(*maker) func(*account){identities, sightings, networks, purchases, transfers, changes},
		crowds: []func(context.Context, *maker) error{shops, secondHand, recycled, sprees, studios, counters},
	}, mixed(), shifted(), honestWorld(), signup(), nightly(), farms(), chanceWorld()}
}

// maker is what the parts of one world under construction share.
type maker struct {
	seeds  seeds
	knobs  knobs
	people *population
	honest uint64 // accounts 0..honest-1 live honest lives; the rest are the rings' own
	inRing map[uint64]bool
	habits []func(*account)
	out    *output
}

// trap records that an honest account shares in a way that looks like a ring.
func (m *maker) trap(i uint64, name string) {
	if !m.inRing[i] {
		m.out.trap(m.people.key(i), name)
	}
}
