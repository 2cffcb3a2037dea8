package graph_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringleader/graph"
)

// fakeLog is one stream in memory that can be away for a while.
type fakeLog struct {
	mu      sync.Mutex
	records []graph.Record
	away    int // appends that still fail
	lost    int // appends that are made, but whose answer is still lost
	err     error
}

func (l *fakeLog) Append(ctx context.Context, _ string, after uint64, records ...graph.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.away > 0 {
		l.away--
		return l.err
	}
	if after != uint64(len(l.records)) {
		return fmt.Errorf("%w: at %d", graph.ErrConflict, len(l.records))
	}
	for i, r := range records {
		r.Seq = after + uint64(i) + 1
		l.records = append(l.records, r)
	}
	if l.lost > 0 {
		l.lost--
		return graph.ErrUnavailable
	}
	return nil
}

func (l *fakeLog) Read(context.Context, string, uint64, func(graph.Record) error) error { return nil }

func (l *fakeLog) Rewrite(context.Context, string, uint64, []byte) error { panic("unused") }
func (l *fakeLog) Streams(context.Context, string) ([]string, error)     { return nil, nil }

func (l *fakeLog) Tail(context.Context, string) (graph.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.records) == 0 {
		return graph.Record{}, nil
	}
	return l.records[len(l.records)-1], nil
}

func (l *fakeLog) fail(times int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away, l.err = times, err
}

func (l *fakeLog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.records)
}

// takeOver writes a record as another holder would.
func (l *fakeLog) takeOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	data := []byte(`{"holder":"other","fence":99,"until":"2999-01-01T00:00:00Z"}`)
	l.records = append(l.records, graph.Record{Seq: uint64(len(l.records) + 1), Data: data})
}

// reach waits until the log holds n records, or the job is stopped.
func (l *fakeLog) reach(ctx context.Context, n int) error {
	for l.len() < n {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func TestLeaseHasOneHolder(t *testing.T) {
	ctx, log := t.Context(), &fakeLog{}
	first, err := graph.AcquireLease(ctx, log, "load on host a", time.Hour)
	require.NoError(t, err)
	require.EqualValues(t, 1, first.Fence)
	_, err = graph.AcquireLease(ctx, log, "detect", time.Hour)
	require.ErrorIs(t, err, graph.ErrConflict)
	require.ErrorContains(t, err, "load on host a")
	require.NoError(t, first.Renew(ctx))
	require.NoError(t, first.Release(ctx))
	second, err := graph.AcquireLease(ctx, log, "detect", time.Hour)
	require.NoError(t, err, "at once, though no time has passed")
	require.EqualValues(t, 2, second.Fence)
	require.ErrorIs(t, first.Renew(ctx), graph.ErrConflict)
	require.NoError(t, first.Release(ctx))
	require.NoError(t, second.Renew(ctx), "the release of a lost lease takes nothing from its new holder")
}

func TestLeaseFailures(t *testing.T) {
	ctx, log := t.Context(), &fakeLog{}
	for _, ttl := range []time.Duration{0, -time.Second} {
		_, err := graph.AcquireLease(ctx, log, "job", ttl)
		require.ErrorIs(t, err, graph.ErrInvalid)
	}
	log.fail(1, graph.ErrUnavailable)
	_, err := graph.AcquireLease(ctx, log, "job", time.Hour)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.Zero(t, log.len())
	log.records = append(log.records, graph.Record{Seq: 1, Data: []byte("{")})
	_, err = graph.AcquireLease(ctx, log, "job", time.Hour)
	require.ErrorContains(t, err, "lease record 1")
}

func TestLeaseSurvivesALostAnswer(t *testing.T) {
	ctx, log := t.Context(), &fakeLog{}
	lease, err := graph.AcquireLease(ctx, log, "job", time.Hour)
	require.NoError(t, err)
	log.lost = 1
	require.ErrorIs(t, lease.Renew(ctx), graph.ErrUnavailable)
	require.NoError(t, lease.Renew(ctx), "the record that is in the way is our own")
	log.lost = 1
	require.ErrorIs(t, lease.Renew(ctx), graph.ErrUnavailable)
	require.NoError(t, lease.Release(ctx))
	_, err = graph.AcquireLease(ctx, log, "next", time.Hour)
	require.NoError(t, err, "it was given back all the same")
}

func TestHoldRenewsAndReleases(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, log := t.Context(), &fakeLog{}
	lease, err := graph.AcquireLease(ctx, log, "job", 600*time.Millisecond)
	require.NoError(t, err)
	require.NoError(t, lease.Hold(ctx, func(ctx context.Context) error { return log.reach(ctx, 3) }))
	_, err = graph.AcquireLease(ctx, log, "next", time.Hour)
	require.NoError(t, err)
}

func TestHoldPassesTheJobsError(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, log := t.Context(), &fakeLog{}
	lease, err := graph.AcquireLease(ctx, log, "job", time.Hour)
	require.NoError(t, err)
	broken := errors.New("row 7")
	require.ErrorIs(t, lease.Hold(ctx, func(context.Context) error { return broken }), broken)

	lease, err = graph.AcquireLease(ctx, log, "job", time.Hour)
	require.NoError(t, err, "a job that failed gave its lease back")
	stopped, cancel := context.WithCancel(ctx)
	err = lease.Hold(stopped, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	_, err = graph.AcquireLease(ctx, log, "next", time.Hour)
	require.NoError(t, err, "so did one that was interrupted")
}

func TestHoldStopsAJobThatLostItsLease(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, log := t.Context(), &fakeLog{}
	lease, err := graph.AcquireLease(ctx, log, "job", 30*time.Millisecond)
	require.NoError(t, err)
	err = lease.Hold(ctx, func(ctx context.Context) error {
		log.takeOver()
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, err, graph.ErrConflict)
	require.NotErrorIs(t, err, context.Canceled, "the reason, not how the job learnt of it")
}

func TestHoldOutlastsAStoreThatIsAway(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, log := t.Context(), &fakeLog{}
	lease, err := graph.AcquireLease(ctx, log, "job", 60*time.Millisecond)
	require.NoError(t, err)
	err = lease.Hold(ctx, func(ctx context.Context) error {
		log.fail(6, graph.ErrUnavailable) // twice as long as the lease lasts
		return log.reach(ctx, 3)
	})
	require.NoError(t, err, "nobody took it")
}
