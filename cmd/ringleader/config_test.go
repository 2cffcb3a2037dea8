package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// configured runs a command that only reads its settings.
func configured(t *testing.T, env map[string]string, file string, args ...string) (*app, error) {
	t.Helper()
	a := newApp(nil, os.Stdout, os.Stderr, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	root := newRoot(a)
	root.AddCommand(&cobra.Command{Use: "nothing", RunE: func(*cobra.Command, []string) error { return nil }})
	if file != "" {
		path := filepath.Join(t.TempDir(), "config.yaml")
		require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
		args = append(args, "--config", path)
	}
	root.SetArgs(append([]string{"nothing"}, args...))
	return a, root.Execute()
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	env := map[string]string{"RINGLEADER_STORE": "env.db"}
	file := "store: file.db\noutput: json # for scripts\nthreads: 3\n"

	a, err := configured(t, env, file, "--store", "flag.db")
	require.NoError(t, err)
	require.Equal(t, "flag.db", a.Store)

	a, err = configured(t, env, file)
	require.NoError(t, err)
	require.Equal(t, "env.db", a.Store)
	require.Equal(t, "json", a.Output)
	require.Equal(t, 3, a.Threads)

	a, err = configured(t, nil, file)
	require.NoError(t, err)
	require.Equal(t, "file.db", a.Store)

	a, err = configured(t, nil, "")
	require.NoError(t, err)
	require.Equal(t, "ringleader.db", a.Store)
	require.Equal(t, "table", a.Output)
}

func TestConfigFileMayBeNamedByTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(path, []byte("quiet: true\n"), 0o600))
	a, err := configured(t, map[string]string{"RINGLEADER_CONFIG": path}, "")
	require.NoError(t, err)
	require.True(t, a.Quiet)
}

func TestNoColorVariable(t *testing.T) {
	a, err := configured(t, map[string]string{"NO_COLOR": "1"}, "")
	require.NoError(t, err)
	require.True(t, a.NoColor)
}

func TestConfigurationMistakesAreUsageErrors(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		file string
		args []string
		says string
	}{
		"unknown key":         {file: "quiet: true\nstroe: x\n", says: `line 2: unknown key "stroe"`},
		"key twice":           {file: "quiet: true\nquiet: false\n", says: "quiet"},
		"bad value":           {file: "\nthreads: many\n", says: "line 2: threads"},
		"a mapping as value":  {file: "store: {a: b}\n", says: "want a plain value"},
		"not a mapping":       {file: "- store\n", says: "want lines such as"},
		"not YAML":            {file: "store: [\n", says: "config.yaml"},
		"bad variable":        {env: map[string]string{"RINGLEADER_THREADS": "x"}, says: "RINGLEADER_THREADS"},
		"bad output":          {args: []string{"--output", "xml"}, says: "want table, json, jsonl, csv"},
		"bad log format":      {args: []string{"--log-format", "xml"}, says: "want text, json"},
		"no threads":          {args: []string{"--threads", "0"}, says: "want at least 1"},
		"no such flag":        {args: []string{"--stroe", "x"}, says: "--help"},
		"no such config file": {args: []string{"--config", "/nowhere/c.yaml"}, says: "--config"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := configured(t, c.env, c.file, c.args...)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, exitUsage, exitCode(t.Context(), err))
		})
	}
}

// FuzzParseConfig: whatever the file holds, it is values for known flags or an
// error of usage.
func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{"", "store: a\n", "types: [A, B]\n", "# nothing\n", "store: 'x\n", "---\nstore: a\n---\nquiet: true\n", "store: &a b\nquiet: *a\n", "? a\n: b\n", "store: |\n  x\n"} {
		f.Add([]byte(seed))
	}
	known := map[string]bool{"store": true, "quiet": true, "types": true}
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := parseConfig("c.yaml", data, known)
		if err != nil {
			require.Equal(t, exitUsage, exitCode(t.Context(), err))
			return
		}
		for key := range config {
			require.True(t, known[key])
		}
	})
}
