package resolve

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The values are those of Winkler 1994, "Advanced methods for record linkage",
// table 2, to three places; DIXON and DICKSONX as in the examples of his comparator.
func TestJaroWinklerPublishedValues(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{
		{"SHACKLEFORD", "SHACKELFORD", .982}, {"DUNNINGHAM", "CUNNIGHAM", .896}, {"NICHLESON", "NICHULSON", .956},
		{"JONES", "JOHNSON", .832}, {"MASSEY", "MASSIE", .933}, {"ABROMS", "ABRAMS", .922}, {"HARDIN", "MARTINEZ", .722},
		{"ITMAN", "SMITH", .467}, {"JERALDINE", "GERALDINE", .926}, {"MARTHA", "MARHTA", .961},
		{"MICHELLE", "MICHAEL", .921}, {"JULIES", "JULIUS", .933}, {"TANYA", "TONYA", .880}, {"DWAYNE", "DUANE", .840},
		{"SEAN", "SUSAN", .805}, {"JON", "JOHN", .933}, {"JON", "JAN", .800}, {"DIXON", "DICKSONX", .813},
	} {
		require.InDelta(t, tt.want, JaroWinkler(tt.a, tt.b), .0006, "%s %s", tt.a, tt.b)
	}
	require.Equal(t, 1.0, JaroWinkler("", ""))
	require.Zero(t, JaroWinkler("a", ""))
	require.InDelta(t, JaroWinkler("muller", "mueler"), JaroWinkler("мuller", "мueler"), 0, "characters count, not bytes")
}

func TestDamerauLevenshteinPublishedValues(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"kitten", "sitting", 3},  // Levenshtein's usual example
		{"saturday", "sunday", 3}, // likewise
		{"ca", "abc", 2},          // 3 where swapped characters may not be edited again (Boytsov 2011, §2.2)
		{"anan", "anna", 1},       // one swap
		{"", "abc", 3},            // insertions
		{"żółw", "zółw", 1},       // one character of two bytes
		{"1980-03-04", "1980-04-03", 2},
	} {
		require.Equal(t, tt.want, DamerauLevenshtein(tt.a, tt.b), "%s %s", tt.a, tt.b)
	}
}

func FuzzJaroWinkler(f *testing.F) {
	f.Add("MARTHA", "MARHTA")
	f.Add("", "x")
	f.Add("\xff", "é")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := JaroWinkler(a, b)
		require.False(t, math.IsNaN(s))
		require.GreaterOrEqual(t, s, 0.0)
		require.LessOrEqual(t, s, 1.0)
		require.InDelta(t, 1, JaroWinkler(a, a), 1e-12)
		if s == 1 && utf8.RuneCountInString(a) < maxRunes && utf8.RuneCountInString(b) < maxRunes {
			require.Equal(t, []rune(a), []rune(b), "only equal texts are wholly alike")
		}
	})
}

func FuzzDamerauLevenshtein(f *testing.F) {
	f.Add("ca", "abc", "ac")
	f.Add("", "a", "é")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if len(a)+len(b)+len(c) > 300 {
			return
		}
		ab := DamerauLevenshtein(a, b)
		ra, rb := []rune(a), []rune(b)
		require.Equal(t, ab, DamerauLevenshtein(b, a), "symmetric")
		require.Equal(t, ab == 0, string(ra) == string(rb))
		require.LessOrEqual(t, ab, max(len(ra), len(rb)))
		require.GreaterOrEqual(t, ab, max(len(ra), len(rb))-min(len(ra), len(rb)))
		require.LessOrEqual(t, ab, DamerauLevenshtein(a, c)+DamerauLevenshtein(c, b), "triangle")
		require.Equal(t, ab <= 1, oneEdit(ra, rb), "the short way says the same")
	})
}

func TestFold(t *testing.T) {
	require.Equal(t, "oneill muller strasse 12", fold("  O'Neill-MÜLLER, Straße 12 "))
	require.Equal(t, "jose", fold("Jose\u0301"), "a combining accent")
	require.Equal(t, "李 明", fold("李 明"))
	require.Empty(t, fold(" -- "))
}

func FuzzFold(f *testing.F) {
	f.Add("O'Neill")
	f.Add("\xff\u0301İ")
	f.Fuzz(func(t *testing.T, s string) {
		once := fold(s)
		require.True(t, utf8.ValidString(once))
		require.Equal(t, once, strings.TrimSpace(once))
		require.NotContains(t, once, "  ")
	})
}

func TestDates(t *testing.T) {
	for s, want := range map[string]date{
		"1961-08-30": {1961, 8, 30}, "19610830": {1961, 8, 30}, "30.08.1961": {1961, 8, 30}, "30/08/1961": {1961, 8, 30},
		"1961-08-30T00:00:00Z": {1961, 8, 30}, "1961-08-30 00:00": {1961, 8, 30}, "1638-22-02": {1638, 22, 2},
		"1961": {1961, 0, 0}, "1961-08": {1961, 8, 0},
	} {
		got, ok := parseDate(s)
		require.True(t, ok, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "unknown", "61-8-30", "1961-123-01", "12345678901"} {
		_, ok := parseDate(s)
		require.False(t, ok, s)
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("1961-08-30")
	f.Add("30.8.1961")
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := parseDate(s); ok {
			require.Len(t, d.text(), 8)
			again, ok := parseDate(string(d.text()))
			require.True(t, ok || d.year > 9999)
			if d.year <= 9999 {
				require.Equal(t, d, again)
			}
		}
	})
}

// level compares two texts by one comparison and says at which level they are.
func levelOf(t *testing.T, name string, a, b raw) string {
	t.Helper()
	for _, c := range comparisons() {
		if c.name != name {
			continue
		}
		x, ok := c.read(a)
		require.True(t, ok)
		y, ok := c.read(b)
		require.True(t, ok)
		if x.key == y.key {
			return c.levels[0].text
		}
		back := c.level(&y, &x)
		require.Equal(t, c.level(&x, &y), back, "whichever comes first")
		return c.levels[back].text
	}
	t.Fatalf("no comparison %s", name)
	return ""
}

func TestLevels(t *testing.T) {
	name := func(given, sur string) raw { return raw{FirstName: given, Surname: sur} }
	at := func(lat, lon string) raw { return raw{Latitude: lat, Longitude: lon} }
	for _, tt := range []struct {
		field string
		a, b  raw
		want  string
	}{
		{"name", name("Anna", "Maier"), name("ANNA", "maier"), "same first name and surname"},
		{"name", name("Anna", "Maier"), raw{FullName: "Anna Maria Maier"}, "same first name and surname"},
		{"name", name("Anna", "Maier"), name("Maier", "Anna"), "first name and surname swapped"},
		{"name", name("Martha", "Jones"), name("Marhta", "Jones"), "first name and surname nearly the same"},
		{"name", name("A", "Maier"), name("Anna", "Maier"), "same surname, first name fits"},
		{"name", name("Eva", "Maier"), name("Anna", "Maier"), "same surname"},
		{"name", name("", "Maier"), name("Anna", "Maier"), "same surname"},
		{"name", name("Anna", "Maier"), raw{FullName: "Anna Maier Huber"}, "same first name, surname in the other's full name"},
		{"name", name("Anna", "Maier"), name("Anna", "Zorn"), "same first name"},
		{"name", name("Anna", "Maier"), name("Bert", "Zorn"), "different"},
		{"birth_date", raw{BirthDate: "1980-03-04"}, raw{BirthDate: "04.03.1980"}, "same"},
		{"birth_date", raw{BirthDate: "1980-03-04"}, raw{BirthDate: "1980-04-03"}, "day and month swapped"},
		{"birth_date", raw{BirthDate: "1980-03-04"}, raw{BirthDate: "1986-03-04"}, "one digit differs"},
		{"birth_date", raw{BirthDate: "1980-03-04"}, raw{BirthDate: "1908-03-04"}, "one digit differs"}, // two neighbours swapped
		{"birth_date", raw{BirthDate: "1980-03-04"}, raw{BirthDate: "1980"}, "same year"},
		{"birth_date", raw{BirthDate: "1980-03-04"}, raw{BirthDate: "1971-03-04"}, "same day and month"},
		{"birth_date", raw{BirthDate: "1980"}, raw{BirthDate: "1981"}, "different"},
		{"postcode", raw{Postcode: "TQ13 8DF"}, raw{Postcode: "tq138df"}, "same"},
		{"postcode", raw{Postcode: "tq13 8df"}, raw{Postcode: "tq13 8hu"}, "same but for the last two characters"},
		{"postcode", raw{Postcode: "tq13 8df"}, raw{Postcode: "tq13 9hu"}, "same but for the last three characters"},
		{"postcode", raw{Postcode: "94107"}, raw{Postcode: "94105"}, "one character differs"},
		{"postcode", raw{Postcode: "94107"}, raw{Postcode: "94132"}, "same but for the last two characters"},
		{"postcode", raw{Postcode: "94107"}, raw{Postcode: "10115"}, "different"},
		{"address", raw{Address: "12 High St., Ely"}, raw{Address: "High St 12 Ely"}, "four of five words in common"},
		{"phone", raw{Phone: "+49 30 1234567"}, raw{Phone: "030/1234567"}, "same last seven digits"},
		{"phone", raw{Phone: "030 1234567"}, raw{Phone: "030 1234568"}, "one digit differs"},
		{"email", raw{Email: "a.maier@x.org"}, raw{Email: "A.Maier@y.org"}, "same name at another domain"},
		{"national_id", raw{NationalID: "AB 12-3"}, raw{NationalID: "AB124"}, "one character differs"},
		{"birth_place", raw{BirthPlace: "la rochelle"}, raw{BirthPlace: "la rochele"}, "similar"},
		{"gender", raw{Gender: "male"}, raw{Gender: "female"}, "different"},
		{"distance", at("52.52", "13.40"), at("52.521", "13.401"), "within a kilometre"},
		{"distance", at("52.52", "13.40"), at("48.14", "11.58"), "further"}, // Berlin, Munich: 504 km
	} {
		require.Equal(t, tt.want, levelOf(t, tt.field, tt.a, tt.b), "%s %v %v", tt.field, tt.a, tt.b)
	}
}
