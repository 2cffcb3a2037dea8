package loaders

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A table grows, loads end, are interrupted and reverted in any order: after a
// load that ends, every row is of some load that is done and not reverted, and a
// load after which nothing has changed reads nothing.
func TestMarksLeaveNoRowOut(t *testing.T) {
	type load struct {
		spans []Span
		done  int // spans of it that are through
		gone  bool
	}
	rule := &ReadRule{Table: "t", Mark: "id"}
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // "" is before the first
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		rows, loads := 0, []load{}
		known := func() *marks {
			m := &marks{done: []Span{{Of: "other", UpTo: "1000"}}}
			for _, l := range loads {
				for i, s := range l.spans {
					switch {
					case l.gone:
					case i < l.done:
						m.done = append(m.done, s)
					default:
						m.pending = append(m.pending, s)
					}
				}
			}
			return m
		}
		start := func(full bool) load {
			l := load{spans: known().next("this", rule, full)}
			for i := range l.spans {
				if s := &l.spans[i]; s.UpTo == "" {
					s.UpTo = s.After
					if rows > number(s.After) {
						s.UpTo = strconv.Itoa(rows)
					}
				}
			}
			return l
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				rows += rapid.IntRange(1, 3).Draw(t, "rows")
			case 1:
				l := start(rapid.IntRange(0, 5).Draw(t, "full") == 0)
				l.done = rapid.IntRange(0, len(l.spans)-1).Draw(t, "through")
				loads = append(loads, l)
			case 2:
				l := start(false)
				l.done = len(l.spans)
				loads = append(loads, l)
			case 3:
				if len(loads) > 0 {
					loads[rapid.IntRange(0, len(loads)-1).Draw(t, "load")].gone = true
				}
			}
		}
		last := start(false)
		last.done = len(last.spans)
		loads = append(loads, last)
		covered := make([]bool, rows+1)
		for _, s := range known().done[1:] {
			for i := number(s.After) + 1; i <= number(s.UpTo); i++ {
				covered[i] = true
			}
		}
		for i := 1; i <= rows; i++ {
			require.True(t, covered[i], "row %d of %d: %v", i, rows, loads)
		}
		again := start(false)
		require.Len(t, again.spans, 1)
		require.Equal(t, strconv.Itoa(rows), strconv.Itoa(number(again.spans[0].After)), "nothing is read again")
	})
}
