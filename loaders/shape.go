package loaders

import (
	"net/netip"
	"regexp"
	"strings"
)

// shape is what a value looks like, whatever its header says.
type shape string

const (
	shapeEmail   shape = "email"
	shapeIP      shape = "ip"
	shapeUUID    shape = "uuid"
	shapeIMEI    shape = "imei"
	shapeIBAN    shape = "iban"
	shapeCard    shape = "card"
	shapePhone   shape = "phone"
	shapeInteger shape = "integer"
	shapeDot     shape = "decimal with a dot"
	shapeComma   shape = "decimal with a comma"
	shapeWord    shape = "word"
	shapeText    shape = "text"
)

var (
	emailPattern   = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$`)
	uuidPattern    = regexp.MustCompile(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
	ibanPattern    = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	phonePattern   = regexp.MustCompile(`^\+[0-9][0-9 ()/.-]{6,18}$`)
	integerPattern = regexp.MustCompile(`^[-+]?[0-9]+$`)
	dotPattern     = regexp.MustCompile(`^\(?[-+]?\pL{0,3}\p{Sc}?\s?[-+]?(?:[0-9]+|[0-9]{1,3}(?:[,'’\s][0-9]{3})+)\.[0-9]+\)?-?\s?(?:\p{Sc}|\pL{2,3})?$|^[-+]?[0-9]{1,3}(?:,[0-9]{3})+$|^\p{Sc}\s?[0-9]+$`)
	commaPattern   = regexp.MustCompile(`^\(?[-+]?\pL{0,3}\p{Sc}?\s?[-+]?(?:[0-9]+|[0-9]{1,3}(?:[.'’\s][0-9]{3})+),[0-9]+\)?-?\s?(?:\p{Sc}|\pL{2,3})?$`)
	wordPattern    = regexp.MustCompile(`^[\pL\pN_.:@+-]+$`)
)

// shapeOf is the most special shape of a value. Identifiers with check digits
// come before numbers.
func shapeOf(v string) shape {
	bare := strings.ReplaceAll(v, " ", "")
	switch {
	case emailPattern.MatchString(v):
		return shapeEmail
	case uuidPattern.MatchString(v):
		return shapeUUID
	case ibanPattern.MatchString(bare) && mod97(bare):
		return shapeIBAN
	}
	if _, err := netip.ParseAddr(v); err == nil {
		return shapeIP
	}
	if digits := strings.NewReplacer(" ", "", "-", "").Replace(v); onlyDigits(digits) && luhn(digits) {
		switch n := len(digits); {
		case n == 15 && v == digits && (v[0] == '3' && (v[1] == '4' || v[1] == '7')):
			return shapeCard
		case n == 15:
			return shapeIMEI
		case n >= 16 && n <= 19 && strings.Contains("3456", digits[:1]):
			return shapeCard
		}
	}
	switch {
	case phonePattern.MatchString(v):
		return shapePhone
	case integerPattern.MatchString(v):
		return shapeInteger
	case commaPattern.MatchString(v):
		return shapeComma
	case dotPattern.MatchString(v):
		return shapeDot
	case wordPattern.MatchString(v):
		return shapeWord
	}
	return shapeText
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// luhn checks the last digit of a number by the formula of ISO/IEC 7812-1.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(digits, "0") != ""
}

// mod97 checks an IBAN by ISO 13616: moved round and read as a number, it
// leaves 1.
func mod97(iban string) bool {
	rest := 0
	for _, c := range iban[4:] + iban[:4] {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
