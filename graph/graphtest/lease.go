package graphtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var leaseCases = []conformance{
	{"one-holder-of-the-lease", leaseHeld},
	{"an-expired-lease-is-lost", leaseExpires},
	{"a-lease-is-renewed-while-held", leaseRenewed},
	{"a-job-that-lost-its-lease-is-stopped", leaseLost},
	{"a-job-that-lost-its-lease-cannot-write", leaseFences},
}

func (k *kit) acquire(holder string, ttl time.Duration) *graph.Lease {
	k.Helper()
	l, err := graph.AcquireLease(k.ctx, k.Subject, holder, ttl)
	require.NoError(k, err)
	return l
}

func leaseHeld(k *kit) {
	first := k.acquire("load on host a", time.Hour)
	_, err := graph.AcquireLease(k.ctx, k.reopen(), "detect on host b", time.Hour)
	require.ErrorIs(k, err, graph.ErrConflict)
	require.ErrorContains(k, err, "load on host a", "the holder is named")
	require.NoError(k, first.Renew(k.ctx))
	require.NoError(k, first.Release(k.ctx))
	second := k.acquire("detect on host b", time.Hour)
	require.Greater(k, second.Fence, first.Fence)
	require.NoError(k, second.Release(k.ctx))
}

func leaseExpires(k *kit) {
	first := k.acquire("first", time.Millisecond)
	time.Sleep(10 * time.Millisecond)
	second := k.acquire("second", time.Hour)
	require.Greater(k, second.Fence, first.Fence)
	require.ErrorIs(k, first.Renew(k.ctx), graph.ErrConflict)
	require.NoError(k, first.Release(k.ctx), "a lease already lost is no error")
	_, err := graph.AcquireLease(k.ctx, k.Subject, "third", time.Hour)
	require.ErrorIs(k, err, graph.ErrConflict, "and frees nobody else's")
}

func leaseRenewed(k *kit) {
	lease := k.acquire("job", 2*time.Second) // a busy machine may take its time to renew
	err := lease.Hold(k.ctx, func(ctx context.Context) error {
		for {
			tail, err := k.Tail(ctx, graph.StreamLease)
			if err != nil {
				return err
			}
			if tail.Seq >= 2 { // acquired, and renewed
				return nil
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	require.NoError(k, err)
	next := k.acquire("next", time.Hour) // Hold gave it back
	require.Greater(k, next.Fence, lease.Fence)
}

func leaseLost(k *kit) {
	lease := k.acquire("job", 2*time.Second)
	err := lease.Hold(k.ctx, func(ctx context.Context) error {
		tail, err := k.Tail(ctx, graph.StreamLease)
		if err != nil {
			return err
		}
		// Somebody takes the lease over, as after a long pause of this process.
		data := []byte(`{"holder":"other","fence":99,"until":"2999-01-01T00:00:00Z"}`)
		if err := k.Append(ctx, graph.StreamLease, tail.Seq, graph.Record{Type: "lease", Data: data}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
			return nil
		}
	})
	require.ErrorIs(k, err, graph.ErrConflict, "the job was stopped because it lost the lease")
}

func leaseFences(k *kit) {
	slow := k.acquire("slow", time.Millisecond)
	time.Sleep(10 * time.Millisecond)
	next := k.acquire("next", time.Hour)
	b := load("A", 1, 2)
	b.Fence = next.Fence
	k.apply(b)
	late := load("B", 3, 4)
	late.Fence = slow.Fence
	k.refuse(late, graph.ErrConflict, "the slow job wakes up")
}
