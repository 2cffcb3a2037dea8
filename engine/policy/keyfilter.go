package policy

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// keyFilter says, in a few steps, which keys a pattern cannot match: those that
// begin with another byte, are too long, or hold a byte that stands nowhere in it.
// Nearly all keys are told so, and running a pattern costs many times as much.
type keyFilter struct {
	open   bool // nothing is known: the pattern need not begin where the key does
	whole  bool // the pattern ends where the key does, so within and most say something
	first  byteSet
	within byteSet
	most   int // bytes of the longest match; unlimited: no limit
}

type byteSet [256]bool

func (s *byteSet) join(o *byteSet) {
	for i, in := range o {
		s[i] = s[i] || in
	}
}

// mayMatch reports whether a pattern must be asked about a key.
func (f *keyFilter) mayMatch(key string) bool {
	if f.open || key == "" {
		return true
	}
	if !f.first[key[0]] || f.whole && len(key) > f.most {
		return false
	}
	for i := 1; f.whole && i < len(key); i++ {
		if !f.within[key[i]] {
			return false
		}
	}
	return true
}

// unlimited is far more than a key has bytes, and may be added up.
const unlimited = 1 << 30

// newKeyFilter reads a pattern that compiles.
func newKeyFilter(pattern string) keyFilter {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return keyFilter{open: true}
	}
	tree = tree.Simplify()
	if tree.Op != syntax.OpConcat || tree.Sub[0].Op != syntax.OpBeginText {
		return keyFilter{open: true}
	}
	r := reachOf(tree)
	return keyFilter{open: r.empty, whole: tree.Sub[len(tree.Sub)-1].Op == syntax.OpEndText,
		first: r.first, within: r.within, most: r.most}
}

// reach is what texts that match a part of a pattern are made of.
type reach struct {
	first, within byteSet
	most          int
	empty         bool // the empty text matches
}

func reachOf(tree *syntax.Regexp) (r reach) {
	switch tree.Op {
	case syntax.OpNoMatch:
	case syntax.OpLiteral:
		r.empty = true
		for _, c := range tree.Rune {
			r.then(reachOfRunes(c, c, tree.Flags&syntax.FoldCase != 0))
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(tree.Rune); i += 2 {
			r.or(reachOfRunes(tree.Rune[i], tree.Rune[i+1], false))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		r = reachOfRunes(0, unicode.MaxRune, false)
	case syntax.OpConcat:
		r.empty = true
		for _, sub := range tree.Sub {
			r.then(reachOf(sub))
		}
	case syntax.OpAlternate:
		for _, sub := range tree.Sub {
			r.or(reachOf(sub))
		}
	case syntax.OpCapture:
		r = reachOf(tree.Sub[0])
	case syntax.OpQuest:
		r = reachOf(tree.Sub[0])
		r.empty = true
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		r = reachOf(tree.Sub[0])
		r.most, r.empty = unlimited, r.empty || tree.Op != syntax.OpPlus
	default: // anchors, which take no text
		r.empty = true
	}
	return r
}

// then is the texts of r, each with one of next behind it.
func (r *reach) then(next reach) {
	if r.empty {
		r.first.join(&next.first)
	}
	r.within.join(&next.within)
	r.most, r.empty = min(unlimited, r.most+next.most), r.empty && next.empty
}

// or is the texts of r and those of other.
func (r *reach) or(other reach) {
	r.first.join(&other.first)
	r.within.join(&other.within)
	r.most, r.empty = max(r.most, other.most), r.empty || other.empty
}

// reachOfRunes is texts of one letter, from lo to hi, and with fold those that
// differ from it in case only. Of letters outside ASCII it knows no more than that.
func reachOfRunes(lo, hi rune, fold bool) (r reach) {
	for c := lo; c <= min(hi, utf8.RuneSelf-1); c++ {
		r.first[c], r.most = true, max(r.most, 1)
	}
	high := hi >= utf8.RuneSelf
	for c := unicode.SimpleFold(lo); fold && c != lo; c = unicode.SimpleFold(c) {
		if c < utf8.RuneSelf {
			r.first[c], r.most = true, max(r.most, 1)
		}
		high = high || c >= utf8.RuneSelf
	}
	if high {
		for b := utf8.RuneSelf; b < 256; b++ {
			r.first[b] = true
		}
		r.most = utf8.UTFMax
	}
	r.within = r.first
	return r
}
