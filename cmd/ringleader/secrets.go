package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/loaders"
	"ringleader/vault"
)

// keyFile is where the key of a store lies: as --key-file says, else beside a
// store file, else in the user's configuration folder, named by server, port and
// database, so that every way to write an address leads to one file.
func (a *app) keyFile(at string) (string, error) {
	if a.KeyFile != "" {
		return a.KeyFile, nil
	}
	if !neo4jstore.IsURI(at) {
		return at + ".key", nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", usagef("--key-file: name one; there is no configuration folder for a default (%v)", err)
	}
	config, err := neo4jstore.ParseURI(at)
	if err != nil {
		return "", usagef("--store: %v", err)
	}
	_, server, _ := strings.Cut(config.URI, "://")
	name := strings.NewReplacer(":", "_", "[", "", "]", "").Replace(server) + "_" + cmp.Or(config.Database, "neo4j")
	return filepath.Join(dir, "ringleader", name+".key"), nil
}

// keyProblem turns what is wrong with a key into a mistake of usage: the data is
// sound, another file has to be named.
func keyProblem(err error) error {
	if errors.Is(err, vault.ErrNoKey) || errors.Is(err, vault.ErrOtherKey) {
		return usagef("%v", err)
	}
	return err
}

// readKey reads the key file of a store; a missing one is a mistake of usage.
func (a *app) readKey(at string) (*vault.Key, error) {
	path, err := a.keyFile(at)
	if err != nil {
		return nil, err
	}
	key, err := vault.ReadKey(path)
	if errors.Is(err, graph.ErrNotFound) {
		return nil, usagef("the key of %s is not in %s; name its file with --key-file. A lost key cannot be made again", at, path)
	}
	if err != nil {
		return nil, usagef("--key-file: %v", err)
	}
	return key, nil
}

// openVault opens the secrets of a store that has a key.
func (a *app) openVault(ctx context.Context, s store) (*vault.Vault, error) {
	key, err := a.readKey(a.Store)
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(ctx, s, key)
	return v, keyProblem(err)
}

// vaultToLoad opens the secrets of a store that is loaded into. An empty store
// gets a key, which is made if its file is not there.
func (a *app) vaultToLoad(ctx context.Context, s store) (*vault.Vault, error) {
	state, err := vault.ReadState(ctx, s)
	if err != nil {
		return nil, err
	}
	if state.Fingerprint != "" || state.Next != "" {
		return a.openVault(ctx, s)
	}
	empty, err := vault.Empty(ctx, s)
	if err != nil {
		return nil, err
	}
	if !empty {
		return nil, usagef("%s was made by a version without keys; run \"ringleader store rekey --store %s\" once: it makes a key, and hashes the cards and national IDs that lie there in plain", a.Store, a.Store)
	}
	path, err := a.keyFile(a.Store)
	if err != nil {
		return nil, err
	}
	key, made, err := vault.MakeKey(path)
	if err != nil {
		return nil, usagef("--key-file: %v", err)
	}
	v, err := vault.Adopt(ctx, s, s, key)
	if err == nil && made {
		a.say("made the key of this store, %s: keep a copy of it apart from the store; without it nothing more can be loaded", path)
	}
	return v, keyProblem(err)
}

// looseVault hides secret values of what is read and kept nowhere: under the key
// of --key-file, else under one that everybody has, so that the same files give
// the same references.
func (a *app) looseVault() (*vault.Vault, error) {
	if a.KeyFile == "" {
		return vault.Loose(vault.FixedKey("files")), nil
	}
	key, err := a.readKey("files")
	if err != nil {
		return nil, err
	}
	return vault.Loose(key), nil
}

// lookUp is a reference as it lies in the store. A value of a secret kind is
// brought into its form and hashed, which takes the key.
func (a *app) lookUp(ctx context.Context, s store, r graph.Ref) (graph.Ref, error) {
	state, err := vault.ReadState(ctx, s)
	if err != nil || state.Fingerprint == "" || !state.Secret(r.Kind) {
		return r, err
	}
	if _, hashed := graph.ParseSecretKey(r.Key); hashed {
		return r, nil
	}
	v, err := a.openVault(ctx, s)
	if err != nil {
		return r, fmt.Errorf("look up a %s by its value: %w", r.Kind, err)
	}
	return v.Ref(loaders.Normalising{}.Form(r)), nil
}

// sayKeyOfCopy says which key the copy of a store wants.
func (a *app) sayKeyOfCopy(ctx context.Context, to store, stores []string) {
	state, err := vault.ReadState(ctx, to)
	if err != nil || state.Fingerprint == "" || a.KeyFile != "" {
		return
	}
	from, err := a.keyFile(stores[0])
	if err != nil {
		return
	}
	if at, err := a.keyFile(stores[1]); err == nil {
		a.say("  its key is that of %s: copy %s to %s, or name it with --key-file", stores[0], from, at)
	}
}
