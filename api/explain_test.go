package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

// The API explains as the engine does, and anew when the facts have changed.
func TestPolicyIsExplained(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")
	const path = "/api/v1/policy/explain/"
	g, err := graph.ReadSnapshot(t.Context(), w.store, graph.BuildOptions{})
	require.NoError(t, err)
	x, err := engine.NewExplainer(t.Context(), g, nil, 0)
	require.NoError(t, err)
	for _, m := range w.run.Rings[0].Members {
		want, err := x.Explain(m.Ref, 20)
		require.NoError(t, err)
		text, err := json.Marshal(want)
		require.NoError(t, err)
		rec := get(t, h, path+url.PathEscape(m.Ref.String()))
		require.Equal(t, http.StatusOK, rec.Code)
		require.JSONEq(t, string(text), rec.Body.String())
	}
	require.Equal(t, http.StatusNotFound, get(t, h, path+"device:nothing").Code)
	rec := get(t, h, path+"account")
	require.Equal(t, http.StatusUnprocessableEntity, rec.Code)
	require.Contains(t, rec.Body.String(), "such as account:u17")
	require.Equal(t, http.StatusUnprocessableEntity, get(t, h, path+"device:nothing?limit=0").Code)

	// A new account uses a device: known as soon as its facts are.
	require.Equal(t, http.StatusNotFound, get(t, h, path+"account:brand-new").Code)
	b := new(graph.BatchBuilder)
	b.Link(graph.Ref{Kind: graph.Account, Key: "brand-new"}, graph.Ref{Kind: graph.Device, Key: "its"}, graph.Link{Type: graph.UsedDevice}, graph.Source{Input: "more"})
	_, err = w.store.Apply(t.Context(), b.Take())
	require.NoError(t, err)
	e := getJSON[engine.Explanation](t, h, path+"account:brand-new")
	require.Len(t, e.Account.Identifiers, 1)
	require.Equal(t, "device:its", e.Account.Identifiers[0].Ref.String())
}
