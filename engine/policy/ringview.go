package policy

import (
	"time"
)

// RingView is a ring as the expressions of rules see it. The names in the tags
// are those that people write; see docs/policy.md.
type RingView struct {
	Typology    string             `expr:"typology"`
	Probability float64            `expr:"probability"`
	Score       float64            `expr:"score"` // bits
	Size        int                `expr:"size"`
	People      int                `expr:"people"`
	Loss        float64            `expr:"loss"` // of the currency with the largest
	Losses      map[string]float64 `expr:"losses"`
	Gross       float64            `expr:"gross"`    // as loss
	Refunded    float64            `expr:"refunded"` // as loss
	Declined    float64            `expr:"declined"` // as loss
	Events      int                `expr:"events"`   // debits of all losses
	First       time.Time          `expr:"first"`
	Last        time.Time          `expr:"last"`
	Days        float64            `expr:"days"` // from first to last
	Victims     int                `expr:"victims"`
	Suspects    int                `expr:"suspects"` // accounts whose role may drive a block
	Next        int                `expr:"next"`     // accounts that were reached and have lost nothing yet
	Roles       map[string]int     `expr:"roles"`    // accounts by role
	Kinds       []string           `expr:"kinds"`    // of the entities that bind the ring
	Lines       []string           `expr:"lines"`    // kinds of its evidence
	Bits        map[string]float64 `expr:"bits"`     // of its evidence, by kind
	Detectors   []string           `expr:"detectors"`
}
