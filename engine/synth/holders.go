package synth

import (
	"errors"
	"path/filepath"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// storeHolder is the company that runs the app store, beside the wallets.
const storeHolder = "store"

// holders writes what each company of a world would see. A wallet sees its own
// accounts, their debits and the credential that is linked; of what happens at
// the store it sees no device and no game account. The store knows no wallet
// account: its accounts are the credentials, with the devices they logged in on
// and the game accounts they bought for.
type holders struct {
	all    []*loaders.Writer // in the order of their names below
	truth  []*loaders.Writer
	people *population // one of its own, for each keeps the last block
	honest uint64      // accounts from this index on are the rings' own
	own    map[string]*account
	err    error
}

// split lets the output also write what each company sees, into dir.
func (o *output) split(dir string, people *population) error {
	h := &holders{people: newPopulationLike(people), own: make(map[string]*account)}
	for _, name := range append(append([]string(nil), providers...), storeHolder) {
		if err := clearLayout(filepath.Join(dir, name), o.replace); err != nil {
			return err
		}
		w, err := loaders.NewWriter(filepath.Join(dir, name), o.format)
		if err != nil {
			return err
		}
		t, err := loaders.NewWriter(filepath.Join(dir, name, "truth"), loaders.WriterOptions{})
		if err != nil {
			return err
		}
		h.all, h.truth = append(h.all, w), append(h.truth, t)
	}
	o.holders = h
	return nil
}

// newPopulationLike is the same people with a place of its own for a block.
func newPopulationLike(p *population) *population {
	twin := *p
	twin.cached, twin.current = ^uint64(0), nil
	return &twin
}

func (h *holders) close() (err error) {
	if h == nil {
		return nil
	}
	for n, w := range h.all {
		err = errors.Join(err, w.Close(), h.truth[n].Close())
	}
	return errors.Join(h.err, err)
}

// note keeps the first error.
func (h *holders) note(err error) {
	if h.err == nil && err != nil {
		h.err = err
	}
}

// account is whose a key is: as its ring registered it, or the population's.
func (h *holders) account(key string) *account {
	if a, ok := h.own[key]; ok {
		return a
	}
	return h.people.account(h.index(key))
}

// index is the number of an account by its key.
func (h *holders) index(key string) uint64 {
	n, err := strconv.ParseUint(key[1:], 10, 64)
	h.note(err)
	return h.people.keys.unpermute((n-firstKey)%h.people.size, h.people.size)
}

// wallet is the place of an account's provider.
func (h *holders) wallet(a *account) int {
	if a.provider == providers[0] {
		return 0
	}
	return 1
}

// store is the place of the store.
func (h *holders) store() *loaders.Writer { return h.all[len(providers)] }

func (h *holders) opened(a loaders.Account) {
	if h.index(a.Account) >= h.honest {
		h.own[a.Account] = &account{provider: a.Provider}
	}
	h.note(h.all[h.wallet(h.account(a.Account))].Account(a))
}

// use is the wallet's sighting. A credential is the store's account.
func (h *holders) use(u loaders.Use) {
	a := h.account(u.Account)
	h.note(h.all[h.wallet(a)].Use(u))
	if u.Identifier.Kind != graph.Credential {
		return
	}
	if own, ok := h.own[u.Account]; ok {
		own.credential = u.Identifier.Key
	}
	h.note(h.store().Account(loaders.Account{Account: u.Identifier.Key, Provider: storeHolder}))
	h.note(h.store().Use(loaders.Use{Account: u.Identifier.Key, Identifier: u.Identifier, At: u.At}))
}

// payment: what a credential pays, the store sees with a number of its own.
func (h *holders) payment(p loaders.Payment) {
	seen := p
	if p.Credential != "" {
		seen.Device, seen.IP, seen.Beneficiary = "", "", ""
		order := p
		order.ID, order.Account = "S"+p.ID, p.Credential
		h.note(h.store().Payment(order))
	}
	h.note(h.all[h.wallet(h.account(p.Account))].Payment(seen))
}

// transfer is seen by the wallets of both ends.
func (h *holders) transfer(t loaders.Transfer) {
	from, to := h.wallet(h.account(t.From)), h.wallet(h.account(t.To))
	h.note(h.all[from].Transfer(t))
	if to != from {
		t.Device, t.IP = "", ""
		h.note(h.all[to].Transfer(t))
	}
}

// claim and message happen at the store, by whoever has a credential there.
func (h *holders) claim(c loaders.Claim) {
	if c.Account = h.account(c.Account).credential; c.Account != "" {
		h.note(h.store().Claim(c))
	}
}

func (h *holders) message(r loaders.Message) {
	if r.Account = h.account(r.Account).credential; r.Account != "" {
		h.note(h.store().Message(r))
	}
}

// event: what a credential does, it does at the store.
func (h *holders) event(e loaders.Event) {
	if e.Credential == "" || e.Type == "credential_linked" {
		h.note(h.all[h.wallet(h.account(e.Account))].Event(e))
		return
	}
	e.Account = e.Credential
	h.note(h.store().Event(e))
}

func (h *holders) dispute(account string, d loaders.Dispute) {
	h.note(h.all[h.wallet(h.account(account))].Dispute(d))
}

// link: the store knows the phone of a credential, and nobody else's links.
func (h *holders) link(l loaders.Association) {
	if l.From.Kind == graph.Credential {
		h.note(h.store().Association(l))
	}
}

// entity: the store knows devices and credentials, the wallets merchants.
func (h *holders) entity(of graph.Ref, columns, values []string) {
	for n, w := range h.all {
		if (n == len(providers)) == (of.Kind == graph.Merchant) {
			continue
		}
		t, err := w.Table("entities", columns...)
		if err == nil {
			err = t.Row(values...)
		}
		h.note(err)
	}
}

// truthRow writes truth of an account where it is known; the store knows it by
// its credential.
func (h *holders) truthRow(file string, account string, values []string) {
	a := h.account(account)
	row := func(n int, key string) {
		t, err := h.truth[n].Table(file, truthColumns[file]...)
		if err == nil {
			err = t.Row(append([]string{key}, values...)...)
		}
		h.note(err)
	}
	row(h.wallet(a), account)
	if a.credential != "" {
		row(len(providers), a.credential)
	}
}

// unpermute is the inverse of permute.
func (p streams) unpermute(i, n uint64) uint64 {
	half := uint(1)
	for uint64(1)<<(2*half) < n {
		half++
	}
	mask := uint64(1)<<half - 1
	for {
		l, r := i>>half, i&mask
		for round := uint64(4); round > 0; round-- {
			l, r = r^(mix(uint64(p)^l^(round-1)<<60)&mask), l
		}
		i = l<<half | r
		if i < n {
			return i
		}
	}
}
