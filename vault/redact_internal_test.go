package vault

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func erasing(refs ...graph.Ref) *redaction {
	e := &redaction{to: func(r graph.Ref) (graph.Ref, bool) {
		for _, have := range refs {
			if r == have {
				return graph.Ref{Kind: r.Kind, Key: "gone"}, true
			}
		}
		return r, false
	}}
	for _, r := range refs {
		e.hints = append(e.hints, hintsOf(r.Key)...)
	}
	return e
}

func TestRedaction(t *testing.T) {
	e := erasing(graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Email, Key: "a@b.example"}, graph.Ref{Kind: graph.Device, Key: `d"<1>`})
	for in, want := range map[string]string{
		`{"ref":"account:u1"}`:                                      `{"ref":"account:gone"}`,
		`{"ref":"account:u11","n":12345678901234567890}`:            `{"n":12345678901234567890,"ref":"account:u11"}`,
		`[{"account":"u1"},{"account":"u2"}]`:                       `[{"account":"gone"},{"account":"u2"}]`,
		`{"id":"u1"}`:                                               `{"id":"u1"}`,
		`["account:u1>USED_DEVICE>device:d9@2018-10-09T00:00:00Z"]`: `["account:gone>USED_DEVICE>device:d9@2018-10-09T00:00:00Z"]`,
		`["account:u9>HAS_EMAIL>email:a@b.example@2018-10-09T00:00:00Z","account:u9>HAS_EMAIL>email:a@b.example"]`: `["account:u9>HAS_EMAIL>email:gone@2018-10-09T00:00:00Z","account:u9>HAS_EMAIL>email:gone"]`,
		`[{"r":"account:u1","text":"u1 and u12 used u1-b; u1."},{"text":"u1 alone"}]`:                              `[{"r":"account:gone","text":"gone and u12 used u1-b; gone."},{"text":"u1 alone"}]`,
		`{"ref":"device:d\"\u003c1\u003e"}`: `{"ref":"device:gone"}`,
	} {
		out, changed, err := e.record(graph.Record{Type: "x", Data: []byte(in)})
		require.NoError(t, err)
		if !changed {
			out = []byte(in)
		}
		require.JSONEq(t, want, string(out), in)
	}
	_, changed, err := e.record(graph.Record{Type: "x", Data: []byte("not JSON, and nobody in it")})
	require.NoError(t, err)
	require.False(t, changed, "what names nobody is not even parsed")
}

func FuzzRedaction(f *testing.F) {
	f.Add(`{"ref":"account:person-7","text":"person-7 was here"}`)
	f.Add(`["account:person-7>PAID>x:y@z",{"account":"person-7"}]`)
	e := erasing(graph.Ref{Kind: graph.Account, Key: "person-7"})
	f.Fuzz(func(t *testing.T, text string) {
		out, changed, err := e.record(graph.Record{Type: "x", Data: []byte(text)})
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if !changed {
			return
		}
		require.True(t, json.Valid(out))
		require.NotContains(t, string(out), `"account:person-7"`)
		again, changed, err := e.record(graph.Record{Type: "x", Data: out})
		require.NoError(t, err)
		require.False(t, changed, "once is enough: %s", again)
	})
}
