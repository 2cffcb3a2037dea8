package policy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"ringleader/graph"
	"ringleader/yamlfile"
)

// fieldError says which field of a policy is wrong.
type fieldError struct {
	path string // from the root, such as rules[2].when
	text string
}

func (e *fieldError) Error() string { return e.text }

// Unwrap makes it an invalid one.
func (e *fieldError) Unwrap() error { return graph.ErrInvalid }

func bad(path, format string, a ...any) error {
	return &fieldError{path, graph.ErrInvalid.Error() + " policy: " + fmt.Sprintf(format, a...)}
}

// positionOf is name with the line of the field that err is about; name alone if
// the file does not have it.
func positionOf(name string, file *yamlfile.File, err error) string {
	var field *fieldError
	if errors.As(err, &field) {
		if line := file.Line(field.path); line > 0 {
			return fmt.Sprintf("%s, line %d", name, line)
		}
	}
	return name
}

// Validate checks every rule; errors wrap [graph.ErrInvalid] and name the field.
func (p *Policy) Validate() error {
	switch {
	case p.Name == "":
		return bad("name", "name is missing")
	case p.Number < 1:
		return bad("version", "version %d: want 1 or more", p.Number)
	case !(p.PriorBits >= -64 && p.PriorBits <= 64):
		return bad("prior_bits", "prior_bits %v: want -64 to 64", p.PriorBits)
	case !(p.KeepBits >= -64 && p.KeepBits <= 64):
		return bad("keep_bits", "keep_bits %v: want -64 to 64", p.KeepBits)
	case p.MaxComponent < 3:
		return bad("max_component", "max_component %d: want 3 or more", p.MaxComponent)
	case p.Takeover.Accounts < 2 || p.Cluster.Accounts < 2:
		return bad("takeover", "takeover and cluster accounts: want 2 or more")
	case p.Takeover.Gap <= 0 || p.Takeover.CashOut <= 0 || p.Takeover.Horizon < p.Takeover.Gap:
		return bad("takeover", "takeover gap and cash_out: want more than nothing, and a horizon no shorter than the gap")
	case p.Cluster.OpenedWithin <= 0 || p.Cluster.SeenWithin <= 0 || p.Cluster.LongUse <= 0:
		return bad("cluster", "cluster spans: want more than nothing")
	case !(p.Takeover.Share >= 0 && p.Takeover.Share <= 1):
		return bad("takeover.share", "takeover share %v: want 0 to 1", p.Takeover.Share)
	case !(p.Household.Bits >= -64 && p.Household.Bits <= 0):
		return bad("household.bits", "household bits %v: want -64 to 0", p.Household.Bits)
	}
	for i, name := range p.Without {
		if !slices.Contains(DetectorNames(), name) {
			return bad(item("without", i, ""), "without: no detector %q; want one of %v", name, DetectorNames())
		}
	}
	for _, t := range p.Never {
		if _, err := graph.ParseLinkType(string(t)); err != nil {
			return bad("never", "never: %v", err)
		}
	}
	if err := p.Default.validate(); err != nil {
		return bad("default", "default: %v", err)
	}
	for _, k := range slices.Sorted(maps.Keys(p.Kinds)) {
		if _, err := graph.ParseKind(string(k)); err != nil {
			return bad("kinds."+string(k), "kinds: %v", err)
		}
		if p.Kinds[k] == nil {
			return bad("kinds."+string(k), "kinds: %s has no rule", k)
		}
		if err := p.Kinds[k].validate(); err != nil {
			return bad("kinds."+string(k), "kinds: %s: %v", k, err)
		}
	}
	if err := p.validatePatterns(); err != nil {
		return bad(sectionOf(err), "%v", err)
	}
	return p.validateLists()
}

func (p *Policy) validateLists() error {
	for i, h := range p.Placeholders {
		if _, err := regexp.Compile(h.Pattern); err != nil || h.Pattern == "" {
			return bad(item("placeholders", i, "pattern"), "placeholder %d: %q is no regular expression", i+1, h.Pattern)
		}
		if h.Reason == "" {
			return bad(item("placeholders", i, ""), "placeholder %d: reason is missing", i+1)
		}
	}
	for i, a := range p.Allow {
		if _, err := graph.ParseRef(a.Ref); err != nil {
			return bad(item("allow", i, "ref"), "allow %d: %v", i+1, err)
		}
		if a.Reason == "" || a.Owner == "" {
			return bad(item("allow", i, ""), "allow %d: reason and owner are needed", i+1)
		}
		if _, err := a.Expiry(); err != nil {
			return bad(item("allow", i, "expires"), "allow %d: expires: want a day such as 2019-06-30", i+1)
		}
	}
	if err := validateClasses(p.Classes); err != nil {
		return err
	}
	_, err := CompileRules(p.Rules)
	return err
}

// item is the path of a field of the i-th entry of a list.
func item(list string, i int, field string) string {
	path := fmt.Sprintf("%s[%d]", list, i)
	if field != "" {
		path += "." + field
	}
	return path
}

// sectionOf is the section that an error of [Policy.validatePatterns] begins
// with.
func sectionOf(err error) string {
	section, _, _ := strings.Cut(err.Error(), ":")
	return section
}

func (r *KindRule) validate() error {
	switch {
	case r.Cap < 0:
		return fmt.Errorf("cap %d: want 0 or more", r.Cap)
	case r.Cap > 0 && r.Hold == 0 && r.Window == 0:
		return fmt.Errorf("hold is missing; say forever if a sighting never lapses")
	case r.Burst.Accounts < 0 || r.Burst.Accounts > 0 && (r.Burst.Within <= 0 || r.Burst.Accounts < 3):
		return fmt.Errorf("burst: want 3 accounts or more within a span")
	case r.Core.Accounts < 0 || r.Core.Accounts > 0 && (r.Core.Accounts < 3 || r.Core.Natives+r.Core.Regulars <= 0 || r.Core.Gap <= 0 || r.Core.Within <= 0 || !(r.Core.Share >= 0 && r.Core.Share <= 1)):
		return fmt.Errorf("core: want 3 accounts or more, natives or regulars, a gap, a span, and a share of 0 to 1")
	case !(r.Burst.Bits >= 0 && r.Burst.Bits <= 1024):
		return fmt.Errorf("burst bits %v: want 0 to 1024", r.Burst.Bits)
	}
	return nil
}
