package synth

import (
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// knobs say how much fraud a world holds and how well it hides.
type knobs struct {
	prevalence float64 // share of accounts in rings
	size       float64 // factor on the size of rings; 1: as the typologies have it
	camouflage float64 // 0..1: how much honest life a ring's own accounts lead besides
	stagger    float64 // 0..1: 0 lets a ring do everything within hours, 1 over months
	wifi       float64 // factor on how many accounts use public Wi-Fi; 0 stands for 1
	strangers  float64 // random others whom each account pays besides, whole ones
	accidents  float64 // mean things of others, at random, that each account is seen on besides
	zones      float64 // factor on how many people live outside the time zone of most; 0 stands for 1
	nights     float64 // of the end of the world that come in a folder each; 0: all in one
	observed   float64 // share of sightings that anybody recorded
	labels     float64 // share of members of rings whom people have labelled
	delay      float64 // mean days from the first wrong to the label
	noise      float64 // share of labels that are wrong
}

// Knob is a number that changes a world.
type Knob struct {
	Name     string
	About    string
	Min, Max float64
	at       func(*knobs) *float64
}

// Knobs lists what [Options].Knobs may set.
func Knobs() []Knob {
	return []Knob{
		{"prevalence", "share of accounts in rings", 0, .5, func(k *knobs) *float64 { return &k.prevalence }},
		{"size", "factor on the size of rings", .1, 10, func(k *knobs) *float64 { return &k.size }},
		{"camouflage", "how much honest life the rings' own accounts lead", 0, 1, func(k *knobs) *float64 { return &k.camouflage }},
		{"stagger", "0: a ring acts within hours; 1: over months", 0, 1, func(k *knobs) *float64 { return &k.stagger }},
		{"wifi", "factor on who uses public Wi-Fi", .01, 5, func(k *knobs) *float64 { return &k.wifi }},
		{"strangers", "random others whom each account pays besides, whole ones", 0, 20, func(k *knobs) *float64 { return &k.strangers }},
		{"accidents", "mean things of others, at random, that each account is seen on besides", 0, 5, func(k *knobs) *float64 { return &k.accidents }},
		{"zones", "factor on who lives outside the time zone of most", .01, 20, func(k *knobs) *float64 { return &k.zones }},
		{"nights", "days of the end that come in a dated folder each, whole ones", 0, 60, func(k *knobs) *float64 { return &k.nights }},
		{"observed", "share of sightings that are recorded", .01, 1, func(k *knobs) *float64 { return &k.observed }},
		{"labels", "share of ring members in labels.csv", 0, 1, func(k *knobs) *float64 { return &k.labels }},
		{"label_delay", "mean days from the first wrong to the label", 0, 180, func(k *knobs) *float64 { return &k.delay }},
		{"label_noise", "share of labels that are wrong", 0, 1, func(k *knobs) *float64 { return &k.noise }},
	}
}

// with sets knobs by their names. It fails with [ErrNoKnob] on one that the list
// lacks, and with graph.ErrInvalid on one that is out of its range.
func (k knobs) with(set map[string]float64) (knobs, error) {
	list := Knobs()
	for _, name := range slices.Sorted(maps.Keys(set)) {
		at := slices.IndexFunc(list, func(n Knob) bool { return n.Name == name })
		if at < 0 {
			return k, fmt.Errorf("%w %q: not among those there are", ErrNoKnob, name)
		}
		if v := set[name]; !(v >= list[at].Min && v <= list[at].Max) {
			return k, fmt.Errorf("%w knob %s: want %g to %g", graph.ErrInvalid, name, list[at].Min, list[at].Max)
		}
		*list[at].at(&k) = set[name]
	}
	return k, nil
}
