package engine

import "fmt"

// ClaimsRule bounds rings of refund and warranty claims.
type ClaimsRule struct {
	Accounts int `yaml:"accounts" json:"accounts"` // fewest that one place ties
	Cap      int `yaml:"cap" json:"cap"`           // most that one thing or place ties
}

// validatePatterns checks the sections of the behavioural detectors.
func (p *Policy) validatePatterns() error {
	if p.Claims.Accounts < 2 || p.Claims.Cap < p.Claims.Accounts {
		return fmt.Errorf("claims: want accounts of 2 or more, and a cap no smaller")
	}
	return nil
}
