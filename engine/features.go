package engine

import (
	"math"
	"slices"

	"ringleader/engine/policy"
)

// feature is one number of a candidate that the learned scorer reads.
type feature struct {
	name  string
	about string // in the words of a report
	of    func(*subject) float64
}

// features is the list of all. A model names those that it wants; adding one
// here changes no model.
func features() []feature {
	return slices.Concat(structureFeatures(), timeFeatures(), moneyFeatures(), seamFeatures(), patternFeatures())
}

func structureFeatures() []feature {
	list := []feature{
		{"size", "how many accounts", func(s *subject) float64 { return s.n }},
		{"people", "people per account", func(s *subject) float64 { return s.people / s.n }},
		{"component", "accounts tied in one piece, log2", func(s *subject) float64 { return math.Log2(float64(len(s.c.root().accounts))) }},
		{"inside", "share of that piece", func(s *subject) float64 { return s.n / float64(len(s.c.root().accounts)) }},
		{"outside", "ties that lead outside", func(s *subject) float64 { return s.outside }},
		{"ties", "ties per account", func(s *subject) float64 { return s.perAcc }},
		{"double", "accounts with several ties", func(s *subject) float64 { return s.double }},
		{"first", "accounts on the identifier of most", func(s *subject) float64 {
			if s.first == nil {
				return 0
			}
			return float64(len(s.first.accounts)) / s.n
		}},
		{"second", "accounts on the next identifier", func(s *subject) float64 { return s.second }},
		{"first_class", "what most accounts share", func(s *subject) float64 {
			if s.first == nil {
				return -1
			}
			return float64(s.c.classOf(s.c.g.Kind(s.first.on)))
		}},
		{"hub", "how public the identifier of most is", func(s *subject) float64 {
			if s.first == nil {
				return 0
			}
			return s.hub(s.first)
		}},
	}
	for k, name := range []string{"things", "nets", "papers", "roofs", "others"} {
		list = append(list,
			feature{"cover_" + name, "accounts that share " + name, func(s *subject) float64 { return s.cover[k] }},
			feature{"rarity_" + name, "how rare it is to share " + name + " so widely", func(s *subject) float64 { return s.rarity[k] }},
			feature{"repeats_" + name, "accounts seen again on shared " + name, func(s *subject) float64 { return s.repeats[k] }})
	}
	return list
}

func timeFeatures() []feature {
	quantile := func(q float64) func(s *subject) float64 {
		return func(s *subject) float64 {
			if len(s.ages) == 0 {
				return math.NaN()
			}
			return s.ages[int(q*float64(len(s.ages)-1)+.5)]
		}
	}
	return []feature{
		{"age_low", "age at which the younger quarter joined", quantile(.25)},
		{"age_mid", "age at which half joined", quantile(.5)},
		{"age_high", "age at which the older quarter joined", quantile(.75)},
		{"opened_within", "how close together half were opened", func(s *subject) float64 { return s.openMid }},
		{"opened_bits", "surprise at accounts opened together", func(s *subject) float64 { return s.openBit }},
		{"joined_within", "how close together half were first seen", func(s *subject) float64 { return s.joinMid }},
		{"native", "accounts opened when first seen there", func(s *subject) float64 { return s.native }},
		{"long", "accounts that stayed for long", func(s *subject) float64 { return s.long }},
		{"span", "days from the first to the last tie", func(s *subject) float64 { return s.span }},
	}
}

func moneyFeatures() []feature {
	return []feature{
		{"debits", "payments per account", func(s *subject) float64 { return s.spend.debits }},
		{"shop_bits", "surprise at a merchant whom so many pay", func(s *subject) float64 { return s.spend.common }},
		{"shop_share", "accounts that pay that merchant", func(s *subject) float64 { return s.spend.commonAt }},
		{"shops", "rare merchants that half of the accounts pay", func(s *subject) float64 { return s.spend.commons }},
		{"shop_within", "how close together half pay there", func(s *subject) float64 { return s.spend.lockstep }},
		{"shop_alike", "equal amounts there", func(s *subject) float64 { return s.spend.alike }},
		{"receivers", "accounts whose beneficiary others pay too", func(s *subject) float64 { return s.spend.receivers }},
		{"receiver", "accounts that pay one beneficiary", func(s *subject) float64 { return s.spend.receiver }},
		{"busy", "spending within few days", func(s *subject) float64 { return s.spend.burst }},
		{"in_step", "accounts that are busy in the same days", func(s *subject) float64 { return s.spend.inStep }},
		{"declined", "payments refused", func(s *subject) float64 { return s.spend.declined }},
		{"disputed", "owners who disputed payments", func(s *subject) float64 { return s.spend.disputed }},
		{"phished", "credentials known to have been caught", func(s *subject) float64 { return s.spend.phished }},
		{"unsafe", "accounts without a second factor", func(s *subject) float64 { return s.spend.unsafe }},
		{"internal", "accounts that transfer to each other", func(s *subject) float64 { return s.spend.internal }},
		{"pairs", "transfers among the accounts", func(s *subject) float64 { return s.spend.pairs }},
		{"inflow", "transfers from outside", func(s *subject) float64 { return s.spend.inflow }},
		{"outflow", "transfers to outside", func(s *subject) float64 { return s.spend.outflow }},
		{"passed", "accounts that pass money on at once", func(s *subject) float64 { return s.spend.passed }},
		{"sink", "accounts that transfer to one of them", func(s *subject) float64 { return s.spend.sink }},
		{"source", "accounts that receive from one of them", func(s *subject) float64 { return s.spend.source }},
		{"claims", "claims per account", func(s *subject) float64 { return s.spend.claims }},
		{"messages", "messages per account", func(s *subject) float64 { return s.spend.messages }},
		{"failed", "failed logins per account", func(s *subject) float64 { return s.spend.failed }},
		{"limits", "accounts whose limits were changed", func(s *subject) float64 { return s.spend.limits }},
		{"net", "addresses per account", func(s *subject) float64 { return s.spend.net }},
		{"devices", "things per account", func(s *subject) float64 { return s.spend.things }},
	}
}

func seamFeatures() []feature {
	return []feature{
		{"joint", "accounts that hang on one account or identifier", func(s *subject) float64 { return s.seam.joint }},
		{"joint_all", "accounts that hang on one account or tie", func(s *subject) float64 { return s.seam.jointAll }},
		{"joined_things", "accounts that things connect", func(s *subject) float64 { return s.seam.things }},
		{"joined_papers", "accounts that papers connect", func(s *subject) float64 { return s.seam.papers }},
		{"joined_receivers", "accounts that beneficiaries connect", func(s *subject) float64 { return s.seam.receivers }},
		{"joined_both", "accounts that things and beneficiaries connect", func(s *subject) float64 { return s.seam.both }},
		{"pause", "the longest pause between accounts taking part", func(s *subject) float64 { return s.seam.pause }},
		{"aside", "accounts before or after that pause", func(s *subject) float64 { return s.seam.aside }},
		{"lasted", "time from the first account to the last", func(s *subject) float64 { return s.seam.lasted }},
		{"against", "evidence against", func(s *subject) float64 { return s.best.against() }},
		{"bits_each", "evidence per account", func(s *subject) float64 { return s.scores / s.n }},
	}
}

// noBits stands for a detector that saw nothing.
const noBits = -2 * policy.LineBits

func patternFeatures() []feature {
	list := []feature{
		{"pattern", "accounts bound by what they do", func(s *subject) float64 { return s.pattern }},
		{"bits", "evidence by itself", func(s *subject) float64 { return s.scores }},
		{"kept", "accounts that the pattern fits", func(s *subject) float64 { return float64(len(s.best.accounts)) / s.n }},
	}
	for i, d := range detectors(nil) {
		list = append(list, feature{"bits_" + d.name(), "evidence of " + d.name(), func(s *subject) float64 { return s.bits[i] }})
	}
	return list
}

// vector is the features of a candidate in the order of names, to six
// digits: as a model learns them, and so that the order in which parts of one are
// summed does not decide on which side of a split it falls.
func (s *subject) vector(list []feature) []float64 {
	out := make([]float64, len(list))
	for i := range list {
		out[i] = sixDigits(list[i].of(s))
	}
	return out
}

func sixDigits(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
