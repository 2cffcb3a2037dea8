package synth

// shifted is the world mixed as a tool meets it that was tuned on mixed: rings
// are rare and small, and strangers share more.
func shifted() world {
	w := mixed()
	w.name, w.about = "shifted", "mixed with 0.6 % of accounts in rings, which are smaller, and twice the public Wi-Fi"
	w.knobs.prevalence, w.knobs.size, w.knobs.wifi = .006, .6, 2
	return w
}

// honestWorld has nothing to find. Truth has its headers and no members.
func honestWorld() world {
	w := mixed()
	w.name, w.about = "honest", "no fraud at all: every way of honest sharing, so whatever is flagged is wrong"
	w.knobs.prevalence, w.rings = 0, nil
	return w
}

// nightly unfolds day by day: a backlog of months, then thirty nights.
func nightly() world {
	w := mixed()
	w.name, w.about = "nights", "a backlog and thirty days in a dated folder each; farms split, merge, swap devices, go dormant and return"
	w.knobs.nights = 30
	w.rings = append([]quota{{typology: shiftingFarm(), share: 90}}, everyTypology()[1:]...)
	return w
}
