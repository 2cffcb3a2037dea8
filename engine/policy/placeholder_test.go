package policy

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestPlaceholdersThatShip(t *testing.T) {
	p, err := Default()
	require.NoError(t, err)
	reason, err := p.PlaceholderTest()
	require.NoError(t, err)
	for _, text := range []string{
		"device:00000000-0000-0000-0000-000000000000", "device:0", "device:ff:ff:ff:ff:ff:ff", "device:9774d56d682e549c",
		"device:020000000000", "device:02:00:00:00:00:00",
		"ip:127.0.0.1", "ip:::1", "ip:::", "ip:0.0.0.0", "ip:255.255.255.255",
		"phone:+0000000000", "phone:1111111111", "phone:+1234567890", "phone:123456789", "phone:9999999",
		"email:none@example.com", "email:test@test.de", "email:no-reply@shop.example",
		"email:unknown", "cookie:NULL", "address:n/a", "wallet:(null)", "address:<none>", "phone:-", "phone:???",
		"address:keine", "address:unbekannt", "address:inconnu", "address:desconocido", "address:ninguno",
		"address:nenhum", "address:sconosciuto", "address:onbekend", "address:неизвестно", "address:无", "address:未知", "address:不明",
	} {
		r, err := graph.ParseRef(text)
		require.NoError(t, err)
		require.NotEmpty(t, reason(r), text)
	}
	for _, text := range []string{
		"device:dev-9f", "device:10000000-0000-0000-0000-000000000000", "ip:192.0.2.1", "ip:10.0.0.1", "phone:+8613800000000",
		"phone:+4911111112", "email:nona@example.com", "email:testa@test.de", "address:keine-weg 1", "address:Unknown Road 7",
		"credential:aid-0", "wallet:noney", "cookie:f", "device:f0f0",
	} {
		r, err := graph.ParseRef(text)
		require.NoError(t, err)
		require.Empty(t, reason(r), text)
	}
}
