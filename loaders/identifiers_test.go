package loaders_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// One thing written in two ways is one node, which remembers how it was
// written unless it is secret; what has no form stays; a placeholder is not
// linked; all of it is counted.
func TestIdentifiersInOneForm(t *testing.T) {
	o := loaders.Options{Normal: loaders.Normalising{Region: "de"}, Placeholder: func(r graph.Ref) string {
		if r.Key == "unknown" || r.Key == "appstore" {
			return "a null word"
		}
		return ""
	}}
	dir := t.TempDir()
	uses := write(t, dir, "uses.csv", usesHeader+
		"a,phone,030 123456,,\nb,phone,+4930123456,,\nc,phone,none,,\n"+
		"a,card,4111 1111 1111 1111,,\nb,device,unknown,,\nc,device,unknown,,\n")
	payments := write(t, dir, "payments.csv", "id,account,merchant,ip,device\nP1,a,appstore,::ffff:192.0.2.1,unknown\n")
	got, report := read(t, o, dir)
	require.Zero(t, report.Rejected)
	require.Equal(t, []string{
		"account:a . =",
		"account:a HAS_CARD card:4111111111111111",
		"account:a HAS_PHONE phone:+4930123456",
		"account:a PAID merchant:appstore !payment:P1",
		"account:a USED_IP ip:192.0.2.1 !payment:P1",
		"account:b . =",
		"account:b HAS_PHONE phone:+4930123456",
		"account:c . =",
		"account:c HAS_PHONE phone:none",
		"ip:192.0.2.1 . original=::ffff:192.0.2.1",
		"phone:+4930123456 . original=030 123456",
	}, got)
	require.Equal(t, []loaders.IdentifierNote{
		{Kind: graph.Device, Reason: "a null word", Unlinked: true, Rows: 3, File: payments, Row: 1},
		{Kind: graph.Phone, Reason: "not a phone number", Rows: 1, File: uses, Row: 3},
	}, report.Identifiers)

	got, report = read(t, loaders.Options{Normal: loaders.Normalising{Off: true}}, uses)
	require.Contains(t, got, "account:a HAS_PHONE phone:030 123456")
	require.Contains(t, got, "account:b USED_DEVICE device:unknown")
	require.Empty(t, report.Identifiers)
}

// Other settings read other facts out of a file, so it is another input.
func TestNormalisingIsPartOfTheInput(t *testing.T) {
	path := write(t, t.TempDir(), "uses.csv", usesHeader+"a,phone,030 123456,,\n")
	_, plain := read(t, loaders.Options{}, path)
	_, german := read(t, loaders.Options{Normal: loaders.Normalising{Region: "DE"}}, path)
	require.Equal(t, plain.Files[0].Content, german.Files[0].Content)
	require.NotEqual(t, plain.Files[0].Input, german.Files[0].Input)
}
