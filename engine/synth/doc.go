// Package synth makes labelled worlds to test on: the canonical layout that
// loaders read, beside it truth/ for a ruler to read.
//
// A world is a list of parts, each in its own file: the honest population and
// its ways of sharing (people.go, sharing.go, …), how it spends (spending.go),
// and the typologies of fraud (farm.go, mules.go, …). A part writes rows; it
// never reads what another part wrote.
//
// # Rings
//
// rings.go drafts how many rings of each typology a world holds and how large
// they are, before anybody is in them; then it gives each the accounts that it
// opened itself and draws those that belong to honest people. What a ring
// opened leads an honest life besides, as far as the camouflage goes. The
// story of apple-id-2018 (takeover.go) has fixed waves instead.
//
// # Streams, not tables
//
// Whatever belongs to an account is a pure function of the seed and the
// account's index, so a part that needs another account (the buyer of a phone,
// the victim of a wave) computes it again instead of looking it up. Memory is
// bounded by the rings, not by the accounts. Every random number comes from a
// PCG seeded by (seed, part, index): adding or changing one part leaves the
// bytes of all others as they were.
//
// # Nobody's data
//
// No value of a world belongs to anyone: national IDs carry region 99, phone
// numbers the prefix 154, addresses come from 240.0.0.0/4, host names end in
// .example. None of these is assigned.
//
// # Truth
//
// An account that a wave has reached but not yet debited is in truth.csv as a
// victim, with the attacker's first login as first_bad_at and no line in
// events.csv: those are the accounts that a tool should name as next. Only
// settled money stands in events.csv, with what a dispute gave back in the
// extra column refunded: debits, claims, and what strangers were talked into
// sending to a ring; not what a ring sends from one of its accounts to another.
package synth
