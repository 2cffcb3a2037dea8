package loaders

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// phoneForm is a phone number as E.164, +4930123456, with its extension after
// ";ext=" if it has one.
func phoneForm(s, region string) (key, odd string) {
	const notPhone = "not a phone number"
	digits := 0
	for _, c := range []byte(s) {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits < 5 || 2*digits < len(s) { // words; parsing them is dear
		return s, notPhone
	}
	if key, ok := plainPhone(s); ok {
		return key, ""
	}
	if region == "" {
		if s[0] != '+' {
			return s, "a phone number without a country code; a default region would give it one"
		}
		region = "ZZ"
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return s, notPhone
	}
	key = phonenumbers.Format(n, phonenumbers.E164)
	if ext := n.GetExtension(); ext != "" {
		key += ";ext=" + ext
	}
	return key, ""
}

// mailbox is what a provider of e-mail leaves out of the part before the @.
type mailbox struct {
	dots   bool   // dots mean nothing
	domain string // the name under which all mail arrives, if not its own
}

// mailboxes are providers that deliver name+tag to name, as their help pages
// say. Elsewhere a plus may be part of a name.
var mailboxes = map[string]mailbox{
	"gmail.com": {dots: true}, "googlemail.com": {dots: true, domain: "gmail.com"},
	"outlook.com": {}, "hotmail.com": {}, "live.com": {}, "msn.com": {},
	"icloud.com": {}, "me.com": {}, "mac.com": {}, "fastmail.com": {},
	"proton.me": {}, "protonmail.com": {}, "pm.me": {}, "yandex.ru": {}, "yandex.com": {}, "zoho.com": {},
}

// emailForm is an address in lower case, its domain in ASCII, without what its
// provider leaves out.
func emailForm(s string) (key, odd string) {
	const notEmail = "not an e-mail address"
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" || strings.ContainsAny(s, " \t\r\n,;<>\"()[]\\") {
		return s, notEmail
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !strings.Contains(domain, ".") || !utf8.ValidString(s) { // ToASCII makes something of bytes that are no text
		return s, notEmail
	}
	local = norm.NFC.String(strings.ToLower(local))
	if box, ok := mailboxes[domain]; ok {
		name, _, _ := strings.Cut(local, "+")
		if box.dots {
			name = strings.ReplaceAll(name, ".", "")
		}
		if name != "" {
			local = name
		}
		if box.domain != "" {
			domain = box.domain
		}
	}
	return local + "@" + domain, ""
}

// ipForm is an address in the text of RFC 5952, of version 4 where it is one
// inside version 6, without a port or a zone; net makes version 6 a /64.
func ipForm(s string, net bool) (key, odd string) {
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		if p, err := netip.ParseAddrPort(s); err == nil {
			addr = p.Addr()
		} else if p, err := netip.ParsePrefix(s); err == nil {
			if !p.IsSingleIP() {
				return p.Masked().String(), ""
			}
			addr = p.Addr()
		}
	}
	if !addr.IsValid() {
		return s, "not an IP address"
	}
	addr = addr.Unmap().WithZone("")
	if net && addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String(), ""
		}
	}
	return addr.String(), ""
}

// imeiForm is the 15 digits of an IMEI, the last of which is its Luhn digit.
func imeiForm(s string) (key, odd string) {
	digits := without(s, " -/.")
	if len(digits) != 15 || !onlyDigits(digits) {
		return s, "not an IMEI: want 15 digits"
	}
	if !luhn(digits) {
		return s, "an IMEI whose check digit is wrong"
	}
	return digits, ""
}

// ibanForm is an IBAN in upper case without spaces, its check digits checked.
func ibanForm(s string) (key, odd string) {
	key = strings.ToUpper(without(s, " -"))
	if len(key) < 15 || len(key) > 34 || !onlyDigits(key[2:4]) || strings.Trim(key[:2], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return s, "not an IBAN"
	}
	if !mod97(key) {
		return s, "an IBAN whose check digits are wrong"
	}
	return key, ""
}

// deviceForm is an identifier of a device: advertising IDs, other identifiers in
// hexadecimal and MAC addresses in lower case, an IMEI as its digits. Others
// may tell upper from lower case, and stay.
func deviceForm(s string) string {
	switch {
	case len(s) == 17 && hexadecimal(without(s, ":-"), 12):
		return strings.ToLower(strings.ReplaceAll(s, "-", ":"))
	case len(s) == 36 && strings.Count(s, "-") == 4 && hexadecimal(without(s, "-"), 32),
		hexadecimal(s, 16), hexadecimal(s, 32), hexadecimal(s, 40):
		return strings.ToLower(s)
	}
	if len(s) >= 15 && len(s) <= 20 {
		if imei, odd := imeiForm(s); odd == "" {
			return imei
		}
	}
	return s
}

// cardForm is the digits of a card number; what is masked or hashed stays.
func cardForm(s string) string {
	digits := without(s, " -")
	if len(digits) < 12 || len(digits) > 19 || !onlyDigits(digits) || !luhn(digits) {
		return s
	}
	return digits
}

// without is s without the bytes of set.
func without(s, set string) string {
	if !strings.ContainsAny(s, set) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(set, r) {
			return -1
		}
		return r
	}, s)
}

// hexadecimal reports whether s is so many hexadecimal digits.
func hexadecimal(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
