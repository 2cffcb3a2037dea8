package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
)

const key = "0123456789abcdef0123456789abcdef"

// world is a small real run in a real store.
type world struct {
	store *sqlitestore.Store
	run   *engine.Run
	logs  *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	_, err := synth.Generate(t.Context(), synth.Options{Accounts: 1000, Seed: 3, Dir: dir})
	require.NoError(t, err)
	w := &world{store: sqlitetest.New(t), logs: &bytes.Buffer{}}
	_, err = loaders.Load(t.Context(), w.store, w.store, []string{dir}, loaders.Options{})
	require.NoError(t, err)
	g, err := graph.ReadSnapshot(t.Context(), w.store, graph.BuildOptions{})
	require.NoError(t, err)
	w.run, err = engine.Detect(t.Context(), g, engine.Scope{}, nil, engine.Options{})
	require.NoError(t, err)
	require.NoError(t, engine.WriteRun(t.Context(), w.store, w.store, 0, w.run))
	require.NotEmpty(t, w.run.Rings, "the world has three waves")
	return w
}

func (w *world) handler(t *testing.T, key string) http.Handler {
	t.Helper()
	h, err := api.New(api.Config{Store: w.store, Log: w.store, Logger: slog.New(slog.NewTextHandler(w.logs, nil)), Key: key})
	require.NoError(t, err)
	return h
}

// get asks as a program on this machine does.
func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func getJSON[T any](t *testing.T, h http.Handler, path string) T {
	t.Helper()
	rec := get(t, h, path)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body.String())
	require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
	var v T
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &v))
	return v
}

type ringPage struct {
	Run   engine.RunInfo `json:"run"`
	Rings []engine.Ring  `json:"rings"`
	Next  string         `json:"next"`
}

func TestRings(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")

	t.Run("pages add up to the run", func(t *testing.T) {
		var all []engine.Ring
		path := "/api/v1/rings?limit=1"
		for {
			page := getJSON[ringPage](t, h, path)
			require.Equal(t, w.run.Info.ID, page.Run.ID)
			require.Len(t, page.Rings, 1)
			all = append(all, page.Rings...)
			if page.Next == "" {
				break
			}
			path = "/api/v1/rings?limit=1&cursor=" + page.Next
		}
		want, err := json.Marshal(w.run.Rings)
		require.NoError(t, err)
		have, err := json.Marshal(all)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(have))
	})
	t.Run("filters", func(t *testing.T) {
		most := w.run.Rings[0].Probability
		for _, r := range getJSON[ringPage](t, h, "/api/v1/rings?min_probability=0.9").Rings {
			require.GreaterOrEqual(t, r.Probability, .9)
		}
		require.LessOrEqual(t, most, 1.0)
		require.Empty(t, getJSON[ringPage](t, h, "/api/v1/rings?typology=message_spam").Rings)
		require.Empty(t, getJSON[ringPage](t, h, "/api/v1/rings?suppressed=true").Rings, "no rule suppresses any")
	})
	t.Run("one ring", func(t *testing.T) {
		ring := getJSON[engine.Ring](t, h, "/api/v1/rings/"+w.run.Rings[0].ID)
		require.Equal(t, w.run.Rings[0].Members, ring.Members)
	})
	t.Run("graph", func(t *testing.T) {
		g := getJSON[struct {
			Nodes []struct {
				Ref graph.Ref `json:"ref"`
			} `json:"nodes"`
			Edges []any `json:"edges"`
		}](t, h, "/api/v1/rings/"+w.run.Rings[0].ID+"/graph")
		require.GreaterOrEqual(t, len(g.Nodes), len(w.run.Rings[0].Members))
		require.NotEmpty(t, g.Edges)
	})
	t.Run("runs", func(t *testing.T) {
		runs := getJSON[struct{ Runs []engine.RunInfo }](t, h, "/api/v1/runs")
		require.Len(t, runs.Runs, 1)
		require.Equal(t, w.run.Info.ID, runs.Runs[0].ID)
	})
	t.Run("a newer run is seen", func(t *testing.T) {
		next := *w.run
		next.Info.ID, next.Rings = "run-next", []engine.Ring{}
		require.NoError(t, engine.WriteRun(t.Context(), w.store, w.store, 0, &next))
		require.Equal(t, "run-next", getJSON[ringPage](t, h, "/api/v1/rings").Run.ID)
		old := getJSON[ringPage](t, h, "/api/v1/rings?run="+w.run.Info.ID)
		require.Len(t, old.Rings, len(w.run.Rings))
	})
}

func TestEntitiesAndScores(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")
	ring := &w.run.Rings[0]
	member := ring.Members[0]

	e := getJSON[api.Entity](t, h, "/api/v1/entities/"+url.PathEscape(member.Ref.String()))
	require.Equal(t, member.Ref, e.Ref)
	require.NotEmpty(t, e.Links)
	require.Equal(t, ring.ID, e.Rings[0].Ring)
	require.Equal(t, member.Role, e.Rings[0].Role)

	account := w.run.Scores[0]
	score := getJSON[map[string]any](t, h, "/api/v1/scores/"+url.PathEscape(account.Account))
	require.Equal(t, account.Account, score["account"])
	require.Equal(t, string(account.Status), score["status"])
	require.Equal(t, w.run.Info.ID, score["run"])
}

// A key may hold anything: slashes, percent signs, quotes.
func TestHostileKeysInPaths(t *testing.T) {
	s := sqlitetest.New(t)
	ref := graph.Ref{Kind: "email", Key: `a/b%2Fc"<script>?#@例え.jp`}
	var b graph.BatchBuilder
	b.Attr(ref, "note", "<b>x</b>", 0, graph.Source{Input: "i"})
	_, err := s.Apply(t.Context(), b.Take())
	require.NoError(t, err)
	w := &world{store: s, logs: &bytes.Buffer{}}
	h := w.handler(t, "")
	e := getJSON[api.Entity](t, h, "/api/v1/entities/"+url.PathEscape(ref.String()))
	require.Equal(t, ref, e.Ref)
	require.Equal(t, "<b>x</b>", e.Attributes[0].Value)
	require.NotContains(t, w.logs.String(), "script")
}

func TestProblems(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")
	for path, status := range map[string]int{
		"/api/v1/rings/r-none":                http.StatusNotFound,
		"/api/v1/rings/r-none/graph":          http.StatusNotFound,
		"/api/v1/rings?run=none":              http.StatusNotFound,
		"/api/v1/rings?cursor=***":            http.StatusUnprocessableEntity,
		"/api/v1/rings?cursor=eHh4":           http.StatusUnprocessableEntity,
		"/api/v1/rings?limit=0":               http.StatusUnprocessableEntity,
		"/api/v1/rings?min_probability=2":     http.StatusUnprocessableEntity,
		"/api/v1/rings?limmit=3":              http.StatusUnprocessableEntity,
		"/api/v1/entities/nonsense":           http.StatusUnprocessableEntity,
		"/api/v1/entities/account:none":       http.StatusNotFound,
		"/api/v1/entities/account:n?types=xx": http.StatusUnprocessableEntity,
		"/api/v1/scores/none":                 http.StatusNotFound,
		"/api/v1/nothing":                     http.StatusNotFound,
	} {
		t.Run(path, func(t *testing.T) {
			rec := get(t, h, path)
			require.Equal(t, status, rec.Code, rec.Body.String())
			require.Equal(t, "application/problem+json", rec.Header().Get("Content-Type"))
			var p struct {
				Status int    `json:"status"`
				Title  string `json:"title"`
				Detail string `json:"detail"`
			}
			require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &p))
			require.Equal(t, status, p.Status)
			require.NotEmpty(t, p.Detail)
		})
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v1/rings", strings.NewReader("{}")))
	require.Equal(t, http.StatusMethodNotAllowed, rec.Code)
}

func TestStoreGone(t *testing.T) {
	s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gone.db"), sqlitestore.Options{})
	require.NoError(t, err)
	w := &world{store: s, logs: &bytes.Buffer{}}
	h := w.handler(t, "")
	require.Equal(t, http.StatusOK, get(t, h, "/healthz").Code)
	require.NoError(t, s.Close())
	require.Equal(t, http.StatusServiceUnavailable, get(t, h, "/healthz").Code)
}

func TestOnlyThisMachineWithoutAKey(t *testing.T) {
	w := &world{store: sqlitetest.New(t), logs: &bytes.Buffer{}}
	h := w.handler(t, "")
	for host, status := range map[string]int{
		"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "LOCALHOST": 200,
		"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421, "": 421,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/healthz", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		require.Equal(t, status, rec.Code, "host %q", host)
	}
}

func TestKey(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, key)
	require.Equal(t, http.StatusUnauthorized, get(t, h, "/api/v1/rings").Code)
	require.Equal(t, http.StatusUnauthorized, get(t, h, "/").Code)
	require.Equal(t, http.StatusUnauthorized, get(t, h, "/api/v1/rings", "Authorization", "Bearer wrong").Code)
	require.Equal(t, http.StatusUnauthorized, get(t, h, "/api/v1/rings", "Authorization", key).Code)
	require.Equal(t, http.StatusOK, get(t, h, "/api/v1/rings", "Authorization", "Bearer "+key).Code)
	require.Equal(t, http.StatusOK, get(t, h, "/healthz").Code, "a load balancer holds no key")

	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://rings.example/", nil)
	r.SetBasicAuth("anyone", key)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	require.Equal(t, http.StatusOK, rec.Code, "with a key the server may have any name")
	require.NotContains(t, w.logs.String(), key)
}

func TestHeadersAndLogs(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")
	account := w.run.Scores[0].Account
	rec := get(t, h, "/api/v1/scores/"+account)
	require.Equal(t, "nosniff", rec.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
	require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Empty(t, rec.Header().Get("Access-Control-Allow-Origin"))
	logged := w.logs.String()
	require.Contains(t, logged, "route=/api/v1/scores/:account")
	require.Contains(t, logged, "status=200")
	require.NotContains(t, logged, account)
}

func TestOpenAPINamesEveryRoute(t *testing.T) {
	w := &world{store: sqlitetest.New(t), logs: &bytes.Buffer{}}
	doc := get(t, w.handler(t, ""), "/openapi.json")
	require.Equal(t, http.StatusOK, doc.Code)
	var api struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(doc.Body.Bytes(), &api))
	require.Equal(t, "3.1.0", api.OpenAPI)
	for _, path := range []string{"/api/v1/rings", "/api/v1/rings/{id}", "/api/v1/rings/{id}/graph", "/api/v1/entities/{ref}",
		"/api/v1/scores/{account}", "/api/v1/policy/explain/{ref}", "/api/v1/runs", "/healthz"} {
		require.Contains(t, api.Paths, path)
	}
	require.Equal(t, http.StatusNotFound, get(t, w.handler(t, ""), "/docs").Code, "it would load a script from elsewhere")
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	h := w.handler(t, "")
	list := get(t, h, "/")
	require.Equal(t, http.StatusOK, list.Code)
	require.Equal(t, "text/html; charset=utf-8", list.Header().Get("Content-Type"))
	require.Contains(t, list.Body.String(), api.Sentence(&w.run.Rings[0]))
	require.Contains(t, list.Body.String(), "/rings/"+w.run.Rings[0].ID)

	ring := get(t, h, "/rings/"+w.run.Rings[0].ID)
	require.Equal(t, http.StatusOK, ring.Code)
	require.Contains(t, ring.Body.String(), w.run.Rings[0].Members[0].Ref.Key)
	for _, page := range []string{list.Body.String(), ring.Body.String()} {
		require.NotContains(t, page, "<script", "works without scripts")
		require.NotContains(t, page, "style=", "the content security policy allows none")
		require.NotContains(t, page, "http://")
		require.NotContains(t, page, "https://")
	}
	require.Equal(t, http.StatusOK, get(t, h, "/style.css").Code)

	none := get(t, h, "/rings/r-none")
	require.Equal(t, http.StatusNotFound, none.Code)
	require.Contains(t, none.Body.String(), "Back to the rings")
	require.Equal(t, http.StatusUnprocessableEntity, get(t, h, "/?from=x").Code)
}

func TestPageOfAnEmptyStoreSaysWhatToDo(t *testing.T) {
	w := &world{store: sqlitetest.New(t), logs: &bytes.Buffer{}}
	rec := get(t, w.handler(t, ""), "/")
	require.Equal(t, http.StatusNotFound, rec.Code)
	require.Contains(t, rec.Body.String(), "ringleader detect")
}

// Whatever data holds, the page shows it as text.
func TestPageEscapes(t *testing.T) {
	s := sqlitetest.New(t)
	hostile := `<script>alert(1)</script>`
	run := &engine.Run{
		Info: engine.RunInfo{ID: "run-1", Rings: 1, Notes: []string{hostile}, Meta: engine.RunMeta{Finished: graph.TimeOf(time.Now())}},
		Rings: []engine.Ring{{
			ID: "r-000000000001", Probability: .9, Size: 3, Typology: engine.Takeover,
			Members:  []engine.Member{{Ref: graph.Ref{Kind: graph.Account, Key: hostile}, Role: engine.RoleVictim, Reasons: []string{hostile}}},
			Evidence: []engine.Evidence{{Text: hostile, Bits: 3}, {Text: "speaks against", Bits: -1}},
			Loss:     []engine.Loss{{Currency: "CNY", Amount: "12.00", Gross: "12.00", Refunded: "0.00", Declined: "0.00", Events: 1}},
		}},
	}
	require.NoError(t, engine.WriteRun(t.Context(), s, s, 0, run))
	w := &world{store: s, logs: &bytes.Buffer{}}
	h := w.handler(t, "")
	for _, path := range []string{"/", "/rings/r-000000000001"} {
		rec := get(t, h, path)
		require.Equal(t, http.StatusOK, rec.Code, rec.Body.String())
		require.NotContains(t, rec.Body.String(), "<script")
	}
}

func TestNewWantsAStore(t *testing.T) {
	_, err := api.New(api.Config{Logger: slog.New(slog.DiscardHandler)})
	require.ErrorIs(t, err, graph.ErrInvalid)
}
