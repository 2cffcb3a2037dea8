package loaders

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ringleader/graph"
	"ringleader/vault"
)

// Normalising says how the keys of identifiers are brought into one form, so
// that one phone number written in two ways is one node. The zero value does
// what needs no knowledge of where the data is from.
type Normalising struct {
	// Region is the country of phone numbers without a country code, as two
	// letters such as DE. Empty: such numbers stay as they are.
	Region string
	// IPv6Net makes addresses of version 6 their /64 network, which is what one
	// household is given.
	IPv6Net bool
	// Off leaves every key as it stands.
	Off bool
}

// Validate checks that there is a region of that name; its error wraps
// ErrInvalid.
func (n Normalising) Validate() error {
	if n.Region != "" && !phonenumbers.GetSupportedRegions()[strings.ToUpper(n.Region)] {
		return fmt.Errorf("%w region: want a country as two letters, such as DE or CN", graph.ErrInvalid)
	}
	return nil
}

// fingerprint is what of the settings changes facts; empty for the zero value,
// under which inputs keep the IDs that they had.
func (n Normalising) fingerprint() string {
	if n == (Normalising{}) {
		return ""
	}
	return fmt.Sprintf("normal %s %t %t", strings.ToUpper(n.Region), n.IPv6Net, n.Off)
}

// propOriginal is the property that holds an identifier as the data write it,
// where its key is another.
const propOriginal = "original"

// secretKind reports whether the values of a kind must not be kept beside their
// keys.
func (n *normaliser) secretKind(k graph.Kind) bool {
	return k == graph.Card || k == graph.NationalID || n.vault != nil && n.vault.IsSecret(k)
}

// identified reports whether keys of a kind are looked at: names that the owner
// of the data gave, and events, are not.
func identified(k graph.Kind) bool {
	switch k {
	case graph.Account, graph.Customer, graph.Merchant, graph.Content,
		graph.Payment, graph.Transfer, graph.Claim, graph.Message:
		return false
	}
	return true
}

// normaliser brings references into their one form and knows placeholders. It
// remembers what it has seen, because parsing a phone number costs more than
// reading its row. It is not safe for concurrent use.
type normaliser struct {
	opts        Normalising
	vault       *vault.Vault // nil: values stay plain
	placeholder func(graph.Ref) string
	seen        map[graph.Ref]*normalForm
	last        normalForm // of a reference that is not remembered
}

// normalForm is what became of one reference.
type normalForm struct {
	key         string
	sealed      string // the value of a secret kind, as it lies beside its hash
	odd         string // why the key stays as it is though its kind has a form
	placeholder string // why it is no identifier at all
}

// maxSeen bounds the memory of a normaliser to some tens of megabytes.
const maxSeen = 1 << 17

func newNormaliser(o *Options) *normaliser {
	return &normaliser{opts: o.Normal, vault: o.Vault, placeholder: o.Placeholder, seen: make(map[graph.Ref]*normalForm)}
}

// form is the form of a reference, good until the next is asked for. Time: O(1)
// for one seen lately.
func (n *normaliser) form(r graph.Ref) *normalForm {
	secret := n.vault != nil && n.vault.IsSecret(r.Kind)
	if !secret && (!identified(r.Kind) || n.opts.Off && n.placeholder == nil) {
		n.last = normalForm{key: r.Key}
		return &n.last
	}
	switch {
	case secret, r.Kind == graph.Phone, r.Kind == graph.Email, r.Kind == graph.IP:
	default: // nothing to remember costs less than remembering
		n.last = normalForm{}
		n.shape(r, &n.last)
		return &n.last
	}
	if f, ok := n.seen[r]; ok {
		return f
	}
	r = graph.Ref{Kind: graph.Kind(strings.Clone(string(r.Kind))), Key: strings.Clone(r.Key)} // values lie in large blocks
	f := new(normalForm)
	n.shape(r, f)
	if secret {
		n.hide(r.Kind, f)
	}
	if len(n.seen) == maxSeen {
		clear(n.seen)
	}
	n.seen[r] = f
	return f
}

// shape finds the form of a reference that nobody has seen, in plain.
func (n *normaliser) shape(r graph.Ref, f *normalForm) {
	f.key = r.Key
	if !n.opts.Off {
		f.key, f.odd = n.opts.keyOf(r)
		if len(f.key) > graph.MaxKey { // a domain may grow in ASCII
			f.key = r.Key
		}
	}
	if n.placeholder != nil {
		if f.placeholder = n.placeholder(graph.Ref{Kind: r.Kind, Key: f.key}); f.placeholder == "" && f.key != r.Key {
			f.placeholder = n.placeholder(r)
		}
	}
	if f.placeholder != "" {
		f.key, f.odd = r.Key, "" // "unknown" is no phone number that cannot be read
	}
}

// hide puts the hash of a value in its place, and the sealed value beside it.
func (n *normaliser) hide(kind graph.Kind, f *normalForm) {
	plain := graph.Ref{Kind: kind, Key: f.key}
	f.key = n.vault.Ref(plain).Key
	if f.placeholder == "" {
		f.sealed = n.vault.Seal(plain)
	}
}

// Form is a reference in the one form of its kind, or as it is where it has
// none.
func (n Normalising) Form(r graph.Ref) graph.Ref {
	if n.Off || !identified(r.Kind) {
		return r
	}
	if key, _ := n.keyOf(r); key != "" && len(key) <= graph.MaxKey {
		r.Key = key
	}
	return r
}

// keyOf is the one form of a key; odd says why it has none.
func (n Normalising) keyOf(r graph.Ref) (key, odd string) {
	switch r.Kind {
	case graph.Phone:
		return phoneForm(r.Key, strings.ToUpper(n.Region))
	case graph.Email:
		return emailForm(r.Key)
	case graph.IP:
		return ipForm(r.Key, n.IPv6Net)
	case "imei":
		return imeiForm(r.Key)
	case "iban":
		return ibanForm(r.Key)
	case graph.Device:
		return deviceForm(r.Key), ""
	case graph.Beneficiary, "bank_account": // often an IBAN, as often something else
		if iban, odd := ibanForm(r.Key); odd == "" {
			return iban, ""
		}
	case graph.Card:
		return cardForm(r.Key), ""
	}
	return r.Key, ""
}

// IdentifierNote counts rows with identifiers of a kind that are not what the
// kind says. Values are not quoted: they may be personal.
type IdentifierNote struct {
	Kind     graph.Kind `json:"kind"`
	Reason   string     `json:"reason"`
	Unlinked bool       `json:"unlinked"` // a placeholder, to which no account was linked
	Rows     int64      `json:"rows"`
	File     string     `json:"file"` // of the first such row
	Row      int64      `json:"row"`
}

// oddity is the part of an IdentifierNote that rows share.
type oddity struct {
	kind     graph.Kind
	reason   string
	unlinked bool
}

// rowCount counts rows, and says which was the first.
type rowCount struct{ rows, first int64 }

// addIdentifiers counts the oddities of a stretch of one file.
func (r *Report) addIdentifiers(file string, odd map[oddity]rowCount) {
	for o, n := range odd {
		i := slices.IndexFunc(r.Identifiers, func(have IdentifierNote) bool {
			return oddity{have.Kind, have.Reason, have.Unlinked} == o
		})
		if i >= 0 {
			r.Identifiers[i].Rows += n.rows
			continue
		}
		r.Identifiers = append(r.Identifiers, IdentifierNote{o.kind, o.reason, o.unlinked, n.rows, file, n.first})
	}
	slices.SortFunc(r.Identifiers, func(a, b IdentifierNote) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
}

// identify is a reference in its one form, and why it is a placeholder if it is
// one. What was written otherwise is kept as a property.
func (f *facts) identify(r graph.Ref, kind *knownKind) (graph.Ref, string) {
	if f.normal == nil || kind.named && f.normal.vault == nil {
		return r, ""
	}
	form := f.normal.form(r)
	if form.odd != "" {
		f.odd = append(f.odd, oddity{r.Kind, form.odd, false})
	}
	if form.key == r.Key {
		return r, form.placeholder
	}
	of := graph.Ref{Kind: r.Kind, Key: form.key}
	if form.sealed != "" {
		f.attr(of, graph.PropSealed, form.sealed, 0)
	}
	if !f.normal.secretKind(r.Kind) {
		f.attr(of, propOriginal, r.Key, 0)
	}
	return of, form.placeholder
}
