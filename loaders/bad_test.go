package loaders_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

const usesHeader = "account,kind,identifier,at,until\n"

// A bad row costs itself and nothing else, and is reported by place and reason.
func TestBadRows(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	tests := map[string]struct {
		file, text string
		good       int64
		row        int64 // of the first bad row
		column     string
		reason     string
	}{
		"required value":                       {"uses.csv", usesHeader + "a,device,d,,\n,device,d,,\nb,device,d,,\n", 2, 2, "account", "required, but absent"},
		"ragged, short":                        {"uses.csv", usesHeader + "a,device\nb,device,d,,\n", 1, 1, "", "2 values, the header names 5"},
		"ragged, long":                         {"uses.csv", usesHeader + "a,device,d,,,\nb,device,d,,\n", 1, 1, "", "6 values, the header names 5"},
		"unclosed quote":                       {"uses.csv", usesHeader + "a,device,\"d,,\nb,device,d,,\nc,device,d,,\n", 2, 1, "", "a quote is opened and not closed"},
		"unclosed quote before a quoted value": {"uses.csv", usesHeader + "a,device,\"d,,\nb,device,\"d\",,\n", 1, 1, "", "text after a closing quote; a quote inside a quoted value is written twice"},
		"overlong row":                         {"uses.csv", usesHeader + "a,device," + long + ",,\nb,device,d,,\n", 1, 1, "", "longer than 1 MiB"},
		"not UTF-8":                            {"uses.csv", usesHeader + "a,device,\xff,,\nb,device,d,,\n", 1, 1, "", "not UTF-8"},
		"NUL":                                  {"uses.csv", usesHeader + strings.Repeat("a,device,d,,\n", 100) + "a,device,\x00,,\n", 100, 101, "", "holds a NUL byte"},
		"kind":                                 {"uses.csv", usesHeader + "a,Device!,d,,\nb,device,d,,\n", 1, 1, "kind", "not a kind: want lower snake case such as device, at most 64 bytes"},
		"derived kind":                         {"uses.csv", usesHeader + "a,ring,d,,\nb,device,d,,\n", 1, 1, "identifier", "of a derived kind, which only a run makes"},
		"long key":                             {"uses.csv", usesHeader + "a,device," + strings.Repeat("k", 513) + ",,\nb,device,d,,\n", 1, 1, "identifier", "a key longer than 512 bytes"},
		"no time":                              {"uses.csv", usesHeader + "a,device,d,soon,\nb,device,d,,\n", 1, 1, "at", "not a time: want RFC 3339, 2018-10-09, 2018-10-09 18:14[:05], or unix seconds or milliseconds"},
		"impossible date":                      {"uses.csv", usesHeader + "a,device,d,2018-02-30,\nb,device,d,,\n", 1, 1, "at", "no such date or time of day"},
		"step taken for unix":                  {"uses.csv", usesHeader + "a,device,d,17,\nb,device,d,,\n", 1, 1, "at", "too small for a unix time; a mapping can state a format, or an epoch and a unit"},
		"ends before":                          {"uses.csv", usesHeader + "a,device,d,2018-02-03,2018-02-02\nb,device,d,,\n", 1, 1, "", "ends before it begins"},
		"amount":                               {"payments.csv", "id,account,merchant,amount\nP1,a,m,12;5\nP2,a,m,1\n", 1, 1, "amount", "invalid amount: not a number; want a decimal such as 648.00"},
		"negative amount":                      {"payments.csv", "id,account,merchant,amount\nP1,a,m,-5\nP2,a,m,1\n", 1, 1, "amount", "a negative amount; if it is money given back, state it as a refund: status refunded, the amount without its sign"},
		"status":                               {"payments.csv", "id,account,merchant,status\nP1,a,m,paid\nP2,a,m,settled\n", 1, 1, "status", "not one of settled, declined, refunded, reversed"},
		"auth":                                 {"payments.csv", "id,account,merchant,auth\nP1,a,m,none\nP2,a,m,otp\n", 1, 1, "auth", "not one of password_free, password, biometric, otp"},
		"outcome":                              {"disputes.csv", "event,at,outcome\nP1,2018-10-10,lost\nP2,2018-10-10,maybe\n", 1, 2, "outcome", "not one of open, won, lost"},
		"label":                                {"labels.csv", "account,label\na,fraud\nb,bad\n", 1, 2, "label", "not one of fraud, victim, honest"},
		"reference":                            {"entities.csv", "ref,name\nnobody,x\ndevice:d,y\n", 1, 1, "ref", "not a reference kind:key, such as account:u17"},
		"derived type":                         {"links.csv", "from,to,kind\naccount:a,device:d,member_of\naccount:a,device:d,\n", 1, 1, "kind", "a derived type, which only a run makes"},
		"type":                                 {"links.csv", "from,to,kind\naccount:a,device:d,a b\naccount:a,device:d,\n", 1, 1, "kind", "not a type of links: want words such as HAS_PHONE, at most 64 bytes"},
		"weight":                               {"links.csv", "from,to,weight\naccount:a,account:b,NaN\naccount:a,account:b,2\n", 1, 1, "weight", "not a number"},
		"states nothing":                       {"messages.csv", "id,account,phone\nM1,a,\nM2,a,+1\n", 1, 1, "", "states nothing: every value that could is empty"},
		"JSON":                                 {"uses.jsonl", "{\"account\":\"a\",\n{\"account\":\"b\",\"kind\":\"device\",\"identifier\":\"d\"}\n", 1, 1, "", "not a JSON object"},
		"JSON without a value":                 {"uses.jsonl", "{\"account\":\"a\"}\n{\"account\":\"b\",\"kind\":\"device\",\"identifier\":\"d\"}\n", 1, 1, "identifier", "required, but absent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, t.TempDir(), tt.file, tt.text)
			_, report := read(t, loaders.Options{}, path)
			require.Equal(t, tt.good, report.Rows-report.Rejected)
			require.Equal(t, int64(1), report.Rejected, "%v", report.Reasons)
			first := report.Reasons[0].First
			require.Equal(t, loaders.RowError{File: path, Row: tt.row, Offset: first.Offset, Column: tt.column, Reason: tt.reason}, first)
			require.ErrorIs(t, &first, graph.ErrInvalid)
		})
	}
}

// A file of no use says why; the good rows before the fault, and other files,
// are kept.
func TestBadFiles(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(usesHeader + strings.Repeat("a,device,d,2018-10-09,\n", 100_000)))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	damaged := bytes.Clone(zipped.Bytes())
	damaged[len(damaged)-6] ^= 0xff // the checksum

	tests := map[string]struct {
		file, text, want string
		some             bool // rows before the fault
	}{
		"empty":            {"uses.csv", "", "empty, without even a header", false},
		"missing column":   {"uses.csv", "account,kind\na,device\n", `it has no column "identifier"`, false},
		"delimiter":        {"uses.tsv", "account,kind,identifier\na,device,d\n", "its delimiter may be another", false},
		"duplicate header": {"uses.csv", "account,kind,identifier,kind\na,device,d,x\n", "columns 2 and 4 have the same name", false},
		"binary":           {"uses.csv", "PK\x03\x04\x00\x00\x00", "binary data, not a table of text", false},
		"UTF-16":           {"uses.csv", "\xff\xfea\x00", `it has no column "account"`, false},
		"no gzip":          {"uses.csv.gz", "account,kind,identifier\n", "named as compressed, but it is not", false},
		"truncated gzip":   {"uses.csv.gz", zipped.String()[:zipped.Len()/2], "the gzip data ends too early; is it cut off?", true},
		"damaged gzip":     {"uses.csv.gz", string(damaged), "damaged gzip data", true},
		"open header":      {"uses.csv", "account,\"kind\n", "a quote is opened and not closed", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.file, tt.text)
			good := write(t, dir, "zz/uses.csv", usesHeader+"b,device,d,,\n")
			rows := 0
			report, err := loaders.Read(context.Background(), []string{dir}, loaders.Options{BatchRows: 500}, func(b *graph.Batch) error {
				rows += len(b.Links)
				return b.Validate()
			})
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, tt.want)
			require.Contains(t, report.Files[0].Error, tt.want)
			require.False(t, report.Files[0].Done)
			require.Equal(t, good, report.Files[1].Name)
			require.True(t, report.Files[1].Done)
			require.Equal(t, tt.some, rows > 1)

			_, err = loaders.Read(context.Background(), []string{dir}, loaders.Options{Strict: true}, func(*graph.Batch) error { return nil })
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// What is unusual and yet right.
func TestKindFiles(t *testing.T) {
	var squeezed bytes.Buffer
	z, err := zstd.NewWriter(&squeezed)
	require.NoError(t, err)
	_, err = z.Write([]byte(usesHeader + "a,device,d,2018-10-09,\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())

	want := []string{"account:a USED_DEVICE device:d @2018-10-09T00:00:00Z"}
	tests := map[string]struct {
		file, text string
		want       []string
	}{
		"byte order mark":               {"uses.csv", "\xef\xbb\xbf" + usesHeader + "a,device,d,2018-10-09,\n", want},
		"CRLF":                          {"uses.csv", "account,kind,identifier,at,until\r\na,device,d,2018-10-09,\r\n", want},
		"no last newline":               {"uses.csv", usesHeader + "a,device,d,2018-10-09,", want},
		"quoted at the end of the file": {"uses.csv", usesHeader + `a,device,d,2018-10-09,""`, want},
		"blank lines":                   {"uses.csv", usesHeader + "\n\na,device,d,2018-10-09,\n\n", want},
		"spaces":                        {"uses.csv", " account ,kind, identifier,at,until\n a , device,d , 2018-10-09 ,\n", want},
		"semicolons":                    {"uses.csv", "account;kind;identifier;at\na;device;d;2018-10-09\n", want},
		"zstd":                          {"uses.csv.zst", squeezed.String(), want},
		"zstd by content":               {"uses.csv", squeezed.String(), want},
		"column order":                  {"uses.csv", "at,identifier,kind,account\n2018-10-09,d,device,a\n", want},
		"quoted newline": {"uses.csv", usesHeader + "a,device,\"d\r\n\"\"e\"\"\",2018-10-09,\n",
			[]string{"account:a USED_DEVICE device:d\r\n\"e\" @2018-10-09T00:00:00Z"}},
		"quote inside": {"uses.csv", usesHeader + "a,device,5\" disk,2018-10-09,\n",
			[]string{"account:a USED_DEVICE device:5\" disk @2018-10-09T00:00:00Z"}},
		"nameless column": {"uses.csv", ",account,kind,identifier\n7,a,device,d\n", []string{"account:a USED_DEVICE device:d column_1=7"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, report := read(t, loaders.Options{}, write(t, t.TempDir(), tt.file, tt.text))
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestRejectFileKeepsRawRows(t *testing.T) {
	dir := t.TempDir()
	rejects := filepath.Join(dir, "rejects.out")
	require.NoError(t, os.WriteFile(rejects, nil, 0o644))
	bad := "secret,dev\"ice,d\xff,,"
	path := write(t, dir, "in/uses.csv", usesHeader+bad+"\na,device,d,,\nshort\n")
	_, report := read(t, loaders.Options{Rejects: rejects}, path)
	require.Equal(t, int64(2), report.Rejected)

	info, err := os.Stat(rejects)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	f, err := os.Open(rejects)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"file", "row", "column", "reason", "raw"},
		{path, "1", "", "not UTF-8", bad},
		{path, "3", "", "1 values, the header names 5", "short"},
	}, rows)

	for _, reason := range report.Reasons {
		require.NotContains(t, reason.First.Error(), "secret")
	}
	clean := filepath.Join(dir, "none")
	_, _ = read(t, loaders.Options{Rejects: clean}, write(t, dir, "good/uses.csv", usesHeader+"a,device,d,,\n"))
	require.NoFileExists(t, clean)
}

func TestStrictAndMaxErrors(t *testing.T) {
	path := write(t, t.TempDir(), "uses.csv", usesHeader+"a,device,d,,\nbad\nb,device,d,,\nbad\nc,device,d,,\n")
	for name, tt := range map[string]struct {
		o    loaders.Options
		good int
		want string
	}{
		"strict":   {loaders.Options{Strict: true}, 1, "row 2: 1 values"},
		"too many": {loaders.Options{MaxErrors: 1}, 2, "more than 1 bad rows"},
	} {
		t.Run(name, func(t *testing.T) {
			good := 0
			report, err := loaders.Read(context.Background(), []string{path}, tt.o, func(b *graph.Batch) error {
				good += len(b.Links)
				return nil
			})
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, tt.good, good)
			require.Equal(t, int64(tt.good), report.Links)
		})
	}
	_, report := read(t, loaders.Options{MaxErrors: 2}, path)
	require.Equal(t, int64(2), report.Rejected)
}
