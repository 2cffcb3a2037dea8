package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringleader/engine"
	"ringleader/graph"
)

// RingFilter selects rings of a run. Thresholds apply on reading, never in the
// run.
type RingFilter struct {
	MinProbability float64
	Typology       engine.Typology // empty: any
	Suppressed     bool            // those that a rule took out of the list, in place of the others
}

// Select is the rings of run that pass the filter, in the order of the run.
func (f RingFilter) Select(run *engine.Run) []engine.Ring {
	all := run.Rings
	if f.Suppressed {
		all = run.Suppressed
	}
	rings := make([]engine.Ring, 0, len(all))
	for _, r := range all {
		if r.Probability >= f.MinProbability && (f.Typology == "" || r.Typology == f.Typology) {
			rings = append(rings, r)
		}
	}
	return rings
}

// FindRing is the ring of run with an ID, a suppressed one too.
func FindRing(run *engine.Run, id string) (*engine.Ring, error) {
	for _, rings := range [][]engine.Ring{run.Rings, run.Suppressed} {
		for i := range rings {
			if rings[i].ID == id {
				return &rings[i], nil
			}
		}
	}
	return nil, fmt.Errorf("ring %q in run %s: %w", id, run.Info.ID, graph.ErrNotFound)
}

// FindScore is the score of one account. Time: O(log accounts).
func FindScore(run *engine.Run, account string) (engine.AccountScore, error) {
	i, ok := slices.BinarySearchFunc(run.Scores, account, func(s engine.AccountScore, key string) int {
		return strings.Compare(s.Account, key)
	})
	if !ok {
		return engine.AccountScore{}, fmt.Errorf("account in run %s: %w", run.Info.ID, graph.ErrNotFound)
	}
	return run.Scores[i], nil
}

type ringsInput struct {
	Run            string  `query:"run" doc:"ID of a run; the latest if absent"`
	MinProbability float64 `query:"min_probability" minimum:"0" maximum:"1"`
	Typology       string  `query:"typology" doc:"only rings of this typology"`
	Suppressed     bool    `query:"suppressed" doc:"the rings that rules of the policy took out of the list, in place of the others"`
	Limit          int     `query:"limit" default:"50" minimum:"1" maximum:"500"`
	Cursor         string  `query:"cursor" doc:"the value of next in the page before"`
}

type ringsOutput struct {
	Body struct {
		Run   engine.RunInfo `json:"run"`
		Rings []engine.Ring  `json:"rings"`
		Next  string         `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (s *server) listRings(ctx context.Context, in *ringsInput) (*ringsOutput, error) {
	id, offset := in.Run, 0
	if in.Cursor != "" {
		var err error
		if id, offset, err = parseCursor(in.Cursor); err != nil {
			return nil, problem(err)
		}
	}
	run, err := s.runs.get(ctx, id)
	if err != nil {
		return nil, problem(err)
	}
	rings := RingFilter{in.MinProbability, engine.Typology(in.Typology), in.Suppressed}.Select(run)
	offset = min(offset, len(rings))
	end := min(offset+in.Limit, len(rings))
	out := &ringsOutput{}
	out.Body.Run = run.Info
	if out.Body.Rings, err = s.decided(ctx, rings[offset:end]...); err != nil {
		return nil, problem(err)
	}
	if end < len(rings) {
		out.Body.Next = makeCursor(run.Info.ID, end)
	}
	return out, nil
}

// A cursor names the run as well, so that pages stay those of one run while a
// newer one appears.
func makeCursor(run string, offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset) + " " + run))
}

func parseCursor(cursor string) (run string, offset int, err error) {
	bad := fmt.Errorf("%w cursor: take the value of next in the page before", graph.ErrInvalid)
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", 0, bad
	}
	number, run, ok := strings.Cut(string(raw), " ")
	offset, err = strconv.Atoi(number)
	if !ok || err != nil || offset < 0 || run == "" {
		return "", 0, bad
	}
	return run, offset, nil
}

type ringInput struct {
	ID  string `path:"id" example:"r-7c2f00000000"`
	Run string `query:"run" doc:"ID of a run; the latest if absent"`
}

type ringOutput struct{ Body *engine.Ring }

func (s *server) getRing(ctx context.Context, in *ringInput) (*ringOutput, error) {
	_, ring, err := s.ring(ctx, in.Run, in.ID)
	if err != nil {
		return nil, problem(err)
	}
	return &ringOutput{ring}, nil
}

func (s *server) ring(ctx context.Context, runID, id string) (*engine.Run, *engine.Ring, error) {
	run, err := s.runs.get(ctx, runID)
	if err != nil {
		return nil, nil, err
	}
	ring, err := FindRing(run, id)
	if err != nil {
		return nil, nil, err
	}
	shown, err := s.decided(ctx, *ring)
	if err != nil {
		return nil, nil, err
	}
	return run, &shown[0], nil
}

type scoreInput struct {
	Account string `path:"account" doc:"key of the account, percent-encoded"`
}

type scoreOutput struct {
	Body struct {
		Run string `json:"run"`
		engine.AccountScore
	}
}

func (s *server) getScore(ctx context.Context, in *scoreInput) (*scoreOutput, error) {
	run, err := s.runs.get(ctx, "")
	if err != nil {
		return nil, problem(err)
	}
	score, err := FindScore(run, in.Account)
	if err != nil {
		return nil, problem(err)
	}
	out := &scoreOutput{}
	out.Body.Run, out.Body.AccountScore = run.Info.ID, score
	return out, nil
}
