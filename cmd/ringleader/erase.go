package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ringleader/graph"
	"ringleader/vault"
)

func newErase(a *app) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "erase REF",
		Short: "Take one person or thing out of the store for good",
		Long: "Take out of the store all that is personal of one node: its links, properties and\n" +
			"sealed value, its rows in kept files, its name in runs and labels, and identifiers\n" +
			"that are known from its rows only. What stays is a keyed hash in the audit with the\n" +
			"reason; by it later loads leave out what names the node again. Then the store is\n" +
			"written anew, so that no copy stays in gaps of its file.\n\n" +
			"An erasure that was interrupted is finished by the same command. The files that\n" +
			"were loaded are yours: take the rows out of them too. Run \"ringleader detect\"\n" +
			"afterwards, so that the rings follow.",
		Example: "  ringleader erase account:u17 --reason \"asked for it on 3 May, ticket 812\"",
		Args:    takes("REF"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := parseRef("REF", args[0])
			if err != nil {
				return err
			}
			if err := vault.CheckWhy(why); err != nil {
				return usagef("--reason: say in a few words why; it stays in the audit")
			}
			if ref.Kind.Derived() {
				return usagef("%s is what a run found; erase what it is made of", ref.Kind)
			}
			return a.withStore(cmd.Context(), toWrite, func(s store) error { return a.erase(cmd.Context(), s, ref, why) })
		},
	}
	cmd.Flags().StringVar(&why, "reason", "", "why, for the audit")
	return cmd
}

func (a *app) erase(ctx context.Context, s store, ref graph.Ref, why string) error {
	v, err := a.openVault(ctx, s)
	if err != nil {
		return err
	}
	if ref, err = a.lookUp(ctx, s, ref); err != nil {
		return err
	}
	var done *vault.Erased
	err = a.job(ctx, s, "erase", func(ctx context.Context, fence uint64) error {
		e := vault.Erasure{Ref: ref, Who: vault.SystemUser(), Why: why, Fence: fence}
		keeper, kept, err := a.keeper(ctx, s, v.Key())
		if err != nil {
			return err
		}
		if kept {
			e.Rows = func(ctx context.Context, rows []graph.Source, words []string) error {
				return keeper.Blank(ctx, s, rows, words)
			}
		}
		done, err = v.Erase(ctx, s, s, e)
		return err
	})
	if err != nil {
		return err
	}
	if done.Before {
		a.say("it was erased before; nothing of it is in the store")
	} else {
		a.say("erased: %s facts of %s rows, %s identifiers with it; %s records of the log redacted",
			count(int64(done.Facts)), count(int64(done.Rows)), count(int64(done.With)), count(int64(done.Records)))
		a.say("the rings must be computed again: run \"ringleader detect\". Take the rows out of your own files too")
	}
	if a.Output == "table" {
		return nil
	}
	return listing[vault.Erased]{whole: done, items: []vault.Erased{*done}, columns: []column[vault.Erased]{
		{name: "facts", value: func(e *vault.Erased) string { return fmt.Sprint(e.Facts) }, right: true},
		{name: "with", value: func(e *vault.Erased) string { return fmt.Sprint(e.With) }, right: true},
		{name: "rows", value: func(e *vault.Erased) string { return fmt.Sprint(e.Rows) }, right: true},
		{name: "records", value: func(e *vault.Erased) string { return fmt.Sprint(e.Records) }, right: true},
	}}.write(a)
}

func newAudit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "Who unmasked, erased or changed the key, when and why",
		Long: "List the audit of the store, oldest first. Things are named by keyed hash: the one\n" +
			"that \"ringleader entity\" shows for secret kinds, and for others one that only the\n" +
			"holder of the key can make.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				type row = vault.Entry
				rows := []row{}
				err := vault.Audit(cmd.Context(), s, func(e vault.Entry) error {
					rows = append(rows, e)
					return nil
				})
				if err != nil {
					return err
				}
				whole := struct {
					Audit []row `json:"audit"`
				}{rows}
				return listing[row]{whole: whole, items: rows, empty: "nothing was done that the audit tells of", columns: []column[row]{
					{name: "seq", value: func(e *row) string { return fmt.Sprint(e.Seq) }, right: true},
					{name: "at", value: func(e *row) string { return e.At.String() }},
					{name: "did", value: func(e *row) string { return e.Did }},
					{name: "stage", value: func(e *row) string { return e.Stage }},
					{name: "who", value: func(e *row) string { return printable(e.Who) }},
					{name: "kind", value: func(e *row) string { return string(e.Kind) }},
					{name: "hash", value: func(e *row) string { return e.Hash }},
					{name: "why", value: func(e *row) string { return printable(e.Why) }},
				}}.write(a)
			})
		},
	}
}
