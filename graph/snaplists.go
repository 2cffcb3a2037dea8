package graph

import (
	"fmt"
	"slices"
	"strings"
)

// lists are the short lists of a snapshot as columns.
type lists struct {
	kinds, types, names, currencies texts
	exponents                       []uint8
	conflicts                       texts // events
	conflictTypes                   []uint8
	versions                        []uint32
}

func (s *Snapshot) lists() *lists {
	l := &lists{}
	for _, k := range s.kinds {
		l.kinds.add(string(k))
	}
	for _, t := range s.types {
		l.types.add(string(t))
	}
	for _, name := range s.names {
		l.names.add(name)
	}
	for _, u := range s.units {
		l.currencies.add(u.Currency)
		l.exponents = append(l.exponents, u.Exponent)
	}
	for _, c := range s.Conflicts {
		l.conflicts.add(c.Event)
		at, _ := slices.BinarySearch(s.types, c.Type)
		l.conflictTypes, l.versions = append(l.conflictTypes, uint8(at)), append(l.versions, uint32(c.Versions))
	}
	return l
}

// take makes the lists of a file the snapshot's, as copies. They are checked
// as a whole: they are short.
func (s *Snapshot) take(l *lists) error {
	for _, t := range []*texts{&l.kinds, &l.types, &l.names, &l.currencies, &l.conflicts} {
		if err := t.check(); err != nil {
			return err
		}
	}
	if len(l.exponents) != l.currencies.len() || len(l.conflictTypes) != l.conflicts.len() || len(l.versions) != l.conflicts.len() {
		return fmt.Errorf("lists of unlike length")
	}
	s.kinds, s.types, s.names = clones[Kind](&l.kinds), clones[LinkType](&l.types), clones[string](&l.names)
	if !ascending(s.kinds) || !ascending(s.types) || !ascending(s.names) || len(s.types) > 255 {
		return fmt.Errorf("kinds, types or names are not in order")
	}
	for i, exponent := range l.exponents {
		s.units = append(s.units, unit{exponent, strings.Clone(l.currencies.at(uint32(i)))})
	}
	for i, versions := range l.versions {
		if int(l.conflictTypes[i]) >= len(s.types) {
			return fmt.Errorf("a conflict of no type")
		}
		s.Conflicts = append(s.Conflicts, Conflict{strings.Clone(l.conflicts.at(uint32(i))), s.types[l.conflictTypes[i]], int(versions)})
	}
	if len(s.kindStart) != len(s.kinds)+1 || s.kindStart[0] != 0 || int(s.kindStart[len(s.kinds)]) != s.Len() || !ascending(s.kindStart) {
		return fmt.Errorf("kinds do not cover the vertices")
	}
	return nil
}

func clones[T ~string](t *texts) []T {
	var all []T
	for i := range uint32(t.len()) {
		all = append(all, T(strings.Clone(t.at(i))))
	}
	return all
}

// ascending reports whether each value is above the one before.
func ascending[T ~string | ~uint32](values []T) bool {
	for i := 1; i < len(values); i++ {
		if values[i-1] >= values[i] {
			return false
		}
	}
	return true
}

// check tells whether the rows lie within the bytes.
func (t *texts) check() error {
	last := uint64(0)
	for _, end := range t.ends {
		if end < last {
			return fmt.Errorf("a text ends before it begins")
		}
		last = end
	}
	if last != uint64(len(t.bytes)) {
		return fmt.Errorf("texts of %d bytes in %d", last, len(t.bytes))
	}
	return nil
}
