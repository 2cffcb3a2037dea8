package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			type version struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				System  string `json:"system"`
			}
			v := version{buildVersion(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if a.Output == "table" {
				_, err := fmt.Fprintf(a.stdout, "ringleader %s (%s, %s)\n", v.Version, v.Go, v.System)
				return err
			}
			return listing[version]{
				whole: v, items: []version{v},
				columns: []column[version]{
					{name: "version", value: func(v *version) string { return v.Version }},
					{name: "go", value: func(v *version) string { return v.Go }},
					{name: "system", value: func(v *version) string { return v.System }},
				},
			}.write(a)
		},
	}
}

// buildVersion is the module's version, or the commit it was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "development"
}
