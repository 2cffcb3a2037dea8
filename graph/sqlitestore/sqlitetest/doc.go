// Package sqlitetest lends tests an embedded store. Only tests import it.
package sqlitetest
