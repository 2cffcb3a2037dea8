// Package loadertest holds what tests of loads share, whatever is loaded: where
// the real sets lie ([RealData]), what a store has come to hold ([Facts]), and
// what a row costs ([TimeRows], [CPU]). Only tests import it.
package loadertest
