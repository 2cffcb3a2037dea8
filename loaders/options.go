package loaders

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"ringleader/graph"
	"ringleader/vault"
)

// Options say how files are read. The zero value reads the canonical layout
// and takes every row that it can.
type Options struct {
	// Mapping says what rows state; nil is the canonical layout.
	Mapping *Mapping
	// Rejects is the file that bad rows are appended to, made with the first
	// one and for its owner only; empty keeps none.
	Rejects string
	// Strict fails at the first bad row or file.
	Strict bool
	// MaxErrors is the number of bad rows after which a load stops; 0 is no
	// limit. What was read before them is kept.
	MaxErrors int64
	// BatchRows is the number of rows applied at once; 0 is 20,000.
	BatchRows int
	// Location is the zone of times that name none; nil is UTC.
	Location *time.Location
	// Vault is the secrets of the store: values of secret kinds are hashed and
	// sealed, and what was erased stays away. Without it values stay plain, and a
	// store that has a key refuses the load.
	Vault *vault.Vault
	// KeepSources is the folder in which the loaded files are kept, sealed; empty
	// keeps none. It takes a vault.
	KeepSources string
	// Key keys the hashes of rows that facts carry as part of their source,
	// where there is no vault; see RowHasher.
	Key []byte
	// Stdin is read for the path "-"; nil is os.Stdin.
	Stdin io.Reader
	// StdinName gives standard input the name of a file, such as payments.csv;
	// without, its header decides what it is.
	StdinName string
	// Open opens databases, by their addresses; nil: there are none. A password
	// is its own affair.
	Open func(ctx context.Context, address string) (Database, error)
	// Full reads databases from the beginning, whatever earlier loads have read.
	Full bool
	// Normal says how keys of identifiers are brought into one form.
	Normal Normalising
	// Placeholder, if set, gives the reason why a reference stands for no
	// identifier at all, such as an advertising ID of zeros; empty if it is one.
	// Accounts are not linked to placeholders. It must not keep the reference, whose
	// text is used again.
	Placeholder func(graph.Ref) string
	// Progress, if set, is called now and then from one goroutine.
	Progress func(Progress)
	// Labels, if set, takes the labels that [Read] comes upon, in the order of
	// rows. The slice is good until it returns. A load keeps them in its log.
	Labels func([]Label)
}

func (o Options) withDefaults() (Options, error) {
	if o.Mapping == nil {
		m, err := ShippedMapping("canonical")
		if err != nil {
			return o, err
		}
		o.Mapping = m
	}
	o.BatchRows = cmp.Or(max(o.BatchRows, 0), 20_000)
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.KeepSources != "" && o.Vault == nil {
		return o, fmt.Errorf("%w options: keeping sources takes the store's key", graph.ErrInvalid)
	}
	return o, o.Normal.Validate()
}

// Progress is how far a load has come. While a table of a database is read,
// before its rows are loaded, Rows are those of that table, and Total is 0.
type Progress struct {
	File     string
	Rows     int64 // of all files so far
	Rejected int64
	Bytes    int64 // read so far, as the files lie
	Total    int64 // bytes of all files
}

// Report is what one load did. It holds positions and reasons, no content of
// rows.
type Report struct {
	Load     string       `json:"load,omitempty"` // its ID, empty without a store
	Rows     int64        `json:"rows"`           // read by this load, good and bad
	LeftOut  int64        `json:"left_out"`       // by conditions of the mapping
	Rejected int64        `json:"rejected"`
	Already  int64        `json:"already"`          // rows that earlier loads had taken
	Erased   int64        `json:"erased,omitempty"` // rows from which something was left out, because it was erased
	Links    int64        `json:"links"`            // facts stated; equal ones count each time
	Attrs    int64        `json:"attrs"`
	Labels   int64        `json:"labels"`
	Files    []FileReport `json:"files"`
	Skipped  []string     `json:"skipped,omitempty"` // files of folders and archives that no table reads
	Reasons  []Reason     `json:"reasons,omitempty"` // most frequent first

	// Identifiers that are placeholders or not of their kind, most frequent
	// first.
	Identifiers []IdentifierNote `json:"identifiers,omitempty"`
}

// FileReport is what became of one file.
type FileReport struct {
	Name     string `json:"name"`
	Table    string `json:"table"`
	Input    string `json:"input"`   // ID of the graph.Input
	Content  string `json:"content"` // hex SHA-256 of the file
	Rows     int64  `json:"rows"`
	LeftOut  int64  `json:"left_out"`
	Rejected int64  `json:"rejected"`
	Already  int64  `json:"already"`
	Links    int64  `json:"links"`
	Attrs    int64  `json:"attrs"`
	Labels   int64  `json:"labels"`
	Done     bool   `json:"done"`
	Mark     string `json:"mark,omitempty"`  // column, or property, of a database by which it was read
	After    string `json:"after,omitempty"` // only rows with a greater mark were new
	UpTo     string `json:"up_to,omitempty"` // greatest mark now read
	Error    string `json:"error,omitempty"` // why reading stopped before the end
}

// Reason counts the bad rows of one reason.
type Reason struct {
	Column string   `json:"column,omitempty"`
	Reason string   `json:"reason"`
	Rows   int64    `json:"rows"`
	First  RowError `json:"first"`
}

// addReason counts one bad row.
func (r *Report) addReason(e RowError) {
	for i := range r.Reasons {
		if have := &r.Reasons[i]; have.Column == e.Column && have.Reason == e.Reason {
			have.Rows++
			return
		}
	}
	r.Reasons = append(r.Reasons, Reason{e.Column, e.Reason, 1, e})
}

func (r *Report) sortReasons() {
	slices.SortFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Reason, b.Reason))
	})
}

// String is a line for people.
func (r *Report) String() string {
	return fmt.Sprintf("%d rows, %d links, %d properties and events, %d labels; %d rows rejected, %d left out, %d loaded before",
		r.Rows, r.Links, r.Attrs, r.Labels, r.Rejected, r.LeftOut, r.Already)
}
