package loaders

import (
	"regexp"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// phonePlan is what the library asks of the digits behind a calling code.
type phonePlan struct {
	prefix  func() *regexp.Regexp // what it may take off their front, nil for nothing
	lengths uint32                // bit n: so many digits may be a number
}

// phonePlans are those of all calling codes.
var phonePlans = sync.OnceValue(func() map[string]phonePlan {
	plans := make(map[string]phonePlan)
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return plans // the library reads every number, as it would without plans
	}
	const noRegion = "001" // of codes that no country has
	for _, m := range all.GetMetadata() {
		code := int(m.GetCountryCode())
		if id := m.GetId(); id != phonenumbers.GetRegionCodeForCountryCode(code) && id != noRegion {
			continue // the rules of a code are those of its main region
		}
		var plan phonePlan
		if m.GetGeneralDesc().GetNationalNumberPattern() != "" {
			for _, n := range m.GetGeneralDesc().GetPossibleLength() {
				if n > 1 && n <= phonenumbers.MAX_LENGTH_FOR_NSN {
					plan.lengths |= 1 << n
				}
			}
		}
		if p := m.GetNationalPrefixForParsing(); p != "" {
			plan.prefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + p + ")") })
		}
		plans[strconv.Itoa(code)] = plan
	}
	return plans
})

// plainPhone is a number that is E.164 but for spaces and hyphens between its
// digits, without them. That is what the library makes of it where it takes no
// prefix of calls within the country off, and parsing takes it a hundred times as
// long. It is false for every number about which the library must be asked.
func plainPhone(s string) (key string, ok bool) {
	if len(s) < 6 || len(s) > 40 || s[0] != '+' || !digit(s[1]) || !digit(s[len(s)-1]) {
		return "", false
	}
	key = without(s, " -")
	if len(key) < 6 || key[1] == '0' || !onlyDigits(key[1:]) {
		return "", false
	}
	plans := phonePlans()
	for n := 2; n <= 4; n++ { // no code begins with another
		plan, ok := plans[key[1:n]]
		if !ok {
			continue
		}
		national := key[n:]
		return key, national[0] != '0' && plan.lengths>>min(len(national), 31)&1 == 1 &&
			(plan.prefix == nil || !plan.prefix().MatchString(national))
	}
	return "", false
}

func digit(b byte) bool { return b >= '0' && b <= '9' }
