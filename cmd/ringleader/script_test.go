package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program: scripts and tests run it as a
// process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ringleader": main})
}

// TestScripts runs the program as testdata/script/*.txtar say.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":  runForCode,
			"setid": setID,
		},
	})
}

// runForCode is "code N ringleader …": the program must end with that code.
func runForCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program [args…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// setID is "setid VAR file.csv": the variable becomes the first cell of the
// second line.
func setID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: setid VAR file.csv")
	}
	data, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	lines := strings.Split(string(data), "\n")
	if len(lines) < 2 {
		ts.Fatalf("%s has no second line", args[1])
	}
	id, _, _ := strings.Cut(lines[1], ",")
	ts.Setenv(args[0], id)
}
