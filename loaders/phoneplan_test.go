package loaders

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
)

// byLibrary is phoneForm without the way round the library.
func byLibrary(s, region string) (string, bool) {
	n, err := phonenumbers.Parse(s, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE || n.GetExtension() != "" {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// TestPlainPhoneIsWhatTheLibrarySays draws numbers of every calling code, and of
// codes that there are not: one that needs no parsing parses to itself.
func TestPlainPhoneIsWhatTheLibrarySays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	known, plain := 0, 0
	for code := range 1000 {
		for length := 3; length <= 18; length++ {
			for range 6 {
				var b strings.Builder
				fmt.Fprintf(&b, "+%d", code)
				for range length {
					if rng.IntN(8) == 0 {
						b.WriteByte(" -"[rng.IntN(2)])
					}
					b.WriteByte(byte('0' + rng.IntN(10)))
				}
				s := b.String()
				region := []string{"ZZ", "DE", "US", "CN"}[rng.IntN(4)]
				form, ok := byLibrary(s, region)
				if ok && form == without(s, " -") {
					known++
				}
				if key, ok := plainPhone(s); ok {
					plain++
					require.Equal(t, form, key, "%s in region %s", s, region)
				}
			}
		}
	}
	require.Greater(t, plain, known/2, "of %d numbers that stay as they are", known)
}

// TestExamplesArePlainPhones takes the library's own examples of every kind of number in
// every country.
func TestExamplesArePlainPhones(t *testing.T) {
	all, plain := 0, 0
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			s := phonenumbers.Format(n, phonenumbers.E164)
			form, _ := byLibrary(s, "ZZ")
			all++
			if key, ok := plainPhone(s); ok {
				plain++
				require.Equal(t, form, key)
			}
		}
	}
	require.Greater(t, plain, 9*all/10, "of %d examples", all)
}

func FuzzPlainPhone(f *testing.F) {
	for _, s := range []string{"+4930123456", "+16502530000", "+8613800000001", "+390669812345", "+80012345678", "+54 9 11", "+541115", "+999123456", "+49-30 12 - 3456", "+1650253000 0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, ok := plainPhone(s)
		if !ok {
			return
		}
		for _, region := range []string{"ZZ", "DE", "US", "AR", "IT"} {
			form, ok := byLibrary(s, region)
			require.True(t, ok, "%q", s)
			require.Equal(t, form, key, "%q", s)
		}
	})
}
