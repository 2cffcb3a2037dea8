// Package accounts describes accounts by numbers and keeps what was learned from
// them: [Measure] makes a row per account, of itself, of its neighbours and of the
// labels near it; a [Model] of boosted trees reads such rows; [Add] and [Read]
// keep models in a store's log. It knows nothing of rings and of the sharing
// policy but which links tie nobody.
package accounts
