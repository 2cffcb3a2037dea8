package loaders_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"ringleader/loaders"
)

// One file in every encoding states the same facts, also where the first letter
// outside ASCII comes late.
func TestEncodings(t *testing.T) {
	western := usesHeader + strings.Repeat("a,device,d,,\n", 9000) + "Jürgen,address,Große Straße 1 – Köln,,\nChloé,address,Hôtel à Évry,,\n"
	chinese := usesHeader + "张三,address,北京市朝阳区建国路一号,,\n李四,address,上海市浦东新区世纪大道,,\n"
	tests := map[string]struct {
		text string
		in   encoding.Encoding
	}{
		"UTF-8 with a mark":     {western, unicode.UTF8BOM},
		"UTF-16 little, mark":   {western, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		"UTF-16 big, mark":      {western, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		"UTF-16 little, bare":   {western, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		"UTF-16 big, bare":      {western, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		"Windows-1252":          {western, charmap.Windows1252},
		"GB 18030":              {chinese, simplifiedchinese.GB18030},
		"Chinese UTF-16, mark":  {chinese, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		"Chinese UTF-8, a mark": {chinese, unicode.UTF8BOM},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			want, _ := read(t, loaders.Options{}, write(t, dir, "plain/uses.csv", tt.text))
			coded, err := tt.in.NewEncoder().String(tt.text)
			require.NoError(t, err)
			got, report := read(t, loaders.Options{}, write(t, dir, "coded/uses.csv", coded))
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			require.Equal(t, want, got)
		})
	}
}

func TestEncodingOfTheMapping(t *testing.T) {
	m, err := loaders.ParseMapping("m.yaml", []byte(`
name: m
tables:
- file: uses
  encoding: shift_jis
  delimiter: "|"
  skip: 2
  links:
  - {from: "account:{口座}", to: "device:{端末}"}
`))
	require.NoError(t, err)
	text := "export of today\nby the bank\n\x8c\xfb\x8d\xc0|\x92\x5b\x96\x96\na1|d1\n"
	lines, report := read(t, loaders.Options{Mapping: m}, write(t, t.TempDir(), "uses.csv", text))
	require.Zero(t, report.Rejected, "%v", report.Reasons)
	require.Len(t, lines, 1)
	require.Contains(t, lines[0], "device:d1")
}

func TestDelimiters(t *testing.T) {
	for name, text := range map[string]string{
		"semicolon":                    "account;kind;identifier\na;device;d\nb;address;\"x;y, z\"\n",
		"semicolon, commas in decimal": "account;kind;identifier;v,w\na;device;d;1,5\nb;address;x;2,5\n",
		"tab":                          "account\tkind\tidentifier\na\tdevice\td\n",
		"bar":                          "account|kind|identifier\na|device|d, e\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, report := read(t, loaders.Options{}, write(t, t.TempDir(), "uses.csv", text))
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			require.NotZero(t, report.Links)
		})
	}
}

type parquetPayment struct {
	ID       string    `parquet:"id"`
	Account  string    `parquet:"account,dict"`
	Merchant string    `parquet:"merchant"`
	Amount   int64     `parquet:"amount,decimal(2:18)"`
	Currency *string   `parquet:"currency,optional"`
	At       time.Time `parquet:"at,timestamp(millisecond)"`
	Tags     []string  `parquet:"tags,list"`
	Score    float64   `parquet:"score"`
}

// The canonical layout as Parquet states what it states as CSV; the compressed
// file too.
func TestParquet(t *testing.T) {
	cny := "CNY"
	var file bytes.Buffer
	w := parquet.NewGenericWriter[parquetPayment](&file, parquet.MaxRowsPerRowGroup(2))
	at := time.Date(2018, 10, 9, 18, 15, 10, 0, time.UTC)
	_, err := w.Write([]parquetPayment{
		{"P1", "a1", "m", 64800, &cny, at, []string{"x", "y"}, 0.5},
		{"P2", "a2", "m", 9805, nil, at.Add(time.Minute), nil, 1},
		{"P3", "a3", "m", 5, &cny, at.Add(-24 * time.Hour), nil, 1e6},
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())

	dir := t.TempDir()
	want, _ := read(t, loaders.Options{}, write(t, dir, "csv/payments.csv", "id,account,merchant,amount,currency,at,tags,score\n"+
		"P1,a1,m,648.00,CNY,2018-10-09T18:15:10Z,\"[\"\"x\"\",\"\"y\"\"]\",0.5\nP2,a2,m,98.05,,2018-10-09T18:16:10Z,,1\nP3,a3,m,0.05,CNY,2018-10-08T18:15:10Z,,1000000\n"))
	got, report := read(t, loaders.Options{}, write(t, dir, "pq/payments.parquet", file.String()))
	require.Equal(t, int64(3), report.Rows)
	require.Equal(t, want, got)

	z, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	got, _ = read(t, loaders.Options{}, write(t, dir, "zst/payments.parquet.zst", string(z.EncodeAll(file.Bytes(), nil))))
	require.Equal(t, want, got)

	got, _ = read(t, loaders.Options{Stdin: bytes.NewReader(file.Bytes())}, "-")
	require.Equal(t, want, got)

	_, err = loaders.Read(t.Context(), []string{write(t, dir, "cut/payments.parquet", file.String()[:file.Len()/2])}, loaders.Options{}, nil)
	require.ErrorContains(t, err, "not readable as Parquet")
}

func TestJoinsAndDerivedColumns(t *testing.T) {
	m, err := loaders.ParseMapping("m.yaml", []byte(`
name: m
tables:
- file: visits
  joins:
  - {file: gear, on: {gear: number}, columns: [serial], prefix: "gear_"}
  derive: {when: "{day} {clock}"}
  columns: {when: {type: time, format: "D.M.YYYY HH:mm"}}
  links:
  - {from: "account:{who}", to: "device:{gear_serial}", at: when, props: ["*"]}
`))
	require.NoError(t, err)
	dir := t.TempDir()
	visits := write(t, dir, "visits.csv", "who,day,clock,gear,note\na,9.10.2018,18:14,1,n\nb,10.10.2018,8:05,2,\n")
	write(t, dir, "gear.csv", "number,serial,color\n1,S1,red\n2,S2,blue\n1,S9,none\n")
	lines, report := read(t, loaders.Options{Mapping: m}, dir)
	require.Equal(t, int64(2), report.Links)
	require.Empty(t, report.Skipped, "the joined file is read")
	all := strings.Join(lines, "\n")
	require.Contains(t, all, "device:S1")
	require.Contains(t, all, "2018-10-09T18:14:00Z")
	require.Contains(t, all, "2018-10-10T08:05:00Z")
	require.NotContains(t, all, "day", "a column that a derived one uses is no property")

	before := report.Files[0].Input
	write(t, dir, "gear.csv", "number,serial,color\n1,S7,red\n2,S2,blue\n")
	_, report = read(t, loaders.Options{Mapping: m}, visits)
	require.NotEqual(t, before, report.Files[0].Input, "another second file makes another input")

	require.NoError(t, os.Remove(filepath.Join(dir, "gear.csv")))
	_, err = loaders.Read(t.Context(), []string{visits}, loaders.Options{Mapping: m}, nil)
	require.ErrorContains(t, err, "no file gear beside")
}

func TestDecimalsAsPeopleWriteThem(t *testing.T) {
	m, err := loaders.ParseMapping("m.yaml", []byte(`
name: m
tables:
- file: p
  columns: {v: {type: amount, currency: EUR, decimal: ",", absolute: true}}
  links:
  - {from: "account:{a}", to: "merchant:m", type: PAID, amount: v}
`))
	require.NoError(t, err)
	for written, want := range map[string]string{
		"12,50": "12.50", "1.234.567,89 €": "1234567.89", "EUR 1 234,5": "1234.50", "-45,00": "45.00", "45,00-": "45.00",
		"(7,25)": "7.25", "12.50": "12.50", "1'000": "1000.00", "3": "3.00",
	} {
		lines, report := read(t, loaders.Options{Mapping: m}, write(t, t.TempDir(), "p.csv", "a;v\nx;"+written+"\n"))
		require.Zero(t, report.Rejected, written)
		require.Contains(t, lines[0], want, written)
	}
	for _, bad := range []string{"1,2,3", "1.23,4", "x", "5%"} {
		_, report := read(t, loaders.Options{Mapping: m}, write(t, t.TempDir(), "p.csv", "a;v\nx;"+bad+"\n"))
		require.Equal(t, int64(1), report.Rejected, bad)
	}
}
