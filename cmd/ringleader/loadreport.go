package main

import (
	"fmt"

	"ringleader/loaders"
)

// sayLeftOut names what of the input gives no facts: files that no table reads
// and rows that were, or would be, rejected.
func (a *app) sayLeftOut(r *loaders.Report, were string) {
	for _, name := range r.Skipped {
		a.say("skipped %s: no table of the mapping reads it", printable(name))
	}
	if r.Erased > 0 {
		a.say("%s rows name what was erased from this store, and were taken without it", count(r.Erased))
	}
	for _, reason := range r.Reasons {
		column := ""
		if reason.Column != "" {
			column = printable(reason.Column) + ": "
		}
		a.say("%s rows %s rejected: %s%s (first: %s, row %d)", count(reason.Rows), were, column, printable(reason.Reason),
			printable(reason.First.File), reason.First.Row)
	}
}

// writeFiles lists the files of a load, or of the check of a mapping.
func (a *app) writeFiles(r *loaders.Report) error {
	type row = loaders.FileReport
	number := func(name string, n func(*row) int64) column[row] {
		return column[row]{name: name, value: func(f *row) string { return fmt.Sprint(n(f)) }, right: true}
	}
	return listing[row]{whole: r, items: r.Files, columns: []column[row]{
		{name: "file", value: func(f *row) string { return f.Name }},
		{name: "table", value: func(f *row) string { return f.Table }},
		number("rows", func(f *row) int64 { return f.Rows }),
		number("links", func(f *row) int64 { return f.Links }),
		number("attrs", func(f *row) int64 { return f.Attrs }),
		number("labels", func(f *row) int64 { return f.Labels }),
		number("left_out", func(f *row) int64 { return f.LeftOut }),
		number("rejected", func(f *row) int64 { return f.Rejected }),
		number("already", func(f *row) int64 { return f.Already }),
	}}.write(a)
}
