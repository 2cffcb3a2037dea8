package graph

import (
	"cmp"
	"slices"
	"strings"
)

// waiting is the references of batches before they have numbers. A batch names
// each once, but one that many batches name would be looked up in the table of
// keys for each of them, which waits for memory; so their keys wait, each time
// that a batch brings them, until all are there, and then a sort, which goes
// through memory in order, numbers them: vertices are sorted references anyway.
// Until then a reference goes by its number of arrival.
type waiting struct {
	keys   arena // with numbers of arrival
	n      int
	counts []int // by kind
}

// mostWaiting bounds what waits, to some 300 MB; then all go into the table.
const mostWaiting = 1 << 23

// add lets references wait, whose keys and kinds are at hand, and writes their
// numbers to ids.
func (w *waiting) add(keys []string, kinds []uint16, ids []uint32) error {
	for i, key := range keys {
		ids[i] = uint32(w.n)
		if _, err := w.keys.store(kinds[i], key, ids[i]); err != nil {
			return err
		}
		w.n++
		for int(kinds[i]) >= len(w.counts) {
			w.counts = append(w.counts, 0)
		}
		w.counts[kinds[i]]++
	}
	return nil
}

// numberWaiting puts what waits into the table of keys, for a builder that is
// given more than it can keep, or sheets besides.
func (b *Builder) numberWaiting() error {
	if b.waiting.n == 0 {
		return nil
	}
	number := makeHuge[uint32](b.waiting.n)
	var err error
	b.waiting.keys.each(func(place uint32, head uint64) bool {
		number[uint32(head)], _, err = b.refs.InternText(uint16(head>>48), b.waiting.keys.key(place))
		return err == nil
	})
	if err != nil {
		return err
	}
	for _, some := range b.links.all() {
		for i := range some {
			some[i].from, some[i].to = number[some[i].from], number[some[i].to]
		}
	}
	for _, some := range b.attrs.all() {
		for i := range some {
			some[i].node = number[some[i].node]
		}
	}
	b.waiting = waiting{}
	return nil
}

// sortWaiting numbers vertices as numberVertices does.
func (b *Builder) sortWaiting(s *Snapshot) (rank []uint32) {
	keys := &b.waiting.keys
	sorters := make([]arrivals, len(b.kinds))
	for k, n := range b.waiting.counts {
		sorters[k] = arrivals{keys: keys, list: makeHuge[arrival](n)[:0], spare: makeHuge[arrival](n)}
	}
	b.waiting.keys.each(func(place uint32, head uint64) bool {
		k := &sorters[head>>48]
		k.list = append(k.list, arrival{place: place, id: uint32(head)})
		return true
	})
	parallel(b.opts.Threads, len(sorters), func(i int) { sorters[i].sort(0, len(sorters[i].list), 0) })
	rank = makeHuge[uint32](b.waiting.n)
	places := makeHuge[uint32](b.waiting.n)[:0] // by vertex
	for _, k := range b.kindOrder() {
		s.kinds = append(s.kinds, b.kinds[k])
		s.kindStart = append(s.kindStart, Vertex(len(places)))
		list := sorters[k].list
		for i := range list {
			if i == 0 || sorters[k].differ(&list[i-1], &list[i]) {
				places = append(places, list[i].place)
			}
			rank[list[i].id] = uint32(len(places) - 1)
		}
		sorters[k] = arrivals{}
	}
	s.kindStart = append(s.kindStart, Vertex(len(places)))
	size := 0
	for _, place := range places {
		size += len(keys.key(place))
	}
	s.keys = makeTexts(len(places), size)
	for _, place := range places {
		s.keys.add(keys.key(place))
	}
	b.waiting = waiting{}
	return rank
}

// arrival is a reference that waits. Its code is of the bits of its key in which
// keys differ.
type arrival struct {
	code  uint64
	place uint32
	id    uint32
}

// arrivals sorts the references of one kind. See sortKeys: here a code has a word
// for itself, and there are equal keys.
type arrivals struct {
	keys        *arena
	list, spare []arrival
	// exact: codes are equal only where keys are.
	exact bool
}

func (s *arrivals) key(a *arrival) string { return s.keys.key(a.place) }

// differ tells whether two that are sorted next to each other have other keys.
func (s *arrivals) differ(x, y *arrival) bool {
	return x.code != y.code || !s.exact && s.key(x) != s.key(y)
}

// sort sorts list[lo:hi], whose keys are equal before a word of theirs.
func (s *arrivals) sort(lo, hi, word int) {
	list := s.list[lo:hi]
	for len(list) >= fewKeys {
		c, longest, zeros := s.coder(list, word)
		if c.bits == 0 && c.next < longest {
			word = c.next // a common prefix
			continue
		}
		exact := c.next >= longest && !zeros
		if c.bits > 0 {
			for i := range list {
				list[i].code = c.code(s.keys.words(list[i].place))
			}
			radixSortArrivals(list, s.spare[lo:hi], c.bits)
		}
		if lo == 0 && hi == len(s.list) {
			s.exact = exact
		}
		for i := 0; i < len(list) && !exact; {
			j := i + 1
			for j < len(list) && list[j].code == list[i].code {
				j++
			}
			if code := list[i].code; j > i+1 && c.bits > 0 && c.next < longest {
				s.sort(lo+i, lo+j, c.next)
				for k := i; k < j; k++ {
					list[k].code = code
				}
			} else if j > i+1 {
				slices.SortFunc(list[i:j], s.compare)
			}
			i = j
		}
		return
	}
	slices.SortFunc(list, s.compare)
}

func (s *arrivals) compare(x, y arrival) int {
	return cmp.Or(strings.Compare(s.key(&x), s.key(&y)), cmp.Compare(x.id, y.id))
}

// coder is as that of keySorter; zeros tells that a key ends with a zero byte, so
// that it may differ from another by its length alone.
func (s *arrivals) coder(list []arrival, word int) (c coder, longest int, zeros bool) {
	var differ, first [codeWords]uint64
	for i := range list {
		place := list[i].place
		key := s.keys.key(place)
		zeros = zeros || len(key) > 0 && key[len(key)-1] == 0
		longest = max(longest, (len(key)+7)/8)
		words := s.keys.words(place)
		for w := range differ {
			part := wordOf(words, word+w)
			if i == 0 {
				first[w] = part
			}
			differ[w] |= part ^ first[w]
		}
	}
	return newCoder(differ, word, 64), longest, zeros
}

// radixSortArrivals sorts by so many bits of codes, in passes from the last. It is
// stable.
func radixSortArrivals(list, spare []arrival, size uint) {
	passes := (size + 10) / 11
	width := (size + passes - 1) / passes
	counts := make([]uint32, passes<<width)
	mask := uint64(1)<<width - 1
	for i := range list {
		code := list[i].code
		for p := range passes {
			counts[p<<width+uint(code&mask)]++
			code >>= width
		}
	}
	from, to := list, spare
	for p := range passes {
		count := counts[p<<width : (p+1)<<width]
		at := uint32(0)
		for digit, n := range count {
			count[digit] = at
			at += n
		}
		for _, a := range from {
			digit := a.code >> (p * width) & mask
			to[count[digit]] = a
			count[digit]++
		}
		from, to = to, from
	}
	if &from[0] != &list[0] {
		copy(list, from)
	}
}
