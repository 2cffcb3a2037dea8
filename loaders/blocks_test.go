package loaders

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// readRecords reads rows until the end, with their values and bytes; clean is
// false if one was bad.
func readRecords(t *testing.T, r io.Reader, data []byte) (records [][]string, clean bool) {
	t.Helper()
	c, clean := &csvRows{in: newLines(r), comma: ','}, true
	var one row
	var numbers int64
	for last := int64(-1); ; {
		err := c.next(&one)
		if err == io.EOF {
			return records, clean
		}
		var p *problem
		if errors.As(err, &p) {
			clean = false
			numbers++
			continue
		}
		require.NoError(t, err)
		require.Greater(t, one.offset, last)
		require.Equal(t, data[one.offset:one.offset+int64(len(one.raw))], one.raw, "the bytes of a row stand at its offset")
		numbers++
		require.Equal(t, numbers, one.number)
		last = one.offset
		records = append(records, slices.Clone(one.values))
	}
}

// FuzzCSVAgainstStandard: whatever encoding/csv reads without complaint, we
// read the same, however the bytes arrive.
func FuzzCSVAgainstStandard(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,\"b\n,\"\"c\"\r\n\r\n1,2", "\"\",\n,\"\"", "x\r", "0,\"0\n\"\"0\",", "\n\n a ,\"b\"\n", "é,\"漢字\"\n" + strings.Repeat("0123456789,", 7000) + "\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 || len(data) > maxRow {
			return // we refuse what encoding/csv lets pass
		}
		got, clean := readRecords(t, bytes.NewReader(data), data)
		for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(data)), iotest.HalfReader(bytes.NewReader(data))} {
			again, alsoClean := readRecords(t, r, data)
			require.Equal(t, clean, alsoClean)
			require.Equal(t, got, again)
		}
		standard := csv.NewReader(bytes.NewReader(data))
		standard.FieldsPerRecord = -1
		want, err := standard.ReadAll()
		if err != nil {
			return
		}
		require.True(t, clean)
		require.Len(t, got, len(want))
		for i := range want {
			for j := range got[i] { // encoding/csv rewrites line ends within quotes
				got[i][j] = strings.ReplaceAll(got[i][j], "\r\n", "\n")
			}
			require.Equal(t, want[i], got[i])
		}
	})
}

// Rows do not become strings one by one: a block of many is one.
func TestRowsShareTheirText(t *testing.T) {
	data := []byte(strings.Repeat("acct-1,device,dev-1,2018-10-09T18:14:00Z\n", 10_000))
	c, rows := &csvRows{in: newLines(bytes.NewReader(data)), comma: ','}, 0
	var one row
	allocations := testing.AllocsPerRun(1, func() {
		for c.next(&one) == nil {
			rows++
		}
	})
	require.Equal(t, 10_000, rows)
	require.Less(t, allocations, 100.0)
}

// Bytes that are not text cost their own row, wherever blocks end.
func TestBadBytesCostTheirRow(t *testing.T) {
	good := "acct-1,device,dev-1,漢字\n"
	data := []byte(strings.Repeat(good, 5000) + "bad\xff,1,2,3\n" + strings.Repeat(good, 5000) + "nul\x00,1,2,3\n" + good)
	c := &csvRows{in: newLines(bytes.NewReader(data)), comma: ','}
	var one row
	var bad []int64
	for {
		err := c.next(&one)
		if err == io.EOF {
			break
		}
		if err != nil {
			bad = append(bad, one.number)
			continue
		}
		require.Equal(t, []string{"acct-1", "device", "dev-1", "漢字"}, one.values)
	}
	require.Equal(t, []int64{5001, 10_002}, bad)
	require.Equal(t, int64(10_003), one.number)
}
