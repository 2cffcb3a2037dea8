package loadertest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// Facts is the observed links of a store with their times and amounts, and its
// properties, a line each, sorted:
//
//	account:u1 PAID merchant:m payment:1 @2018-10-09T16:14:01Z =1.10 EUR
//	account:u1 . name=Made Up
func Facts(t testing.TB, s graph.Store) []string {
	t.Helper()
	var lines []string
	_, err := s.Scan(context.Background(), graph.ScanQuery{}, func(b *graph.Batch) error {
		for _, l := range b.Links {
			lines = append(lines, fmt.Sprintf("%s %s %s %s @%s =%s", b.Refs[l.From], l.Type, b.Refs[l.To], l.Event, l.At, l.Money))
		}
		for _, a := range b.Attrs {
			lines = append(lines, fmt.Sprintf("%s . %s=%s", b.Refs[a.Node], a.Name, a.Value))
		}
		return nil
	})
	require.NoError(t, err)
	slices.Sort(lines)
	return lines
}
