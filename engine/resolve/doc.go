// Package resolve finds records that may be one person: customers who differ in
// the spelling of a name, a digit of a birth date, an address moved away from.
//
// [Resolve] reads the records of one kind from a snapshot, compares only pairs
// that share a blocking key, learns without labels what agreement and
// disagreement in each field are worth (Fellegi and Sunter 1969,
// doi:10.1080/01621459.1969.10501049, by expectation maximisation), and gives
// each pair its evidence in bits, a line per field. Pairs of enough bits become
// MAY_BE links; what hangs together becomes a person. [Write] puts the links
// into a store as derived facts.
//
// Nothing here learns from a label. Values of fields never leave the package:
// results name records by reference and say of a field how well it agrees, not
// what it holds.
package resolve
