package synth

import (
	"math/rand/v2"
	"time"
)

// The calendar of the worlds, in unix seconds UTC. Money events run from start
// to end; what came before (accounts opened, phones bought) goes back to epoch.
var (
	epoch = unix(2012, 1, 1)
	start = unix(2018, 5, 1)
	end   = unix(2018, 11, 1)
)

const (
	minute = int64(60)
	hour   = 60 * minute
	day    = 24 * hour
)

func unix(y int, m time.Month, d int) int64 {
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()
}

// zone is where people live. None of these keeps summer time.
type zone struct {
	name   string
	offset int64 // seconds east of UTC
}

var zones = []zone{{"Asia/Shanghai", 8 * hour}, {"Asia/Urumqi", 6 * hour}, {"Asia/Singapore", 8 * hour}, {"Asia/Tokyo", 9 * hour}}

// awake weighs the local hours in which honest people act: little from one to
// five, peaks at noon and in the evening.
var awake = []int{8, 4, 2, 1, 1, 3, 10, 24, 36, 40, 44, 54, 60, 46, 40, 42, 46, 52, 60, 66, 66, 56, 38, 20}

// odd weighs the local hours in which thieves act, when owners sleep.
var odd = []int{2, 10, 16, 16, 12, 4}

// moment is when an honest person does something, from ≤ t < to: any day, in
// the hours people are awake where they live. Draws outside are drawn again, so
// no time stands out.
func moment(r *rand.Rand, from, to int64, z zone) int64 {
	if to-from < 2*day {
		return between(r, from, max(from, to-1))
	}
	first := (from + z.offset) / day
	last := (to + z.offset) / day
	for {
		local := between(r, first, last)*day + int64(weighted(r, awake))*hour + between(r, 0, hour-1)
		if t := local - z.offset; t >= from && t < to {
			return t
		}
	}
}

// shopping is a moment of spending: paydays on the 10th, the 15th and at the
// end of a month draw two days of every five.
func shopping(r *rand.Rand, from, to int64, z zone) int64 {
	t := moment(r, from, to, z)
	for range 2 {
		if nearPayday(t + z.offset) {
			break
		}
		t = moment(r, from, to, z)
	}
	return t
}

// nearPayday reports whether a local time is on a payday or the day after.
func nearPayday(local int64) bool {
	switch time.Unix(local, 0).UTC().Day() {
	case 10, 11, 15, 16, 30, 31, 1:
		return true
	}
	return false
}

// night is a moment of the local night of the day that t lies in.
func night(r *rand.Rand, t int64, z zone) int64 {
	local := (t+z.offset)/day*day + int64(weighted(r, odd))*hour + between(r, 0, hour-1)
	return local - z.offset
}
