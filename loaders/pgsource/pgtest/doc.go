// Package pgtest lends tests a real PostgreSQL server. Only tests import it.
//
// The server is the one that RINGLEADER_TEST_POSTGRES_URI names, with the
// password in RINGLEADER_TEST_POSTGRES_PASSWORD; scripts/postgres/up.sh starts
// one and prints both. Each test gets a database of its own, made for it and
// dropped at its end, and no other is touched.
package pgtest
