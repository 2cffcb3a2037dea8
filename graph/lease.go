package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Lease is the right to write facts: one job at a time loads, detects or
// prunes, on whatever host. It expires by itself, so a job that dies frees it.
// Its Fence goes into every batch that the job applies. Decisions need none.
//
// It is a fold over the stream "lease" of the Log: the last record says who
// holds it until when. Clocks of hosts may differ by much less than the TTL;
// the fence keeps facts whole even where they differ by more.
type Lease struct {
	Fence  uint64
	log    Log
	holder string
	ttl    time.Duration
	seq    uint64
}

type leaseRecord struct {
	Holder string `json:"holder"`
	Fence  uint64 `json:"fence"`
	Until  Time   `json:"until"`
}

// AcquireLease takes the lease for holder (a name that people understand: job,
// host, process) for ttl. It fails with ErrConflict, naming the holder, while
// another holds it.
func AcquireLease(ctx context.Context, log Log, holder string, ttl time.Duration) (*Lease, error) {
	if ttl <= 0 {
		return nil, fmt.Errorf("%w lease for %s: want a time above zero", ErrInvalid, ttl)
	}
	l := &Lease{log: log, holder: holder, ttl: ttl}
	seq, last, err := l.last(ctx)
	if err != nil {
		return nil, err
	}
	if now := TimeOf(time.Now()); last.Until > now {
		return nil, fmt.Errorf("%w: the store is held by %s until %s", ErrConflict, last.Holder, last.Until)
	}
	l.Fence, l.seq = last.Fence+1, seq
	return l, l.write(ctx, l.ttl)
}

// last is the newest record of the stream and its number, zero for none.
func (l *Lease) last(ctx context.Context) (uint64, leaseRecord, error) {
	var r leaseRecord
	tail, err := l.log.Tail(ctx, StreamLease)
	if err != nil {
		return 0, r, fmt.Errorf("read lease: %w", err)
	}
	if tail.Seq > 0 {
		if err := json.Unmarshal(tail.Data, &r); err != nil {
			return 0, r, fmt.Errorf("lease record %d: %w", tail.Seq, err)
		}
	}
	return tail.Seq, r, nil
}

// Renew extends the lease by its TTL. It fails with ErrConflict if another has
// taken it.
func (l *Lease) Renew(ctx context.Context) error { return l.rewrite(ctx, l.ttl) }

// Release gives the lease back at once. A lease already lost is no error.
func (l *Lease) Release(ctx context.Context) error {
	if err := l.rewrite(ctx, 0); err != nil && !errors.Is(err, ErrConflict) {
		return err
	}
	return nil
}

// rewrite writes again, after a conflict with ourselves too: a record may have
// been written though the answer was lost. The fence tells it from another's.
func (l *Lease) rewrite(ctx context.Context, ttl time.Duration) error {
	err := l.write(ctx, ttl)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	seq, last, readErr := l.last(ctx)
	if readErr != nil || last.Fence != l.Fence {
		return err
	}
	l.seq = seq
	return l.write(ctx, ttl)
}

func (l *Lease) write(ctx context.Context, ttl time.Duration) error {
	data, err := json.Marshal(leaseRecord{l.holder, l.Fence, TimeOf(time.Now().Add(ttl))})
	if err != nil {
		return err
	}
	if err := l.log.Append(ctx, StreamLease, l.seq, Record{Type: "lease", Data: data}); err != nil {
		return fmt.Errorf("lease of %s: %w", l.holder, err)
	}
	l.seq++
	return nil
}

// Hold runs job under the lease and renews it meanwhile. The job's context is
// cancelled when another has taken the lease; a job that fails then fails with
// that reason. A lease that could not be renewed in time and that nobody took
// is still held: a long write of the job's own keeps the log busy, and the
// fence keeps the facts whole if somebody does take it.
func (l *Lease) Hold(ctx context.Context, job func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lost := make(chan error, 1)
	go func() {
		defer cancel()
		lost <- l.keep(ctx)
	}()
	err := job(ctx)
	cancel()
	if reason := <-lost; err != nil && reason != nil {
		return reason
	}
	return errors.Join(err, l.Release(context.WithoutCancel(ctx)))
}

// keep renews the lease until ctx ends, which is no error, or another has it.
func (l *Lease) keep(ctx context.Context) error {
	tick := time.NewTicker(l.ttl/3 + 1)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		attempt, cancel := context.WithTimeout(ctx, l.ttl/3)
		err := l.Renew(attempt)
		cancel()
		if err != nil && ctx.Err() == nil && errors.Is(err, ErrConflict) {
			return err
		}
	}
}
