package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"ringleader/graph/neo4jstore"
	"ringleader/loaders"
	"ringleader/loaders/neo4jsource"
	"ringleader/loaders/pgsource"
)

// sourceSecret names the variable and the flag of the password of a database
// that is read from.
const (
	sourceSecretVariable = "RINGLEADER_SOURCE_PASSWORD" //nolint:gosec // its name, not its value
	sourceSecretFlag     = "source-password-file"       //nolint:gosec // its name, not its value
)

// registerSource adds the flags of databases.
func (f *readFlags) registerSource(flags *pflag.FlagSet) {
	flags.StringVar(&f.SourcePasswordFile, sourceSecretFlag, "", "file with the password of a database to read from (or set "+sourceSecretVariable+")")
}

// opener is the loaders' way to databases.
func (f *readFlags) opener(a *app) func(context.Context, string) (loaders.Database, error) {
	return func(ctx context.Context, address string) (loaders.Database, error) {
		return f.openDatabase(ctx, a, address)
	}
}

// openDatabase opens a database to read from, by its address.
func (f *readFlags) openDatabase(ctx context.Context, a *app, address string) (loaders.Database, error) {
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	secret, err := a.secret(sourceSecretVariable, sourceSecretFlag, f.SourcePasswordFile)
	if err != nil {
		return nil, err
	}
	if pgsource.IsURI(address) {
		config, err := pgsource.ParseURI(address)
		if err != nil {
			return nil, err
		}
		config.Password = secret
		return asDatabase(pgsource.Open(ctx, config))
	}
	config, err := neo4jstore.ParseURI(address)
	if err != nil {
		return nil, err
	}
	if config.Password = secret; secret == "" && a.sameServer(config) {
		if config.Password, err = a.secret("RINGLEADER_NEO4J_PASSWORD", "neo4j-password-file", a.PasswordFile); err != nil {
			return nil, err
		}
	}
	return asDatabase(neo4jsource.Open(ctx, config))
}

// checkAddress finds mistyped addresses before anything is opened or made.
func checkAddress(address string) error {
	var err error
	switch {
	case neo4jstore.IsURI(address):
		_, err = neo4jstore.ParseURI(address)
	case pgsource.IsURI(address):
		_, err = pgsource.ParseURI(address)
	default:
		return usagef("%s: want a file or folder, neo4j://[user@]host:port[/database] or postgres://[user@]host:port/database", schemeOf(address))
	}
	if err != nil {
		return usagef("%s: %v", schemeOf(address), err)
	}
	return nil
}

// asDatabase keeps a nil source from becoming a database that is not nil.
func asDatabase[S loaders.Database](s S, err error) (loaders.Database, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// sameServer reports whether the password of the store may be shown to a server:
// it is that of the store, or the store is no server and the password has no
// other use.
func (a *app) sameServer(c neo4jstore.Config) bool {
	if !neo4jstore.IsURI(a.Store) {
		return true
	}
	store, err := neo4jstore.ParseURI(a.Store)
	return err == nil && store.URI == c.URI
}

// schemeOf is what of an unknown address can be repeated without telling a
// password.
func schemeOf(address string) string {
	scheme, _, _ := strings.Cut(address, "://")
	return scheme + "://…"
}

// sayMarks tells of each table of a database what of it was new.
func (a *app) sayMarks(r *loaders.Report) {
	for i := range r.Files {
		f := &r.Files[i]
		switch {
		case f.Mark == "":
		case f.After == "":
			a.say("%s: read from the beginning, %s up to %s", printable(f.Name), printable(f.Mark), printable(cmp.Or(f.UpTo, "nothing")))
		case f.After == f.UpTo:
			a.say("%s: nothing new since %s %s%s", printable(f.Name), printable(f.Mark), printable(f.After), unmarked(f))
		default:
			a.say("%s: read what is new since %s %s, up to %s", printable(f.Name), printable(f.Mark), printable(f.After), printable(f.UpTo))
		}
	}
}

// unmarked tells of rows that were read although no mark is new.
func unmarked(f *loaders.FileReport) string {
	if n := f.Rows + f.Already; n > 0 {
		return fmt.Sprintf("; %s rows without it", count(n))
	}
	return ""
}
