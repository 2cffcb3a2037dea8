package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
)

// A verdict that somebody gives while the server runs shows in the next answer,
// on the page as well, and goes when it is withdrawn.
func TestVerdictsShow(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")
	id := w.run.Rings[0].ID
	say := func(d engine.Decision) {
		require.NoError(t, engine.AddVerdicts(t.Context(), w.store, engine.Verdict{Ring: id, Run: w.run.Info.ID, Decision: d, Why: "<b>called</b>", By: "ann"}))
	}
	require.Equal(t, "new", getJSON[engine.Ring](t, h, "/api/v1/rings/"+id).Meta.Status)
	say(engine.Fraud)
	ring := getJSON[engine.Ring](t, h, "/api/v1/rings/"+id)
	require.Equal(t, "fraud", ring.Meta.Status)
	require.Equal(t, "ann", ring.Meta.Verdict.By)
	for _, r := range getJSON[ringPage](t, h, "/api/v1/rings").Rings {
		require.Equal(t, r.ID == id, r.Meta.Status == "fraud", "of this ring alone")
	}
	page := get(t, h, "/rings/"+id).Body.String()
	require.Contains(t, page, "fraud, by ann")
	require.NotContains(t, page, "<b>called</b>")
	require.Contains(t, get(t, h, "/").Body.String(), "<dd>fraud</dd>")
	say(engine.Withdrawn)
	require.Equal(t, "new", getJSON[engine.Ring](t, h, "/api/v1/rings/"+id).Meta.Status)
}

// What rules take out of the list has a page of its own, which the list names.
func TestPageOfSuppressedRings(t *testing.T) {
	w := newWorld(t)
	hidden := w.run.Rings[0]
	hidden.SuppressedBy = "known"
	run := *w.run
	run.Info.ID, run.Info.Suppressed, run.Rings, run.Suppressed = "later", 1, w.run.Rings[1:], []engine.Ring{hidden}
	require.NoError(t, engine.WriteRun(t.Context(), w.store, w.store, 0, &run))
	h := w.handler(t, "")
	list, suppressed := get(t, h, "/").Body.String(), get(t, h, "/?suppressed=1").Body.String()
	require.Contains(t, list, `<a href="/?suppressed=1">show it</a>`)
	require.NotContains(t, list, hidden.ID)
	require.Contains(t, suppressed, hidden.ID)
	require.Contains(t, suppressed, "by rule known")
	require.NotContains(t, suppressed, run.Rings[0].ID)
	require.Equal(t, "image/svg+xml", get(t, h, "/icon.svg").Header().Get("Content-Type"))
}
