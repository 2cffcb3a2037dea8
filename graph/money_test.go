package graph_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		amount, currency string
		minor            int64
		exponent         uint8
		prints           string
	}{
		{"648.00", "CNY", 64800, 2, "648.00"},
		{"648", "CNY", 64800, 2, "648.00"},
		{"648.0", "CNY", 64800, 2, "648.00"},
		{"648.000", "CNY", 64800, 2, "648.00"},
		{"648.005", "CNY", 648005, 3, "648.005"},
		{"-0.5", "CNY", -50, 2, "-0.50"},
		{"+0.5", "CNY", 50, 2, "0.50"},
		{".5", "CNY", 50, 2, "0.50"},
		{"-.05", "CNY", -5, 2, "-0.05"},
		{"5.", "CNY", 500, 2, "5.00"},
		{"0", "CNY", 0, 2, "0.00"},
		{"-0", "", 0, 2, "0.00"},
		{"007", "CNY", 700, 2, "7.00"},
		{"1000", "JPY", 1000, 0, "1000"},
		{"1000.0", "JPY", 1000, 0, "1000"},
		{".0", "JPY", 0, 0, "0"},
		{"1000.5", "JPY", 10005, 1, "1000.5"},
		{"1.5", "KWD", 1500, 3, "1.500"},
		{"1.2345", "CLF", 12345, 4, "1.2345"},
		{"0.000000000000000001", "", 1, 18, "0.000000000000000001"},
		{"92233720368547758.07", "CNY", math.MaxInt64, 2, "92233720368547758.07"},
		{"-92233720368547758.08", "CNY", math.MinInt64, 2, "-92233720368547758.08"},
		{"-9223372036854775808", "JPY", math.MinInt64, 0, "-9223372036854775808"},
	} {
		m, err := graph.ParseMoney(c.amount, c.currency)
		require.NoError(t, err, c.amount)
		require.Equal(t, graph.Money{Minor: c.minor, Exponent: c.exponent, Known: true, Currency: c.currency}, m, c.amount)
		require.Equal(t, c.prints, m.Amount())
	}
	m, err := graph.ParseMoney("", "CNY")
	require.NoError(t, err)
	require.Equal(t, graph.Money{}, m, "no amount is no Money")
	require.Empty(t, m.String())
}

func TestParseMoneyRefuses(t *testing.T) {
	for _, bad := range []string{
		".", "-", "+", "-.", "+-1", "-+1", "--1", "1-", "1.-5", "1.2.3", "1,5", "1 000", " 1", "1e3", "0x1", "NaN", "Inf", "½", "１", "\x00",
		"92233720368547758.08", "-92233720368547758.09", "9223372036854775808", "0.0000000000000000001", strings.Repeat("9", 400),
	} {
		for _, currency := range []string{"CNY", "JPY", "KWD", ""} {
			_, err := graph.ParseMoney(bad, currency)
			require.ErrorIs(t, err, graph.ErrInvalid, "%q %s", bad, currency)
			require.NotContains(t, err.Error(), "9999", "a message gives the reason, not the row")
		}
	}
}

func anyMoney(currencies ...string) *rapid.Generator[graph.Money] {
	return rapid.Custom(func(t *rapid.T) graph.Money {
		return graph.Money{
			Minor:    rapid.Int64().Draw(t, "minor"),
			Exponent: uint8(rapid.IntRange(0, 18).Draw(t, "exponent")),
			Known:    true,
			Currency: rapid.SampledFrom(currencies).Draw(t, "currency"),
		}
	})
}

// exact is the amount as a fraction.
func exact(m graph.Money) *big.Rat {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(m.Exponent)), nil)
	return new(big.Rat).SetFrac(big.NewInt(m.Minor), unit)
}

func TestMoneyPrintsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMoney("CNY", "JPY", "KWD", "").Draw(t, "m")
		printed, ok := new(big.Rat).SetString(m.Amount())
		require.True(t, ok)
		require.Zero(t, exact(m).Cmp(printed), "%s of %+v", m.Amount(), m)
		back, err := graph.ParseMoney(m.Amount(), m.Currency)
		if err != nil {
			// Filled up to the decimals of its currency it no longer fits.
			require.Greater(t, math.Abs(float64(m.Minor)), 1e15)
			return
		}
		require.Zero(t, exact(back).Cmp(exact(m)), "parsed back it is the same amount")
		again, err := graph.ParseMoney(back.Amount(), back.Currency)
		require.NoError(t, err)
		require.Equal(t, back, again, "and has one form")
		want, _ := exact(m).Float64()
		require.InDelta(t, want, m.Float(), math.Abs(want)*1e-15)
	})
}

func TestMoneyAddsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int64Range(-1e6, 1e6)
		x, y := anyMoney("CNY").Draw(t, "x"), anyMoney("CNY").Draw(t, "y")
		if rapid.Bool().Draw(t, "small") {
			x.Minor, y.Minor = small.Draw(t, "x minor"), small.Draw(t, "y minor")
		}
		want := new(big.Rat).Add(exact(x), exact(y))
		sum, err := x.Add(y)
		other, otherErr := y.Add(x)
		require.Equal(t, err == nil, otherErr == nil)
		require.Equal(t, sum, other, "either way round")
		if err == nil {
			require.Zero(t, want.Cmp(exact(sum)), "%v + %v = %v", x, y, sum)
			require.Equal(t, max(x.Exponent, y.Exponent), sum.Exponent)
			return
		}
		require.ErrorIs(t, err, graph.ErrInvalid)
		fine := max(x.Exponent, y.Exponent)
		fits := func(r *big.Rat) bool {
			unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(fine)), nil)
			return new(big.Rat).Mul(r, new(big.Rat).SetInt(unit)).Num().IsInt64()
		}
		require.False(t, fits(exact(x)) && fits(exact(y)) && fits(want), "refused though it fits: %v + %v", x, y)
	})
}

func TestMoneyAddAtTheEdges(t *testing.T) {
	at := func(minor int64, exponent uint8, currency string) graph.Money {
		return graph.Money{Minor: minor, Exponent: exponent, Known: true, Currency: currency}
	}
	sum, err := graph.Money{}.Add(at(5, 0, "JPY"))
	require.NoError(t, err)
	require.Equal(t, at(5, 0, "JPY"), sum, "no amount plus an amount is the amount")
	sum, err = at(5, 0, "JPY").Add(graph.Money{})
	require.NoError(t, err)
	require.Equal(t, at(5, 0, "JPY"), sum)
	sum, err = at(math.MinInt64, 2, "CNY").Add(at(math.MaxInt64, 2, "CNY"))
	require.NoError(t, err)
	require.Equal(t, at(-1, 2, "CNY"), sum)
	for _, pair := range [][2]graph.Money{
		{at(1, 2, "CNY"), at(1, 2, "USD")},
		{at(1, 2, "CNY"), at(1, 2, "")},
		{at(math.MaxInt64, 2, "CNY"), at(1, 2, "CNY")},
		{at(math.MinInt64, 2, "CNY"), at(-1, 2, "CNY")},
		{at(math.MinInt64, 2, "CNY"), at(math.MinInt64, 2, "CNY")},
		{at(math.MaxInt64/10+1, 2, "CNY"), at(0, 3, "CNY")},
	} {
		_, err := pair[0].Add(pair[1])
		require.ErrorIs(t, err, graph.ErrInvalid, "%v + %v", pair[0], pair[1])
		_, err = pair[1].Add(pair[0])
		require.ErrorIs(t, err, graph.ErrInvalid)
	}
	require.Equal(t, "-648.00 CNY", at(64800, 2, "CNY").Neg().String())
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"648.00", "-0.5", ".", "+-1", "1e9", "", "00.10", "9223372036854775807", "-92233720368547758.08"} {
		f.Add(s, "CNY")
		f.Add(s, "JPY")
	}
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := graph.ParseMoney(amount, currency)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if amount == "" {
			require.Zero(t, m)
			return
		}
		want, ok := new(big.Rat).SetString(strings.TrimSuffix(strings.TrimPrefix(amount, "+"), "."))
		require.True(t, ok, "%q is a number", amount)
		require.Zero(t, want.Cmp(exact(m)), "%q is %v", amount, m)
		back, err := graph.ParseMoney(m.Amount(), currency)
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}
