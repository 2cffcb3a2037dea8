package engine

import (
	"cmp"
	"slices"

	"ringleader/graph"
)

// addBlind adds to a wave the accounts that only the money gives away: nobody
// recorded from where they were debited, but the debits went to the wave's own
// receivers, while the wave was at work: within the hour of a debit of another
// victim, or several within the hour. Time: O(links of the receivers and of
// those who paid them).
func (t takeover) addBlind(w *wave) {
	receivers, times := t.ownReceivers(w)
	if len(receivers) == 0 {
		return
	}
	kind := t.g.Kind(w.visits[0].on)
	from, to := times[0]-quickDebit, times[len(times)-1]+quickDebit
	var payers []graph.Vertex
	for _, y := range receivers {
		for _, l := range t.g.In(y) {
			at := t.g.At(l)
			if t.g.Type(l) == graph.PaidTo && at.Known() && at.Millis() >= from && at.Millis() <= to {
				payers = append(payers, t.g.From(l))
			}
		}
	}
	slices.Sort(payers)
	for _, a := range slices.Compact(payers) {
		if _, member := slices.BinarySearch(w.accounts, a); member {
			continue
		}
		v := visit{account: a, blind: true, aged: true}
		things := t.thingsOf(a, kind)
		for _, d := range t.debitsOf(a) {
			_, theirs := slices.BinarySearch(receivers, d.beneficiary)
			_, named := things[d.event]
			if d.hasReceiver && theirs && !named && d.at.Millis() >= from && d.at.Millis() <= to {
				v.debits = append(v.debits, d)
			}
		}
		if len(v.debits) == 0 || !inStep(v.debits, times) {
			continue
		}
		v.since, v.link, v.on = v.debits[0].at, v.debits[0].link, v.debits[0].beneficiary
		if opened := t.openedAt(a); opened.Known() && v.since.Millis()-opened.Millis() < t.policy.Takeover.Aged.Millis() {
			continue
		}
		w.visits = append(w.visits, v)
	}
	for _, v := range w.visits {
		w.accounts = append(w.accounts, v.account)
	}
	slices.Sort(w.accounts)
	w.accounts = slices.Compact(w.accounts)
	slices.SortFunc(w.visits, compareVisits)
}

func compareVisits(a, b visit) int {
	return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.account, b.account), cmp.Compare(a.on, b.on))
}

// ownReceivers is the receivers, ascending, whose payers in the wave's time are
// mostly the wave's victims, and the times of the debits to them, ascending.
func (t takeover) ownReceivers(w *wave) (receivers []graph.Vertex, times []int64) {
	victims := make(map[graph.Vertex]map[graph.Vertex]bool)
	first, last := graph.Time(0), graph.Time(0)
	for _, v := range w.visits {
		for _, d := range v.debits {
			if !v.hit() || !d.hasReceiver || !d.onThing {
				continue
			}
			if victims[d.beneficiary] == nil {
				victims[d.beneficiary] = make(map[graph.Vertex]bool)
			}
			victims[d.beneficiary][v.account] = true
			times = append(times, d.at.Millis())
			first, last = earlier(first, d.at), max(last, d.at)
		}
	}
	for y, by := range victims {
		n := float64(t.payersBetween(y, first, last))
		if len(by) > 1 && float64(len(by)) >= t.policy.Takeover.Share*n {
			receivers = append(receivers, y)
		}
	}
	slices.Sort(receivers)
	slices.Sort(times)
	return receivers, times
}

// inStep reports whether debits fall within the hour of one of the wave's, or
// two of them within the hour of each other.
func inStep(debits []debit, times []int64) bool {
	for i, d := range debits {
		at := d.at.Millis()
		if i > 0 && at-debits[i-1].at.Millis() <= quickDebit {
			return true
		}
		n, _ := slices.BinarySearch(times, at-quickDebit)
		if n < len(times) && times[n] <= at+quickDebit {
			return true
		}
	}
	return false
}
