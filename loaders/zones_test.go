package loaders_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// Of the times that name no zone, those of a row with a timezone are local to
// it; one that names its zone says it for itself.
func TestTheTimezoneColumnWins(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "uses.csv"), []byte(
		"account,kind,identifier,at,timezone\n"+
			"u1,device,d1,2018-10-09 18:14,Asia/Shanghai\n"+
			"u2,device,d1,2018-10-09 18:14,\n"+
			"u3,device,d1,2018-10-09T18:14:00Z,Asia/Shanghai\n"+
			"u4,device,d1,2018-10-09 18:14,Nowhere/Land\n"+
			"u5,device,d1,2018-10-09 18:14,Local\n"), 0o600))
	at := make(map[string]string)
	report, err := loaders.Read(t.Context(), []string{dir}, loaders.Options{}, func(b *graph.Batch) error {
		for _, l := range b.Links {
			at[b.Refs[l.From].Key] = l.At.String()
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"u1": "2018-10-09T10:14:00Z", "u2": "2018-10-09T18:14:00Z", "u3": "2018-10-09T18:14:00Z"}, at)
	require.EqualValues(t, 2, report.Rejected)
	require.Equal(t, "timezone", report.Reasons[0].Column)
}
