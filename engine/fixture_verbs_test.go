package engine

import (
	"fmt"

	"ringleader/graph"
)

// more reads the verbs of the behavioural detectors:
//
//	claim   NAMES REF [got REF] [in SHOP] [to REF] AMOUNT CURRENCY at TIMES
//	send    NAMES to NAME AMOUNT CURRENCY at TIMES
//	message NAMES REF TEXT [recipients N] at TIMES
//	login   NAMES TYPE REF at TIMES       an event with what it was seen on
func (x *fixture) more(r *row, verb string) error {
	names := x.names(r, false)
	switch verb {
	case "claim":
		return x.claim(r, names)
	case "send":
		return x.send(r, names)
	case "message":
		return x.message(r, names)
	case "login":
		return x.login(r, names)
	}
	return fmt.Errorf("verb %q", verb)
}

// moments reads "at TIMES".
func (r *row) moments(n int) ([]graph.Time, error) {
	if !r.has("at") {
		return nil, fmt.Errorf("want at, not %q", r.next())
	}
	return r.times(n)
}

func (x *fixture) claim(r *row, names []string) error {
	thing, err := graph.ParseRef(r.next())
	if err != nil {
		return err
	}
	more := make(map[string]string)
	for _, word := range []string{"got", "in", "to"} {
		if r.has(word) {
			more[word] = r.next()
		}
	}
	m, err := graph.ParseMoney(r.next(), r.next())
	if err != nil {
		return err
	}
	at, err := r.moments(len(names))
	if err != nil {
		return err
	}
	for i, n := range names {
		event := fmt.Sprintf("claim:line%d-%s", r.n, n)
		x.link(account(n), thing, graph.Link{Type: graph.Claimed, At: at[i], Event: event, Money: m})
		if more["got"] != "" {
			got, err := graph.ParseRef(more["got"])
			if err != nil {
				return err
			}
			got.Key += "-" + n
			x.link(account(n), got, graph.Link{Type: graph.Received, At: at[i], Event: event})
		}
		if more["in"] != "" {
			x.link(account(n), graph.Ref{Kind: graph.Merchant, Key: more["in"]}, graph.Link{Type: graph.ClaimedAt, At: at[i], Event: event, Money: m})
		}
		if more["to"] != "" {
			to, err := graph.ParseRef(more["to"])
			if err != nil {
				return err
			}
			x.sight(n, to, at[i], 0, event)
		}
	}
	return nil
}

func (x *fixture) send(r *row, names []string) error {
	if !r.has("to") {
		return fmt.Errorf("want to, not %q", r.next())
	}
	to := r.next()
	m, err := graph.ParseMoney(r.next(), r.next())
	if err != nil {
		return err
	}
	at, err := r.moments(len(names))
	for i, n := range names {
		x.link(account(n), account(to), graph.Link{Type: graph.TransferredTo, At: at[i], Event: fmt.Sprintf("transfer:line%d-%s", r.n, n), Money: m})
	}
	return err
}

func (x *fixture) message(r *row, names []string) error {
	phone, err := graph.ParseRef(r.next())
	if err != nil {
		return err
	}
	text := graph.Ref{Kind: graph.Content, Key: r.next()}
	var props []graph.Prop
	if r.has("recipients") {
		props = append(props, graph.Prop{Name: propRecipients, Value: r.next()})
	}
	at, err := r.moments(len(names))
	for i, n := range names {
		event := fmt.Sprintf("message:line%d-%s", r.n, n)
		x.link(account(n), phone, graph.Link{Type: graph.SentFrom, At: at[i], Event: event, Props: props})
		x.link(account(n), text, graph.Link{Type: graph.Sent, At: at[i], Event: event, Props: props})
	}
	return err
}

func (x *fixture) login(r *row, names []string) error {
	kind := r.next()
	on, err := graph.ParseRef(r.next())
	if err != nil {
		return err
	}
	at, err := r.moments(len(names))
	for i, n := range names {
		x.attr(account(n), graph.EventPrefix+kind, "", at[i])
		x.sight(n, on, at[i], 0, "")
	}
	return err
}
