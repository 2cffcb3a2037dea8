package vault

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"ringleader/graph"
)

// A sealed file is a header (a mark, the fingerprint of its key, a salt), then
// pieces of 64 KiB, each by AES-256-GCM under a key that follows from the store's
// key and the salt. A piece is bound to the header and to its place, and the
// last one says that it is: pieces that are swapped, left out or cut off are
// noticed. This is the STREAM construction of V. T. Hoang, R. Reyhanitabar, P.
// Rogaway and D. Vizár, "Online authenticated-encryption and its nonce-reuse
// misuse-resistance", CRYPTO 2015, doi:10.1007/978-3-662-47989-6_24.
const (
	sealerMark  = "RLKEPT1\n"
	sealerPiece = 64 << 10
	saltBytes   = 32
	headBytes   = len(sealerMark) + 8 + saltBytes
	tagBytes    = 16
)

// Sealer seals what is written to it. Close writes the last piece; without, the
// file counts as cut off.
type Sealer struct {
	w     io.Writer
	piece pieces
	buf   []byte
}

// NewSealer writes the header of a sealed file to w.
func NewSealer(w io.Writer, k *Key) (*Sealer, error) {
	head := make([]byte, headBytes)
	copy(head, sealerMark)
	if _, err := hex.Decode(head[len(sealerMark):], []byte(k.Fingerprint())); err != nil {
		return nil, err
	}
	if _, err := rand.Read(head[len(sealerMark)+8:]); err != nil {
		return nil, err
	}
	_, err := w.Write(head)
	return &Sealer{w: w, piece: k.pieces(head), buf: make([]byte, 0, sealerPiece+tagBytes)}, err
}

// Write implements io.Writer.
func (s *Sealer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if len(s.buf) == sealerPiece { // more follows, so this is not the last
			if err := s.flush(false); err != nil {
				return n, err
			}
		}
		m := copy(s.buf[len(s.buf):sealerPiece], p)
		s.buf, p, n = s.buf[:len(s.buf)+m], p[m:], n+m
	}
	return n, nil
}

// Close writes the last piece. It does not close what lies below.
func (s *Sealer) Close() error { return s.flush(true) }

func (s *Sealer) flush(last bool) error {
	out := s.piece.aead.Seal(s.buf[:0], s.piece.nonce(last), s.buf, s.piece.head)
	_, err := s.w.Write(out)
	s.buf = s.buf[:0]
	return err
}

// pieces seals or opens the pieces of one file in order.
type pieces struct {
	aead cipher.AEAD
	head []byte
	n    uint64
}

func (k *Key) pieces(head []byte) pieces {
	mac := hmac.New(sha256.New, k.sealing)
	mac.Write([]byte("file\x00"))
	mac.Write(head[len(head)-saltBytes:])
	return pieces{aead: gcm(mac.Sum(nil)), head: head}
}

// nonce is the number of the next piece, and whether it is the last.
func (p *pieces) nonce(last bool) []byte {
	nonce := binary.BigEndian.AppendUint64(nil, p.n)
	p.n++
	end := byte(0)
	if last {
		end = 1
	}
	return append(nonce, 0, 0, 0, end)
}

// Unsealer reads what a Sealer wrote.
type Unsealer struct {
	r     io.Reader
	piece pieces
	next  []byte // read and not opened
	plain []byte // opened and not handed over
	done  bool
	err   error
}

// SealedUnder is the fingerprint of the key of a sealed file, from its first
// bytes. It fails with ErrInvalid on what is no sealed file.
func SealedUnder(r io.Reader) (string, error) {
	head, err := readHead(r)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(head[len(sealerMark) : len(sealerMark)+8]), nil
}

func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, headBytes)
	_, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if err != nil || !bytes.HasPrefix(head, []byte(sealerMark)) {
		return nil, fmt.Errorf("%w sealed file: not one that this version knows", graph.ErrInvalid)
	}
	return head, nil
}

// NewUnsealer opens a sealed file. It fails with ErrOtherKey where the file was
// sealed under another key.
func NewUnsealer(r io.Reader, k *Key) (*Unsealer, error) {
	head, err := readHead(r)
	if err != nil {
		return nil, err
	}
	if under := hex.EncodeToString(head[len(sealerMark) : len(sealerMark)+8]); under != k.Fingerprint() {
		return nil, fmt.Errorf("%w: the file was sealed under %s, this is %s", ErrOtherKey, under, k.Fingerprint())
	}
	return &Unsealer{r: r, piece: k.pieces(head)}, nil
}

// Read implements io.Reader. It hands over nothing of a piece that is not what
// was sealed, and fails with ErrInvalid on such a piece and on a file that is
// cut off.
func (u *Unsealer) Read(p []byte) (int, error) {
	for len(u.plain) == 0 {
		if u.err == nil && u.done {
			u.err = io.EOF
		}
		if u.err != nil {
			return 0, u.err
		}
		u.err = u.open()
	}
	n := copy(p, u.plain)
	u.plain = u.plain[n:]
	return n, nil
}

// open opens the next piece. It looks one byte further to know the last.
func (u *Unsealer) open() error {
	const whole = sealerPiece + tagBytes
	buf := make([]byte, whole+1)
	have := copy(buf, u.next)
	n, err := io.ReadFull(u.r, buf[have:])
	have += n
	switch {
	case err == nil:
		u.next = append(u.next[:0], buf[whole])
		buf = buf[:whole]
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		u.done, buf = true, buf[:have]
	default:
		return err
	}
	if u.plain, err = u.piece.aead.Open(buf[:0], u.piece.nonce(u.done), buf, u.piece.head); err != nil {
		return fmt.Errorf("%w sealed file: damaged or cut off", graph.ErrInvalid)
	}
	return nil
}
