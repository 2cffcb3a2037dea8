package synth

import (
	"math"
	"math/rand/v2"
)

// seeds derives the random streams of one world.
type seeds uint64

// streams is a family of random streams: one per index of whatever its part
// iterates.
type streams uint64

// of derives the streams of a name. Renaming changes the rows that they make
// and nothing else.
func (s seeds) of(name string) streams {
	h := uint64(s) ^ 0x9e3779b97f4a7c15
	for i := range len(name) {
		h = mix(h ^ uint64(name[i]))
	}
	return streams(h)
}

// at is the stream of index i.
func (p streams) at(i uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(p), mix(i)))
}

// hash is a number that (part, i) fixes, for choices that need only one.
func (p streams) hash(i uint64) uint64 { return mix(uint64(p) ^ mix(i)) }

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014,
// doi:10.1145/2660193.2660195): a bijection of 64-bit words.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// permute is a bijection of 0..n-1 that p fixes, so that keys are unique
// without a table and do not tell which accounts belong together. A Feistel
// network over the next even power of two, walked until it lands inside
// (Black and Rogaway 2002, doi:10.1007/3-540-45760-7_9). i must be below n.
// Time: O(1) expected.
func (p streams) permute(i, n uint64) uint64 {
	half := uint(1)
	for uint64(1)<<(2*half) < n {
		half++
	}
	mask := uint64(1)<<half - 1
	for {
		l, r := i>>half, i&mask
		for round := range uint64(4) {
			l, r = r, l^(mix(uint64(p)^r^round<<60)&mask)
		}
		i = l<<half | r
		if i < n {
			return i
		}
	}
}

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// between is a whole number in lo..hi, both included.
func between(r *rand.Rand, lo, hi int64) int64 { return lo + r.Int64N(hi-lo+1) }

// pick is one of a list, each as likely.
func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// weighted is an index of weights, as likely as its share of the sum.
func weighted(r *rand.Rand, weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := r.IntN(sum)
	for i, w := range weights {
		if at < w {
			return i
		}
		at -= w
	}
	return len(weights) - 1
}

// poisson counts events of the given mean, by Knuth's product of uniforms: fit
// for the small means of this package. Time: O(mean).
func poisson(r *rand.Rand, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for product := r.Float64(); product > limit; product *= r.Float64() {
		n++
	}
	return n
}

// zipf is a rank in 0..n-1 with probability near 1/(rank+1): the integer part
// of a log-uniform number, which needs no table however large n is.
func zipf(r *rand.Rand, n uint64) uint64 {
	return min(uint64(math.Exp(r.Float64()*math.Log(float64(n)+1)))-1, n-1)
}
