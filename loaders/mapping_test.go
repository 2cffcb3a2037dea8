package loaders_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// A table of somebody's own: other names, several keys, constants, filters,
// translated values, a date format, an amount in a column of its own.
const shopMapping = `
name: shop
tables:
- file: "orders*"
  rename: {Kunde: customer, Betrag: amount, Datum: at}
  where: ["Status != storniert", "amount > 0"]
  columns:
    amount: {type: amount, currency: "EUR"}
    at: {type: time, format: "DD.MM.YYYY HH:mm", zone: Europe/Berlin}
    Zahlung: {values: {Karte: card, Rechnung: invoice}}
    fax: {}
  nodes:
  - ref: account:{customer}
    exists: true
    set: {origin: shop, town: "{PLZ} {Ort}"}
  links:
  - from: account:{customer}
    type: PAID
    to: merchant:own_shop
    event: payment:{Nr}
    at: at
    amount: amount
    props: [Zahlung, "*"]
  - {from: "account:{customer}", to: "home:{PLZ}|{Ort}|{Str}", at: at}
  - {from: "account:{customer}", to: "phone:{fax}"}
  - {from: "account:{customer}", to: "card:{Nr|none}", when: ["Zahlung = card"]}
  events:
  - {of: "account:{customer}", type: order, at: at, detail: "{Zahlung}"}
`

func TestMappingOfATable(t *testing.T) {
	m, err := loaders.ParseMapping("shop.yaml", []byte(shopMapping))
	require.NoError(t, err)
	path := write(t, t.TempDir(), "orders-2018.csv",
		"Nr;Kunde;Betrag;Datum;Status;Zahlung;PLZ;Ort;Str;Notiz\n"+
			"1;k1;12.50;09.10.2018 18:14;ok;Karte;10115;Berlin;Weg 1;x\n"+
			"2;k1;1.00;09.10.2018 18:14;storniert;Karte;10115;Berlin;Weg 1;\n"+
			"3;k2;-1;09.10.2018 18:14;ok;Karte;10115;Berlin;Weg 1;\n"+
			"4;k2;3;;ok;Rechnung;10115;Berlin;;\n"+
			"5;k3;3;;ok;Bargeld;10115;Berlin;;\n")
	got, report := read(t, loaders.Options{Mapping: m}, path)
	require.Equal(t, int64(5), report.Rows)
	require.Equal(t, int64(2), report.LeftOut)
	require.Equal(t, int64(1), report.Rejected)
	require.Equal(t, loaders.RowError{File: path, Row: 5, Offset: report.Reasons[0].First.Offset, Column: "Zahlung", Reason: "not one of Karte, Rechnung"},
		report.Reasons[0].First)
	want := []string{
		"account:k1 . =", "account:k1 . origin=shop", "account:k1 . town=10115 Berlin",
		"account:k1 PAID merchant:own_shop @2018-10-09T16:14:00Z !payment:1 =12.50 EUR Notiz=x Status=ok Zahlung=card",
		"account:k1 HAS_HOME home:10115|Berlin|Weg 1 @2018-10-09T16:14:00Z",
		"account:k1 HAS_CARD card:1",
		"account:k1 . event/order=card @2018-10-09T16:14:00Z",
		"account:k2 . =", "account:k2 . origin=shop", "account:k2 . town=10115 Berlin",
		"account:k2 PAID merchant:own_shop !payment:4 =3.00 EUR Status=ok Zahlung=invoice",
		"account:k2 . event/order=invoice",
	}
	slices.Sort(want)
	require.Equal(t, want, got)
}

// Rows without an ID of their own get one from file and row.
func TestRowsWithoutID(t *testing.T) {
	m, err := loaders.ParseMapping("m.yaml", []byte(`
name: m
tables:
- file: tx
  columns: {value: {type: amount}}
  links:
  - {from: "account:{a}", type: TRANSFERRED_TO, to: "account:{b}", event: "transfer:{@row}", amount: value}
`))
	require.NoError(t, err)
	events := func(text string) []string {
		var list []string
		_, err := loaders.Read(context.Background(), []string{write(t, t.TempDir(), "tx.csv", text)}, loaders.Options{Mapping: m},
			func(b *graph.Batch) error {
				for _, l := range b.Links {
					list = append(list, l.Event)
				}
				return b.Validate()
			})
		require.NoError(t, err)
		return list
	}
	one := events("a,b,value\nx,y,1\nx,y,1\n")
	require.Len(t, one, 2)
	require.NotEqual(t, one[0], one[1])
	require.Equal(t, one, events("a,b,value\nx,y,1\nx,y,1\n"))
	require.NotContains(t, events("a,b,value\nx,y,2\nx,y,1\n"), one[0])
}

// Errors of a mapping name its line.
func TestBadMappings(t *testing.T) {
	head := "name: m\ntables:\n- file: t\n"
	tests := map[string]struct{ text, want string }{
		"unknown field":       {head + "  nods: []\n", "mapping m.yaml, line 4: unknown field \"nods\""},
		"syntax":              {"name: [\n", "mapping m.yaml, line 1"},
		"wrong kind of value": {head + "  nodes: 7\n", "mapping m.yaml, line 4"},
		"two documents":       {head + "---\nname: x\n", "more than one document"},
		"no name":             {"tables:\n- file: t\n", "it has no name"},
		"no tables":           {"name: m\n", "it has no tables"},
		"no facts":            {head, "line 3, tables[0]: invalid table: it states no facts"},
		"no file":             {"name: m\ntables:\n- nodes:\n  - ref: account:{a}\n", "line 3, tables[0].file: invalid file"},
		"braces":              {head + "  nodes:\n  - ref: account:{a\n", "line 5, tables[0].nodes[0].ref: invalid template: braces do not match"},
		"kind":                {head + "  nodes:\n  - ref: Account:{a}\n", "line 5, tables[0].nodes[0].ref: invalid kind"},
		"derived kind":        {head + "  nodes:\n  - ref: ring:{a}\n", "line 5, tables[0].nodes[0].ref: invalid kind ring: derived"},
		"reference":           {head + "  nodes:\n  - ref: account\n", "line 5, tables[0].nodes[0].ref: invalid reference"},
		"no key":              {head + "  nodes:\n  - {ref: \"account:\"}\n", "no key after the colon"},
		"no from":             {head + "  links:\n  - {to: \"account:{a}\"}\n", "line 5, tables[0].links[0].from: invalid reference"},
		"derived type":        {head + "  links:\n  - {from: \"account:{a}\", to: \"account:{b}\", type: MEMBER_OF}\n", "derived, only a run makes it"},
		"type of link":        {head + "  links:\n  - {from: \"account:{a}\", to: \"account:{b}\", type: Uses}\n", "line 5, tables[0].links[0].type: invalid link type"},
		"type of column":      {head + "  columns: {a: {type: date}}\n  nodes:\n  - ref: account:{a}\n", "line 4, tables[0].columns.a.type: invalid type"},
		"mixed types":         {head + "  columns: {a: {type: number}}\n  nodes:\n  - {ref: \"account:{b}\", at: a}\n", "line 6, tables[0].nodes[0].at: invalid column \"a\": it is of type number, not time"},
		"condition":           {head + "  where: [a]\n  nodes:\n  - ref: account:{a}\n", "line 4, tables[0].where[0]: invalid condition"},
		"property twice":      {head + "  nodes:\n  - {ref: \"account:{a}\", props: [b], set: {b: x}}\n", "it sets the property \"b\" twice"},
		"unit":                {head + "  columns: {a: {type: time, epoch: \"2017-01-01\", unit: age}}\n  nodes:\n  - {ref: \"account:{b}\", at: a}\n", "line 4, tables[0].columns.a: invalid unit"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := loaders.ParseMapping("m.yaml", []byte(tt.text))
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := loaders.ShippedMapping("nobody")
	require.ErrorIs(t, err, graph.ErrNotFound)
	_, err = loaders.ReadMapping("/no/such/file.yaml")
	require.ErrorIs(t, err, graph.ErrNotFound)
}

// A column that the mapping uses and the file lacks is named.
func TestMappingOfAMissingColumn(t *testing.T) {
	m, err := loaders.ParseMapping("m.yaml", []byte("name: m\ntables:\n- file: t\n  nodes:\n  - ref: account:{user}\n"))
	require.NoError(t, err)
	_, err = loaders.Read(context.Background(), []string{write(t, t.TempDir(), "t.csv", "id\n1\n")}, loaders.Options{Mapping: m},
		func(*graph.Batch) error { return nil })
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, `it has no column "user"`)
}

// Whatever a mapping is, reading it ends in a mapping or an error with the
// file's name; a mapping that parses makes valid batches of any row.
func FuzzMapping(f *testing.F) {
	for _, name := range loaders.ShippedMappings() {
		text, err := os.ReadFile(filepath.Join("mappings", name+".yaml"))
		require.NoError(f, err)
		f.Add(string(text), "account,kind,identifier,id,source,target,src,dst\na,device,d,1,2,3,4,5\n")
	}
	f.Add(shopMapping, "Nr,Kunde\n1,k\n")
	f.Add("name: m\ntables:\n- file: t\n  links:\n  - {from: \"account:{a}\", to: \"{b}\", type: \"{c|X}\", event: \"e:{@row}\", props: [\"*\"]}\n", "a,b,d\n1,device:x,3\n")
	f.Add("name: m\ntables:\n- file: t\n  columns: {\"@row\": {type: time}}\n  nodes:\n  - {ref: \"account:{a}\", at: \"@row\"}\n", "a\n1\n")
	f.Add("name: m\ntables:\n- file: t\n  read: {type: T, mark: m, properties: [a]}\n  where: [\"to.@labels = A\"]\n  nodes:\n  - {ref: \"account:{from.a}\"}\n", "from.a\n1\n")
	f.Fuzz(func(t *testing.T, mapping, rows string) {
		m, err := loaders.ParseMapping("m.yaml", []byte(mapping))
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, "m.yaml")
			return
		}
		path := write(t, t.TempDir(), "t.csv", rows)
		for i := range m.Tables {
			m.Tables[i].File = "t"
			_, err = loaders.Read(context.Background(), []string{path}, loaders.Options{Mapping: m}, func(b *graph.Batch) error {
				require.NoError(t, b.Validate())
				return nil
			})
			if err != nil {
				require.ErrorIs(t, err, graph.ErrInvalid)
			}
			m.Tables[i].File = "elsewhere"
		}
	})
}
