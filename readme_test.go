package ringleader_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// buildProgram builds the command line into a folder for PATH.
func buildProgram(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "ringleader"), "./cmd/ringleader").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// TestReadmeExampleRuns runs the blocks of README.md that are marked as tested,
// in order and in one shell, and checks what the text beside them says.
func TestReadmeExampleRuns(t *testing.T) {
	bin := buildProgram(t)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)<!-- tested -->\n```sh\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	require.Len(t, blocks, 3, "tested blocks")
	script := "set -euo pipefail\n"
	for _, b := range blocks {
		script += b[1]
	}

	work := t.TempDir()
	examples, err := filepath.Abs("examples")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(examples, filepath.Join(work, "examples")))
	run := func(arg ...string) []byte {
		cmd := exec.CommandContext(t.Context(), arg[0], arg[1:]...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, "%s\n%s", strings.Join(arg, " "), stderr.String())
		return out
	}
	t.Log(string(run("bash", "-c", script)))

	var doc struct {
		Rings []struct {
			Typology    string
			Probability float64
			Members     []struct{ Ref, Role string }
			Loss        []struct{ Currency, Amount string }
		}
	}
	require.NoError(t, json.Unmarshal(run(filepath.Join(bin, "ringleader"), "rings", "--store", "wave.db", "--min-probability", "0.5", "--output", "json"), &doc))
	require.Len(t, doc.Rings, 1, "the family's tablet makes no probable ring")
	ring := doc.Rings[0]
	roles := make(map[string][]string)
	for _, m := range ring.Members {
		roles[m.Role] = append(roles[m.Role], m.Ref)
	}
	slices.Sort(roles["victim"])
	require.Equal(t, "takeover", ring.Typology)
	require.Contains(t, roles["operator"], "device:dev-9f")
	require.Equal(t, []string{"account:u07", "account:u12", "account:u23", "account:u31", "account:u44", "account:u58", "account:u66", "account:u71"},
		roles["victim"], "the accounts that paid game-77 in examples/wave/payments.csv, and u71, which dev-9f has reached")
	require.Len(t, ring.Loss, 1)
	require.Equal(t, "CNY", ring.Loss[0].Currency)
	require.Equal(t, "8800.00", ring.Loss[0].Amount, "the sum of what went to game-77")
}

// TestReadmeListsEveryCommand compares the table of README.md with the help.
func TestReadmeListsEveryCommand(t *testing.T) {
	bin := buildProgram(t)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	help, err := exec.CommandContext(t.Context(), filepath.Join(bin, "ringleader"), "--help").Output()
	require.NoError(t, err)

	var listed, there []string
	for _, m := range regexp.MustCompile("(?m)^\\| `ringleader ([a-z]+)` \\|").FindAllStringSubmatch(string(readme), -1) {
		listed = append(listed, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+) +[A-Z]`).FindAllStringSubmatch(string(help), -1) {
		if m[1] != "completion" && m[1] != "help" {
			there = append(there, m[1])
		}
	}
	slices.Sort(listed)
	slices.Sort(there)
	require.Equal(t, there, listed, "commands in the table of README.md and in the help")
}

// TestDocumentsLinkToFilesThatExist checks the relative links of all documents.
func TestDocumentsLinkToFilesThatExist(t *testing.T) {
	docs, err := filepath.Glob("*.md")
	require.NoError(t, err)
	more, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, doc := range append(docs, more...) {
		text, err := os.ReadFile(doc)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1]))
			require.NoError(t, err, "%s links to %s", doc, m[1])
		}
	}
}
