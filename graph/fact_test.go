package graph_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// anyBody draws a link's weight, money and properties; half of them plain.
func anyBody() *rapid.Generator[graph.Link] {
	return rapid.Custom(func(t *rapid.T) graph.Link {
		var l graph.Link
		if rapid.Bool().Draw(t, "plain") {
			return l
		}
		if rapid.Bool().Draw(t, "paid") {
			l.Money = anyMoney("CNY", "JPY", "").Draw(t, "money")
		}
		l.Weight = rapid.SampledFrom([]float64{0, 1, -2.5, math.MaxFloat64, math.SmallestNonzeroFloat64}).Draw(t, "weight")
		for _, name := range []string{"auth", "status", "支付"} {
			if rapid.Bool().Draw(t, name) {
				l.Props = append(l.Props, graph.Prop{Name: name, Value: rapid.String().Draw(t, "value")})
			}
		}
		return l
	})
}

func TestBodyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyBody().Draw(t, "link")
		body := l.AppendBody([]byte("before"))[6:]
		require.Equal(t, l.Plain(), len(body) == 0, "a plain link has no body")
		back := graph.Link{Weight: 7, Props: []graph.Prop{{Name: "old"}}}
		require.NoError(t, back.SetBody(body))
		require.Equal(t, l, back)
		for cut := 1; cut < len(body); cut++ {
			require.ErrorIs(t, back.SetBody(body[:cut]), graph.ErrInvalid, "cut at %d", cut)
		}
		if len(body) > 0 {
			require.ErrorIs(t, back.SetBody(append(body, 0)), graph.ErrInvalid, "something left over")
		}
	})
}

func TestEqualBodiesMeanEqualContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := anyBody().Draw(t, "x"), anyBody().Draw(t, "y")
		same := bytes.Equal(x.AppendBody(nil), y.AppendBody(nil))
		require.Equal(t, same, x.CompareContent(&y) == 0)
		if same {
			require.Equal(t, x, y)
		}
		require.Equal(t, x.CompareContent(&y), -y.CompareContent(&x))
	})
	zero := graph.Link{Props: []graph.Prop{{Name: "a"}}}
	minus := graph.Link{Props: []graph.Prop{{Name: "a"}}, Weight: math.Copysign(0, -1)}
	require.Zero(t, zero.CompareContent(&minus), "0 and −0 are one weight")
}

func TestCompareContentLooksAtEverything(t *testing.T) {
	base := graph.Link{Type: graph.Paid, At: 5, Until: 9, Event: "payment:P1", Weight: 1, Money: graph.Money{Minor: 1, Known: true}}
	for field, change := range map[string]func(*graph.Link){
		"Type": func(l *graph.Link) { l.Type = graph.PaidTo }, "At": func(l *graph.Link) { l.At = 6 },
		"Until": func(l *graph.Link) { l.Until = 10 }, "Event": func(l *graph.Link) { l.Event = "payment:P2" },
		"Weight": func(l *graph.Link) { l.Weight = 2 }, "Minor": func(l *graph.Link) { l.Money.Minor = 2 },
		"Exponent": func(l *graph.Link) { l.Money.Exponent = 1 }, "Currency": func(l *graph.Link) { l.Money.Currency = "CNY" },
		"Props": func(l *graph.Link) { l.Props = []graph.Prop{{Name: "a", Value: "b"}} },
	} {
		other := base
		change(&other)
		require.Negative(t, base.CompareContent(&other), field)
		require.Positive(t, other.CompareContent(&base), field)
	}
	other := base
	other.Sources = []graph.Source{{Input: "A"}}
	require.Zero(t, base.CompareContent(&other), "sources are no content")
}

func TestLinkProp(t *testing.T) {
	l := graph.Link{Props: []graph.Prop{{Name: "auth", Value: "otp"}, {Name: "status", Value: "settled"}}}
	require.Equal(t, "settled", l.Prop("status"))
	require.Empty(t, l.Prop("currency"))
}

func FuzzSetBody(f *testing.F) {
	full := graph.Link{Weight: 2.5, Money: graph.Money{Minor: -64800, Exponent: 2, Known: true, Currency: "CNY"}, Props: []graph.Prop{{Name: "a", Value: "b"}}}
	f.Add(full.AppendBody(nil))
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add(append(full.AppendBody(nil), 0))
	f.Add(bytes.Repeat([]byte{0xff}, 40)) // lengths that lie
	f.Fuzz(func(t *testing.T, body []byte) {
		var l graph.Link
		if err := l.SetBody(body); err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if math.IsNaN(l.Weight) || !l.Money.Known && l.Money != (graph.Money{}) {
			return // no valid link: Validate refuses it
		}
		var back graph.Link
		require.NoError(t, back.SetBody(l.AppendBody(nil)))
		require.Zero(t, l.CompareContent(&back))
	})
}
