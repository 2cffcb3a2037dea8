package neo4jstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
)

func TestParseURI(t *testing.T) {
	for text, want := range map[string]neo4jstore.Config{
		"neo4j://localhost":                {URI: "neo4j://localhost:7687"},
		"neo4j://ann@db.example:7688/ring": {URI: "neo4j://db.example:7688", User: "ann", Database: "ring"},
		"bolt://127.0.0.1:1/":              {URI: "bolt://127.0.0.1:1"},
		"neo4j+s://db.example":             {URI: "neo4j+s://db.example:7687"},
		"bolt+ssc://[::1]:7687/neo4j":      {URI: "bolt+ssc://[::1]:7687", Database: "neo4j"},
	} {
		got, err := neo4jstore.ParseURI(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.True(t, neo4jstore.IsURI(text))
	}
	for text, why := range map[string]string{
		"graph.db":                      "no scheme",
		"http://localhost":              "no scheme",
		"neo4j://":                      "no host",
		"neo4j://:7687":                 "no host",
		"neo4j://a:secret@localhost":    "password",
		"neo4j://localhost/a/b":         "more than one database",
		"neo4j://localhost?policy=x":    "query",
		"neo4j://localhost:port/a":      "parse",
		"bolt://localhost/%zz":          "parse",
		"neo4j://u:secret@host:x y/db":  "parse",
		"neo4j+s://localhost#fragment":  "fragment",
		"neo4j://[::1/x":                "parse",
		"bolt://::0":                    "neither",
		"bolt://a%20b:1":                "parse",
		"neo4j:// u:secret@localhost/x": "parse",
	} {
		_, err := neo4jstore.ParseURI(text)
		require.ErrorIs(t, err, graph.ErrInvalid, text)
		require.ErrorContains(t, err, why, text)
		require.NotContains(t, err.Error(), "secret")
	}
}

func FuzzParseURI(f *testing.F) {
	f.Add("neo4j://ann@db.example:7688/ring")
	f.Add("bolt://[::1]:1/x")
	f.Add("neo4j+s://%41:b@c:d/e?f#g")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := neo4jstore.ParseURI(text)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		require.True(t, neo4jstore.IsURI(c.URI))
		require.Empty(t, c.Password)
		again, err := neo4jstore.ParseURI(c.URI)
		require.NoError(t, err, "an address that was accepted is one")
		require.Equal(t, c.URI, again.URI)
		require.NotContains(t, c.Database, "/")
	})
}
