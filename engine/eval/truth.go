package eval

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ringleader/engine"
	"ringleader/graph"
	"ringleader/loaders"
)

// Truth is what a labelled world says of itself.
type Truth struct {
	Members map[string]Member // by account
	Traps   map[string]string // honest accounts in look-alike sharing, and how
	Debits  []Debit
	Life    []LifeEvent // what was planted in the lives of rings, where the world unfolds by nights
}

// Member is the part that an account plays in a true ring.
type Member struct {
	Ring     string
	Typology engine.Typology
	Role     engine.Role
	FirstBad graph.Time
}

// Debit is one fraudulent settled debit.
type Debit struct {
	Event  string // payment:P1
	Ring   string
	Amount graph.Money // less what was refunded
}

// ReadTruth reads truth.csv, and traps.csv, events.csv and nights.csv where they
// are there, from a folder. It fails with graph.ErrNotFound if truth.csv is not there and
// with graph.ErrInvalid on a file that breaks its layout, naming file and row.
func ReadTruth(dir string) (*Truth, error) {
	t := &Truth{Members: make(map[string]Member), Traps: make(map[string]string)}
	for _, file := range []struct {
		name     string
		optional bool
		take     func(io.Reader) error
	}{{"truth.csv", false, t.readMembers}, {"traps.csv", true, t.readTraps}, {"events.csv", true, t.readDebits}, {"nights.csv", true, t.readLife}} {
		f, err := os.Open(filepath.Join(dir, file.name))
		if errors.Is(err, os.ErrNotExist) {
			if file.optional {
				continue
			}
			return nil, fmt.Errorf("truth in %s: %s: %w", dir, file.name, graph.ErrNotFound)
		}
		if err != nil {
			return nil, fmt.Errorf("truth: %w", err)
		}
		err = file.take(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("truth in %s: %s: %w", dir, file.name, err)
		}
	}
	return t, nil
}

func (t *Truth) readMembers(r io.Reader) error {
	return eachRow(r, []string{"account", "ring", "typology", "role", "first_bad_at"}, 4, func(v []string) error {
		m := Member{Ring: v[1], Typology: engine.Typology(v[2]), Role: engine.Role(v[3])}
		if v[0] == "" || v[1] == "" {
			return errors.New("account or ring is empty")
		}
		if !m.Role.Suspect() && m.Role != engine.RoleVictim {
			return errors.New("role is none of victim, operator, mule, cash_out, beneficiary")
		}
		if _, twice := t.Members[v[0]]; twice {
			return errors.New("an account is in two rows")
		}
		var err error
		if m.FirstBad, err = loaders.ParseTime(v[4], time.UTC); err != nil {
			return err
		}
		t.Members[v[0]] = m
		return nil
	})
}

func (t *Truth) readTraps(r io.Reader) error {
	return eachRow(r, []string{"account", "trap"}, 2, func(v []string) error {
		t.Traps[v[0]] = max(t.Traps[v[0]], v[1])
		return nil
	})
}

// readDebits also reads the column refunded, which worlds of this module have.
func (t *Truth) readDebits(r io.Reader) error {
	return eachRow(r, []string{"event", "ring", "amount", "currency", "refunded"}, 4, func(v []string) error {
		amount, err := graph.ParseMoney(v[2], v[3])
		if err != nil {
			return err
		}
		back, err := graph.ParseMoney(v[4], v[3])
		if err != nil {
			return err
		}
		if amount, err = amount.Add(back.Neg()); err != nil {
			return err
		}
		t.Debits = append(t.Debits, Debit{Event: v[0], Ring: v[1], Amount: amount})
		return nil
	})
}

// eachRow yields the values of the named columns, of which the first so many
// must be there; the rest are empty where they are not. Columns come in any
// order.
func eachRow(r io.Reader, columns []string, required int, yield func([]string) error) error {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err == io.EOF {
		return fmt.Errorf("%w: no header", graph.ErrInvalid)
	}
	if err != nil {
		return fmt.Errorf("%w header: %w", graph.ErrInvalid, err)
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		at[i] = slices.Index(header, name)
		if at[i] < 0 && i < required {
			return fmt.Errorf("%w header: no column %s", graph.ErrInvalid, name)
		}
	}
	values := make([]string, len(columns))
	for n := 1; ; n++ {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w row %d: %w", graph.ErrInvalid, n, err)
		}
		for i, c := range at {
			values[i] = ""
			if c >= 0 {
				values[i] = row[c]
			}
		}
		if err := yield(values); err != nil {
			return fmt.Errorf("%w row %d: %w", graph.ErrInvalid, n, err)
		}
	}
}
