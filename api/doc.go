// Package api serves rings over HTTP: typed JSON operations with an OpenAPI
// description, errors as problem+json, and a plain page for people.
//
// It is closed by default. Without a key it answers only requests that name
// this machine, so that no page of another site can reach it through a rebound
// name; with a key it answers whoever holds it. It logs route patterns,
// statuses and durations, never identifiers.
//
// The functions that an operation rests on ([ReadEntity], [FindPaths]) are
// exported: the command line calls the same ones.
package api
