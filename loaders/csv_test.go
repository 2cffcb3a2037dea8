package loaders

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

type read struct {
	offset int64
	raw    string
	values []string
	bad    string
}

func readAll(t testing.TB, r rows) []read {
	t.Helper()
	var out []read
	var line row
	for {
		err := r.next(&line)
		if err == io.EOF {
			return out
		}
		p, bad := err.(*problem)
		require.True(t, err == nil || bad, "%v", err)
		got := read{offset: line.offset, raw: string(line.raw)}
		if bad {
			got.bad = p.reason
		} else {
			got.values = append(got.values, line.values...)
		}
		require.Equal(t, int64(len(out)+1), line.number)
		out = append(out, got)
	}
}

// Rows hold the bytes that lie at their offset, whatever the reader's steps.
func TestRowsLieAtTheirOffsets(t *testing.T) {
	text := "\xef\xbb\xbfa,b\r\n1,\"x\ny\"\r\n\r\n2,\"z\"\"\"\n3\n4,\"open\n5,e"
	want := []read{
		{8, "1,\"x\ny\"", []string{"1", "x\ny"}, ""},
		{19, "2,\"z\"\"\"", []string{"2", `z"`}, ""},
		{27, "3", nil, "1 values, the header names 2"},
		{29, "4,\"open", nil, "a quote is opened and not closed"},
		{37, "5,e", []string{"5", "e"}, ""},
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with end": iotest.DataErrReader,
	} {
		r, err := openCSV(wrap(strings.NewReader(text)), 0, nil)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, r.columns())
		require.Equal(t, want, readAll(t, r), name)
		require.Equal(t, int64(len(text)), r.offset())
	}
}

// What encoding/csv reads without complaint is read the same, but for its
// habit of changing line ends in quotes.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,b\n\"1\",\"2\n3\"\r\n", "a\n\"\"\"\"\n", "a;b\n1;2", "a,b\n\"x\n", "a,b\nx\"y,\"z\"q\n", "\xef\xbb\xbfa\n\x00\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := openCSV(iotest.HalfReader(bytes.NewReader(data)), ',', nil)
		if err != nil {
			return
		}
		got := readAll(t, r)
		last := int64(-1)
		for _, row := range got {
			require.Greater(t, row.offset, last, "rows move on")
			last = row.offset
			require.True(t, bytes.HasPrefix(data[row.offset:], []byte(row.raw)), "a row is where it says")
			require.True(t, row.bad != "" || len(row.values) == len(r.columns()))
		}
		if bytes.Contains(data, []byte("\r")) || !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 || bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
			return
		}
		std := csv.NewReader(bytes.NewReader(data))
		std.FieldsPerRecord = len(r.columns())
		want, err := std.ReadAll()
		if err != nil || len(want) == 0 {
			return
		}
		require.Len(t, got, len(want)-1)
		for i, row := range got {
			require.Empty(t, row.bad)
			require.Equal(t, want[i+1], row.values)
		}
	})
}

// No line of JSON stops the reader or gives a row of another width.
func FuzzJSONL(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x"}` + "\n" + `{"b":null,"c":[1]}`, `[]`, `null`, `{"a":{"b":1}}`, `{"":1}`, `{"a":"\u0000"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := openJSONL(bytes.NewReader(data))
		if err != nil {
			return
		}
		width := 0
		for _, row := range readAll(t, r) {
			if row.bad != "" {
				continue
			}
			require.GreaterOrEqual(t, len(row.values), width)
			width = len(row.values)
		}
		require.GreaterOrEqual(t, len(r.columns()), width)
	})
}
