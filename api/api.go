package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Config is what the server needs. Store, Log and Logger are required.
type Config struct {
	Store  graph.Store
	Log    graph.Log
	Logger *slog.Logger

	// Key, if set, must come with every request but /healthz: as a bearer
	// token, or as the password of basic authentication, which browsers ask
	// for. Without a key, requests must name a loopback host.
	Key string
	// Hosts are further names that a request without a key may be for.
	Hosts []string
	// Snapshot reads the facts of the store for explanations of the policy, which
	// need all of them; nil: [graph.ReadSnapshot].
	Snapshot func(context.Context) (*graph.Snapshot, error)
	// Policy is the one that is explained; nil: the one that ships.
	Policy *policy.Policy
	// Version is reported in the OpenAPI description.
	Version string
	// Timeout bounds the work on one request; 0 is 30 seconds.
	Timeout time.Duration
}

// maxBody is the largest request body in bytes. No operation takes one yet.
const maxBody = 1 << 20

// server holds what the operations share.
type server struct {
	store graph.Store
	log   graph.Log
	runs  *runCache
	page  *pages

	verdicts verdictCache
	explain  explainer
}

// New builds the handler: /api/v1, /healthz, /openapi.json, and the page at /.
// It starts nothing; the caller listens.
func New(c Config) (http.Handler, error) {
	if c.Store == nil || c.Log == nil || c.Logger == nil {
		return nil, fmt.Errorf("%w server configuration: store, log and logger are required", graph.ErrInvalid)
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	page, err := newPages()
	if err != nil {
		return nil, err
	}
	if c.Snapshot == nil {
		c.Snapshot = func(ctx context.Context) (*graph.Snapshot, error) {
			return graph.ReadSnapshot(ctx, c.Store, graph.BuildOptions{})
		}
	}
	s := &server{store: c.Store, log: c.Log, runs: newRunCache(c.Log), page: page, verdicts: verdictCache{log: c.Log},
		explain: explainer{store: c.Store, read: c.Snapshot, policy: c.Policy}}

	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.UseRawPath = true // keys of references may hold an encoded slash
	router.HandleMethodNotAllowed = true
	router.Use(recoverPanics(c.Logger), logRequests(c.Logger), secureHeaders, limitWork(c.Timeout),
		checkHost(c), checkKey(c.Key))
	router.NoRoute(func(g *gin.Context) { writeProblem(g, http.StatusNotFound, "no such page or operation") })
	router.NoMethod(func(g *gin.Context) {
		writeProblem(g, http.StatusMethodNotAllowed, "this path does not take that method")
	})
	s.page.register(router, s)
	s.register(humagin.New(router, describe(c.Version)))
	return router, nil
}

// describe is the head of the OpenAPI description. The documentation page and
// the schema links of huma are off: the one loads a script from elsewhere, the
// other would add a field to every answer.
func describe(version string) huma.Config {
	if version == "" {
		version = "development"
	}
	config := huma.DefaultConfig("ringleader", version)
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Info.Description = "Fraud rings, their members, evidence and links."
	config.DocsPath, config.SchemasPath = "", ""
	config.CreateHooks = nil
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "The API key, where one is configured."},
	}
	config.Security = []map[string][]string{{"key": {}}, {}}
	return config
}

// schemaName tells types of one name in two packages apart.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if strings.HasSuffix(t.PkgPath(), "/evidence") {
		return "Evidence" + name
	}
	return name
}

// register adds every operation.
func (s *server) register(h huma.API) {
	get := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary}
	}
	huma.Register(h, get("list-rings", "/api/v1/rings", "Rings of a run, by score"), s.listRings)
	huma.Register(h, get("get-ring", "/api/v1/rings/{id}", "One ring, whole"), s.getRing)
	huma.Register(h, get("get-ring-graph", "/api/v1/rings/{id}/graph", "The evidence graph of a ring"), s.getRingGraph)
	huma.Register(h, get("get-entity", "/api/v1/entities/{ref}", "Everything on one account, device, phone number or other node"), s.getEntity)
	huma.Register(h, get("get-score", "/api/v1/scores/{account}", "The score of one account"), s.getScore)
	huma.Register(h, get("explain-policy", "/api/v1/policy/explain/{ref}", "Why the sharing policy lets an identifier or account tie, or not"), s.explainPolicy)
	huma.Register(h, get("list-runs", "/api/v1/runs", "Runs, newest first"), s.listRuns)
	huma.Register(h, get("health", "/healthz", "Whether the store answers"), s.health)
}

type healthOutput struct {
	Body struct {
		Status string `json:"status" example:"ok"`
	}
}

// health asks the store for something cheap.
func (s *server) health(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := s.log.Tail(ctx, graph.StreamRuns); err != nil {
		return nil, problem(errors.Join(graph.ErrUnavailable, err))
	}
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out, nil
}
