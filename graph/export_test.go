package graph

import "context"

// OpenBytes is OpenSnapshot of a file that lies in memory already.
func OpenBytes(data []byte) (*Snapshot, error) {
	aligned := bytesOf(make([]uint64, (len(data)+7)/8))[:len(data)]
	copy(aligned, data)
	s, err := decodeSnapshot(aligned)
	if err != nil {
		return nil, err
	}
	s.file = &mapping{data: aligned}
	if err := s.Verify(context.Background(), 1); err != nil {
		return nil, err
	}
	return s, nil
}
