package loaders

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// tally counts chunks into the report, writes the reject file and tells
// progress.
type tally struct {
	report   *Report
	opts     *Options
	rejects  *rejectFile
	failures []error
	finished int64 // bytes of files that are through
	progress Progress
	current  int
	list     []source
}

func newTally(found *sources, o *Options) *tally {
	t := &tally{report: &Report{Skipped: found.sortedSkipped()}, opts: o, rejects: &rejectFile{path: o.Rejects}, list: found.list}
	for _, s := range found.list {
		f := FileReport{Name: s.name, Table: s.table.File, Input: s.input, Content: s.content}
		if s.span != (Span{}) {
			f.Mark, f.After, f.UpTo = s.table.Read.Mark, s.span.After, s.span.UpTo
		}
		t.report.Files = append(t.report.Files, f)
		t.progress.Total += s.size
	}
	return t
}

// add counts a chunk that has been applied.
func (t *tally) add(c *chunk) error {
	r, f := t.report, &t.report.Files[c.source]
	for ; t.current < c.source; t.current++ {
		t.finished += t.list[t.current].size
	}
	links, attrs, bad := int64(c.links), int64(c.attrs), int64(len(c.rejects))
	r.Rows, f.Rows = r.Rows+c.rows, f.Rows+c.rows
	r.LeftOut, f.LeftOut = r.LeftOut+c.leftOut, f.LeftOut+c.leftOut
	r.Erased += int64(len(c.erased))
	r.Already, f.Already = r.Already+c.already, f.Already+c.already
	r.Links, f.Links = r.Links+links, f.Links+links
	r.Attrs, f.Attrs = r.Attrs+attrs, f.Attrs+attrs
	r.Labels, f.Labels = r.Labels+int64(len(c.labels)), f.Labels+int64(len(c.labels))
	r.Rejected, f.Rejected = r.Rejected+bad, f.Rejected+bad
	f.Done = c.done
	if c.failed != nil {
		f.Error = errors.Unwrap(c.failed).Error() // the report names the file already
		t.failures = append(t.failures, c.failed)
	}
	for i := range c.rejects {
		r.addReason(c.rejects[i].RowError)
	}
	r.addIdentifiers(f.Name, c.odd)
	if t.opts.Progress != nil {
		t.progress.File, t.progress.Rows, t.progress.Rejected = f.Name, r.Rows, r.Rejected
		t.progress.Bytes = t.finished + c.position
		t.opts.Progress(t.progress)
	}
	return t.rejects.write(c.rejects)
}

// rejectFile keeps bad rows with their bytes, so that they can be mended. It
// comes to be with the first one.
type rejectFile struct {
	path string // empty: keep none
	file *os.File
	csv  *csv.Writer
}

func (r *rejectFile) write(rejects []reject) error {
	if r.path == "" || len(rejects) == 0 {
		return nil
	}
	if err := r.open(); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	for i := range rejects {
		e := &rejects[i]
		if err := r.csv.Write([]string{e.File, strconv.FormatInt(e.Row, 10), e.Column, e.Reason, string(e.raw)}); err != nil {
			return fmt.Errorf("reject file: %w", err)
		}
	}
	r.csv.Flush()
	if err := r.csv.Error(); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	return nil
}

func (r *rejectFile) open() error {
	if r.file != nil {
		return nil
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	r.file, r.csv = f, csv.NewWriter(f)
	if err := f.Chmod(0o600); err != nil { // one that was there may be open to others
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > 0 {
		return nil
	}
	return r.csv.Write([]string{"file", "row", "column", "reason", "raw"})
}

func (r *rejectFile) close() error {
	if r.file == nil {
		return nil
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	return nil
}
