package loaders_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/loaders"
)

func infer(t testing.TB, paths ...string) *loaders.Inference {
	t.Helper()
	g, err := loaders.Infer(t.Context(), paths, loaders.Options{})
	require.NoError(t, err)
	return g
}

// Five exports of unlike layout, made up in the style of real ones, load by
// inference alone: no row is lost, and what they state is what a person who
// reads the headers would say.
func TestFiveForeignExportsLoadByInference(t *testing.T) {
	tests := map[string]struct {
		kind string
		rows int64
		want []string // some facts
	}{
		"bestellungen.csv": {"payments", 40, []string{"PAID merchant:Müller & Söhne", "USED_DEVICE", "USED_IP ip:192.0.2.1", "EUR", "declined", "HAS_ADDRESS address:Große Straße 1"}},
		"virements.csv":    {"transfers", 30, []string{"TRANSFERRED_TO account:FR", "EUR", "libellé"}},
		"accesos.txt":      {"events", 50, []string{"event/login_failed", "USED_IP ip:198.51.100.10", "USED_DEVICE device:dev-0001"}},
		"zhifu_mingxi.csv": {"payments", 40, []string{"PAID merchant:应用商店", "648.00 CNY", "PAID_TO beneficiary:game1", "refunded"}},
		"signups.csv":      {"accounts", 30, []string{"HAS_EMAIL email:person3@example.com", "HAS_PHONE", "USED_DEVICE", "opened_at"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "inferred", name)
			g := infer(t, file)
			lines, report := read(t, loaders.Options{Mapping: g.Mapping}, file)
			t.Log(string(g.YAML))
			require.Equal(t, tt.kind, g.Tables[0].Kind)
			require.Equal(t, tt.rows, report.Rows)
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			all := strings.ToLower(strings.Join(lines, "\n"))
			for _, want := range tt.want {
				require.Contains(t, all, strings.ToLower(want))
			}
		})
	}
}

// A saved mapping is the mapping: it loads to the same inputs.
func TestSavedInferenceLoadsIdentically(t *testing.T) {
	file := filepath.Join("testdata", "inferred", "bestellungen.csv")
	g := infer(t, file)
	saved := write(t, t.TempDir(), "m.yaml", string(g.YAML))
	m, err := loaders.ReadMapping(saved)
	require.NoError(t, err)
	require.Equal(t, g.Mapping, m)
	_, before := read(t, loaders.Options{Mapping: g.Mapping}, file)
	_, after := read(t, loaders.Options{Mapping: m}, file)
	require.Equal(t, before.Files, after.Files)
	require.Equal(t, g.YAML, infer(t, file).YAML, "inference is deterministic")
	_, err = os.Stat(saved)
	require.NoError(t, err)
}
