package loaders

import (
	"ringleader/graph"
)

// What a label says of an account.
const (
	Fraud  = "fraud"
	Victim = "victim"
	Honest = "honest"
)

// Label is what a file says of an account.
type Label struct {
	Account graph.Ref         `json:"account"`
	Label   string            `json:"label"`           // Fraud, Victim or Honest
	At      graph.Time        `json:"at,omitzero"`     // since when
	Row     int64             `json:"row"`             // row of the input that says so
	Props   map[string]string `json:"props,omitempty"` // further columns
}
