package policy

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"ringleader/graph"
	"ringleader/yamlfile"
)

//go:embed policy.yaml
var defaultYAML []byte

// Policy says what may tie accounts. It is data: the engine knows no merchant,
// amount, currency or shape of an identifier. Read one with [Load] or [Default];
// a Policy made by hand must pass [Policy.Validate].
type Policy struct {
	Name         string                   `yaml:"name" json:"name"`
	Number       int                      `yaml:"version" json:"version"`
	PriorBits    float64                  `yaml:"prior_bits" json:"prior_bits"`
	KeepBits     float64                  `yaml:"keep_bits" json:"keep_bits"`
	MaxComponent int                      `yaml:"max_component" json:"max_component"`
	Without      []string                 `yaml:"without" json:"without,omitempty"` // detectors that are switched off
	Never        []graph.LinkType         `yaml:"never" json:"never"`
	Associated   AssociatedRule           `yaml:"associated" json:"associated"`
	Default      KindRule                 `yaml:"default" json:"default"`
	Kinds        map[graph.Kind]*KindRule `yaml:"kinds" json:"kinds"`
	Placeholders []Placeholder            `yaml:"placeholders" json:"placeholders"`
	Classes      []Class                  `yaml:"classes" json:"classes"`
	Allow        []Allowed                `yaml:"allow" json:"allow"`
	Rules        []RingRule               `yaml:"rules" json:"rules"`
	Household    HouseholdRule            `yaml:"household" json:"household"`
	Takeover     TakeoverRule             `yaml:"takeover" json:"takeover"`
	Cluster      ClusterRule              `yaml:"cluster" json:"cluster"`
	Claims       ClaimsRule               `yaml:"claims" json:"claims"`
	Flows        FlowsRule                `yaml:"flows" json:"flows"`
	Lockstep     LockstepRule             `yaml:"lockstep" json:"lockstep"`
	Spam         SpamRule                 `yaml:"spam" json:"spam"`
	Stuffing     StuffingRule             `yaml:"stuffing" json:"stuffing"`
	BustOut      BustOutRule              `yaml:"bust_out" json:"bust_out"`
	Drain        DrainRule                `yaml:"drain" json:"drain"`
}

// KindRule is what the policy says of one kind of identifier.
type KindRule struct {
	// Cap is how many accounts may share one identifier before it stops tying
	// them; 0: the kind never ties.
	Cap int `yaml:"cap" json:"cap"`
	// Hold is how long a sighting without a stated end is valid.
	Hold Span `yaml:"hold" json:"hold"`
	// Window is how far apart valid spans may lie and still tie.
	Window Span `yaml:"window" json:"window"`
	// Exclusive: one owner at a time.
	Exclusive bool `yaml:"exclusive" json:"exclusive"`
	// NewOwner: a thing with which accounts are taken over.
	NewOwner bool      `yaml:"new_owner" json:"new_owner"`
	Burst    BurstRule `yaml:"burst" json:"burst"`
	Core     CoreRule  `yaml:"core" json:"core"`
}

// BurstRule ties accounts over an identifier above its cap where at least
// Accounts are first seen on it Within a span, and chance at the identifier's
// own pace would do that more seldom than 2^-Bits. No Accounts: no bursts.
type BurstRule struct {
	Accounts int     `yaml:"accounts" json:"accounts"`
	Within   Span    `yaml:"within" json:"within"`
	Bits     float64 `yaml:"bits" json:"bits"`
}

// Public reports whether strangers meet on things of the kind every day, so that
// even a burst has to be a surprise: addresses, and not devices.
func (r KindRule) Public() bool { return r.Burst.Bits > 0 }

// CoreRule ties the accounts that are at home on an identifier, whatever its cap
// and whenever they were there: natives, first seen on it so soon before or
// after they were opened, and regulars, seen again on it so long after. They tie
// if they are as many, and so large a share of the accounts seen on it in their
// time. No Accounts: no core.
type CoreRule struct {
	Accounts int     `yaml:"accounts" json:"accounts"`
	Natives  Span    `yaml:"natives" json:"natives"`   // 0: no natives
	Regulars Span    `yaml:"regulars" json:"regulars"` // 0: no regulars
	Gap      Span    `yaml:"gap" json:"gap"`
	Within   Span    `yaml:"within" json:"within"`
	Share    float64 `yaml:"share" json:"share"`
}

// AssociatedRule says whether links of type ASSOCIATED tie.
type AssociatedRule struct {
	Tie       bool    `yaml:"tie" json:"tie"`
	MinWeight float64 `yaml:"min_weight" json:"min_weight"`
}

// Allowed is an identifier that somebody has judged harmless, until Expires.
type Allowed struct {
	Ref     string `yaml:"ref" json:"ref"`
	Reason  string `yaml:"reason" json:"reason"`
	Owner   string `yaml:"owner" json:"owner"`
	Expires string `yaml:"expires" json:"expires"` // a day, YYYY-MM-DD
}

// Expiry is the beginning of the first day on which the entry does not apply.
func (a Allowed) Expiry() (graph.Time, error) {
	t, err := time.Parse(time.DateOnly, a.Expires)
	return graph.TimeOf(t), err
}

// HouseholdRule weighs against small groups that share a roof or an owner.
type HouseholdRule struct {
	Kinds  []graph.Kind `yaml:"kinds" json:"kinds"`
	People int          `yaml:"people" json:"people"`
	Bits   float64      `yaml:"bits" json:"bits"`
}

// TakeoverRule bounds a takeover wave.
type TakeoverRule struct {
	Accounts   int     `yaml:"accounts" json:"accounts"`       // fewest victims
	Aged       Span    `yaml:"aged" json:"aged"`               // opened so long before
	SeenBefore Span    `yaml:"seen_before" json:"seen_before"` // where no opening is stated
	Gap        Span    `yaml:"gap" json:"gap"`                 // to the next account of a session
	Horizon    Span    `yaml:"horizon" json:"horizon"`         // to the next account of the wave
	CashOut    Span    `yaml:"cash_out" json:"cash_out"`       // from the sighting to the last debit
	Caught     Span    `yaml:"caught" json:"caught"`           // how long before, at the most, a credential was caught
	Share      float64 `yaml:"share" json:"share"`             // of what a thing or receiver sees in the time
}

// ClusterRule bounds clusters of accounts on shared identifiers.
type ClusterRule struct {
	Accounts     int  `yaml:"accounts" json:"accounts"`
	OpenedWithin Span `yaml:"opened_within" json:"opened_within"`
	SeenWithin   Span `yaml:"seen_within" json:"seen_within"`
	LongUse      Span `yaml:"long_use" json:"long_use"` // shared for longer: people who live together
}

// Default is the policy that ships with the engine.
func Default() (*Policy, error) { return Parse("policy.yaml", defaultYAML) }

// DefaultYAML is the text of the policy that ships with the engine, to start
// one's own from.
func DefaultYAML() []byte { return bytes.Clone(defaultYAML) }

// Load reads a policy from a YAML file. Fields that are unknown or out of
// range are errors that wrap [graph.ErrInvalid] and name the line.
func Load(path string) (*Policy, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w policy: %w", graph.ErrInvalid, err)
	}
	return Parse(path, data)
}

// Parse reads a policy from YAML; name is what errors call it.
func Parse(name string, data []byte) (*Policy, error) {
	file, err := yamlfile.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w policy %s, %w", graph.ErrInvalid, name, err)
	}
	var p Policy
	if err := file.Decode(&p); err != nil {
		return nil, fmt.Errorf("%w policy %s, %w", graph.ErrInvalid, name, err)
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("policy %s: %w", positionOf(name, file, err), err)
	}
	return &p, nil
}

// Expired is the entries of the allow list that no longer apply on a day; none
// for a day that is not known.
func (p *Policy) Expired(day graph.Time) []Allowed {
	out := []Allowed{}
	for _, a := range p.Allow {
		if expires, err := a.Expiry(); err == nil && day.Known() && day >= expires {
			out = append(out, a)
		}
	}
	return out
}

// Version names the policy and its content: default-1-3f9ac21b.
func (p *Policy) Version() string {
	text, err := json.Marshal(p)
	if err != nil { // only numbers that JSON cannot hold, which Validate refuses
		return p.Name
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s-%d-%s", p.Name, p.Number, hex.EncodeToString(sum[:4]))
}

// Rule is what the policy says of a kind.
func (p *Policy) Rule(k graph.Kind) KindRule {
	if r := p.Kinds[k]; r != nil {
		return *r
	}
	return p.Default
}
