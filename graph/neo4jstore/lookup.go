package neo4jstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"ringleader/graph"
)

// defaultPage is the size of a page where none is asked for.
const defaultPage = 100

// learn remembers numbers of inputs that are committed; they never change.
func (s *Store) learn(numbers map[string]uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, n := range numbers {
		s.inputs[n] = id
	}
}

// learnInputs reads the numbers of all inputs: another process may have loaded
// meanwhile. There are as many as files were loaded.
func (s *Store) learnInputs(ctx context.Context) error {
	numbers := map[string]uint64{}
	err := s.read(ctx, "read inputs", s.config.Timeout, func(tx transaction) error {
		v, err := tx.one(cypherInputNumbers, nil)
		if err != nil {
			return err
		}
		for i, id := range v[0].([]any) {
			numbers[id.(string)] = uint64(v[1].([]any)[i].(int64))
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.learn(numbers)
	return nil
}

// sources translates sources back.
func (s *Store) sources(from []source) []graph.Source {
	if len(from) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := make([]graph.Source, len(from))
	for i, f := range from {
		to[i] = graph.Source{Input: s.inputs[f.input], Row: f.row, Offset: f.offset, Hash: f.hash}
	}
	slices.SortFunc(to, graph.Source.Compare)
	return to
}

// Get is every statement about a node, in order: the observed ones, or the
// derived ones of a node that only runs know. One look-up by key.
func (s *Store) Get(ctx context.Context, r graph.Ref) (*graph.Batch, error) {
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	var observed, derived []byte
	var live, found bool
	err := s.read(ctx, "get", s.config.Timeout, func(tx transaction) error {
		rows, err := tx.rows(cypherGet, map[string]any{"ref": r.String(), "none": none})
		if err != nil || len(rows) == 0 {
			return err
		}
		v := rows[0].Values
		observed, derived, live = v[0].([]byte), v[1].([]byte), v[2].(bool)
		found = live || v[3].(bool)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("get a node of kind %s: %w", r.Kind, graph.ErrNotFound)
	}
	facts := observed
	if !live {
		facts = derived
	}
	if err := s.learnInputs(ctx); err != nil {
		return nil, err
	}
	entries, err := decodeEntries(facts)
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	b := &graph.Batch{Refs: []graph.Ref{r}, Derived: !live}
	for i := range entries {
		e := &entries[i]
		b.Attrs = append(b.Attrs, graph.Attr{Name: e.name, Value: e.body, At: e.at, Sources: s.sources(e.sources)})
	}
	b.Sort()
	return b, nil
}

// place is where a page of links ends: behind a fact of a relationship.
type place struct {
	Type, From, To string
	At, Until      int64 // of graph.Time, whose text form has no room for every value
	Event          string
	Body           []byte
}

func (p *place) cursor() (string, error) {
	data, err := json.Marshal(p)
	return base64.RawURLEncoding.EncodeToString(data), err
}

func parsePlace(cursor string) (*place, error) {
	if cursor == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	var p place
	if err != nil || json.Unmarshal(data, &p) != nil {
		return nil, fmt.Errorf("%w cursor: it did not come from a page of links", graph.ErrInvalid)
	}
	return &p, nil
}

// Neighbors reads relationships in the order of (type, from, to) and their facts
// in the order of (at, until, event, body). Time: O(links of the node) on the
// server for each page, for there is no index of a node's relationships.
func (s *Store) Neighbors(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
	if err := r.Validate(); err != nil {
		return nil, "", fmt.Errorf("neighbors: %w", err)
	}
	after, err := parsePlace(q.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("neighbors: %w", err)
	}
	limit := cmp.Or(q.Limit, defaultPage)
	types := make([]string, len(q.Types))
	for i, t := range q.Types {
		types[i] = string(t)
	}
	start := cmp.Or(after, &place{})
	params := map[string]any{
		"ref": r.String(), "types": types, "limit": limit + 2, // the first may be used up, and one more says that there are more
		"type": start.Type, "from": start.From, "to": start.To,
	}
	query := cypherNeighbors
	if q.Derived {
		query = cypherDerivedNeighbors
	}
	var rows [][]any
	err = s.read(ctx, "neighbors", s.config.Timeout, func(tx transaction) error {
		rows = nil
		records, err := tx.rows(query, params)
		for _, one := range records {
			rows = append(rows, one.Values)
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if err := s.learnInputs(ctx); err != nil {
		return nil, "", err
	}
	b, next, err := s.linkPage(rows, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("neighbors: %w", err)
	}
	b.Derived = q.Derived
	return b, next, nil
}

// linkPage takes limit facts of relationships, those behind a place.
func (s *Store) linkPage(rows [][]any, after *place, limit int) (*graph.Batch, string, error) {
	var w graph.BatchBuilder
	var last place
	for _, row := range rows {
		at := place{Type: row[0].(string), From: row[1].(string), To: row[2].(string)}
		from, err := graph.ParseRef(at.From)
		if err != nil {
			return nil, "", err
		}
		to, err := graph.ParseRef(at.To)
		if err != nil {
			return nil, "", err
		}
		entries, err := decodeEntries(row[3].([]byte))
		if err != nil {
			return nil, "", err
		}
		if after != nil && at.Type == after.Type && at.From == after.From && at.To == after.To {
			i, same := find(entries, &entry{at: graph.Time(after.At), until: graph.Time(after.Until), name: after.Event, body: string(after.Body)})
			if same {
				i++
			}
			entries = entries[i:]
		}
		for i := range entries {
			if w.Len() == limit {
				next, err := last.cursor()
				return w.Take(), next, err
			}
			e := &entries[i]
			l, err := linkOf(0, graph.LinkType(at.Type), 0, e)
			if err != nil {
				return nil, "", err
			}
			w.Link(from, to, l, s.sources(e.sources)...)
			last = at
			last.At, last.Until, last.Event, last.Body = int64(e.at), int64(e.until), e.name, []byte(e.body)
		}
	}
	return w.Take(), "", nil
}
