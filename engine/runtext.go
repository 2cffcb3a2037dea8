package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"ringleader/graph"
)

// pageBytes is how much JSON goes into a page before it is compressed.
const pageBytes = 1 << 20

// runText is a run as it is stored.
type runText struct {
	pages  []graph.Record
	digest string   // of the result: everything but meta
	rings  []string // digests of the rings that are listed, without their meta
}

// encodeRun makes the pages and digests of a run. Each part becomes JSON once, on
// all processors.
func encodeRun(run *Run) (*runText, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer func() { _ = enc.Close() }()
	out, h := &runText{}, newDigest()
	info := run.Info
	info.Meta = RunMeta{}
	bare, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	h.bytes(bare)
	whole, err := json.Marshal(run.Info)
	if err != nil {
		return nil, err
	}
	out.pages = append(out.pages, graph.Record{Type: recordInfo, Data: enc.EncodeAll(whole, nil)})

	list := pager{enc: enc, kind: recordRings, to: out}
	ring := func(t ringText) error {
		h.bytes(t.bare)
		out.rings = append(out.rings, t.digest)
		return list.add(t.whole)
	}
	if err := errors.Join(eachText(run.Rings, encodeRing, ring), list.flush()); err != nil {
		return nil, err
	}
	h.number(uint64(len(run.Suppressed)))
	list.kind = recordSuppressed
	if err := errors.Join(eachText(run.Suppressed, encodeRing, ring), list.flush()); err != nil {
		return nil, err
	}
	out.rings = out.rings[:len(run.Rings)]
	list.kind = recordScores
	score := func(text []byte) error {
		h.bytes(text)
		return list.add(text)
	}
	if err := errors.Join(eachText(run.Scores, encodeScore, score), list.flush()); err != nil {
		return nil, err
	}
	out.digest = h.hex(32)
	return out, nil
}

func encodeScore(s *AccountScore) ([]byte, error) { return json.Marshal(s) }

// ringText is the JSON of a ring, and of the same without meta with its digest.
type ringText struct {
	whole, bare []byte
	digest      string
}

// encodeRing makes a ring's JSON. Meta is its last part, so most of it is made
// once.
func encodeRing(r *Ring) (t ringText, err error) {
	ring := *r
	ring.Meta = RingMeta{}
	if t.bare, err = json.Marshal(&ring); err != nil {
		return t, err
	}
	none, err := json.Marshal(ring.Meta)
	if err != nil {
		return t, err
	}
	meta, err := json.Marshal(r.Meta)
	if err != nil {
		return t, err
	}
	front := bytes.TrimSuffix(t.bare, append(none, '}'))
	t.whole = append(append(append(make([]byte, 0, len(front)+len(meta)+1), front...), meta...), '}')
	h := newDigest()
	h.bytes(t.bare)
	t.digest = h.hex(32)
	return t, nil
}

// textsAtOnce is how many parts are JSON at a time.
const textsAtOnce = 1 << 12

// eachText encodes the parts of a list, many at once, and uses them in order.
func eachText[T, E any](list []T, encode func(*T) (E, error), use func(E) error) error {
	for len(list) > 0 {
		some := list[:min(textsAtOnce, len(list))]
		list = list[len(some):]
		texts := make([]E, len(some))
		var group errgroup.Group
		size := max(64, (len(some)-1)/runtime.GOMAXPROCS(0)+1)
		for lo := 0; lo < len(some); lo += size {
			group.Go(func() (err error) {
				for i := lo; i < min(lo+size, len(some)) && err == nil; i++ {
					texts[i], err = encode(&some[i])
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, t := range texts {
			if err := use(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// pager packs a list into pages of about pageBytes, one element at least.
type pager struct {
	enc  *zstd.Encoder
	kind string
	to   *runText
	buf  []byte
}

func (p *pager) add(text []byte) error {
	if len(p.buf) > 0 && len(p.buf)+len(text) > pageBytes {
		if err := p.flush(); err != nil {
			return err
		}
	}
	separator := byte(',')
	if len(p.buf) == 0 {
		separator = '['
	}
	p.buf = append(append(p.buf, separator), text...)
	return nil
}

func (p *pager) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	data := p.enc.EncodeAll(append(p.buf, ']'), nil)
	if len(data) > graph.MaxRecord {
		return fmt.Errorf("%w page of %s: %d bytes, at most %d", graph.ErrInvalid, p.kind, len(data), graph.MaxRecord)
	}
	p.to.pages = append(p.to.pages, graph.Record{Type: p.kind, Data: data})
	p.buf = p.buf[:0]
	return nil
}
