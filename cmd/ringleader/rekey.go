package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ringleader/graph"
	"ringleader/loaders"
	"ringleader/vault"
)

func newStoreRekey(a *app) *cobra.Command {
	var kinds []string
	var why string
	cmd := &cobra.Command{
		Use:   "rekey",
		Short: "Give the store a new key, or its first",
		Long: "Make a new key and rename all that lies under hashes of the old one; sealed values\n" +
			"are sealed anew. Card numbers are nowhere, so their hashes are hashed again under\n" +
			"the new key, and the key file keeps the part of the old key that hashes: numbers\n" +
			"that are loaded later still meet their nodes, and the old key alone opens nothing.\n\n" +
			"A store that an older version made has no key and holds cards and national IDs in\n" +
			"plain: this makes the key and hashes them. --secret does so for further kinds.\n\n" +
			"The key file is replaced: copy it again afterwards. A change that was interrupted\n" +
			"is finished by the same command; until then nothing can be loaded.",
		Example: "  ringleader store rekey --store rings.db --reason \"the old key was in a mail\"",
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := vault.CheckWhy(why); err != nil {
				return usagef("--reason: say in a few words why")
			}
			path, err := a.keyFile(a.Store)
			if err != nil {
				return err
			}
			o := vault.Rekeying{Path: path, Who: vault.SystemUser(), Why: why, Form: loaders.Normalising{}.Form}
			for _, k := range kinds {
				if err := vault.CheckKind(graph.Kind(k)); err != nil {
					return usagef("--secret: %v", err)
				}
				o.Kinds = append(o.Kinds, graph.Kind(k))
			}
			return a.withStore(cmd.Context(), toWrite, func(s store) error { return a.rekey(cmd.Context(), s, o) })
		},
	}
	cmd.Flags().StringSliceVar(&kinds, "secret", nil, "kinds that are secret from now on, besides card and national_id")
	cmd.Flags().StringVar(&why, "reason", "", "why, for the audit")
	return cmd
}

func (a *app) rekey(ctx context.Context, s store, o vault.Rekeying) error {
	bar := a.newProgress("renaming", "nodes")
	defer bar.done()
	o.Progress = func(nodes int) { bar.set("renaming", int64(nodes), 0) }
	var done *vault.Rekeyed
	err := a.job(ctx, s, "store rekey", func(ctx context.Context, fence uint64) error {
		o.Fence = fence
		keeper, kept, err := a.keeper(ctx, s, nil)
		if err != nil {
			return err
		}
		if kept {
			o.Files = func(ctx context.Context, from, to *vault.Key) error { return keeper.Reseal(ctx, s, from, to) }
		}
		done, err = vault.Rekey(ctx, s, s, o)
		return err
	})
	bar.done()
	if err != nil {
		return keyProblem(err)
	}
	what := "has a new key"
	if done.First {
		what = "has a key now"
	}
	a.say("%s %s, %s, in %s: keep a copy of it apart from the store", a.Store, what, done.Fingerprint, o.Path)
	a.say("  %s nodes renamed, %s records rewritten; run \"ringleader detect\" so that the rings follow", count(int64(done.Nodes)), count(int64(done.Records)))
	return listing[vault.Rekeyed]{whole: done, items: []vault.Rekeyed{*done}, columns: []column[vault.Rekeyed]{
		{name: "fingerprint", value: func(r *vault.Rekeyed) string { return r.Fingerprint }},
		{name: "nodes", value: func(r *vault.Rekeyed) string { return fmt.Sprint(r.Nodes) }, right: true},
		{name: "records", value: func(r *vault.Rekeyed) string { return fmt.Sprint(r.Records) }, right: true},
	}}.write(a)
}
