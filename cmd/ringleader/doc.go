// Command ringleader finds fraud rings in graphs: it loads accounts, devices,
// payments and the identifiers between them into a store, detects rings, and
// serves them on the command line, over HTTP and as evidence.
//
// This package is the only place that knows which store is which. Data goes to
// standard output, everything else to standard error. One name is the flag, the
// environment variable and the key of the configuration file.
package main
