package resolve

import (
	"slices"
	"strings"
)

// Similarities of names that count, as Winkler's comparator measures them. They
// are those that the literature uses for names.
const (
	alike   = .92
	similar = .85
)

func nameComparison() comparison {
	return comparison{
		name: "name",
		levels: []level{
			{"same first name and surname", .55, .0001, 1 + whole},
			{"first name and surname swapped", .01, .00001, 0},
			{"first name and surname nearly the same", .12, .0001, 0},
			{"first name and surname similar", .05, .0005, 0},
			{"same surname, first name fits", .06, .001, 1 + first},
			{"same surname", .06, .003, 1 + first},
			{"same first name, surname in the other's full name", .05, .0001, 1 + second},
			{"similar surname", .03, .005, 0},
			{"surname in the other's full name", .03, .005, 0},
			{"same first name", .02, .02, 1 + second},
			{"different", .02, .965, 0},
		},
		read: readName, level: nameLevel,
	}
}

// readName takes first name and surname as stated, else the first and the last
// word of the full name; a name of one word is a surname.
func readName(r raw) (value, bool) {
	given, sur, full := fold(r[FirstName]), fold(r[Surname]), fold(r[FullName])
	words := strings.Fields(full)
	if given == "" && sur == "" && len(words) > 0 {
		sur = words[len(words)-1]
		if len(words) > 1 {
			given = words[0]
		}
	}
	if given == "" && sur == "" {
		return value{}, false
	}
	words = append(words, strings.Fields(given)...)
	words = append(words, strings.Fields(sur)...)
	slices.Sort(words)
	v := value{key: given + "|" + sur, parts: [2]string{sur, given}, words: slices.Compact(words)}
	v.sides = [2][]rune{[]rune(sur), []rune(given)}
	return v, true
}

func nameLevel(a, b *value) int {
	const (
		swapped = iota + 1
		nearly
		alikeBoth
		fits
		sameSurname
		hidden
		likeSurname
		word
		sameFirst
		different
	)
	asur, bsur, agiven, bgiven := a.sides[0], b.sides[0], a.sides[1], b.sides[1]
	oneGiven := len(agiven) == 0 || len(bgiven) == 0
	oneSur := len(asur) == 0 || len(bsur) == 0
	if !oneGiven && !oneSur && a.parts[0] == b.parts[1] && a.parts[1] == b.parts[0] {
		return swapped
	}
	given, sur := 0.0, 0.0
	if !oneGiven {
		given = jaroWinkler(agiven, bgiven)
	}
	if !oneSur {
		sur = jaroWinkler(asur, bsur)
	}
	switch {
	case given >= alike && sur >= alike:
		return nearly
	case given >= similar && sur >= similar:
		return alikeBoth
	case sur == 1 && !oneGiven && agiven[0] == bgiven[0]:
		return fits
	case sur == 1:
		return sameSurname
	case given == 1 && (contains(b.words, a.parts[0]) || contains(a.words, b.parts[0])):
		return hidden
	case sur >= alike:
		return likeSurname
	case contains(b.words, a.parts[0]) || contains(a.words, b.parts[0]):
		return word
	case given == 1:
		return sameFirst
	}
	return different
}

// contains looks a word up in an ascending list.
func contains(words []string, w string) bool {
	_, ok := slices.BinarySearch(words, w)
	return ok && w != ""
}
