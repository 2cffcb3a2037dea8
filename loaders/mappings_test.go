package loaders_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/loaders"
	"ringleader/loaders/loadertest"
)

// Row counts are those of the files themselves (wc -l less headers); what each
// row must give follows from the mapping: accounts exist and have properties,
// one link a relation, one label a labelled account.
func TestRealSetsLoadWithoutLoss(t *testing.T) {
	data := loadertest.RealData(t)
	tests := []struct {
		mapping, path       string
		rows, links, labels int64
	}{
		{"amlsim_20k", "amlsim_20k/20K_cycle200.tgz", 20_000 + 117_805, 117_805, 20_000},
		{"amlsim_20k", "amlsim_20k/20K_fanin200.tgz", 20_000 + 118_250, 118_250, 20_000},
		{"amlsim_20k", "amlsim_20k/20K_fanin200cycle200.tgz", 20_000 + 120_558, 120_558, 20_000},
		{"ebay_xfraud41", "ebay_xfraud41", 1_591 + 3_344, 3_344, 1_075},
		{"tolokers", "tolokers", 11_758 + 519_000, 519_000, 11_758},
		{"bitcoin_otc", "bitcoin_otc", 35_592 + 316, 35_592, 316},
		{"splink_historical_50k", "splink_historical_50k", 50_578, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			m, err := loaders.ShippedMapping(tt.mapping)
			require.NoError(t, err)
			lines, report := read(t, loaders.Options{Mapping: m}, filepath.Join(data, tt.path))
			require.Equal(t, tt.rows, report.Rows)
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			require.Zero(t, report.LeftOut)
			require.Equal(t, tt.labels, report.Labels)
			if tt.links > 0 {
				require.Equal(t, tt.links, report.Links)
			}
			require.Len(t, lines, int(report.Links+report.Attrs))
			for _, f := range report.Files {
				require.True(t, f.Done, f.Name)
			}
		})
	}
}

func TestShippedMappingsAreValid(t *testing.T) {
	names := loaders.ShippedMappings()
	require.Equal(t, []string{"amlsim", "amlsim_20k", "bitcoin_otc", "canonical", "ebay_xfraud41", "fraud_ecommerce",
		"ibm_aml", "ieee_cis", "neo4j_paysim", "paysim", "s_ffsd", "splink_historical_50k", "tolokers"}, names)
	for _, name := range names {
		m, err := loaders.ShippedMapping(name)
		require.NoError(t, err)
		require.Equal(t, name, m.Name)
	}
}
