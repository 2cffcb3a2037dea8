package graph

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of references, in bytes.
const (
	MaxKind = 64
	MaxKey  = 512
)

// Kind is the type of a node in lower snake case: account, device,
// national_id. The set is open; [ParseKind] validates.
type Kind string

// Kinds that the canonical layout and the engine name. Any other valid kind is
// as welcome.
const (
	Account     Kind = "account"
	Customer    Kind = "customer"
	Merchant    Kind = "merchant"
	Beneficiary Kind = "beneficiary"
	Device      Kind = "device"
	Phone       Kind = "phone"
	IP          Kind = "ip"
	Email       Kind = "email"
	Card        Kind = "card"
	Address     Kind = "address"
	NationalID  Kind = "national_id"
	Credential  Kind = "credential"
	Wallet      Kind = "wallet"
	Cookie      Kind = "cookie"
	Content     Kind = "content"

	// Kinds of events: references to them name an event, such as payment:P1.
	Payment  Kind = "payment"
	Transfer Kind = "transfer"
	Claim    Kind = "claim"
	Message  Kind = "message"

	// Derived kinds: only runs make these.
	Ring Kind = "ring"
	Run  Kind = "run"
)

// ParseKind checks s against [a-z][a-z0-9]*(_[a-z0-9]+)*, at most 64 bytes.
func ParseKind(s string) (Kind, error) {
	if validWords(s, 'a', 'z', MaxKind) {
		return Kind(s), nil
	}
	return "", fmt.Errorf("%w kind %q: want lower snake case such as device or national_id, at most %d bytes", ErrInvalid, clip(s), MaxKind)
}

// Derived reports whether only runs make nodes of this kind.
func (k Kind) Derived() bool { return k == Ring || k == Run }

// fixedLabels are the kinds whose label is not plain upper camel case.
var fixedLabels = map[Kind]string{NationalID: "NationalID", IP: "IP"}

// Label is the Neo4j label of the kind: upper camel case, one to one. A
// segment that starts with a digit keeps its underscore (a_1 is A_1, a1 is
// A1), and a kind that would take a fixed label keeps all of them.
func (k Kind) Label() string {
	if l, ok := fixedLabels[k]; ok {
		return l
	}
	segments := strings.Split(string(k), "_")
	label := joinSegments(segments, false)
	for _, taken := range fixedLabels {
		if label == taken {
			return joinSegments(segments, true)
		}
	}
	return label
}

func joinSegments(segments []string, underscores bool) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 && (underscores || s[0] <= '9') {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToUpper(s[:1]) + s[1:])
	}
	return b.String()
}

// KindOfLabel is the inverse of [Kind.Label].
func KindOfLabel(label string) (Kind, error) {
	for k, l := range fixedLabels {
		if l == label {
			return k, nil
		}
	}
	var b strings.Builder
	for i := 0; i < len(label); i++ {
		switch c := label[i]; {
		case c >= 'A' && c <= 'Z':
			if i > 0 && label[i-1] != '_' {
				b.WriteByte('_')
			}
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	k, err := ParseKind(b.String())
	if err != nil || k.Label() != label {
		return "", fmt.Errorf("%w label %q: no kind has it", ErrInvalid, clip(label))
	}
	return k, nil
}

// LinkType is the type of a link in upper snake case, as Neo4j writes
// relationship types: USED_DEVICE, PAID.
type LinkType string

// Link types of the canonical layout.
const (
	UsedDevice    LinkType = "USED_DEVICE"
	UsedIP        LinkType = "USED_IP"
	OwnedBy       LinkType = "OWNED_BY"
	Paid          LinkType = "PAID"           // account → merchant
	PaidTo        LinkType = "PAID_TO"        // account → beneficiary
	TransferredTo LinkType = "TRANSFERRED_TO" // account → account
	Claimed       LinkType = "CLAIMED"        // account → device
	ClaimedAt     LinkType = "CLAIMED_AT"     // account → shop (a merchant)
	Received      LinkType = "RECEIVED"       // account → replacement device
	SentFrom      LinkType = "SENT_FROM"      // account → phone
	Sent          LinkType = "SENT"           // account → content
	Associated    LinkType = "ASSOCIATED"     // undirected, weighted, of no stated meaning

	// Derived types: only jobs make these.
	MemberOf LinkType = "MEMBER_OF" // member → ring
	MayBe    LinkType = "MAY_BE"    // undirected: two records that may be one person
)

// Derived reports whether only jobs make links of this type.
func (t LinkType) Derived() bool { return t == MemberOf || t == MayBe }

// ParseLinkType checks s against [A-Z][A-Z0-9]*(_[A-Z0-9]+)*, at most 64 bytes.
func ParseLinkType(s string) (LinkType, error) {
	if validWords(s, 'A', 'Z', MaxKind) {
		return LinkType(s), nil
	}
	return "", fmt.Errorf("%w link type %q: want upper snake case such as USED_DEVICE, at most %d bytes", ErrInvalid, clip(s), MaxKind)
}

// SightingType is the type of the link from an account to an identifier of
// kind k: USED_DEVICE, USED_IP, HAS_PHONE and so on.
func SightingType(k Kind) LinkType {
	switch k {
	case Device, IP:
		return LinkType("USED_" + strings.ToUpper(string(k)))
	}
	return LinkType("HAS_" + strings.ToUpper(string(k)))
}

// Ref is the natural identity of a node: {device, dev-9f}, written
// device:dev-9f. It is stable for ever; a [Vertex] is not.
type Ref struct {
	Kind Kind
	Key  string
}

// ParseRef reads kind:key. Only the first colon splits. Its errors do not repeat
// s, which may be a person's.
func ParseRef(s string) (Ref, error) {
	kind, key, _ := strings.Cut(s, ":")
	if _, err := ParseKind(kind); err != nil {
		return Ref{}, fmt.Errorf("%w reference: want kind:key with the kind in lower snake case, such as account:u17", ErrInvalid)
	}
	if key == "" {
		return Ref{}, fmt.Errorf("%w reference: there is no key; want kind:key, such as account:u17 or ip:203.0.113.9", ErrInvalid)
	}
	r := Ref{Kind(kind), key}
	if err := r.Validate(); err != nil {
		return Ref{}, err
	}
	return r, nil
}

func (r Ref) String() string { return string(r.Kind) + ":" + r.Key }

// Compare orders references by kind, then key, both by bytes. It is the order
// of vertices in a snapshot and breaks every tie in the engine.
func (r Ref) Compare(o Ref) int {
	if c := cmp.Compare(r.Kind, o.Kind); c != 0 {
		return c
	}
	return cmp.Compare(r.Key, o.Key)
}

// Validate checks kind and key: UTF-8 without NUL, 1 to 512 bytes.
func (r Ref) Validate() error {
	if _, err := ParseKind(string(r.Kind)); err != nil {
		return err
	}
	switch {
	case r.Key == "":
		return fmt.Errorf("%w %s key: empty", ErrInvalid, r.Kind)
	case len(r.Key) > MaxKey:
		return fmt.Errorf("%w %s key: %d bytes, at most %d", ErrInvalid, r.Kind, len(r.Key), MaxKey)
	case !utf8.ValidString(r.Key):
		return fmt.Errorf("%w %s key: not UTF-8", ErrInvalid, r.Kind)
	case strings.IndexByte(r.Key, 0) >= 0:
		return fmt.Errorf("%w %s key: holds a NUL byte", ErrInvalid, r.Kind)
	}
	return nil
}

// MarshalText makes a Ref a JSON string and a JSON object key.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (r *Ref) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRef(string(b))
	return err
}

// validWords reports whether s is words of letters lo..hi and digits joined by
// single underscores, the first beginning with a letter.
func validWords(s string, lo, hi byte, limit int) bool {
	if s == "" || len(s) > limit || s[0] < lo || s[0] > hi || s[len(s)-1] == '_' {
		return false
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		letter := c >= lo && c <= hi
		digit := c >= '0' && c <= '9'
		if !letter && !digit && (c != '_' || s[i-1] == '_') {
			return false
		}
	}
	return true
}

// clip shortens hostile input for an error message.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
