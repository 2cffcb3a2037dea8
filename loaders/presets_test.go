package loaders_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/loaders"
)

// Two pairs of files in one folder join each its own.
func TestJoinFollowsThePattern(t *testing.T) {
	m, err := loaders.ParseMapping("m.yaml", []byte(`
name: m
tables:
- file: "*_pay"
  joins: [{file: "*_gear", on: {id: id}}]
  links: [{from: "account:{id}", to: "device:{d}"}]
`))
	require.NoError(t, err)
	dir := t.TempDir()
	for _, month := range []string{"may", "june"} {
		write(t, dir, month+"_pay.csv", "id\n1\n")
		write(t, dir, month+"_gear.csv", "id,d\n1,"+month+"\n")
	}
	lines, report := read(t, loaders.Options{Mapping: m}, dir)
	require.Equal(t, int64(2), report.Links)
	require.Contains(t, strings.Join(lines, "\n"), "device:may")
	require.Contains(t, strings.Join(lines, "\n"), "device:june")
}

// Each preset reads a tiny made-up file in the columns of the real set.
func TestPresetsReadTheirLayouts(t *testing.T) {
	tests := map[string]struct {
		rows, links, labels int64
		want                []string
	}{
		"ieee_cis":        {3, 5, 1, []string{"account:11001-321.0-150.0-226.0-299.0 PAID merchant:W", "68.50 USD", "2017-12-02T00:00:00Z", "device:MADE-UP Build/1/Android 7.0/samsung browser 6.2/2220x1080"}},
		"paysim":          {5, 5, 2, []string{"account:C1001 PAID merchant:M2001", "account:C1002 TRANSFERRED_TO account:C3001", "account:C3003 TRANSFERRED_TO account:C1004", "9839.64"}},
		"amlsim":          {6, 6, 2, []string{"account:0 TRANSFERRED_TO account:1", "858.77 USD", "address:1 Example Street, 00001"}},
		"ibm_aml":         {5, 5, 1, []string{"account:8000EBD30 TRANSFERRED_TO account:8000EBD31", "3697.34 USD", "0.000218 XBT", "OWNED_BY customer:800C998A0", "2022-09-01T00:21:00Z"}},
		"s_ffsd":          {3, 3, 1, []string{"account:S10000 PAID merchant:T1000", "13.74"}},
		"fraud_ecommerce": {3, 9, 3, []string{"account:22002 USED_DEVICE device:MADEUPDEVICEB", "34.00 USD", "opened_at"}},
		"neo4j_paysim":    {6, 10, 1, []string{"account:4000000000001 TRANSFERRED_TO account:4000000000002", "HAS_EMAIL", "HAS_PHONE", "HAS_NATIONAL_ID"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := loaders.ShippedMapping(name)
			require.NoError(t, err)
			lines, report := read(t, loaders.Options{Mapping: m}, filepath.Join("testdata", "presets", name))
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			require.Zero(t, report.LeftOut)
			require.Empty(t, report.Skipped)
			require.Equal(t, tt.rows, report.Rows)
			require.Equal(t, tt.links, report.Links)
			require.Equal(t, tt.labels, report.Labels)
			all := strings.Join(lines, "\n")
			for _, want := range tt.want {
				require.Contains(t, strings.ToLower(all), strings.ToLower(want))
			}
			require.NotEmpty(t, m.Explain())
		})
	}
}
