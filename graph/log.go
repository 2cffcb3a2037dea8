package graph

import (
	"context"
	"errors"
)

// Log keeps decisions and run documents: append-only streams of records. A
// case, the labels, the lease of jobs and the list of runs are each a fold over
// their stream.
type Log interface {
	// Append adds records to the end of a stream, all or none, if its last
	// record is still number after (0 for an empty stream); otherwise it fails
	// with ErrConflict and writes nothing. It fills in Seq and, where zero, At.
	Append(ctx context.Context, stream string, after uint64, records ...Record) error

	// Read yields the records of a stream with a number above from, in order.
	// A stream that nobody wrote to is empty.
	Read(ctx context.Context, stream string, from uint64, yield func(Record) error) error

	// Rewrite replaces the Data of one record, and nothing else of it;
	// ErrNotFound if there is none of that number. It is there for one thing: to
	// take out of a decision what must not be known any more.
	Rewrite(ctx context.Context, stream string, seq uint64, data []byte) error

	// Tail is the last record of a stream, or a zero Record if it is empty.
	Tail(ctx context.Context, stream string) (Record, error)

	// Streams is the names of the streams that hold a record and begin with
	// prefix, ascending by bytes; an empty prefix asks for all of them. Copying
	// a store and pruning old runs rest on it.
	Streams(ctx context.Context, prefix string) ([]string, error)
}

// Record is one entry of a stream.
type Record struct {
	Seq  uint64 // 1, 2, 3 … within its stream
	At   Time   // when it was written
	Type string // what Data is, to its stream
	Data []byte // JSON, or compressed JSON where Type says so; at most 16 MiB
}

// MaxRecord is the largest Data of a record, in bytes.
const MaxRecord = 16 << 20

// Streams that more than one package names. Stream names match
// [a-z0-9][a-z0-9/_.-]*, at most 200 bytes.
const (
	StreamLease  = "lease"  // who may write facts
	StreamLoads  = "loads"  // load records
	StreamLabels = "labels" // what people or files said of accounts
	StreamRuns   = "runs"   // runs that are whole; the documents are in run/<id>

	StreamVerdicts = "verdicts" // what people decided of rings
	StreamModels   = "models"   // models of accounts that are whole; their texts are in model/<hash>

	StreamSecrets = "secrets" // fingerprint of the store's key, and which kinds are secret
	StreamAudit   = "audit"   // who unmasked, erased or changed the key, when and why
	StreamKept    = "kept"    // which loaded files are kept, sealed
)

// appendTries bounds how often an append yields to other writers of a stream.
const appendTries = 100

// AppendNext adds records, all or none, wherever the stream now ends: for what is
// true whatever others write at the same time. It fails with ErrConflict only
// where others write all the time.
func AppendNext(ctx context.Context, log Log, stream string, records ...Record) error {
	for try := 0; ; try++ {
		tail, err := log.Tail(ctx, stream)
		if err == nil {
			err = log.Append(ctx, stream, tail.Seq, records...)
		}
		if !errors.Is(err, ErrConflict) || try == appendTries {
			return err
		}
	}
}
