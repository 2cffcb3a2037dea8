package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// configValue is one key of the configuration file.
type configValue struct {
	values []string
	line   int
}

// configure fills every flag of cmd that was not given from the environment,
// else from the file, and checks what all commands share.
func (a *app) configure(cmd *cobra.Command) error {
	if value, ok := a.lookupEnv(envName("config")); ok && !cmd.Flags().Changed("config") {
		a.Config = value
	}
	file, err := readConfig(a.Config, knownFlags(cmd.Root()))
	if err != nil {
		return err
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || notConfigured(f.Name) || err != nil {
			return
		}
		if value, ok := a.lookupEnv(envName(f.Name)); ok && value != "" {
			if e := cmd.Flags().Set(f.Name, value); e != nil {
				err = usagef("environment variable %s: %v", envName(f.Name), e)
			}
			return
		}
		for _, value := range file[f.Name].values {
			if e := cmd.Flags().Set(f.Name, value); e != nil {
				err = usagef("%s, line %d: %s: %v", a.Config, file[f.Name].line, f.Name, e)
			}
		}
	})
	if err != nil {
		return err
	}
	if value, ok := a.lookupEnv("NO_COLOR"); ok && value != "" {
		a.NoColor = true
	}
	if err := oneOf("output", a.Output, "table", "json", "jsonl", "csv"); err != nil {
		return err
	}
	if a.Threads < 1 {
		return usagef("--threads %d: want at least 1", a.Threads)
	}
	return oneOf("log-format", a.LogFormat, "text", "json")
}

// envName is the environment variable of a flag.
func envName(flag string) string {
	return "RINGLEADER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// notConfigured names flags that make sense on the command line only.
func notConfigured(flag string) bool { return flag == "config" || flag == "help" }

// knownFlags are the flags of all commands: the keys of the file.
func knownFlags(root *cobra.Command) map[string]bool {
	known := make(map[string]bool)
	add := func(f *pflag.Flag) {
		if !notConfigured(f.Name) {
			known[f.Name] = true
		}
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.LocalFlags().VisitAll(add)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	return known
}

// readConfig reads a flat YAML mapping of flag names to values. It is strict:
// a key that no command knows is an error, with its line.
func readConfig(path string, known map[string]bool) (map[string]configValue, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("--config: %v", err)
	}
	return parseConfig(path, data, known)
}

func parseConfig(path string, data []byte, known map[string]bool) (map[string]configValue, error) {
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, usagef("%s: %v", path, err)
	}
	config := make(map[string]configValue)
	for _, doc := range parsed.Docs {
		entries, err := mappingOf(doc.Body)
		if err != nil {
			return nil, usagef("%s: %v", path, err)
		}
		for _, entry := range entries {
			key, line := entry.Key.String(), entry.Key.GetToken().Position.Line
			if !known[key] {
				return nil, usagef("%s, line %d: unknown key %q; keys are the names of flags", path, line, key)
			}
			if _, twice := config[key]; twice {
				return nil, usagef("%s, line %d: %q is given twice", path, line, key)
			}
			values, err := scalarsOf(entry.Value)
			if err != nil {
				return nil, usagef("%s, line %d: %s: %v", path, line, key, err)
			}
			config[key] = configValue{values, line}
		}
	}
	return config, nil
}

func mappingOf(body ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := body.(type) {
	case nil:
		return nil, nil
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	case *ast.CommentGroupNode:
		return nil, nil
	}
	return nil, fmt.Errorf("want lines such as \"store: rings.db\"")
}

// scalarsOf is a value as flags take it: once, or once per item of a list.
func scalarsOf(n ast.Node) ([]string, error) {
	switch n := n.(type) {
	case *ast.SequenceNode:
		var all []string
		for _, item := range n.Values {
			values, err := scalarsOf(item)
			if err != nil {
				return nil, err
			}
			all = append(all, values...)
		}
		return all, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.StringNode:
		return []string{n.Value}, nil
	case ast.ScalarNode:
		return []string{n.GetToken().Value}, nil
	}
	return nil, fmt.Errorf("want a plain value or a list of them")
}
