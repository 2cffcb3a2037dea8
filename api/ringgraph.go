package api

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"ringleader/engine"
	"ringleader/engine/evidence"
	"ringleader/graph"
)

type ringGraphOutput struct{ Body *evidence.Graph }

func (s *server) getRingGraph(ctx context.Context, in *ringInput) (*ringGraphOutput, error) {
	run, ring, err := s.ring(ctx, in.Run, in.ID)
	if err != nil {
		return nil, problem(err)
	}
	g, err := evidence.Subgraph(ctx, s.store, run, ring)
	if err != nil {
		return nil, problem(err)
	}
	return &ringGraphOutput{g}, nil
}

// timeline is the debits of a ring as bars of amount over time.
type timeline struct {
	Width, Height int
	Bars          []timelineBar
	From, To      string
	Label         string
}

type timelineBar struct {
	X, Y, W, H float64
	Title      string
}

const (
	timelineBars   = 60
	timelineWidth  = 600
	timelineHeight = 80
)

// lossOverTime draws the settled debits that the ring's evidence rests on, of
// the currency that the ring took most often. Nil where there is nothing to
// draw.
func (s *server) lossOverTime(ctx context.Context, run *engine.Run, ring *engine.Ring) (*timeline, error) {
	if len(ring.Loss) == 0 {
		return nil, nil
	}
	g, err := evidence.Subgraph(ctx, s.store, run, ring)
	if err != nil {
		return nil, err
	}
	currency, most := "", 0
	for _, l := range ring.Loss {
		if l.Events > most {
			currency, most = l.Currency, l.Events
		}
	}
	var debits []evidence.Edge
	for _, e := range g.Edges {
		if e.Type == graph.Paid && e.Evidence && e.Currency == currency && e.At.Known() && settled(e) {
			debits = append(debits, e)
		}
	}
	return drawTimeline(debits, currency), nil
}

func settled(e evidence.Edge) bool {
	for _, p := range e.Props {
		if p.Name == "status" {
			return p.Value == "settled"
		}
	}
	return true
}

// drawTimeline puts debits into bars of equal time. Nil below two debits.
func drawTimeline(debits []evidence.Edge, currency string) *timeline {
	if len(debits) < 2 {
		return nil
	}
	first, last := debits[0].At, debits[0].At
	for _, d := range debits {
		first, last = min(first, d.At), max(last, d.At)
	}
	step := max(last.Sub(first)/timelineBars, time.Second) + time.Millisecond
	sums := make([]*big.Rat, timelineBars)
	counts := make([]int, timelineBars)
	most := new(big.Rat)
	for _, d := range debits {
		amount, ok := new(big.Rat).SetString(d.Amount)
		if !ok {
			continue
		}
		i := int(d.At.Sub(first) / step)
		if sums[i] == nil {
			sums[i] = new(big.Rat)
		}
		sums[i].Add(sums[i], amount)
		counts[i]++
		if sums[i].Cmp(most) > 0 {
			most = sums[i]
		}
	}
	if most.Sign() == 0 {
		return nil
	}
	const format = "2006-01-02 15:04"
	t := &timeline{
		Width: timelineWidth, Height: timelineHeight, From: first.Std().Format(format), To: last.Std().Format(format),
		Label: fmt.Sprintf("%d debits in %s, UTC", len(debits), DurationText(last.Sub(first))),
	}
	const width = float64(timelineWidth) / timelineBars
	for i, sum := range sums {
		if sum == nil {
			continue
		}
		share, _ := new(big.Rat).Quo(sum, most).Float64()
		h := max(1, share*(timelineHeight-4)) // the smallest debit is to be seen
		at := first.Add(time.Duration(i) * step).Std()
		t.Bars = append(t.Bars, timelineBar{
			X: float64(i) * width, Y: timelineHeight - h, W: width - 1.5, H: h,
			Title: strings.TrimSpace(fmt.Sprintf("%s: %s, %s %s", at.Format(format),
				plural(counts[i], "debit", "debits"), Thousands(sum.FloatString(2)), currency)),
		})
	}
	return t
}
