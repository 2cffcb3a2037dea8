package synth

import "context"

// usual is how hard a world of rings is unless its name says otherwise.
func usual() knobs { return knobs{prevalence: .043, size: 1, camouflage: .7, stagger: .5} }

// honestHabits are what every account of the worlds of rings does.
func honestHabits() []func(*maker) func(*account) {
	return []func(*maker) func(*account){identities, sightings, networks, purchases, transfers, changes, chats, placeholders}
}

// honestCrowds are what brings honest people together in the worlds of rings.
func honestCrowds() []func(context.Context, *maker) error {
	return []func(context.Context, *maker) error{shops, secondHand, recycled, sprees, studios, counters, warranties, newsletters,
		demoPhones, companyCards, callCentres, campuses}
}

// everyTypology is the mixture of the world mixed: about 150 rings of 40,000
// accounts.
func everyTypology() []quota {
	return []quota{
		{typology: deviceFarm(), share: 25},
		{typology: credentialTakeover(), share: 22},
		{typology: syntheticIdentity(), share: 22},
		{typology: bustOut(), share: 12},
		{typology: muleChain(), share: 16},
		{typology: merchantCollusion(), share: 12},
		{typology: promoAbuse(), share: 16},
		{typology: claimFraud(), share: 10},
		{typology: credentialStuffing(), share: 8},
		{typology: messageSpam(), share: 10},
	}
}

func mixed() world {
	return world{name: "mixed", about: "every typology at 4.3 % of accounts, in rings of 4 to 60, among honest sharing",
		knobs: usual(), rings: everyTypology(), habits: honestHabits(), crowds: honestCrowds()}
}

// farms holds device farms of every size, from four accounts to one device
// that 5,000 share.
func farms() world {
	return world{name: "farms", about: "device farms alone; in large worlds one of 200 accounts and one of 5,000, each on one device",
		knobs: usual(), rings: []quota{{typology: deviceFarm(), share: 1, exact: []int{200, 5000}}}, habits: honestHabits(), crowds: honestCrowds()}
}
