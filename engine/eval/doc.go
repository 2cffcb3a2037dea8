// Package eval measures a run against the truth of a labelled world: how well
// accounts are ranked, how well rings are found and how well their loss is
// told; a series of runs too, and simple methods for comparison. The engine
// knows nothing of it.
//
// Definitions, once for all: a true ring is the accounts of one ring in
// truth.csv; a flagged ring is one of a run with a probability at or above the
// threshold, and its accounts are its members of kind account that are not
// bystanders. An account without a row in truth.csv is honest.
package eval
