package eval

import (
	"maps"
	"math"
	"slices"
)

// adjustedMutualInformation compares two partitions of one set of accounts:
//
//	AMI = (I − E[I]) / (½(H(U) + H(V)) − E[I])
//
// with the expectation over all partitions of the same sizes (Vinh, Epps and
// Bailey, JMLR 11:2837, 2010). It is 1 for equal partitions and 0 for what
// chance gives; unlike normalised mutual information it does not reward
// fragments. The set is that of [Rings.BCubed]: the accounts of true and
// flagged rings, an account in no ring being alone. Time: O(distinct sizes² ·
// largest size). It misleads where almost every account is alone in both: then
// there is little to tell from chance.
func adjustedMutualInformation(truth, found []group, inTruth, inFound map[string]int, shared map[overlap]int) float64 {
	n := 0
	for a := range inFound {
		if _, ok := inTruth[a]; !ok {
			n++
		}
	}
	n += len(inTruth)
	sizesTruth, sizesFound := partitionSizes(truth, n), partitionSizes(found, n)
	if n == 0 || maps.Equal(sizesTruth, sizesFound) && len(sizesTruth) == 1 && (sizesTruth[n] == 1 || sizesTruth[1] == n) {
		return 1 // both put all in one, or each alone: they are the same
	}
	mutual := mutualInformation(truth, found, inTruth, inFound, shared, n)
	expected := expectedInformation(sizesTruth, sizesFound, n)
	bound := (entropy(sizesTruth, n) + entropy(sizesFound, n)) / 2
	if math.Abs(bound-expected) < 1e-12 {
		return 0
	}
	return (mutual - expected) / (bound - expected)
}

// partitionSizes counts the parts of each size, those alone included.
func partitionSizes(groups []group, n int) map[int]int {
	sizes, alone := make(map[int]int), n
	for _, g := range groups {
		if len(g.accounts) > 0 {
			sizes[len(g.accounts)]++
			alone -= len(g.accounts)
		}
	}
	if alone > 0 {
		sizes[1] += alone
	}
	return sizes
}

func entropy(sizes map[int]int, n int) float64 {
	h := 0.0
	for _, size := range slices.Sorted(maps.Keys(sizes)) {
		p := float64(size) / float64(n)
		h -= float64(sizes[size]) * p * math.Log(p)
	}
	return h
}

// mutualInformation is in nats. Cells of the table are the overlaps of rings,
// and for accounts that one side has alone a cell of one each.
func mutualInformation(truth, found []group, inTruth, inFound map[string]int, shared map[overlap]int, n int) float64 {
	cell := func(both, a, b int) float64 {
		return float64(both) / float64(n) * math.Log(float64(n)*float64(both)/(float64(a)*float64(b)))
	}
	var terms []float64
	for o, both := range shared {
		terms = append(terms, cell(both, len(truth[o.truth].accounts), len(found[o.found].accounts)))
	}
	for a, i := range inTruth {
		if _, ok := inFound[a]; !ok {
			terms = append(terms, cell(1, len(truth[i].accounts), 1))
		}
	}
	for a, j := range inFound {
		if _, ok := inTruth[a]; !ok {
			terms = append(terms, cell(1, 1, len(found[j].accounts)))
		}
	}
	slices.Sort(terms) // sums of floats depend on the order
	sum := 0.0
	for _, t := range terms {
		sum += t
	}
	return sum
}

// expectedInformation is E[I] under the hypergeometric model of randomness.
func expectedInformation(u, v map[int]int, n int) float64 {
	sum := 0.0
	for _, a := range slices.Sorted(maps.Keys(u)) {
		for _, b := range slices.Sorted(maps.Keys(v)) {
			sum += float64(u[a]) * float64(v[b]) * expectedCell(a, b, n)
		}
	}
	return sum
}

// expectedCell is the expected term of one cell with margins a and b.
func expectedCell(a, b, n int) float64 {
	fixed := logFactorial(a) + logFactorial(b) + logFactorial(n-a) + logFactorial(n-b) - logFactorial(n)
	sum := 0.0
	for k := max(1, a+b-n); k <= min(a, b); k++ {
		p := fixed - logFactorial(k) - logFactorial(a-k) - logFactorial(b-k) - logFactorial(n-a-b+k)
		sum += float64(k) / float64(n) * math.Log(float64(n)*float64(k)/(float64(a)*float64(b))) * math.Exp(p)
	}
	return sum
}

func logFactorial(n int) float64 {
	l, _ := math.Lgamma(float64(n) + 1)
	return l
}
