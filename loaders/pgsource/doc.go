// Package pgsource reads tables of a mapping out of somebody's PostgreSQL
// database. It never writes there: all reads of one load are one transaction,
// read only and of one moment (repeatable read), so that its tables fit
// together. The server writes each row as JSON, in which numbers are exact and
// times ISO 8601, so nothing is converted on the way.
package pgsource
