package api

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringleader/engine"
	"ringleader/graph"
)

//go:embed web
var web embed.FS

// pages are the parsed templates. They need no script and nothing from
// elsewhere.
type pages struct {
	list, ring, failed *template.Template
	style, icon        []byte
}

func newPages() (*pages, error) {
	p := &pages{}
	for name, into := range map[string]**template.Template{"list": &p.list, "ring": &p.ring, "failed": &p.failed} {
		t, err := template.New("layout.html").Funcs(pageFuncs()).ParseFS(web, "web/layout.html", "web/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		*into = t
	}
	for name, into := range map[string]*[]byte{"style.css": &p.style, "icon.svg": &p.icon} {
		data, err := web.ReadFile("web/" + name)
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		*into = data
	}
	return p, nil
}

func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"sentence":  Sentence,
		"loss":      LossText,
		"amount":    Thousands,
		"add":       func(a, b int) int { return a + b },
		"thousands": func(n int) string { return Thousands(strconv.Itoa(n)) },
		"typology":  func(t engine.Typology) string { return strings.ReplaceAll(string(t), "_", " ") },
		"role":      func(r engine.Role) string { return strings.ReplaceAll(string(r), "_", "-") },
		"bits":      bitsText,
		"percent":   percent,
		"chance":    ChanceText,
		"time":      func(t graph.Time) string { return t.Std().Format("2006-01-02 15:04") },
		"kind":      func(k graph.Kind, n int) string { return KindName(k, n) },
	}
}

// bitsText writes bits for people, with a minus sign that is one.
func bitsText(f float64) string {
	return strings.Replace(strconv.FormatFloat(f, 'f', 1, 64), "-", "−", 1)
}

// percent writes a probability for people, who take 100 % for certainty.
func percent(p float64) string {
	if p > .995 {
		return "over 99 %"
	}
	return strconv.FormatFloat(100*p, 'f', 0, 64) + " %"
}

func (p *pages) register(router *gin.Engine, s *server) {
	router.GET("/", func(g *gin.Context) { s.show(g, s.listPage) })
	router.GET("/rings/:id", func(g *gin.Context) { s.show(g, s.ringPage) })
	router.GET("/icon.svg", func(g *gin.Context) { g.Data(http.StatusOK, "image/svg+xml", p.icon) })
	router.GET("/style.css", func(g *gin.Context) { g.Data(http.StatusOK, "text/css; charset=utf-8", p.style) })
}

// show renders a page, or the page that says why there is none.
func (s *server) show(g *gin.Context, page func(context.Context, *gin.Context) (*template.Template, any, error)) {
	status := http.StatusOK
	t, data, err := page(g.Request.Context(), g)
	if err != nil {
		status = statusOf(err)
		t, data = s.page.failed, failure{status, http.StatusText(status), publicText(status, err), errors.Is(err, errNoRun)}
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		writeProblem(g, http.StatusInternalServerError, "the page failed; see the server's log")
		_ = g.Error(err)
		return
	}
	g.Data(status, "text/html; charset=utf-8", out.Bytes())
}

// failure is what the page of a failed request shows.
type failure struct {
	Status int
	Title  string
	Detail string
	NoRun  bool
}

const pageRings = 50

// ringList is the first page: rings of the latest run, or those that rules took
// out of its list.
type ringList struct {
	Suppressed bool
	Run        engine.RunInfo
	Rings      []engine.Ring
	Total      int
	Strong     int // rings more probable than not; they come first
	From, To   int
	Next, Prev int // offsets; -1: none
}

// Faint is the number of rings that are less probable than not.
func (l ringList) Faint() int { return l.Total - l.Strong }

func (s *server) listPage(ctx context.Context, g *gin.Context) (*template.Template, any, error) {
	run, err := s.runs.get(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	suppressed, rings := g.Query("suppressed") != "", run.Rings
	if suppressed {
		rings = run.Suppressed
	}
	offset, err := strconv.Atoi(g.DefaultQuery("from", "0"))
	if err != nil || offset < 0 {
		return nil, nil, fmt.Errorf("%w page: from is the number of rings to leave out", graph.ErrInvalid)
	}
	offset = min(offset, len(rings))
	end := min(offset+pageRings, len(rings))
	data := ringList{Suppressed: suppressed, Run: run.Info, Total: len(rings), From: offset + 1, To: end, Next: -1, Prev: -1}
	if data.Rings, err = s.decided(ctx, rings[offset:end]...); err != nil {
		return nil, nil, err
	}
	data.Strong = len(RingFilter{MinProbability: .5, Suppressed: suppressed}.Select(run))
	if end < len(rings) {
		data.Next = end
	}
	if offset > 0 {
		data.Prev = max(offset-pageRings, 0)
	}
	return s.page.list, data, nil
}

// ringView is the page of one ring.
type ringView struct {
	Run      engine.RunInfo
	Ring     *engine.Ring
	Evidence []evidenceView
	Groups   []memberGroup
	Timeline *timeline
}

// evidenceView is a line of evidence with the length of its bar, 0 to 100.
type evidenceView struct {
	engine.Evidence
	Bar     float64
	Against bool
}

// memberGroup is the members of one role: no list mixes people to protect with
// people to block.
type memberGroup struct {
	Role    engine.Role
	Means   string
	Members []engine.Member
	More    int
}

// groupSize is how many members of a role the page lists.
const groupSize = 200

func (s *server) ringPage(ctx context.Context, g *gin.Context) (*template.Template, any, error) {
	run, ring, err := s.ring(ctx, "", g.Param("id"))
	if err != nil {
		return nil, nil, err
	}
	timeline, err := s.lossOverTime(ctx, run, ring)
	if err != nil {
		return nil, nil, err
	}
	return s.page.ring, ringView{run.Info, ring, viewEvidence(ring), groupMembers(ring), timeline}, nil
}

func viewEvidence(r *engine.Ring) []evidenceView {
	most := 1.0
	for _, e := range r.Evidence {
		most = max(most, e.Bits, -e.Bits)
	}
	views := make([]evidenceView, len(r.Evidence))
	for i, e := range r.Evidence {
		views[i] = evidenceView{e, 100 * max(e.Bits, -e.Bits) / most, e.Bits < 0}
	}
	return views
}

func groupMembers(r *engine.Ring) []memberGroup {
	groups := []memberGroup{
		{Role: engine.RoleVictim, Means: "people to protect"},
		{Role: engine.RoleOperator, Means: "behind it"},
		{Role: engine.RoleMule, Means: "pass money on"},
		{Role: engine.RoleCashOut, Means: "turn it into money"},
		{Role: engine.RoleBeneficiary, Means: "receive it"},
		{Role: engine.RoleBystander, Means: "near, not part of it"},
	}
	for _, m := range r.Members {
		for i := range groups {
			if groups[i].Role != m.Role {
				continue
			}
			if len(groups[i].Members) < groupSize {
				groups[i].Members = append(groups[i].Members, m)
			} else {
				groups[i].More++
			}
		}
	}
	kept := groups[:0]
	for _, g := range groups {
		if len(g.Members) > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}
