package loaders

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestKeysInOneForm(t *testing.T) {
	tests := []struct {
		kind            graph.Kind
		in, region, out string
		odd             string // a part of the reason
	}{
		{"phone", "+49 (0)30 123456", "", "+4930123456", ""},
		{"phone", "030/123456", "DE", "+4930123456", ""},
		{"phone", "0049 30 123456", "de", "+4930123456", ""},
		{"phone", "138 0000 0001", "CN", "+8613800000001", ""},
		{"phone", "+8613800000001", "US", "+8613800000001", ""},
		{"phone", "(650) 253-0000 ext. 12", "US", "+16502530000;ext=12", ""},
		{"phone", "+39 06 698 12345", "", "+390669812345", ""},
		{"phone", "030/123456", "", "030/123456", "without a country code"},
		{"phone", "ph-7", "DE", "ph-7", "not a phone number"},
		{"phone", "+999 123456", "", "+999 123456", "not a phone number"},
		{"phone", "253-0000", "US", "253-0000", "not a phone number"},
		{"email", "Ann.Lee+shop@GoogleMail.com", "", "annlee@gmail.com", ""},
		{"email", "Ann.Lee+shop@Outlook.com", "", "ann.lee@outlook.com", ""},
		{"email", "ann+shop@example.org", "", "ann+shop@example.org", ""},
		{"email", "Jörg@Bücher.example.", "", "jörg@xn--bcher-kva.example", ""},
		{"email", "+x@gmail.com", "", "+x@gmail.com", ""},
		{"email", "ann at home", "", "ann at home", "not an e-mail address"},
		{"email", "ann@home", "", "ann@home", "not an e-mail address"},
		{"email", "a@b@c.de", "", "a@b@c.de", "not an e-mail address"},
		{"ip", "2001:0DB8:0:0:0:0:0:1", "", "2001:db8::1", ""},
		{"ip", "::ffff:192.0.2.1", "", "192.0.2.1", ""},
		{"ip", "192.0.2.1:443", "", "192.0.2.1", ""},
		{"ip", "[fe80::1%eth0]", "", "fe80::1", ""},
		{"ip", "192.0.2.77/24", "", "192.0.2.0/24", ""},
		{"ip", "192.0.2.77/32", "", "192.0.2.77", ""},
		{"ip", "192.0.2.300", "", "192.0.2.300", "not an IP address"},
		{"imei", "49-015420-323751-8", "", "490154203237518", ""},
		{"imei", "490154203237519", "", "490154203237519", "check digit is wrong"},
		{"imei", "4901542", "", "4901542", "want 15 digits"},
		{"iban", "gb82 west 1234 5698 7654 32", "", "GB82WEST12345698765432", ""},
		{"iban", "GB82 WEST 1234 5698 7654 33", "", "GB82 WEST 1234 5698 7654 33", "check digits are wrong"},
		{"iban", "shop", "", "shop", "not an IBAN"},
		{"beneficiary", "GB82 WEST 1234 5698 7654 32", "", "GB82WEST12345698765432", ""},
		{"beneficiary", "game-77", "", "game-77", ""},
		{"device", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "", "6d92078a-8246-4ba4-ae5b-76104861e7dc", ""},
		{"device", "00-1A-2B-3C-4D-5E", "", "00:1a:2b:3c:4d:5e", ""},
		{"device", "49 015420 323751 8", "", "490154203237518", ""},
		{"device", "Dev-9F", "", "Dev-9F", ""},
		{"card", "4111 1111-1111 1111", "", "4111111111111111", ""},
		{"card", "4111 **** 1111", "", "4111 **** 1111", ""},
		{"cookie", " X ", "", " X ", ""},
	}
	for _, tt := range tests {
		n := Normalising{Region: tt.region}
		require.NoError(t, n.Validate())
		key, odd := n.keyOf(graph.Ref{Kind: tt.kind, Key: tt.in})
		require.Equal(t, tt.out, key, "%s %s", tt.kind, tt.in)
		if tt.odd == "" {
			require.Empty(t, odd, "%s %s", tt.kind, tt.in)
			again, _ := n.keyOf(graph.Ref{Kind: tt.kind, Key: key})
			require.Equal(t, key, again, "%s %s twice", tt.kind, tt.in)
		} else {
			require.Contains(t, odd, tt.odd, "%s %s", tt.kind, tt.in)
		}
	}
	key, _ := Normalising{IPv6Net: true}.keyOf(graph.Ref{Kind: graph.IP, Key: "2001:db8:1:2:3:4:5:6"})
	require.Equal(t, "2001:db8:1:2::/64", key)
	key, _ = Normalising{IPv6Net: true}.keyOf(graph.Ref{Kind: graph.IP, Key: "192.0.2.1"})
	require.Equal(t, "192.0.2.1", key)
	require.ErrorIs(t, Normalising{Region: "Germany"}.Validate(), graph.ErrInvalid)
}

// What has been seen is remembered, and forgotten before it is too much.
func TestNormaliserRemembers(t *testing.T) {
	asked := 0
	n := newNormaliser(&Options{Placeholder: func(graph.Ref) string { asked++; return "" }})
	for range 3 {
		require.Equal(t, normalForm{key: "a@x.example"}, *n.form(graph.Ref{Kind: graph.Email, Key: "A@x.example"}))
	}
	require.Equal(t, 2, asked, "once for each form of the key")
	for i := range maxSeen {
		n.form(graph.Ref{Kind: graph.Cookie, Key: strings.Repeat("c", i%500+1) + string(rune('a'+i%26))})
	}
	require.LessOrEqual(t, len(n.seen), maxSeen)
	require.Equal(t, normalForm{key: "A@x.example"}, *newNormaliser(&Options{Normal: Normalising{Off: true}}).form(graph.Ref{Kind: graph.Email, Key: "A@x.example"}))
}

// FuzzKeyOf brings hostile values into one form: no panic, nothing lost where
// there is no form, and a form is its own form.
func FuzzKeyOf(f *testing.F) {
	kinds := []graph.Kind{"phone", "email", "ip", "imei", "iban", "device", "card", "beneficiary", "bank_account"}
	for i, s := range []string{"+49 (0)30 123456 ext 3", "Jörg.X+y@GMAIL.com", "[::ffff:1.2.3.4%x]:80", "490154203237518",
		"GB82 WEST 1234 5698 7654 32", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "4111-1111-1111-1111", "0049 30 123456"} {
		f.Add(byte(i), s, "DE", false)
	}
	f.Add(byte(1), "0@\xb0.0", "", false) // no UTF-8
	f.Fuzz(func(t *testing.T, kind byte, s, region string, net bool) {
		n := Normalising{Region: region, IPv6Net: net}
		if s == "" || n.Validate() != nil {
			return
		}
		r := graph.Ref{Kind: kinds[int(kind)%len(kinds)], Key: s}
		key, odd := n.keyOf(r)
		if odd != "" {
			require.Equal(t, s, key)
			return
		}
		again, odd := n.keyOf(graph.Ref{Kind: r.Kind, Key: key})
		require.Empty(t, odd)
		require.Equal(t, key, again)
	})
}
