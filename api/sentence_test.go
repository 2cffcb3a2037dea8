package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

func memberOf(t *testing.T, ref string, role engine.Role) engine.Member {
	t.Helper()
	r, err := graph.ParseRef(ref)
	require.NoError(t, err)
	return engine.Member{Ref: r, Role: role}
}

func TestSentence(t *testing.T) {
	at := graph.TimeOf(time.Date(2018, 10, 9, 18, 2, 0, 0, time.UTC))
	wave := engine.Ring{
		Size: 2, FirstSeen: at, LastSeen: at.Add(38 * time.Minute),
		Loss: []engine.Loss{{Currency: "CNY", Amount: "26114.00", Events: 43}, {Currency: "USD", Amount: "0.00"}},
		Members: []engine.Member{
			memberOf(t, "account:u1", engine.RoleVictim), memberOf(t, "account:u2", engine.RoleVictim),
			memberOf(t, "device:d1", engine.RoleOperator), memberOf(t, "ip:1.2.3.4", engine.RoleOperator), memberOf(t, "ip:1.2.3.5", engine.RoleOperator),
			memberOf(t, "beneficiary:g1", engine.RoleBeneficiary), memberOf(t, "beneficiary:g2", engine.RoleBeneficiary),
			memberOf(t, "account:u9", engine.RoleBystander),
		},
	}
	require.Equal(t, "2 accounts were hit, from 1 device and 2 IP addresses; 26,114.00 CNY left to 2 beneficiaries; "+
		"within 38 minutes on 9 October 2018.", Sentence(&wave))

	wave.Members[1].Next = true
	require.Contains(t, Sentence(&wave), "1 account was hit and 1 more is taken over, from 1 device")

	cluster := engine.Ring{Size: 1200, Members: []engine.Member{memberOf(t, "device:d1", engine.RoleOperator)}}
	require.Equal(t, "1,200 accounts act together through 1 device.", Sentence(&cluster))
	require.Equal(t, "3 accounts act together.", Sentence(&engine.Ring{Size: 3}))
	require.Equal(t, "1 account was hit.", Sentence(&engine.Ring{Size: 3, Members: wave.Members[:1]}))
}

func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 seconds", time.Second: "1 second", 90 * time.Second: "2 minutes", 99 * time.Minute: "99 minutes",
		2 * time.Hour: "2 hours", 3*time.Hour + 38*time.Minute: "3 hours 38 minutes", 72 * time.Hour: "3 days",
	} {
		require.Equal(t, want, DurationText(d))
	}
}

// 2^17.3 is 161,368; 2^1 is 2; 2^6.65 is 100.4.
func TestChanceText(t *testing.T) {
	for bits, want := range map[float64]string{
		-3: "", 0.5: "", 1: "by chance once in 2", 6.65: "by chance once in 100", 17.3: "by chance once in 160,000",
		40: "by chance less than once in a billion",
	} {
		require.Equal(t, want, ChanceText(bits))
	}
}

func TestThousands(t *testing.T) {
	for in, want := range map[string]string{"": "", "648.00": "648.00", "26114.00": "26,114.00", "-1234567": "-1,234,567", "0.5": "0.5"} {
		require.Equal(t, want, Thousands(in))
	}
}

func TestKindName(t *testing.T) {
	require.Equal(t, "beneficiaries", KindName(graph.Beneficiary, 2))
	require.Equal(t, "IP address", KindName(graph.IP, 1))
	require.Equal(t, "addresses", KindName(graph.Address, 2))
	require.Equal(t, "national IDs", KindName(graph.NationalID, 2))
}
