package loadertest

import "testing"

// TimeRows measures the loop that follows, each turn of which reads so many rows,
// until its result is called: rows a second, and the processor time of a row,
// which a busy machine and a server of its own leave alone.
func TimeRows(b *testing.B, rows int) func() {
	b.Helper()
	before := CPU(b)
	return func() {
		total := float64(b.N) * float64(rows)
		b.ReportMetric(total/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64((CPU(b)-before).Microseconds())/total, "cpu-µs/row")
	}
}
