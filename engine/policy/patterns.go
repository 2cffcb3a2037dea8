package policy

import "fmt"

// ClaimsRule bounds rings of refund and warranty claims.
type ClaimsRule struct {
	Accounts int `yaml:"accounts" json:"accounts"` // fewest that one place ties
	Cap      int `yaml:"cap" json:"cap"`           // most that one thing or place ties
}

// FlowsRule bounds what counts as money passed on.
type FlowsRule struct {
	Within Span    `yaml:"within" json:"within"` // from coming in to leaving
	Cut    float64 `yaml:"cut" json:"cut"`       // most of it that stays
	Bits   float64 `yaml:"bits" json:"bits"`     // that a pass needs to tie
	Cap    int     `yaml:"cap" json:"cap"`       // most payments of one pass
}

// LockstepRule bounds accounts that pay the same merchants within hours.
type LockstepRule struct {
	Accounts   int     `yaml:"accounts" json:"accounts"`     // fewest in a round
	Cap        int     `yaml:"cap" json:"cap"`               // most in a round
	Within     Span    `yaml:"within" json:"within"`         // of one round
	Rounds     int     `yaml:"rounds" json:"rounds"`         // fewest that belong together
	Attendance float64 `yaml:"attendance" json:"attendance"` // share of the rounds that a member is in
	Bits       float64 `yaml:"bits" json:"bits"`             // of a round against the merchant's pace
	Together   float64 `yaml:"together" json:"together"`     // bits of the accounts that two rounds share
}

// SpamRule bounds messages to crowds.
type SpamRule struct {
	Crowd float64 `yaml:"crowd" json:"crowd"` // times the usual recipients of a sender's text
	Cap   int     `yaml:"cap" json:"cap"`     // most accounts that one text or number ties
}

// StuffingRule bounds pools that try logins.
type StuffingRule struct {
	Accounts int     `yaml:"accounts" json:"accounts"` // fewest strangers that fail on one thing
	Bits     float64 `yaml:"bits" json:"bits"`         // of these against the share of failures
	CashOut  Span    `yaml:"cash_out" json:"cash_out"` // from the opening to the last debit
	Cap      int     `yaml:"cap" json:"cap"`           // most accounts that one pool ties
}

// BustOutRule bounds accounts that spend all at once after months of little.
type BustOutRule struct {
	Accounts int     `yaml:"accounts" json:"accounts"` // fewest that belong together
	Cap      int     `yaml:"cap" json:"cap"`           // most that are tied
	Aged     Span    `yaml:"aged" json:"aged"`         // opened so long before
	Within   Span    `yaml:"within" json:"within"`     // of one account's spending
	Debits   int     `yaml:"debits" json:"debits"`     // fewest of it
	Times    float64 `yaml:"times" json:"times"`       // what the account spent in all other time
	Large    float64 `yaml:"large" json:"large"`       // share of all debits that are smaller than the usual one of it
	Apart    Span    `yaml:"apart" json:"apart"`       // from one account to the next
	Raised   Span    `yaml:"raised" json:"raised"`     // how long before a limit was changed
	Bits     float64 `yaml:"bits" json:"bits"`         // of a group against the merchant's pace
}

func (b *BustOutRule) validate() error {
	if b.Accounts < 2 || b.Cap < b.Accounts || b.Debits < 1 || b.Within <= 0 || b.Apart <= 0 || b.Aged < 0 || b.Raised < 0 ||
		!(b.Times > 0 && b.Times <= 1e6) || !(b.Large >= 0 && b.Large <= 1) || !(b.Bits >= 0 && b.Bits <= 1024) {
		return fmt.Errorf("bust_out: want 2 accounts or more, a cap no smaller, debits, spans, times above 0, large of 0 to 1, and bits")
	}
	return nil
}

// DrainRule bounds accounts emptied one after another.
type DrainRule struct {
	Debits int     `yaml:"debits" json:"debits"` // fewest of one account
	Gap    Span    `yaml:"gap" json:"gap"`       // from one of them to the next
	Bits   float64 `yaml:"bits" json:"bits"`     // of them against the account's pace and their sum
	Apart  Span    `yaml:"apart" json:"apart"`   // from the last of one account to the first of the next
	Soon   float64 `yaml:"soon" json:"soon"`     // bits of that against the merchant's pace
	// Horizon is from one session to the next of a wave of which the data name
	// neither thing nor receiver.
	Horizon Span `yaml:"horizon" json:"horizon"`
	Cap     int  `yaml:"cap" json:"cap"` // most accounts that are tied
}

func (d *DrainRule) validate() error {
	if d.Debits < 2 || d.Gap <= 0 || d.Apart <= 0 || d.Horizon < 0 || d.Cap < 2 || !(d.Bits >= 0 && d.Bits <= 64) || !(d.Soon >= 0 && d.Soon <= 64) {
		return fmt.Errorf("drain: want 2 debits or more, spans gap, apart and horizon, bits and soon of 0 to 64, and a cap of 2 or more")
	}
	return nil
}

// validatePatterns checks the sections of the behavioural detectors.
func (p *Policy) validatePatterns() error {
	if p.Claims.Accounts < 2 || p.Claims.Cap < p.Claims.Accounts {
		return fmt.Errorf("claims: want accounts of 2 or more, and a cap no smaller")
	}
	if f := p.Flows; f.Within <= 0 || !(f.Cut > 0 && f.Cut < 1) || !(f.Bits >= 0 && f.Bits <= 64) || f.Cap < 1 {
		return fmt.Errorf("flows: want a span within, a cut between 0 and 1, bits of 0 to 64, and a cap")
	}
	if l := p.Lockstep; l.Accounts < 2 || l.Cap < l.Accounts || l.Within <= 0 || l.Rounds < 2 ||
		!(l.Attendance > 0 && l.Attendance <= 1) || !(l.Bits >= 0 && l.Bits <= 1024) || !(l.Together >= 0 && l.Together <= 1024) {
		return fmt.Errorf("lockstep: want 2 accounts and 2 rounds or more, a cap no smaller, a span within, an attendance of 0 to 1, and bits")
	}
	if s := p.Spam; !(s.Crowd > 1 && s.Crowd <= 1e9) || s.Cap < 2 {
		return fmt.Errorf("spam: want a crowd of more than 1 and a cap of 2 or more")
	}
	if s := p.Stuffing; s.Accounts < 2 || !(s.Bits >= 0 && s.Bits <= 1024) || s.CashOut <= 0 || s.Cap < 2 {
		return fmt.Errorf("stuffing: want 2 accounts or more, bits, a span to cash out, and a cap of 2 or more")
	}
	if err := p.BustOut.validate(); err != nil {
		return err
	}
	return p.Drain.validate()
}
