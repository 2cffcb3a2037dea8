// Package neo4jtest lends tests a real Neo4j server. Only tests import it.
//
// The server is the one that RINGLEADER_TEST_NEO4J_URI names, with the password
// in RINGLEADER_TEST_NEO4J_PASSWORD; make neo4j-up starts one and prints both.
// A database is used only if it is empty or carries the tests' own marker, the
// node (:RingleaderTest): nobody's data is wiped.
package neo4jtest
