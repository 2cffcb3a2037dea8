package graph

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// checkSizes compares the lengths of columns with each other, and looks at the
// two ends of those that hold places.
func (s *Snapshot) checkSizes() error {
	n, m, attrs := s.Len(), s.Links(), len(s.attrName)
	sizes := []struct {
		what      string
		have, len int
	}{
		{"from", len(s.from), m}, {"type", len(s.typ), m}, {"in", len(s.in), m}, {"at", len(s.at), m},
		{"out", len(s.outStart), n + 1}, {"in.start", len(s.inStart), n + 1}, {"attrs", len(s.attrStart), n + 1},
		{"attrs.value", len(s.attrValue), attrs}, {"unit", len(s.unit), len(s.minor.values)},
		{"lists.value", len(s.propValue), len(s.propName)}, {"lists", min(len(s.propsStart), 1), 1},
	}
	for _, c := range sizes {
		if c.have != c.len {
			return fmt.Errorf("section %q holds %d values, not %d", c.what, c.have, c.len)
		}
	}
	return errors.Join(
		s.until.checkSize("until", m), s.event.checkSize("event", m), s.minor.checkSize("minor", m),
		s.props.checkSize("props", m), s.weight.checkSize("weight", m), s.attrAt.checkSize("attrs.at", attrs),
		checkEnds("out", s.outStart, m), checkEnds("in.start", s.inStart, m), checkEnds("attrs", s.attrStart, attrs),
		checkEnds("lists", s.propsStart, len(s.propName)))
}

func (o *optional[T]) checkSize(what string, rows int) error {
	if len(o.has) != len(o.before) || len(o.has) != 0 && len(o.has) != (rows+63)/64 || len(o.has) == 0 && len(o.values) > 0 {
		return fmt.Errorf("section %q is of %d words for %d rows", what+".has", len(o.has), rows)
	}
	return nil
}

func checkEnds[T ~uint32](what string, start []T, end int) error {
	if len(start) > 0 && (start[0] != 0 || uint64(start[len(start)-1]) != uint64(end)) {
		return fmt.Errorf("section %q does not end where what it divides does", what)
	}
	return nil
}

// Verify reads all of a snapshot that was opened from a file, compares the
// checksums of its sections and checks that every number points to something.
// It fails with ErrInvalid. A snapshot that was built has nothing to verify.
// Time: O(size of the file), on so many threads, 0 for one per processor.
func (s *Snapshot) Verify(ctx context.Context, threads int) error {
	if s.file == nil {
		return nil
	}
	l := &lists{}
	columns, sums := s.columns(l)[smallColumns:], sumsOf(s.file.data)[smallColumns:]
	checks := s.structure()
	failed := make([]error, len(columns)+len(checks))
	run := func(i int) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case i >= len(columns):
			return checks[i-len(columns)]()
		case crc32.Checksum(columns[i].get(), checksums) != sums[i]:
			return fmt.Errorf("section %q is damaged: its checksum differs", columns[i].name)
		}
		return nil
	}
	// Structure second: of a damaged file it is better to hear of the damage.
	parallel(threads, len(columns), func(i int) { failed[i] = run(i) })
	parallel(threads, len(checks), func(i int) { failed[len(columns)+i] = run(len(columns) + i) })
	for _, err := range failed {
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return ctx.Err()
}

// structure are the checks of what the large columns hold, each independent of
// the others.
func (s *Snapshot) structure() []func() error {
	n, m := uint32(s.Len()), uint32(s.Links())
	return []func() error{
		s.keys.check, s.events.check, s.values.check,
		func() error { return checkStarts("out", s.outStart) },
		func() error { return checkStarts("in.start", s.inStart) },
		func() error { return checkStarts("attrs", s.attrStart) },
		func() error { return checkStarts("lists", s.propsStart) },
		func() error { return checkBelow("from", s.from, n) },
		func() error { return checkBelow("to", s.to, n) },
		func() error { return checkBelow("in", s.in, m) },
		func() error { return checkBelow("type", s.typ, uint32(len(s.types))) },
		func() error { return checkBelow("unit", s.unit, uint32(len(s.units))) },
		func() error { return checkBelow("event", s.event.values, uint32(s.events.len())) },
		func() error { return checkBelow("props", s.props.values, uint32(len(s.propsStart)-1)) },
		func() error { return checkBelow("attrs.name", s.attrName, uint32(len(s.names))) },
		func() error { return checkBelow("attrs.value", s.attrValue, uint32(s.values.len())) },
		func() error { return checkBelow("lists.name", s.propName, uint32(len(s.names))) },
		func() error { return checkBelow("lists.value", s.propValue, uint32(s.values.len())) },
		func() error { return s.until.check("until", s.Links()) },
		func() error { return s.event.check("event", s.Links()) },
		func() error { return s.minor.check("minor", s.Links()) },
		func() error { return s.props.check("props", s.Links()) },
		func() error { return s.weight.check("weight", s.Links()) },
		func() error { return s.attrAt.check("attrs.at", len(s.attrName)) },
		s.checkRows,
	}
}

func checkStarts[T ~uint32](what string, start []T) error {
	for i := 1; i < len(start); i++ {
		if start[i-1] > start[i] {
			return fmt.Errorf("section %q goes backwards at %d", what, i)
		}
	}
	return nil
}

func checkBelow[T ~uint8 | ~uint32](what string, values []T, limit uint32) error {
	for i, v := range values {
		if uint32(v) >= limit {
			return fmt.Errorf("section %q points beyond %d at %d", what, limit, i)
		}
	}
	return nil
}

// check compares the counts of an optional column with its bits.
func (o *optional[T]) check(what string, rows int) error {
	n := 0
	for i, word := range o.has {
		if int(o.before[i]) != n {
			return fmt.Errorf("section %q miscounts at %d", what+".before", i)
		}
		n += bits.OnesCount64(word)
	}
	if n != len(o.values) {
		return fmt.Errorf("section %q holds %d values, not %d", what, len(o.values), n)
	}
	if last := rows & 63; last != 0 && len(o.has) > 0 && o.has[len(o.has)-1]>>last != 0 {
		return fmt.Errorf("section %q has more than %d rows", what+".has", rows)
	}
	return nil
}

// checkRows compares links with the rows that they stand in.
func (s *Snapshot) checkRows() error {
	if err := checkStarts("out", s.outStart); err != nil {
		return err
	}
	for v := range Vertex(s.Len()) {
		for l := s.outStart[v]; l < s.outStart[v+1]; l++ {
			if int(l) >= len(s.from) || s.from[l] != v {
				return fmt.Errorf("link %d does not start in the row that it stands in", l)
			}
		}
	}
	return nil
}
