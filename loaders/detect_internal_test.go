package loaders

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzDecode: decoding ends, gives the same text in any pieces, and leaves
// UTF-8 as it is.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "abc", "\xff\xfea\x00b\x00", "\xfe\xff\x00a", "na\xefve caf\xe9", "\xef\xbb\xbfx", "中文", "\xd6\xd0\xce\xc4\xb1\xed", "a\x00b\x00c\x00d\x00", "\xc3"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(r io.Reader) []byte {
			d, err := decodeText(r, "")
			require.NoError(t, err)
			out, err := io.ReadAll(d)
			require.NoError(t, err)
			return out
		}
		whole := read(bytes.NewReader(data))
		require.Equal(t, whole, read(iotest.HalfReader(bytes.NewReader(data))))
		if guessEncoding(data) == nil && bytes.IndexByte(data, 0) < 0 && !bytes.HasPrefix(data, []byte{0xff, 0xfe}) && !bytes.HasPrefix(data, []byte{0xfe, 0xff}) && len(data) < decodeWindow {
			require.Equal(t, string(data), string(whole))
		}
	})
}

// FuzzDelimiter: a delimiter is always found, and one that parts every line
// alike is found whatever the text.
func FuzzDelimiter(f *testing.F) {
	f.Add("a;b\n1,5;2\n")
	f.Add("\"a;b\",c\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		d := guessDelimiter([]byte(text))
		require.Contains(t, string(delimiters), string(d))
		for _, other := range delimiters {
			if w := constantWidth([]byte(text), other); w > 1 {
				require.GreaterOrEqual(t, constantWidth([]byte(text), d), w)
			}
		}
	})
}

// FuzzParquet: damaged files are errors, never panics or endless reading.
func FuzzParquet(f *testing.F) {
	f.Add([]byte("PAR1"))
	f.Add([]byte("PAR1\x15\x00\x15\x00PAR1"))
	f.Add(append([]byte("PAR1"), append(bytes.Repeat([]byte{0x15, 2, 0x19}, 20), "\x20\x00\x00\x00PAR1"...)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := openParquet(bytes.NewReader(data))
		if err != nil {
			return
		}
		var line row
		for range 10_000 {
			err := r.next(&line)
			var p *problem
			if err != nil && !errors.As(err, &p) {
				return
			}
		}
	})
}

// FuzzDecimal: what is rewritten is a plain decimal with the digits of the
// original; anything else comes back as it was.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"1.234,56 €", "-12,5", "(7)", "12-", "1'000.5", "x", "1,,2", "--1"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, comma bool) {
		mark := "."
		if comma {
			mark = ","
		}
		out := plainDecimal(s, mark)
		if out == s {
			return
		}
		require.Regexp(t, `^-?[0-9]*\.?[0-9]*$`, out)
		digits := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, s)
		}
		require.Equal(t, digits(s), digits(out))
	})
}

// FuzzTimes: a format that is found reads nearly all of the values that it was
// found by.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{"09.10.2018 18:14", "10/9/18", "2018年10月9日", "9 Oct 2018", "20181009", "1539108840", "Oct 9, 2018 6:14 PM", "2018-10-09T18:14:00+08:00"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		p := profile{samples: []string{a, b}}
		g, ok := p.times(true)
		if !ok {
			return
		}
		format, err := newTimeFormat(Column{Format: g.format}, time.UTC)
		require.NoError(t, err)
		require.Equal(t, 2, p.reads(format), g.format)
	})
}

func TestTimeFormats(t *testing.T) {
	for want, values := range map[string][]string{
		"":                   {"2018-10-09", "2018-10-09 18:14", "2018-10-09T18:14:00Z"},
		"D.M.YYYY HH:mm":     {"09.10.2018 18:14", "31.1.2019 8:05"},
		"D/M/YYYY":           {"13/02/2020", "1/2/2020"},
		"M/D/YYYY h:mm PM":   {"2/13/2020 6:05 PM", "2/3/2020 11:05 AM"},
		"D-M-YYYY HH:mm:ss":  {"13-02-2020 18:14:59"},
		"YYYY年M月D日 HH:mm:ss": {"2018年10月9日 18:14:59"},
		"YYYY/M/D HH:mm":     {"2022/09/01 00:20"},
		"D MMM YYYY":         {"9 Oct 2018", "13 Feb 2019"},
		"YYYYMMDD":           {"20181009", "20190230", "20190228", "20190101", "20190102", "20190103", "20190104", "20190105", "20190106", "20190107", "20190108", "20190109", "20190110", "20190111", "20190112", "20190113", "20190114", "20190115", "20190116", "20190117", "20190118"},
		"D/M/YYYY, HH:mm":    {"13/02/2020, 18:14"},
	} {
		p := profile{samples: values}
		got, ok := p.times(true)
		require.True(t, ok, want)
		require.Equal(t, want, got.format)
		require.False(t, got.doubt)
	}
	none := profile{samples: []string{"abc-def-12", "x"}}
	_, ok := none.times(true)
	require.False(t, ok)
	ambiguous := profile{samples: []string{"03/04/2019"}}
	got, ok := ambiguous.times(false)
	require.True(t, ok && got.doubt)
	require.Equal(t, "M/D/YYYY", got.format)
}

func TestShapes(t *testing.T) {
	for v, want := range map[string]shape{
		"a.b@example.org": shapeEmail, "192.0.2.1": shapeIP, "2001:db8::1": shapeIP, "DE89 3704 0044 0532 0130 00": shapeIBAN,
		"DE89370400440532013001": shapeWord, "4111 1111 1111 1111": shapeCard, "490154203237518": shapeIMEI, "490154203237519": shapeInteger,
		"+49 151 23456789": shapePhone, "123e4567-e89b-12d3-a456-426614174000": shapeUUID, "1.234,56 €": shapeComma, "12.50": shapeDot,
		"$1,234.00": shapeDot, "1,234": shapeComma, "42": shapeInteger, "dev-9": shapeWord, "a b": shapeText, "000000000000000": shapeInteger,
	} {
		require.Equal(t, want, shapeOf(v), v)
	}
}

func TestHeaders(t *testing.T) {
	words, err := readVocabulary()
	require.NoError(t, err)
	for header, want := range map[string]string{
		"deviceID": "device", "IP-Adresse": "ip", "Kunden-Nr.": "customer", "Händler": "merchant", "Montant TTC": "amount",
		"Compte bénéficiaire": "to", "número de teléfono": "phone", "付款账号": "from", "登录IP": "ip",
		"handset_type": "type", "user_agent": "account",
	} {
		found, _, ok := words.find(header)
		require.True(t, ok, header)
		require.Equal(t, want, found.role, header)
	}
	_, _, ok := words.find("xyz")
	require.False(t, ok)
	require.True(t, qualified("user_agent", "user"), "an agent is no user")
	role, known := words.is("REMBOURSÉE")
	require.True(t, known)
	require.Equal(t, "refunded", role)
}
