package loaders

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
	"ringleader/vault"
	"ringleader/yamlfile"
)

// Mapping says what facts the rows of some tables state. It is data, written
// in YAML; the files in the folder mappings are examples, the canonical layout
// among them.
type Mapping struct {
	Name   string  `yaml:"name" json:"name"`
	About  string  `yaml:"about,omitempty" json:"about,omitempty"` // for people
	Tables []Table `yaml:"tables" json:"tables"`
	// Secrets are kinds whose values are hashed and sealed, as those of cards and
	// national IDs always are.
	Secrets []graph.Kind `yaml:"secrets,omitempty" json:"secrets,omitempty"`
}

// Table says what facts a row of one kind of file states. Texts with columns
// in braces, such as "account:{id}", are templates: a value that is absent
// makes the text absent, and a fact that needs it; "{id|none}" gives a text
// that stands in. Other fields name a column or a constant, as they say.
type Table struct {
	// File is the name of the files without extensions, or a pattern of
	// package path: "accounts", "tx_*".
	File string `yaml:"file" json:"file"`
	// Header names the columns of files that have no header of their own.
	Header []string `yaml:"header,omitempty" json:"header,omitempty"`
	// Skip is the number of lines before the header, or before the first row
	// where Header names the columns.
	Skip int `yaml:"skip,omitempty" json:"skip,omitempty"`
	// Delimiter parts the values of text files; empty: it is found.
	Delimiter string `yaml:"delimiter,omitempty" json:"delimiter,omitempty"`
	// Encoding of text files, such as windows-1252 or gb18030; empty: it is found.
	Encoding string `yaml:"encoding,omitempty" json:"encoding,omitempty"`
	// Read says which rows of a database the table is, where it comes from one.
	Read *ReadRule `yaml:"read,omitempty" json:"read,omitempty"`
	// Joins bring columns of other files, found by key.
	Joins []Join `yaml:"joins,omitempty" json:"joins,omitempty"`
	// Derive makes columns from others: name and template, "{day} {clock}".
	// Names are those of the files, before Rename.
	Derive map[string]string `yaml:"derive,omitempty" json:"derive,omitempty"`
	// Rename gives columns of the file other names for use here and as
	// properties.
	Rename map[string]string `yaml:"rename,omitempty" json:"rename,omitempty"`
	// Columns says more about columns. One that is listed may be missing from
	// a file unless it is required; one that is only used must be there.
	Columns map[string]Column `yaml:"columns,omitempty" json:"columns,omitempty"`
	// Where keeps rows for which all conditions hold, such as "status != void"
	// or "amount > 0". Others are counted as left out.
	Where []string `yaml:"where,omitempty" json:"where,omitempty"`

	// ZoneFrom is the column in which a row names the zone of those of its times
	// that name none. It wins over Column.Zone and Options.Location.
	ZoneFrom string `yaml:"zone_from,omitempty" json:"zone_from,omitempty"`

	Nodes  []NodeRule  `yaml:"nodes,omitempty" json:"nodes,omitempty"`
	Links  []LinkRule  `yaml:"links,omitempty" json:"links,omitempty"`
	Events []EventRule `yaml:"events,omitempty" json:"events,omitempty"`
	Labels []LabelRule `yaml:"labels,omitempty" json:"labels,omitempty"`
}

// Column is what is known of the values of one column.
type Column struct {
	Required bool   `yaml:"required,omitempty" json:"required,omitempty"` // a row without a value is bad
	Type     string `yaml:"type,omitempty" json:"type,omitempty"`         // text (default), time, amount, number, flag

	OneOf  []string          `yaml:"one_of,omitempty" json:"one_of,omitempty"` // all values there are
	Values map[string]string `yaml:"values,omitempty" json:"values,omitempty"` // replaces each value; all there are

	Currency string `yaml:"currency,omitempty" json:"currency,omitempty"` // of an amount; a template

	// Decimal is the mark before the decimals of amounts and numbers that people
	// write, "," or "."; the other one, spaces and currency signs are passed over.
	Decimal  string `yaml:"decimal,omitempty" json:"decimal,omitempty"`
	Absolute bool   `yaml:"absolute,omitempty" json:"absolute,omitempty"` // the sign of an amount says nothing

	Format string `yaml:"format,omitempty" json:"format,omitempty"` // of a time: unix, unix_ms, or words such as DD.MM.YYYY HH:mm
	Zone   string `yaml:"zone,omitempty" json:"zone,omitempty"`     // of times that name none
	Epoch  string `yaml:"epoch,omitempty" json:"epoch,omitempty"`   // of a time in steps: when step 0 is
	Unit   string `yaml:"unit,omitempty" json:"unit,omitempty"`     // of a time in steps: 1h, 1d
}

// NodeRule states properties of a node.
type NodeRule struct {
	Ref    string            `yaml:"ref" json:"ref"`                           // template
	Exists bool              `yaml:"exists,omitempty" json:"exists,omitempty"` // states undated existence besides; always without a property
	At     string            `yaml:"at,omitempty" json:"at,omitempty"`         // column: as of when
	Props  []string          `yaml:"props,omitempty" json:"props,omitempty"`   // columns; "*" is all that no rule or column entry names
	Set    map[string]string `yaml:"set,omitempty" json:"set,omitempty"`       // property: template
	When   []string          `yaml:"when,omitempty" json:"when,omitempty"`     // conditions, as in Where, after Values
}

// LinkRule states a link: a sighting, a money event, an association.
type LinkRule struct {
	From   string            `yaml:"from" json:"from"`                         // template
	To     string            `yaml:"to" json:"to"`                             // template
	Type   string            `yaml:"type,omitempty" json:"type,omitempty"`     // template; empty: a sighting of To
	Event  string            `yaml:"event,omitempty" json:"event,omitempty"`   // template: the event that states it
	At     string            `yaml:"at,omitempty" json:"at,omitempty"`         // column
	Until  string            `yaml:"until,omitempty" json:"until,omitempty"`   // column
	Weight string            `yaml:"weight,omitempty" json:"weight,omitempty"` // column
	Amount string            `yaml:"amount,omitempty" json:"amount,omitempty"` // column of type amount
	Props  []string          `yaml:"props,omitempty" json:"props,omitempty"`   // columns; "*" is all that no rule or column entry names
	Set    map[string]string `yaml:"set,omitempty" json:"set,omitempty"`       // property: template
	When   []string          `yaml:"when,omitempty" json:"when,omitempty"`     // conditions, as in Where, after Values
}

// EventRule states that something happened to a node: an attribute event/<type>.
type EventRule struct {
	Of     string   `yaml:"of" json:"of"`                             // template
	Type   string   `yaml:"type" json:"type"`                         // template
	At     string   `yaml:"at,omitempty" json:"at,omitempty"`         // column
	Detail string   `yaml:"detail,omitempty" json:"detail,omitempty"` // template
	Props  []string `yaml:"props,omitempty" json:"props,omitempty"`   // columns: properties of the node at the event's time
	When   []string `yaml:"when,omitempty" json:"when,omitempty"`     // conditions, as in Where, after Values
}

// LabelRule says what is known of an account. It goes to the labels, not the
// facts.
type LabelRule struct {
	Account string   `yaml:"account" json:"account"`           // template of the key
	Label   string   `yaml:"label" json:"label"`               // template: fraud, victim, honest
	At      string   `yaml:"at,omitempty" json:"at,omitempty"` // column
	Props   []string `yaml:"props,omitempty" json:"props,omitempty"`
	When    []string `yaml:"when,omitempty" json:"when,omitempty"` // conditions, as in Where, after Values
}

//go:embed mappings/*.yaml
var shipped embed.FS

// ShippedMappings lists the names of the mappings that come with the program,
// ascending.
func ShippedMappings() []string {
	files, _ := fs.Glob(shipped, "mappings/*.yaml") // fails on a bad pattern only
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	slices.Sort(files)
	return files
}

// ShippedMapping is the mapping of that name that comes with the program;
// ErrNotFound if there is none.
func ShippedMapping(name string) (*Mapping, error) {
	data, err := shipped.ReadFile("mappings/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("mapping %q: %w; there are %s", name, graph.ErrNotFound, strings.Join(ShippedMappings(), ", "))
	}
	return ParseMapping(name+".yaml", data)
}

// ReadMapping reads a mapping file.
func ReadMapping(file string) (*Mapping, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fileError(file, err)
	}
	return ParseMapping(file, data)
}

// ParseMapping reads a mapping from YAML and checks all that can be checked
// without a table. Its errors name file and line; unknown fields are errors.
func ParseMapping(file string, data []byte) (*Mapping, error) {
	text, err := yamlfile.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w mapping %s, %w", graph.ErrInvalid, file, err)
	}
	m := new(Mapping)
	if err := text.Decode(m); err != nil {
		return nil, fmt.Errorf("%w mapping %s, %w", graph.ErrInvalid, file, err)
	}
	if err := m.check(); err != nil {
		return nil, locate(file, text, err)
	}
	for i := range m.Tables {
		if r := m.Tables[i].Read; r != nil {
			r.at = "mapping " + place(file, text, fmt.Sprintf("tables[%d].%s", i, r.part()))
		}
	}
	return m, nil
}

// mapError is what is wrong with a mapping, and where: a path into it.
type mapError struct {
	path string
	err  error
}

func (e *mapError) Error() string { return e.path + ": " + e.err.Error() }
func (e *mapError) Unwrap() error { return e.err }

func (m *Mapping) check() error {
	if m.Name == "" {
		return &mapError{"name", fmt.Errorf("%w mapping: it has no name", graph.ErrInvalid)}
	}
	if len(m.Tables) == 0 {
		return &mapError{"tables", fmt.Errorf("%w mapping: it has no tables", graph.ErrInvalid)}
	}
	for i, k := range m.Secrets {
		if err := vault.CheckKind(k); err != nil {
			return &mapError{fmt.Sprintf("secrets[%d]", i), err}
		}
	}
	for i := range m.Tables {
		t := &m.Tables[i]
		at := fmt.Sprintf("tables[%d]", i)
		if _, err := path.Match(t.File, ""); err != nil || t.File == "" {
			return &mapError{at + ".file", fmt.Errorf("%w file: want a name without extension or a pattern", graph.ErrInvalid)}
		}
		if len(t.Nodes)+len(t.Links)+len(t.Events)+len(t.Labels) == 0 {
			return &mapError{at, fmt.Errorf("%w table: it states no facts", graph.ErrInvalid)}
		}
		if t.Read != nil {
			if err := t.Read.check(); err != nil {
				err.path = at + "." + err.path
				return err
			}
		}
		if _, err := compile(t, nil, time.UTC); err != nil {
			var me *mapError
			if errors.As(err, &me) {
				me.path = at + "." + me.path
			}
			return err
		}
	}
	return nil
}

// locate adds file and line to a mapError.
func locate(file string, text *yamlfile.File, err error) error {
	var me *mapError
	if !errors.As(err, &me) {
		return fmt.Errorf("mapping %s: %w", file, err)
	}
	return fmt.Errorf("mapping %s: %w", place(file, text, me.path), me.err)
}

// place is a path into a mapping with file and line, if the file has it.
func place(file string, text *yamlfile.File, field string) string {
	if line := text.Line(field); line > 0 {
		return fmt.Sprintf("%s, line %d, %s", file, line, field)
	}
	return file + ", " + field
}

// table finds the table for files of a stem: an exact name before a pattern.
func (m *Mapping) table(stem string) *Table {
	var found *Table
	for i := range m.Tables {
		t := &m.Tables[i]
		if t.File == stem {
			return t
		}
		if ok, _ := path.Match(t.File, stem); ok && found == nil {
			found = t
		}
	}
	return found
}

// fingerprint identifies what a table makes of a file: the same file under
// another table, or zone for times, is another input. How its rows are read from
// a database is no part of it: the same rows state the same facts.
func (t *Table) fingerprint(zone *time.Location) []byte {
	plain := *t
	plain.Read = nil
	data, err := json.Marshal(&plain)
	if err != nil {
		return nil // a struct of strings always marshals
	}
	return append(data, zone.String()...)
}

// byHeader finds the table whose required columns are all in a header and that
// knows the most of it.
func (m *Mapping) byHeader(header []string) *Table {
	if len(m.Tables) == 1 {
		return &m.Tables[0]
	}
	known := func(t *Table) int {
		n := 0
		for _, column := range header {
			if _, ok := t.Columns[cmp.Or(t.Rename[column], column)]; ok {
				n++
			}
		}
		for name, c := range t.Columns {
			if c.Required && !slices.Contains(header, name) && !renamesTo(t, header, name) {
				return 0
			}
		}
		return n
	}
	best, score := (*Table)(nil), 0
	for i := range m.Tables {
		if n := known(&m.Tables[i]); n > score {
			best, score = &m.Tables[i], n
		}
	}
	return best
}

func renamesTo(t *Table, header []string, name string) bool {
	return slices.ContainsFunc(header, func(c string) bool { return t.Rename[c] == name })
}
