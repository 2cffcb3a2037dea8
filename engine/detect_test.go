package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// everything is the facts of all fixtures in one graph, each with accounts and
// things of its own.
func everything(t testing.TB) []fact {
	all := fixtures(t)
	var out []fact
	for _, name := range sortedKeys(all) {
		prefix := strings.TrimSuffix(name, ".txt") + "/"
		for _, f := range all[name].facts {
			own := func(r graph.Ref) graph.Ref {
				if r.Key != "" && r.Kind != graph.Merchant && !strings.HasPrefix(r.Key, "0000") && r.Key != "unknown" {
					r.Key = prefix + r.Key
				}
				return r
			}
			f.from, f.to = own(f.from), own(f.to)
			if f.link.Event != "" {
				f.link.Event = strings.Replace(f.link.Event, ":", ":"+prefix, 1)
			}
			for i, p := range f.link.Props {
				if p.Name == propRefundOf {
					f.link.Props = slices.Clone(f.link.Props)
					f.link.Props[i].Value = prefix + p.Value
				}
			}
			out = append(out, f)
		}
	}
	return out
}

func detect(t testing.TB, facts []fact, batch int, o Options) *Run {
	run, err := Detect(context.Background(), snapshot(t, facts, batch), Scope{}, nil, o)
	require.NoError(t, err)
	return run
}

// result is all of a run but its meta, as bytes.
func result(t testing.TB, run *Run) string {
	r := *run
	r.Info.Meta = RunMeta{}
	r.Rings = slices.Clone(r.Rings)
	for i := range r.Rings {
		r.Rings[i].Meta = RingMeta{}
	}
	text, err := json.MarshalIndent(r, "", " ")
	require.NoError(t, err)
	return string(text)
}

// partition is who is in which ring as what, in the names of the original
// facts; scores to a hundredth of a bit.
func partition(run *Run, name func(string) string) []string {
	var out []string
	for _, r := range run.Rings {
		var members []string
		for _, m := range r.Members {
			members = append(members, name(m.Ref.Key)+"="+string(m.Role))
		}
		slices.Sort(members)
		out = append(out, fmt.Sprintf("%s %.2f %s", r.Typology, r.Score, strings.Join(members, " ")))
	}
	slices.Sort(out)
	return out
}

func same(s string) string { return s }

func TestSameBytes(t *testing.T) {
	facts := everything(t)
	want := result(t, detect(t, facts, 1<<20, Options{Threads: 1}))
	require.Contains(t, want, `"typology": "takeover"`)
	for _, threads := range []int{2, 7} {
		require.Equal(t, want, result(t, detect(t, facts, 1<<20, Options{Threads: threads})))
	}
	for seed := range uint64(8) {
		mixed := slices.Clone(facts)
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		require.Equal(t, want, result(t, detect(t, mixed, 1+r.IntN(5000), Options{Threads: 1 + r.IntN(7)})))
	}
}

func TestSamePartitionUnderOtherKeys(t *testing.T) {
	facts := everything(t)
	want := partition(detect(t, facts, 1<<20, Options{}), same)
	for salt := range 5 {
		back := make(map[string]string)
		rename := func(r graph.Ref) graph.Ref {
			if r.Key == "" || strings.HasPrefix(r.Key, "0000") || r.Key == "unknown" {
				return r // names of nothing keep their meaning
			}
			h := newDigest()
			h.number(uint64(salt))
			h.text(r.Key)
			to := "k" + h.hex(16)
			back[to] = r.Key
			r.Key = to
			return r
		}
		renamed := slices.Clone(facts)
		for i := range renamed {
			f := &renamed[i]
			f.from, f.to = rename(f.from), rename(f.to)
			if f.link.Event != "" {
				ref, err := graph.ParseRef(f.link.Event)
				require.NoError(t, err)
				f.link.Event = rename(ref).String()
			}
			f.link.Props = slices.Clone(f.link.Props)
			for j, p := range f.link.Props {
				if p.Name == propRefundOf {
					f.link.Props[j].Value = rename(graph.Ref{Kind: graph.Payment, Key: p.Value}).Key
				}
			}
		}
		got := partition(detect(t, renamed, 1<<20, Options{}), func(k string) string {
			if orig, ok := back[k]; ok {
				return orig
			}
			return k
		})
		require.Equal(t, want, got)
	}
}

func TestSamePartitionAtOtherAmountsAndTimes(t *testing.T) {
	facts := everything(t)
	want := partition(detect(t, facts, 1<<20, Options{}), same)
	change := func(f func(*fact)) []fact {
		out := slices.Clone(facts)
		for i := range out {
			f(&out[i])
		}
		return out
	}
	scaled := change(func(f *fact) {
		if m := &f.link.Money; m.Known { // × 7.3
			m.Minor *= 73
			m.Exponent++
		}
		if f.name == propRefunded {
			amount, currency, _ := strings.Cut(f.value, " ")
			m, err := graph.ParseMoney(amount, currency)
			require.NoError(t, err)
			m.Minor *= 73
			m.Exponent++
			f.value = m.String()
		}
	})
	require.Equal(t, want, partition(detect(t, scaled, 1<<20, Options{}), same))

	for name, by := range map[string]time.Duration{"three years": 3 * 365 * 24 * time.Hour, "another time zone": 8 * time.Hour} {
		shifted := change(func(f *fact) {
			f.at, f.link.At, f.link.Until = f.at.Add(by), f.link.At.Add(by), f.link.Until.Add(by)
			if f.name == propOpened {
				var at graph.Time
				require.NoError(t, at.UnmarshalText([]byte(f.value)))
				f.value = at.Add(by).String()
			}
		})
		require.Equal(t, want, partition(detect(t, shifted, 1<<20, Options{}), same), name)
	}
}

func TestRunAddsUp(t *testing.T) {
	run := detect(t, everything(t), 1<<20, Options{Version: "test"})
	require.NotEmpty(t, run.Rings)
	last := run.Rings[0]
	owner := make(map[string]string)
	for _, r := range run.Rings {
		sum := 0.0
		for i, e := range r.Evidence {
			sum += e.Bits
			require.NotEmpty(t, e.Text)
			require.NotEmpty(t, e.Kind)
			require.True(t, i == 0 || e.Bits <= r.Evidence[i-1].Bits)
		}
		require.InDelta(t, r.Score, sum, 1e-6, "score is the sum of the lines")
		require.LessOrEqual(t, r.Score, last.Score)
		require.LessOrEqual(t, r.Probability, last.Probability, "probability rises with the score")
		last = r
		accounts := 0
		for _, m := range r.Members {
			require.NotEmpty(t, m.Reasons, m.Ref)
			if m.Ref.Kind != graph.Account {
				require.Nil(t, m.Probability)
				continue
			}
			require.LessOrEqual(t, *m.Probability, r.Probability)
			require.LessOrEqual(t, *m.SuspectProbability, *m.Probability)
			if m.Role == RoleVictim {
				require.Less(t, *m.SuspectProbability, .05, "a victim is never blocked")
			}
			if m.Role != RoleBystander {
				accounts++
				require.Empty(t, owner[m.Ref.Key], "an account is in one ring")
				owner[m.Ref.Key] = r.ID
			}
		}
		require.Equal(t, r.Size, accounts)
		require.GreaterOrEqual(t, r.Size, 3)
		require.LessOrEqual(t, r.People, r.Size)
		require.Regexp(t, `^r-[0-9a-f]{12}$`, r.ID)
		require.Equal(t, []Lineage{{Event: "birth", Run: run.Info.ID}}, r.Lineage)
	}
	require.Len(t, run.Scores, run.Info.Accounts)
	require.True(t, slices.IsSortedFunc(run.Scores, func(a, b AccountScore) int { return strings.Compare(a.Account, b.Account) }))
	for _, s := range run.Scores {
		if s.Role == RoleBystander { // near a ring, in none
			require.Empty(t, owner[s.Account])
			continue
		}
		require.Equal(t, owner[s.Account], s.Ring)
	}
	c := run.Info.Status
	require.Equal(t, run.Info.Accounts, c.Scored+c.NotScoredHub+c.NoLinks)
}

func TestJSONRoundTrip(t *testing.T) {
	run := detect(t, everything(t), 1<<20, Options{})
	text, err := json.Marshal(run)
	require.NoError(t, err)
	var back Run
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, run, &back)
}

func TestScope(t *testing.T) {
	g := snapshot(t, everything(t), 1<<20)
	whole, err := Detect(t.Context(), g, Scope{}, nil, Options{})
	require.NoError(t, err)
	part, err := Detect(t.Context(), g, Scope{Accounts: []graph.Ref{account("takeover/u1")}}, nil, Options{})
	require.NoError(t, err)
	require.Len(t, part.Scores, 1)
	require.Len(t, part.Rings, 1)
	i := slices.IndexFunc(whole.Rings, func(r Ring) bool { return r.ID == part.Rings[0].ID })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, whole.Rings[i].Evidence, part.Rings[0].Evidence, "a ring depends on its component only")

	_, err = Detect(t.Context(), g, Scope{Accounts: []graph.Ref{account("nobody")}}, nil, Options{})
	require.ErrorIs(t, err, graph.ErrNotFound)
}

func TestDetectNothing(t *testing.T) {
	run := detect(t, nil, 1, Options{})
	require.Empty(t, run.Rings)
	require.Empty(t, run.Scores)
	run = detect(t, []fact{{from: account("a"), attr: true}}, 1, Options{})
	require.Equal(t, []AccountScore{{Account: "a", Probability: run.Scores[0].Probability,
		SuspectProbability: run.Scores[0].SuspectProbability, Status: StatusNoLinks}}, run.Scores)
}

func TestDetectStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Detect(ctx, snapshot(t, everything(t), 1<<20), Scope{}, nil, Options{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = Detect(t.Context(), snapshot(t, nil, 1), Scope{}, nil, Options{Policy: &policy.Policy{}})
	require.ErrorIs(t, err, graph.ErrInvalid)
}

func TestLineage(t *testing.T) {
	facts := everything(t)
	g := snapshot(t, facts, 1<<20)
	first, err := Detect(t.Context(), g, Scope{}, nil, Options{})
	require.NoError(t, err)
	again, err := Detect(t.Context(), g, Scope{}, first, Options{})
	require.NoError(t, err)
	require.Equal(t, result(t, first), result(t, again), "the same inputs are the same run")

	// One more victim on the device, the next day.
	x := &fixture{facts: facts}
	for _, line := range []string{
		"account u9 opened 2014-01-01 two_factor no",
		"use u9 device:takeover/d9 2018-10-09T18:40Z",
		"pay u9 appstore 648.00 CNY to takeover/game-1 on device:takeover/d9 at 2018-10-09T18:41Z",
	} {
		words := strings.Fields(line)
		require.NoError(t, x.line(&row{words: words[1:], n: 9000 + len(x.facts)}, words[0]))
	}
	grown, err := Detect(t.Context(), snapshot(t, x.facts, 1<<20), Scope{}, first, Options{})
	require.NoError(t, err)
	require.NotEqual(t, first.Info.ID, grown.Info.ID)
	require.Equal(t, first.Info.ID, grown.Info.Predecessor)
	before, after := ringOf(first, "takeover/u1"), ringOf(grown, "u9")
	require.NotNil(t, before)
	require.NotNil(t, after)
	require.Equal(t, before.ID, after.ID, "a ring keeps its name")
	require.Equal(t, []Lineage{{Event: "birth", Run: first.Info.ID}, {Event: "growth", Run: grown.Info.ID}}, after.Lineage)

	shrunk, err := Detect(t.Context(), g, Scope{}, grown, Options{})
	require.NoError(t, err)
	r := ringOf(shrunk, "takeover/u1")
	require.NotNil(t, r)
	require.Equal(t, before.ID, r.ID)
	require.Equal(t, "shrink", r.Lineage[len(r.Lineage)-1].Event)
}

func TestTightening(t *testing.T) {
	// A chain of a hundred devices, each shared by two accounts, but for one in
	// ten, which is shared by five: too long for a limit of 20.
	x := &fixture{}
	for i := range 101 {
		x.attr(account(fmt.Sprintf("a%03d", i)), "", "", 0)
	}
	for i := range 100 {
		at := graph.Millis(1_500_000_000_000)
		ref := graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("d%03d", i)}
		x.sight(fmt.Sprintf("a%03d", i), ref, at, 0, "")
		x.sight(fmt.Sprintf("a%03d", i+1), ref, at, 0, "")
		if i%10 == 0 {
			for k := range 3 {
				x.sight(fmt.Sprintf("b%03d-%d", i, k), ref, at, 0, "")
			}
		}
	}
	p, err := policy.Default()
	require.NoError(t, err)
	p.MaxComponent = 20
	run := detect(t, x.facts, 1<<20, Options{Policy: p})
	require.LessOrEqual(t, run.Info.Largest, 20)
	require.Equal(t, 10, run.Info.Components, "cut at the widest devices")
	require.Len(t, run.Info.Limits, 1)
	require.Contains(t, run.Info.Limits[0], "a component of 131 accounts was tightened")
}

func TestAllowListExpires(t *testing.T) {
	facts := everything(t)
	for day, cut := range map[string]bool{"2018-01-01": false, "2030-01-01": true} {
		p, err := policy.Default()
		require.NoError(t, err)
		p.Allow = []policy.Allowed{{Ref: "device:device_farm/farm", Reason: "demo phone", Owner: "risk", Expires: day}}
		run := detect(t, facts, 1<<20, Options{Policy: p})
		require.Equal(t, cut, slices.ContainsFunc(run.Info.Cuts, func(c Cut) bool { return c.Rule == "allow_list" }))
		require.Equal(t, cut, ringOf(run, "device_farm/a1") == nil)
		note := slices.ContainsFunc(run.Info.Notes, func(n string) bool {
			return strings.Contains(n, "device:device_farm/farm expired on "+day) && strings.Contains(n, "owner risk")
		})
		require.Equal(t, !cut, note, "an entry that does not apply is reported")
		replay := detect(t, facts, 1<<20, Options{Policy: p, AsOf: graph.TimeOf(time.Date(2017, 12, 31, 0, 0, 0, 0, time.UTC))})
		require.True(t, slices.ContainsFunc(replay.Info.Cuts, func(c Cut) bool { return c.Rule == "allow_list" }), "the moment looked from decides, not the clock")
	}
}

func TestAssociationsTieOnlyIfTold(t *testing.T) {
	x := &fixture{}
	for _, pair := range []string{"ab", "bc", "ca"} {
		x.link(account(pair[:1]), account(pair[1:]), graph.Link{Type: graph.Associated, Weight: 2})
	}
	p, err := policy.Default()
	require.NoError(t, err)
	run := detect(t, x.facts, 10, Options{Policy: p})
	require.Zero(t, run.Info.Ties)
	require.Equal(t, []string{
		"shared_identifiers: no account is linked to an identifier that may tie",
		"takeover_wave: no sightings of devices or other things that accounts are taken over with",
		"credential_stuffing: no failed logins",
		"takeover_drain: no payments",
		"claim_fraud: no claims",
		"money_patterns: no transfers between accounts",
		"lockstep: no payments",
		"message_spam: no messages",
		"bust_out: no payments",
		"3 ASSOCIATED links do not tie under policy default (associated.tie)",
	}, run.Info.Notes)
	p.Associated.Tie = true
	require.Equal(t, 3, detect(t, x.facts, 10, Options{Policy: p}).Info.Ties)
	p.Associated.MinWeight = 3
	require.Zero(t, detect(t, x.facts, 10, Options{Policy: p}).Info.Ties)
}

func TestLinkKey(t *testing.T) {
	x := &fixture{}
	at, err := parseTime("2018-10-09T18:14Z")
	require.NoError(t, err)
	d9 := graph.Ref{Kind: graph.Device, Key: "d9"}
	x.sight("u1", d9, at, 0, "")
	x.sight("u2", d9, at, 0, "payment:P1")
	x.sight("u3", d9, 0, 0, "")
	g := snapshot(t, x.facts, 10)
	require.Equal(t, "account:u1>USED_DEVICE>device:d9@2018-10-09T18:14:00Z", LinkKey(g, 0))
	require.Equal(t, "payment:P1", LinkKey(g, 1))
	require.Equal(t, "account:u3>USED_DEVICE>device:d9", LinkKey(g, 2))
}

// star is n accounts on one device, each step after the one before.
func star(n int, step time.Duration) []fact {
	x := &fixture{}
	x.honest(100)
	born := graph.TimeOf(time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC))
	for i := range n {
		name := fmt.Sprintf("s%06d", i)
		at := born.Add(time.Duration(i) * step)
		x.attr(account(name), propOpened, at.String(), 0)
		x.sight(name, graph.Ref{Kind: graph.Device, Key: "hub"}, at, 0, "")
	}
	return x.facts
}

func TestFarmsOfAnySize(t *testing.T) {
	for _, n := range []int{21, 200, 5000} {
		run := detect(t, star(n, time.Minute), 1<<20, Options{Model: NoModel()})
		require.Len(t, run.Rings, 1, "%d accounts", n)
		require.Equal(t, n, run.Rings[0].Size)
		require.Equal(t, DeviceFarm, run.Rings[0].Typology)
		require.Greater(t, run.Rings[0].Probability, .99)
		require.Equal(t, "device:hub", run.Info.Cuts[0].Ref.String())
	}
	run := detect(t, star(5000, 12*time.Hour), 1<<20, Options{})
	require.Empty(t, run.Rings, "a public device is no farm")
	require.Equal(t, 5000, run.Info.Status.NotScoredHub)
}

// BenchmarkStar is 200,000 accounts that come to one device within minutes of
// each other, and as many that come by and by.
func BenchmarkStar(b *testing.B) {
	for name, step := range map[string]time.Duration{"burst": time.Second, "hub": 20 * time.Minute} {
		g := snapshot(b, star(200_000, step), 1<<20)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := Detect(context.Background(), g, Scope{}, nil, Options{})
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkDetect runs over every fixture and 20,000 honest accounts.
func BenchmarkDetect(b *testing.B) {
	x := &fixture{facts: everything(b)}
	x.honest(20_000)
	g := snapshot(b, x.facts, 1<<20)
	b.ReportMetric(float64(g.Links()), "links")
	for b.Loop() {
		_, err := Detect(context.Background(), g, Scope{}, nil, Options{})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(g.Links())*float64(b.N)/b.Elapsed().Seconds(), "links/s")
}
