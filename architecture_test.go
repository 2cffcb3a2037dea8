// Package ringleader_test holds what docs/architecture.md says of the whole
// module: who may import whom, which third-party modules stay at which edge,
// and how long a file or function grows before an idea is missing in it.
package ringleader_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "ringleader"

// layer is one folder: what it may import. Tests may import more.
type layer struct {
	folder  string
	imports []string // folders of this module; "all" for every one
	modules []string // third-party modules
	planned bool     // named by the design, not there yet
}

// layers is the table of docs/architecture.md, in its order.
var layers = []layer{
	{folder: "graph", modules: []string{"gonum.org/v1/gonum"}},
	{folder: "graph/graphtest", imports: []string{"graph"}, modules: []string{"github.com/stretchr/testify", "golang.org/x/sync"}},
	{folder: "graph/sqlitestore", imports: []string{"graph"}, modules: []string{"zombiezen.com/go/sqlite"}},
	{folder: "graph/sqlitestore/sqlitetest", imports: []string{"graph/sqlitestore"}, modules: []string{"github.com/stretchr/testify"}},
	{folder: "graph/neo4jstore", imports: []string{"graph"}, modules: []string{"github.com/neo4j/neo4j-go-driver/v5"}},
	{folder: "graph/neo4jstore/neo4jtest", imports: []string{"graph", "graph/neo4jstore"}, modules: []string{"github.com/neo4j/neo4j-go-driver/v5", "github.com/stretchr/testify"}},
	{folder: "vault", imports: []string{"graph"}, modules: []string{"github.com/klauspost/compress"}},
	{folder: "yamlfile", modules: []string{"github.com/goccy/go-yaml"}},
	{folder: "loaders", imports: []string{"graph", "vault", "yamlfile"}, modules: []string{"github.com/dchest/siphash", "github.com/goccy/go-yaml", "github.com/klauspost/compress", "github.com/nyaruka/phonenumbers", "github.com/parquet-go/parquet-go", "golang.org/x/net", "golang.org/x/text"}},
	{folder: "loaders/loadertest", imports: []string{"graph"}, modules: []string{"github.com/stretchr/testify"}},
	{folder: "loaders/neo4jsource", imports: []string{"graph", "graph/neo4jstore", "loaders"}, modules: []string{"github.com/neo4j/neo4j-go-driver/v5"}},
	{folder: "loaders/pgsource", imports: []string{"graph", "loaders"}, modules: []string{"github.com/jackc/pgx/v5"}},
	{folder: "loaders/pgsource/pgtest", imports: []string{"loaders/pgsource"}, modules: []string{"github.com/jackc/pgx/v5", "github.com/stretchr/testify"}},
	{folder: "engine/algo", imports: []string{"graph"}, modules: []string{"gonum.org/v1/gonum"}},
	{folder: "engine/algo/algotest", imports: []string{"graph"}},
	{folder: "engine/tree", modules: []string{"gonum.org/v1/gonum"}},
	{folder: "engine/accounts", imports: []string{"graph", "engine/algo", "engine/tree"}, modules: []string{"github.com/klauspost/compress", "golang.org/x/sync"}},
	{folder: "engine/policy", imports: []string{"graph", "yamlfile"}, modules: []string{"github.com/expr-lang/expr", "github.com/goccy/go-yaml"}},
	{folder: "engine", imports: []string{"graph", "engine/algo", "engine/tree", "engine/accounts", "engine/policy"}, modules: []string{"github.com/klauspost/compress", "golang.org/x/sync"}},
	{folder: "engine/resolve", imports: []string{"graph", "engine/algo"}, modules: []string{"golang.org/x/sync"}},
	{folder: "engine/eval", imports: []string{"graph", "loaders", "engine/algo", "engine"}},
	{folder: "engine/synth", imports: []string{"graph", "loaders"}},
	{folder: "engine/casebook", imports: []string{"graph", "engine"}, planned: true},
	{folder: "engine/evidence", imports: []string{"graph", "vault", "loaders", "engine", "engine/casebook"}, modules: []string{"gonum.org/v1/gonum"}},
	{folder: "api", imports: []string{"graph", "vault", "loaders", "engine/algo", "engine/tree", "engine/policy", "engine", "engine/resolve", "engine/casebook", "engine/evidence"}, modules: []string{"github.com/danielgtaylor/huma/v2", "github.com/gin-gonic/gin"}},
	{folder: "cmd/peerbench", imports: []string{"graph", "engine/algo", "engine/algo/algotest"}, modules: []string{"gonum.org/v1/gonum"}},
	{folder: "cmd/ringleader", imports: []string{"all"}, modules: []string{
		"github.com/goccy/go-yaml", "github.com/jedib0t/go-pretty/v6", "github.com/lmittmann/tint",
		"github.com/schollz/progressbar/v3", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"}},
}

// Limits on length, and who may exceed them, and why. A name is a file, or a
// file and a function.
const (
	maxFile     = 400
	maxFunction = 80
)

var longer = map[string]string{}

// goPackage is what `go list` says of one package.
type goPackage struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Module       *struct{ Path string }
	Standard     bool
}

func (p goPackage) folder() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// listPackages is the packages of this module that hold more than tests, and
// the module of every package that they rest on.
func listPackages(t *testing.T) (own []goPackage, moduleOf map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test",
		"-json=ImportPath,Dir,GoFiles,Imports,TestImports,XTestImports,Module,Standard", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go list")

	moduleOf = make(map[string]string)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			return own, moduleOf
		} else {
			require.NoError(t, err)
		}
		if p.Module != nil {
			moduleOf[p.ImportPath] = p.Module.Path
		}
		variant := strings.ContainsAny(p.ImportPath, " ") || strings.HasSuffix(p.ImportPath, ".test")
		if p.Module != nil && p.Module.Path == module && !variant && p.ImportPath != module {
			own = append(own, p)
		}
	}
}

func TestImportsKeepToTheTable(t *testing.T) {
	own, moduleOf := listPackages(t)
	require.Greater(t, len(own), 3, "the listing found the packages")
	rules := make(map[string]layer)
	for _, l := range layers {
		rules[l.folder] = l
	}
	there := make(map[string]bool)
	for _, p := range own {
		there[p.folder()] = true
		rule, ok := rules[p.folder()]
		if !ok {
			t.Errorf("%s has no row in the table: say in architecture_test.go and docs/architecture.md what it may import", p.folder())
			continue
		}
		for _, i := range p.Imports {
			inside := strings.HasPrefix(i, module+"/")
			switch folder := strings.TrimPrefix(i, module+"/"); {
			case inside && !slices.Contains(rule.imports, folder) && !slices.Contains(rule.imports, "all"):
				t.Errorf("%s imports %s; it may import %v", p.folder(), folder, rule.imports)
			case !inside && moduleOf[i] != "" && !slices.Contains(rule.modules, moduleOf[i]):
				t.Errorf("%s imports %s; of third-party modules it may import %v", p.folder(), i, rule.modules)
			}
		}
	}
	for _, l := range layers {
		if there[l.folder] == l.planned {
			t.Errorf("%s: planned is %v in the table, but the folder's being there is %v", l.folder, l.planned, there[l.folder])
		}
	}
}

// TestTableHasNoUnusedPermission keeps the table from growing stale: a
// third-party module that a folder does not use is not in its row.
func TestTableHasNoUnusedPermission(t *testing.T) {
	own, moduleOf := listPackages(t)
	used := make(map[string]map[string]bool)
	for _, p := range own {
		used[p.folder()] = make(map[string]bool)
		for _, i := range p.Imports {
			used[p.folder()][moduleOf[i]] = true
		}
	}
	for _, l := range layers {
		for _, m := range l.modules {
			if !used[l.folder][m] {
				t.Errorf("%s may import %s and does not", l.folder, m)
			}
		}
		require.True(t, slices.IsSorted(l.modules), "%s: modules in order", l.folder)
	}
}

func TestTestsUseRequireOnly(t *testing.T) {
	own, _ := listPackages(t)
	for _, p := range own {
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			require.NotEqual(t, "github.com/stretchr/testify/assert", i, "%s: use require", p.folder())
		}
	}
}

func TestEngineDoesNotKnowItsRuler(t *testing.T) {
	for _, l := range layers {
		if l.folder == "engine" || l.folder == "api" {
			require.NotContains(t, l.imports, "engine/eval", "%s would learn from the truth it is measured by", l.folder)
		}
	}
}

func TestPackagesAreNamedAndDescribed(t *testing.T) {
	own, _ := listPackages(t)
	for _, p := range own {
		require.NotContains(t, []string{"util", "utils", "common", "helper", "helpers", "misc", "base"}, path.Base(p.folder()),
			"a name that says what the package holds")
		doc, err := os.ReadFile(filepath.Join(p.Dir, "doc.go"))
		require.NoError(t, err, "%s has a doc.go", p.folder())
		f, err := parser.ParseFile(token.NewFileSet(), "doc.go", doc, parser.ParseComments|parser.PackageClauseOnly)
		require.NoError(t, err)
		require.NotEmpty(t, f.Doc.Text(), "%s/doc.go says what the package is", p.folder())
	}
}

func TestFilesAndFunctionsStayShort(t *testing.T) {
	own, _ := listPackages(t)
	found := make(map[string]bool)
	for _, p := range own {
		for _, name := range p.GoFiles {
			file := path.Join(p.folder(), name)
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			checkLength(t, found, file, set.File(f.FileStart).LineCount(), maxFile)
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					lines := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1
					checkLength(t, found, file+" "+fn.Name.Name, lines, maxFunction)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(longer)) {
		require.True(t, found[name], "%s is listed as longer and is not", name)
	}
}

func checkLength(t *testing.T, found map[string]bool, name string, lines, limit int) {
	t.Helper()
	if lines <= limit {
		return
	}
	found[name] = true
	if longer[name] == "" {
		t.Errorf("%s has %d lines, more than %d: look for the missing idea, or list it with a reason", name, lines, limit)
	}
}

// TestDocumentSaysTheTable compares docs/architecture.md with the rules above,
// row by row.
func TestDocumentSaysTheTable(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("docs", "architecture.md"))
	require.NoError(t, err)
	require.LessOrEqual(t, bytes.Count(doc, []byte("\n")), 150, "lines of docs/architecture.md")

	var got, want []string
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) == 4 && strings.HasPrefix(strings.TrimSpace(cells[0]), "`") {
			got = append(got, fmt.Sprintf("%s | %s | %s", strings.TrimSpace(cells[0]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])))
		}
	}
	for _, l := range layers {
		folder := "`" + l.folder + "`"
		if l.planned {
			folder += " (planned)"
		}
		want = append(want, fmt.Sprintf("%s | %s | %s", folder, cell(l.imports), cell(l.modules)))
	}
	require.Equal(t, want, got, "the table of docs/architecture.md")
}

// cell writes a list the way the document does, modules by their short names.
func cell(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	short := make([]string, len(names))
	for i, n := range names {
		n = strings.TrimPrefix(n, "github.com/")
		n = strings.TrimPrefix(n, "golang.org/")
		short[i] = "`" + n + "`"
	}
	return strings.Join(short, ", ")
}
