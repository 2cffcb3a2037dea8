package loaders

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/unicode/norm"
)

//go:embed words.yaml
var wordFile embed.FS

// phrase is some words of one language that say what a column holds.
type phrase struct {
	text, role, language string
}

// vocabulary is the words of file words.yaml, the longest phrases first.
type vocabulary []phrase

func readVocabulary() (vocabulary, error) {
	data, err := wordFile.ReadFile("words.yaml")
	if err != nil {
		return nil, err
	}
	var roles map[string]map[string][]string
	if err := yaml.Unmarshal(data, &roles); err != nil {
		return nil, fmt.Errorf("words of headers: %w", err)
	}
	var v vocabulary
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		for _, language := range slices.Sorted(maps.Keys(roles[role])) {
			for _, text := range roles[role][language] {
				v = append(v, phrase{text, role, language})
			}
		}
	}
	slices.SortStableFunc(v, func(a, b phrase) int { return len(b.text) - len(a.text) })
	return v, nil
}

// find is what a header says: the phrase that it is, else the longest one that
// it holds as whole words, or, for writing without spaces, at all. Words of one
// or two letters must be the whole header, or its last word.
func (v vocabulary) find(header string) (found phrase, exact, ok bool) {
	words := plainWords(header)
	for _, p := range v {
		if p.text == words && !strings.HasPrefix(p.role, "=") {
			return p, true, true
		}
	}
	for _, p := range v {
		switch {
		case strings.HasPrefix(p.role, "="):
		case p.language == "zh" && strings.Contains(words, p.text):
			return p, false, true
		case len(p.text) <= 2 && strings.HasSuffix(words, " "+p.text):
			return p, false, true
		case len(p.text) > 2 && strings.Contains(" "+words+" ", " "+p.text+" "):
			return p, false, true
		}
	}
	return phrase{}, false, false
}

// is finds the meaning of a whole text among the roles that begin with "=".
func (v vocabulary) is(text string) (string, bool) {
	words := plainWords(text)
	for _, p := range v {
		if role, ok := strings.CutPrefix(p.role, "="); ok && p.text == words {
			return role, true
		}
	}
	return "", false
}

// plainWords is a header in lower case, without accents, its words parted by
// single spaces: "deviceID", "Device-Id" and "DEVICE_ID" are "device id".
func plainWords(s string) string {
	var b strings.Builder
	gap, last := false, rune(0)
	runes := []rune(norm.NFKD.String(s))
	for i, r := range runes {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'ß':
			b.WriteString("ss")
			last = 's'
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = true
			continue
		}
		hump := unicode.IsUpper(r) && (unicode.IsLower(last) || unicode.IsUpper(last) && i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if (gap || hump) && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		gap, last = false, r
	}
	return b.String()
}
