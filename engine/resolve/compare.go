package resolve

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// comparison is how one field of two records is compared: the levels of
// agreement, best first, of which exactly one holds where both have a value.
type comparison struct {
	name    string
	follows []string // comparisons that this one follows from in part; the first that the data has counts
	levels  []level
	read    func(raw) (value, bool)
	level   func(a, b *value) int // of values that are not equal
}

// level is one degree of agreement.
type level struct {
	text  string  // "same", for people
	m     float64 // share of pairs of one person at this level: where learning starts
	u     float64 // share of other pairs
	exact int     // 1 + the part that is equal here and whose rarity counts; 0: none
}

// comparisons are all that may be compared, in a fixed order. The starting
// values are what the learning begins with and what little data falls back on;
// they are guesses that hold for no data set in particular.
func comparisons() []comparison {
	return []comparison{
		nameComparison(), dateComparison(), postcodeComparison(), addressComparison(), phoneComparison(),
		emailComparison(), idComparison(),
		wordComparison("birth_place", BirthPlace, "postcode"), wordComparison("occupation", Occupation),
		genderComparison(), distanceComparison(),
	}
}

func dateComparison() comparison {
	return comparison{
		name: "birth_date",
		levels: []level{
			{"same", .80, .0001, 1 + whole},
			{"day and month swapped", .02, .00005, 0},
			{"one digit differs", .08, .0005, 0},
			{"same year", .05, .012, 1 + first},
			{"same day and month", .01, .003, 0},
			{"different", .04, .98435, 0},
		},
		read: func(r raw) (value, bool) {
			d, ok := parseDate(r[BirthDate])
			t := d.text()
			return value{key: string(t), runes: t, date: d, parts: [2]string{strconv.Itoa(d.year)}}, ok
		},
		level: func(a, b *value) int {
			x, y := a.date, b.date
			both := x.whole() && y.whole()
			switch {
			case both && x.year == y.year && x.month == y.day && x.day == y.month:
				return 1
			case both && oneEdit(a.runes, b.runes):
				return 2
			case x.year == y.year:
				return 3
			case both && x.month == y.month && x.day == y.day:
				return 4
			}
			return 5
		},
	}
}

func postcodeComparison() comparison {
	return comparison{
		name:    "postcode",
		follows: []string{"name"}, // families
		levels: []level{
			{"same", .65, .0005, 1 + whole},
			{"one character differs", .06, .001, 0},
			{"same but for the last two characters", .05, .001, 0},
			{"same but for the last three characters", .04, .003, 0},
			{"same first two characters", .05, .02, 0},
			{"different", .15, .9745, 0},
		},
		read: func(r raw) (value, bool) {
			key := strings.ReplaceAll(fold(r[Postcode]), " ", "")
			return value{key: key, runes: []rune(key)}, key != ""
		},
		level: func(a, b *value) int {
			n, p := max(len(a.runes), len(b.runes)), 0
			for p < min(len(a.runes), len(b.runes)) && a.runes[p] == b.runes[p] {
				p++
			}
			switch {
			case oneEdit(a.runes, b.runes):
				return 1
			case p >= max(n-2, 2):
				return 2
			case p >= max(n-3, 2):
				return 3
			case p >= 2:
				return 4
			}
			return 5
		},
	}
}

func addressComparison() comparison {
	return comparison{
		name:    "address",
		follows: []string{"postcode", "name"},
		levels: []level{
			{"same", .60, .0003, 1 + whole},
			{"four of five words in common", .12, .0003, 0},
			{"half of the words in common", .08, .005, 0},
			{"different", .20, .9944, 0},
		},
		read: func(r raw) (value, bool) {
			key := fold(r[Address])
			words := strings.Fields(key)
			slices.Sort(words)
			return value{key: key, words: slices.Compact(words)}, key != ""
		},
		level: func(a, b *value) int {
			common := 0
			for _, w := range a.words {
				if contains(b.words, w) {
					common++
				}
			}
			switch most := max(len(a.words), len(b.words)); {
			case common*5 >= most*4:
				return 1
			case common*2 >= most:
				return 2
			}
			return 3
		},
	}
}

func phoneComparison() comparison {
	return comparison{
		name:    "phone",
		follows: []string{"name"},
		levels: []level{
			{"same", .60, .0001, 1 + whole},
			{"same last seven digits", .05, .00005, 0},
			{"one digit differs", .05, .00005, 0},
			{"different", .30, .9998, 0},
		},
		read: func(r raw) (value, bool) {
			key := digits(r[Phone])
			return value{key: key, runes: []rune(key)}, key != ""
		},
		level: func(a, b *value) int {
			const tail = 7
			x, y := a.runes, b.runes
			switch {
			case len(x) >= tail && len(y) >= tail && slices.Equal(x[len(x)-tail:], y[len(y)-tail:]):
				return 1
			case oneEdit(x, y):
				return 2
			}
			return 3
		},
	}
}

func emailComparison() comparison {
	return comparison{
		name:    "email",
		follows: []string{"name"},
		levels: []level{
			{"same", .60, .0001, 1 + whole},
			{"same name at another domain", .08, .0005, 1 + first},
			{"nearly the same name", .07, .001, 0},
			{"different", .25, .9984, 0},
		},
		read: func(r raw) (value, bool) {
			key := strings.ToLower(strings.TrimSpace(r[Email]))
			local, _, ok := strings.Cut(key, "@")
			return value{key: key, runes: []rune(local), parts: [2]string{local}}, ok && local != ""
		},
		level: func(a, b *value) int {
			switch {
			case a.parts[0] == b.parts[0]:
				return 1
			case jaroWinkler(a.runes, b.runes) >= alike:
				return 2
			}
			return 3
		},
	}
}

func idComparison() comparison {
	return comparison{
		name: "national_id",
		levels: []level{
			{"same", .90, .00001, 1 + whole},
			{"one character differs", .05, .00001, 0},
			{"different", .05, .99998, 0},
		},
		read: func(r raw) (value, bool) {
			key := strings.ReplaceAll(fold(r[NationalID]), " ", "")
			return value{key: key, runes: []rune(key)}, key != ""
		},
		level: func(a, b *value) int {
			if oneEdit(a.runes, b.runes) {
				return 1
			}
			return 2
		},
	}
}

// wordComparison is of a field of few distinct values: a town, an occupation.
func wordComparison(name string, role Role, follows ...string) comparison {
	return comparison{
		name:    name,
		follows: follows,
		levels: []level{
			{"same", .70, .02, 1 + whole},
			{"similar", .05, .005, 0},
			{"different", .25, .975, 0},
		},
		read: func(r raw) (value, bool) {
			key := fold(r[role])
			return value{key: key, runes: []rune(key)}, key != ""
		},
		level: func(a, b *value) int {
			if jaroWinkler(a.runes, b.runes) >= alike {
				return 1
			}
			return 2
		},
	}
}

func genderComparison() comparison {
	return comparison{
		name:    "gender",
		follows: []string{"name"},
		levels:  []level{{"same", .97, .5, 1 + whole}, {"different", .03, .5, 0}},
		read: func(r raw) (value, bool) {
			key := fold(r[Gender])
			return value{key: key}, key != ""
		},
		level: func(a, b *value) int { return 1 },
	}
}

func distanceComparison() comparison {
	return comparison{
		name:    "distance",
		follows: []string{"postcode"},
		levels: []level{
			{"same place", .50, .0005, 1 + whole},
			{"within a kilometre", .20, .002, 0},
			{"within ten kilometres", .10, .02, 0},
			{"within a hundred kilometres", .10, .1, 0},
			{"further", .10, .8775, 0},
		},
		read: func(r raw) (value, bool) {
			lat, err := strconv.ParseFloat(strings.TrimSpace(r[Latitude]), 64)
			lon, err2 := strconv.ParseFloat(strings.TrimSpace(r[Longitude]), 64)
			ok := err == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(lon) <= 180
			key := strconv.FormatFloat(lat, 'f', -1, 64) + "," + strconv.FormatFloat(lon, 'f', -1, 64)
			return value{key: key, lat: lat, lon: lon}, ok
		},
		level: func(a, b *value) int {
			km := kilometres(a.lat, a.lon, b.lat, b.lon)
			for i, reach := range []float64{1, 10, 100} {
				if km <= reach {
					return i + 1
				}
			}
			return 4
		},
	}
}

// kilometres is the distance of two places on a sphere of the earth's mean
// radius, by the haversine formula.
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, degree = 6371.0088, math.Pi / 180
	sin := func(degrees float64) float64 { s := math.Sin(degrees * degree / 2); return s * s }
	h := sin(lat2-lat1) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*sin(lon2-lon1)
	return 2 * radius * math.Asin(math.Sqrt(min(h, 1)))
}
