package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ringleader/engine/resolve"
	"ringleader/graph"
)

// resolveFlags are what "resolve" takes, as typed.
type resolveFlags struct {
	Kind     string
	Fields   []string
	MinBits  float64
	MaxBlock int
	MaxLinks int
	Seed     uint64
	DryRun   bool
	Limit    int
}

func newResolve(a *app) *cobra.Command {
	var f resolveFlags
	cmd := &cobra.Command{
		Use:   "resolve",
		Short: "Find records that may be one person",
		Long: "Compare the records of one kind (customers, or accounts where no customer has a\n" +
			"name or the like) by name, birth date, address, phone and what else their\n" +
			"attributes say, and keep the pairs that may be one person as MAY_BE links, with\n" +
			"bits and a line per field. They take the place of those of the time before;\n" +
			"\"ringleader entity\" shows them. Nothing needs a label: what agreement in a field is\n" +
			"worth is learned from the records.\n\n" +
			"Attributes are known by their names (first_name, surname, name, birth_date or dob,\n" +
			"birth_place, postcode, address, phone, email, national_id, occupation, gender,\n" +
			"latitude, longitude and usual other words for them). --field ROLE=ATTRIBUTE says\n" +
			"otherwise, --field ROLE= leaves one out; in the file of --config it is a list.",
		Example: "  ringleader resolve --store rings.db\n" +
			"  ringleader resolve --kind account --field birth_date=geboren --field gender= --dry-run --output csv",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := f.options(a)
			if err != nil {
				return err
			}
			access := toWrite
			if f.DryRun {
				access = toRead
			}
			return a.withStore(cmd.Context(), access, func(s store) error { return a.resolve(cmd.Context(), s, &f, o) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Kind, "kind", "", "kind of the records; customer, else account")
	flags.StringArrayVar(&f.Fields, "field", nil, "ROLE=ATTRIBUTE: what an attribute says; may be given many times")
	flags.Float64Var(&f.MinBits, "min-bits", resolve.DefaultMinBits, "evidence that makes a pair a link; at 0 the odds are even")
	flags.IntVar(&f.MaxBlock, "max-block", resolve.DefaultMaxBlock, "records that share a key and are all compared with each other; of more, each with a few")
	flags.IntVar(&f.MaxLinks, "max-links", resolve.DefaultMaxLinks, "links of one record, the strongest")
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of the random pairs that are learned from")
	flags.BoolVar(&f.DryRun, "dry-run", false, "list the pairs and write nothing")
	flags.IntVar(&f.Limit, "limit", 0, "list at most so many pairs, the strongest")
	return cmd
}

// options checks the flags and makes the options of them.
func (f *resolveFlags) options(a *app) (resolve.Options, error) {
	o := resolve.Options{
		MinBits: f.MinBits, MaxBlock: f.MaxBlock, MaxLinks: f.MaxLinks, Seed: f.Seed, Threads: a.Threads,
	}
	if f.Kind != "" {
		kind, err := graph.ParseKind(f.Kind)
		if err != nil {
			return o, usagef("--kind: %v", err)
		}
		o.Kind = kind
	}
	if !(f.MinBits > 0) || f.MaxBlock < 2 || f.MaxLinks < 1 || f.Limit < 0 {
		return o, usagef("want --min-bits above 0, --max-block of at least 2, --max-links of at least 1, --limit of at least 0")
	}
	fields, err := resolve.ParseFields(f.Fields)
	if err != nil {
		return o, usagef("--field: %v", err)
	}
	o.Fields = fields
	return o, nil
}

// resolve is one resolution of the store, under its lease unless nothing is
// written.
func (a *app) resolve(ctx context.Context, s store, f *resolveFlags, o resolve.Options) error {
	var res *resolve.Result
	start := time.Now()
	work := func(ctx context.Context, fence uint64) error {
		g, err := a.readSnapshot(ctx, s, graph.BuildOptions{})
		if err != nil {
			return err
		}
		if res, err = a.resolveSnapshot(ctx, g, o); err != nil || f.DryRun {
			return err
		}
		return resolve.Write(ctx, s, fence, res)
	}
	var err error
	if f.DryRun {
		err = work(ctx, 0)
	} else {
		err = a.job(ctx, s, "resolve", work)
	}
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	a.tellResolved(&res.Info, time.Since(start), f.DryRun)
	return writeResolved(a, res, f.Limit)
}

func (a *app) resolveSnapshot(ctx context.Context, g *graph.Snapshot, o resolve.Options) (*resolve.Result, error) {
	bar := a.newProgress("looking for one person's records", "steps")
	defer bar.done()
	o.Progress = func(p resolve.Progress) { bar.set(p.Stage, int64(p.Done), int64(p.Total)) }
	return resolve.Resolve(ctx, g, o)
}

func (a *app) tellResolved(info *resolve.Info, took time.Duration, dry bool) {
	var names []string
	for i := range info.Fields {
		names = append(names, info.Fields[i].Name)
	}
	a.say("%s records of kind %s by %s: %s pairs compared of %.3g, in %s", count(info.Records), info.Kind,
		strings.Join(names, ", "), count(info.Compared), info.AllPairs, took.Round(time.Millisecond))
	verb := "written as MAY_BE links"
	if dry {
		verb = "not written (--dry-run)"
	}
	a.say("  %s pairs of at least %s bits, %s; %s people", count(info.Links), bits(info.MinBits), verb, count(info.People))
	for _, c := range info.Capped {
		a.say("  limit: max-block: %s groups of one %s were above it, the largest of %s records; each record was compared with the %d next to it",
			count(c.Blocks), c.Rule, count(c.Largest), resolve.Window)
	}
	if info.LinksCut > 0 {
		a.say("  limit: max-links: %s weaker pairs were left out, of records that had so many", count(info.LinksCut))
	}
}

// pairLine is one pair as it is listed.
type pairLine struct {
	A           graph.Ref      `json:"a"`
	B           graph.Ref      `json:"b"`
	Bits        float64        `json:"bits"`
	Probability float64        `json:"probability"`
	Person      int            `json:"person,omitempty"`
	Lines       []resolve.Line `json:"lines"`
}

func writeResolved(a *app, res *resolve.Result, limit int) error {
	pairs := res.Pairs
	if limit > 0 {
		pairs = pairs[:min(limit, len(pairs))]
	}
	lines := make([]pairLine, len(pairs))
	for i := range pairs {
		p := &pairs[i]
		lines[i] = pairLine{A: p.A, B: p.B, Bits: p.Bits, Probability: p.Probability(), Person: p.Person, Lines: res.Lines(p)}
	}
	people := res.People
	if people == nil {
		people = []resolve.Person{}
	}
	return listing[pairLine]{
		whole: struct {
			Info   resolve.Info     `json:"info"`
			Pairs  []pairLine       `json:"pairs"`
			People []resolve.Person `json:"people"`
		}{res.Info, lines, people},
		items: lines, first: 20, more: "--output csv or json lists all", empty: "no two records may be one person",
		columns: []column[pairLine]{
			{name: "a", value: func(p *pairLine) string { return p.A.String() }},
			{name: "b", value: func(p *pairLine) string { return p.B.String() }},
			{name: "bits", value: func(p *pairLine) string { return decimal(p.Bits) }},
			{name: "probability", value: func(p *pairLine) string { return decimal(p.Probability) }},
			{name: "person", value: personNumber},
			{name: "lines", value: pairLineText},
		},
		table: []column[pairLine]{
			{name: "a", value: func(p *pairLine) string { return p.A.String() }},
			{name: "b", value: func(p *pairLine) string { return p.B.String() }},
			{name: "bits", value: func(p *pairLine) string { return bits(p.Bits) }, right: true},
			{name: "lines", value: pairLineText},
		},
	}.write(a)
}

// personNumber is empty for a pair that belongs to no one person.
func personNumber(p *pairLine) string {
	if p.Person == 0 {
		return ""
	}
	return strconv.Itoa(p.Person)
}

// pairLineText is the lines in short: name +12.6, birth_date -5.0.
func pairLineText(p *pairLine) string {
	var parts []string
	for _, l := range p.Lines {
		parts = append(parts, fmt.Sprintf("%s %+.1f", l.Field, l.Bits))
	}
	return strings.Join(parts, ", ")
}
