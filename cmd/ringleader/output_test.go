package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

func TestExitCodes(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, c := range map[string]struct {
		ctx  context.Context
		err  error
		code int
	}{
		"done":                   {t.Context(), nil, 0},
		"a failure":              {t.Context(), errors.New("x"), 1},
		"bad data":               {t.Context(), fmt.Errorf("x: %w", graph.ErrInvalid), 1},
		"usage":                  {t.Context(), fmt.Errorf("x: %w", usagef("y")), 2},
		"rejects":                {t.Context(), fmt.Errorf("%w: 3", errRejects), 3},
		"unavailable":            {t.Context(), fmt.Errorf("x: %w", graph.ErrUnavailable), 4},
		"held":                   {t.Context(), fmt.Errorf("x: %w", graph.ErrConflict), 4},
		"not found":              {t.Context(), fmt.Errorf("x: %w", graph.ErrNotFound), 5},
		"interrupted":            {stopped, errors.New("statement interrupted"), 130},
		"done though cancelled":  {stopped, nil, 0},
		"cancelled from outside": {t.Context(), context.Canceled, 130},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.code, exitCode(c.ctx, c.err)) })
	}
}

func TestTableSaysHowManyMore(t *testing.T) {
	var out, said bytes.Buffer
	a := newApp(nil, &out, &said, func(string) (string, bool) { return "", false })
	rings := make([]engine.Ring, 23)
	for i := range rings {
		rings[i] = engine.Ring{ID: fmt.Sprintf("r-%012d", i), Typology: engine.Takeover, Size: 1234}
	}
	a.Output = "table"
	require.NoError(t, writeRings(a, engine.RunInfo{}, rings, 0))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 1+20+1)
	require.Equal(t, "… and 3 more; --limit or --output json shows all", lines[21])
	require.Contains(t, lines[1], "1,234")
	require.Contains(t, said.String(), "estimates from made-up worlds", "no verdicts stand behind the probabilities")

	out.Reset()
	require.NoError(t, writeRings(a, engine.RunInfo{}, rings, 21))
	require.Len(t, strings.Split(strings.TrimSpace(out.String()), "\n"), 1+21, "what was asked for is shown")
}

func TestDataCannotSteerTheTerminal(t *testing.T) {
	require.Equal(t, "a\ufffd[31mb\ufffdc\ufffd", printable("a\x1b[31mb\u202ec\r"))
	require.Equal(t, "普通 😀", printable("普通 😀"))
}

func TestWrapFitsTheTerminal(t *testing.T) {
	text := wrap(strings.Repeat("fourteen victims ", 20), "          ")
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			line = "          " + line
		}
		require.LessOrEqual(t, len(line), width)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		require.Equal(t, want, count(n))
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	ring := func(id string, size int, score float64) engine.Ring {
		return engine.Ring{ID: id, Size: size, Score: score}
	}
	prev := &engine.Run{Rings: []engine.Ring{ring("r-a", 4, 9), ring("r-b", 4, 9), ring("r-c", 4, 9), ring("r-d", 5, 9), ring("r-e", 5, 9)}}
	run := &engine.Run{Rings: []engine.Ring{ring("r-a", 4, 9), ring("r-b", 6, 9), ring("r-d", 3, 8), ring("r-e", 5, 10), ring("r-f", 3, 7)}}
	require.Equal(t, []ringChange{
		{"gone", "r-c", 0, 4, 0, 9},
		{"grown", "r-b", 6, 4, 9, 9},
		{"new", "r-f", 3, 0, 7, 0},
		{"scored", "r-e", 5, 5, 10, 9},
		{"shrunk", "r-d", 3, 5, 8, 9},
	}, diffRuns(prev, run))
	require.Len(t, diffRuns(nil, run), 5)
}
