package graph

import "slices"

// Sheet is observed facts on their way from files straight into a [Builder]: a
// Batch without sources and without a dictionary. Its links are small, for most
// say where they start and end, and when; what else there is stands apart.
// Nothing in it is checked anew: whoever fills it keeps the rules of
// [Batch.Validate].
type Sheet struct {
	Attrs   []SheetAttr
	Links   []SheetLink
	Details []LinkDetail
}

// SheetAttr is an [Attr] of a Sheet.
type SheetAttr struct {
	Of          Ref
	Name, Value string
	At          Time
}

// SheetLink is a [Link] of a Sheet.
type SheetLink struct {
	From, To Ref
	Type     LinkType
	At       Time
	Detail   uint32 // index in Details + 1; 0: there is none
}

// LinkDetail is what few links have.
type LinkDetail struct {
	Until  Time
	Event  string
	Weight float64
	Money  Money
	Props  []Prop // ascending by Name
}

// SheetMark is how much a Sheet holds.
type SheetMark struct{ attrs, links, details int }

// Mark notes how much the sheet holds.
func (s *Sheet) Mark() SheetMark { return SheetMark{len(s.Attrs), len(s.Links), len(s.Details)} }

// Cut takes back what was added since a mark.
func (s *Sheet) Cut(m SheetMark) {
	s.Attrs, s.Links, s.Details = s.Attrs[:m.attrs], s.Links[:m.links], s.Details[:m.details]
}

// Since is the facts added since a mark.
func (s *Sheet) Since(m SheetMark) ([]SheetAttr, []SheetLink) {
	return s.Attrs[m.attrs:], s.Links[m.links:]
}

// DeleteSince takes out the facts since a mark that name a node which is gone, and
// reports whether there were any.
func (s *Sheet) DeleteSince(m SheetMark, gone func(Ref) bool) bool {
	attrs, links := s.Since(m)
	before := len(attrs) + len(links)
	attrs = slices.DeleteFunc(attrs, func(a SheetAttr) bool { return gone(a.Of) })
	links = slices.DeleteFunc(links, func(l SheetLink) bool { return gone(l.From) || gone(l.To) })
	s.Attrs, s.Links = s.Attrs[:m.attrs+len(attrs)], s.Links[:m.links+len(links)]
	return len(attrs)+len(links) < before
}

// Detail is the detail of a link, nil if it has none.
func (s *Sheet) Detail(l *SheetLink) *LinkDetail {
	if l.Detail == 0 {
		return nil
	}
	return &s.Details[l.Detail-1]
}

// NewDetail is the detail of a link, made if it has none. It is good until the
// next is made.
func (s *Sheet) NewDetail(l *SheetLink) *LinkDetail {
	if l.Detail == 0 {
		s.Details = append(s.Details, LinkDetail{})
		l.Detail = uint32(len(s.Details))
	}
	return &s.Details[l.Detail-1]
}
