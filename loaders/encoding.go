package loaders

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"ringleader/graph"
)

// decodeWindow is how much text the choice of an encoding looks at.
const decodeWindow = 1 << 16

// decoder makes UTF-8 of a stream of text. UTF-16 shows in the first bytes.
// Whether text of one byte a letter is UTF-8 shows at its first letter outside
// ASCII, however late that comes, so the choice is made there; until then bytes
// pass as they are. Positions of rows count the decoded text.
type decoder struct {
	in      *bufio.Reader
	out     io.Reader // what to read from, once that is known
	started bool
}

// asItIs is the encoding of text that was decoded before. No mapping can name it.
const asItIs = "as it is"

// decodeText is r as UTF-8. A name, such as gb18030 or windows-1252, overrides
// the detection.
func decodeText(r io.Reader, name string) (io.Reader, error) {
	switch name {
	case asItIs:
		return r, nil
	case "":
		return &decoder{in: bufio.NewReaderSize(r, decodeWindow)}, nil
	}
	e, err := namedEncoding(name)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(r), nil
}

// namedEncoding finds an encoding by the labels of the WHATWG Encoding
// Standard.
func namedEncoding(name string) (encoding.Encoding, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("%w encoding: want a name such as utf-8, utf-16le, windows-1252 or gb18030", graph.ErrInvalid)
	}
	return e, nil
}

func (d *decoder) Read(p []byte) (int, error) {
	if !d.started {
		d.started = true
		d.out = d.sixteen()
	}
	if d.out != nil {
		return d.out.Read(p)
	}
	if _, err := d.in.Peek(1); err != nil {
		return 0, err
	}
	window, _ := d.in.Peek(d.in.Buffered()) // what is buffered is always there
	n := firstHigh(window)
	if n == 0 {
		d.out = d.choose()
		return d.out.Read(p)
	}
	n = copy(p, window[:n])
	_, err := d.in.Discard(n)
	return n, err
}

// sixteen is the decoder for UTF-16, nil for other text: a byte order mark says
// so, or every second byte of ASCII text being zero.
func (d *decoder) sixteen() io.Reader {
	head, _ := d.in.Peek(4096)
	order := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return unicode.UTF16(order, unicode.ExpectBOM).NewDecoder().Reader(d.in)
	case len(head) < 8:
		return nil
	}
	var zeros [2]int
	for i, c := range head[:len(head)&^1] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	many := len(head) / 4 // half of the pairs
	switch {
	case zeros[0] == 0 && zeros[1] >= many:
	case zeros[1] == 0 && zeros[0] >= many:
		order = unicode.BigEndian
	default:
		return nil
	}
	return unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().Reader(d.in)
}

// choose decides what the text from its first byte outside ASCII on is.
func (d *decoder) choose() io.Reader {
	window, _ := d.in.Peek(decodeWindow)
	switch e := guessEncoding(window); e {
	case nil:
		return d.in
	default:
		return e.NewDecoder().Reader(d.in)
	}
}

// guessEncoding is the encoding of text that is not UTF-8, nil for UTF-8 and
// for what looks like no text at all, whose rows are then rejected one by one.
// Chinese text stands in pairs of high bytes (GB 2312, of which GB 18030 is the
// superset); letters of Western languages stand alone.
func guessEncoding(window []byte) encoding.Encoding {
	valid, invalid, paired, alone := 0, 0, 0, 0
	for i := 0; i < len(window); {
		if window[i] < utf8.RuneSelf {
			i++
			continue
		}
		if r, n := utf8.DecodeRune(window[i:]); r != utf8.RuneError {
			valid, i = valid+1, i+n
			continue
		}
		if !utf8.FullRune(window[i:]) {
			break // cut by the end of the window
		}
		switch window[i] {
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d, 0xff: // in neither
			return nil
		}
		invalid++
		if i+1 < len(window) && window[i] >= 0xa1 && window[i+1] >= 0xa1 {
			paired, i = paired+1, i+2
			continue
		}
		alone, i = alone+1, i+1
	}
	switch {
	case invalid == 0 || valid >= invalid:
		return nil
	case paired > 9*alone && paired > 1:
		return simplifiedchinese.GB18030
	}
	return charmap.Windows1252
}

// firstHigh is the index of the first byte outside ASCII, or the length.
func firstHigh(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}
