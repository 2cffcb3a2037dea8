package engine

import (
	"ringleader/graph"
)

// Run is what one detection found. Everything but the fields named Meta is a
// pure function of facts, as-of, configuration, seed and the predecessor's
// result: the same bytes on any store, for any row order and thread count.
type Run struct {
	Info  RunInfo `json:"run"`
	Rings []Ring  `json:"rings"` // by score, highest first, then ID
	// Suppressed are the rings that a rule of the policy took out of the list,
	// in the same order.
	Suppressed []Ring         `json:"suppressed,omitempty"`
	Scores     []AccountScore `json:"scores"` // every account, by key
}

// RunInfo describes a run: its inputs, and what it did with them.
type RunInfo struct {
	ID          string     `json:"id"`     // hash of the inputs of the run and its predecessor
	Inputs      string     `json:"inputs"` // hash of facts, policy, seed and scope
	AsOf        graph.Time `json:"as_of,omitzero"`
	KnownAt     graph.Time `json:"known_at,omitzero"`
	Seed        uint64     `json:"seed"`
	Policy      string     `json:"policy"` // version and hash of the sharing policy
	Model       string     `json:"model"`  // version of the learned scorer, or none
	Predecessor string     `json:"predecessor,omitempty"`

	// Calibration is how verdicts turn scores into probabilities; without it
	// these are estimates from made-up worlds.
	Calibration  *Calibration `json:"calibration,omitempty"`
	AccountModel string       `json:"account_model,omitempty"` // version of the model of accounts that spoke
	Labels       *LabelCounts `json:"labels,omitempty"`        // of accounts, where there are any

	Accounts   int          `json:"accounts"`
	Ties       int          `json:"ties"`
	Components int          `json:"components"` // of two accounts or more
	Largest    int          `json:"largest"`    // accounts in the largest component
	Rings      int          `json:"rings"`
	Suppressed int          `json:"suppressed,omitempty"` // rings that rules took out of the list
	Rules      []RuleCount  `json:"rules,omitempty"`      // of the policy over rings, in its order
	Status     StatusCounts `json:"status"`
	Cuts       []Cut        `json:"cuts"`      // what the policy cut, most accounts first
	CutBy      []RuleCut    `json:"cut_by"`    // the same by rule, most unscored accounts first
	Limits     []string     `json:"limits"`    // each limit that was hit, in words
	Notes      []string     `json:"notes"`     // detectors that could not run, and why
	Conflicts  int          `json:"conflicts"` // events with several versions in the data

	Meta RunMeta `json:"meta"`
}

// RunMeta is what may differ between equal runs.
type RunMeta struct {
	Started  graph.Time     `json:"started,omitzero"`
	Finished graph.Time     `json:"finished,omitzero"`
	Revision graph.Revision `json:"revision"`
	Version  string         `json:"version,omitempty"`
}

// StatusCounts counts accounts by status.
type StatusCounts struct {
	Scored       int `json:"scored"`
	NotScoredHub int `json:"not_scored_hub"`
	NoLinks      int `json:"no_links"`
}

// LabelCounts counts the accounts whose label is known.
type LabelCounts struct {
	Fraud  int `json:"fraud"`
	Honest int `json:"honest"`
	// Curve is how what they say over ties becomes a probability; without it that
	// is an order alone.
	Curve *LabelCurve `json:"curve,omitempty"`
}

// Cut is one identifier that the policy kept from tying the accounts it touches.
type Cut struct {
	Ref      graph.Ref `json:"ref"`
	Rule     string    `json:"rule"` // cap, placeholder, allow_list, class
	Class    string    `json:"class,omitempty"`
	Accounts int       `json:"accounts"`
	Cap      int       `json:"cap,omitempty"`
}

// Ring is a group of accounts that evidence binds together.
type Ring struct {
	ID          string     `json:"id"`
	Probability float64    `json:"probability"`
	Calibrated  bool       `json:"calibrated"` // false: an estimate from made-up worlds
	Score       float64    `json:"score"`      // bits; the sum of the evidence lines
	Typology    Typology   `json:"typology"`
	Size        int        `json:"size"`   // accounts that are not bystanders
	People      int        `json:"people"` // distinct customers, else accounts
	FirstSeen   graph.Time `json:"first_seen,omitzero"`
	LastSeen    graph.Time `json:"last_seen,omitzero"`
	Loss        []Loss     `json:"loss"`     // by currency
	Members     []Member   `json:"members"`  // by role, score (highest first), then ref
	Evidence    []Evidence `json:"evidence"` // by bits, highest first
	Detectors   []string   `json:"detectors"`
	Rules       []string   `json:"rules,omitempty"` // of the policy that fit, in its order
	Tags        []string   `json:"tags,omitempty"`  // ascending
	// SuppressedBy names the rule that took the ring out of the list.
	SuppressedBy string    `json:"suppressed_by,omitempty"`
	Lineage      []Lineage `json:"lineage"`
	Meta         RingMeta  `json:"meta"`
}

// RingMeta is what may differ between equal rings.
type RingMeta struct {
	Run     string         `json:"run"`
	Status  string         `json:"status"` // new, until somebody decides: see [Decision]
	Verdict *Verdict       `json:"verdict,omitempty"`
	Sources []graph.Source `json:"sources,omitempty"`
}

// Typology is the pattern that explains a ring best.
type Typology string

// Typologies of CONTRACTS §4.
const (
	DeviceFarm         Typology = "device_farm"
	Takeover           Typology = "takeover"
	SyntheticIdentity  Typology = "synthetic_identity"
	BustOut            Typology = "bust_out"
	MuleChain          Typology = "mule_chain"
	MerchantCollusion  Typology = "merchant_collusion"
	PromoAbuse         Typology = "promo_abuse"
	ClaimFraud         Typology = "claim_fraud"
	CredentialStuffing Typology = "credential_stuffing"
	MessageSpam        Typology = "message_spam"
	SharedIdentifiers  Typology = "shared_identifiers" // where no pattern fits
)

// Role is the part that a member plays.
type Role string

// Roles. Only operator, mule, cash_out and beneficiary may drive a block.
const (
	RoleOperator    Role = "operator"
	RoleMule        Role = "mule"
	RoleCashOut     Role = "cash_out"
	RoleBeneficiary Role = "beneficiary"
	RoleVictim      Role = "victim"
	RoleBystander   Role = "bystander"
)

// Suspect reports whether the role is one of those that may drive a block.
func (r Role) Suspect() bool {
	return r == RoleOperator || r == RoleMule || r == RoleCashOut || r == RoleBeneficiary
}

// Member is an account or another entity of a ring. Probabilities are given for
// accounts only: of belonging in any role but bystander, and of being a suspect.
type Member struct {
	Ref                graph.Ref  `json:"ref"`
	Role               Role       `json:"role"`
	Probability        *float64   `json:"probability,omitempty"`
	SuspectProbability *float64   `json:"suspect_probability,omitempty"`
	Score              float64    `json:"score"` // bits, its own
	Since              graph.Time `json:"since,omitzero"`
	Next               bool       `json:"next,omitempty"` // taken over, nothing lost yet
	Reasons            []string   `json:"reasons"`
}

// Loss is the money that a ring took, in one currency: settled debits of
// victims inside the pattern, less refunds, each event once.
type Loss struct {
	Currency string `json:"currency"`
	Amount   string `json:"amount"` // gross less refunded
	Gross    string `json:"gross"`
	Refunded string `json:"refunded"`
	Declined string `json:"declined"` // tried and refused; not part of the loss
	Events   int    `json:"events"`
}

// Evidence is one line of the score. Bits are log2 of a likelihood ratio; they
// may be negative, for what speaks against.
type Evidence struct {
	Text  string      `json:"text"`
	Bits  float64     `json:"bits"`
	Kind  string      `json:"kind"`  // of the identifier, or of the pattern
	Refs  []graph.Ref `json:"refs"`  // ascending
	Links []string    `json:"links"` // events and sightings it rests on, see [LinkKey]
}

// Lineage is one event in the life of a ring.
type Lineage struct {
	Event string   `json:"event"` // birth, growth, shrink, split, merge, dormant
	Run   string   `json:"run"`
	From  []string `json:"from,omitempty"`
}

// Status says whether an account could be scored.
type Status string

// Statuses of CONTRACTS §4.
const (
	StatusScored       Status = "scored"
	StatusNotScoredHub Status = "not_scored_hub" // tied only by identifiers that the policy cut
	StatusNoLinks      Status = "no_links"
)

// AccountScore is one row of `ringleader scores`.
type AccountScore struct {
	Account            string  `json:"account"` // key
	Probability        float64 `json:"probability"`
	SuspectProbability float64 `json:"suspect_probability"`
	Score              float64 `json:"score"`
	Ring               string  `json:"ring,omitempty"`
	Role               Role    `json:"role,omitempty"`
	Status             Status  `json:"status"`

	// Label is what is known of the account itself, fraud or honest; none of the
	// numbers rests on it.
	Label string `json:"label,omitempty"`
	// Model is what the model of accounts says, Propagated what labels say over
	// ties, Combined what these and the ring come to, see [Combine]. They are
	// there where a model or labels are.
	Model      *float64 `json:"model_probability,omitempty"`
	Propagated *float64 `json:"propagated_probability,omitempty"`
	Combined   *float64 `json:"combined_probability,omitempty"`
	Reasons    []string `json:"reasons,omitempty"` // of model and labels, the strongest first

	// CutBy names what cut the identifiers of an account that is not scored for
	// it, as [RuleCut.Name] does, ascending.
	CutBy []string `json:"cut_by,omitempty"`
}
