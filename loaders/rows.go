package loaders

import (
	"ringleader/graph"
)

// The typed rows of the canonical layout, one type per file, for [Writer].
// Empty fields and zero times are absent.

// Account is a row of accounts.csv: an account exists, and what is known of it
// as of AsOf. TwoFactor is "yes", "no" or empty.
type Account struct {
	Account   string
	Provider  string
	OpenedAt  graph.Time
	TwoFactor string
	Country   string
	Timezone  string // IANA name
	Customer  string // the person who owns the account
	AsOf      graph.Time
}

// Use is a row of uses.csv: an account was seen with an identifier.
type Use struct {
	Account    string
	Identifier graph.Ref
	At, Until  graph.Time
}

// Payment is a row of payments.csv. Status is settled, declined, refunded or
// reversed; Auth is password_free, password, biometric or otp.
type Payment struct {
	ID          string
	Account     string
	Merchant    string
	Amount      graph.Money
	At          graph.Time
	Device      string
	IP          string
	Beneficiary string // whom the goods went to, such as a game account
	Credential  string // what authorised it, such as a store login
	Status      string
	Auth        string
	RefundOf    string // ID of the payment that this one gives back
}

// Transfer is a row of transfers.csv: money from account to account.
type Transfer struct {
	ID       string
	From, To string
	Amount   graph.Money
	At       graph.Time
	Device   string // the sender's
	IP       string // the sender's
}

// Claim is a row of claims.csv: a warranty or insurance claim.
type Claim struct {
	ID          string
	Account     string
	Device      string
	Replacement string // the device that was handed out
	Shop        string
	Address     string
	Amount      graph.Money
	At          graph.Time
	Reason      string
}

// Message is a row of messages.csv. Recipients counts them where Recipient
// names only one or none; zero is absent.
type Message struct {
	ID          string
	Account     string
	Phone       string
	ContentHash string
	Recipient   string
	Recipients  int
	At          graph.Time
}

// Event is a row of events.csv: something happened to an account, such as
// login, password_change or two_factor_off.
type Event struct {
	Account    string
	Type       string
	At         graph.Time
	Device     string
	IP         string
	Credential string
	Detail     string
}

// Dispute is a row of disputes.csv: the owner disowns a money event. Outcome
// is open, won or lost.
type Dispute struct {
	Event    graph.Ref // payment:P1 or transfer:T1
	At       graph.Time
	Outcome  string
	Refunded graph.Money
}

// Entity is a row of entities.csv: properties of any node.
type Entity struct {
	Ref   graph.Ref
	Props []graph.Prop
	AsOf  graph.Time
}

// Association is a row of links.csv: two nodes belong together. Without a
// Type they are ASSOCIATED.
type Association struct {
	From, To  graph.Ref
	Type      graph.LinkType
	Weight    float64
	At, Until graph.Time
}

var (
	accountColumns  = []string{"account", "provider", "opened_at", "two_factor", "country", "timezone", "customer", "as_of"}
	useColumns      = []string{"account", "kind", "identifier", "at", "until"}
	paymentColumns  = []string{"id", "account", "merchant", "amount", "currency", "at", "device", "ip", "beneficiary", "credential", "status", "auth", "refund_of"}
	transferColumns = []string{"id", "from", "to", "amount", "currency", "at", "device", "ip"}
	claimColumns    = []string{"id", "account", "device", "replacement", "shop", "address", "amount", "currency", "at", "reason"}
	messageColumns  = []string{"id", "account", "phone", "content_hash", "recipient", "recipients", "at"}
	eventColumns    = []string{"account", "type", "at", "device", "ip", "credential", "detail"}
	disputeColumns  = []string{"event", "at", "outcome", "refunded", "currency"}
	linkColumns     = []string{"from", "to", "kind", "weight", "at", "until"}
	labelColumns    = []string{"account", "label", "at"}
)

// Account writes a row of accounts.csv.
func (w *Writer) Account(r Account) error {
	return w.row("accounts", accountColumns, r.Account, r.Provider, r.OpenedAt.String(), r.TwoFactor,
		r.Country, r.Timezone, r.Customer, r.AsOf.String())
}

// Use writes a row of uses.csv.
func (w *Writer) Use(r Use) error {
	return w.row("uses", useColumns, r.Account, string(r.Identifier.Kind), r.Identifier.Key, r.At.String(), r.Until.String())
}

// Payment writes a row of payments.csv.
func (w *Writer) Payment(r Payment) error {
	return w.row("payments", paymentColumns, r.ID, r.Account, r.Merchant, r.Amount.Amount(), r.Amount.Currency, r.At.String(),
		r.Device, r.IP, r.Beneficiary, r.Credential, r.Status, r.Auth, r.RefundOf)
}

// Transfer writes a row of transfers.csv.
func (w *Writer) Transfer(r Transfer) error {
	return w.row("transfers", transferColumns, r.ID, r.From, r.To, r.Amount.Amount(), r.Amount.Currency, r.At.String(), r.Device, r.IP)
}

// Claim writes a row of claims.csv.
func (w *Writer) Claim(r Claim) error {
	return w.row("claims", claimColumns, r.ID, r.Account, r.Device, r.Replacement, r.Shop, r.Address,
		r.Amount.Amount(), r.Amount.Currency, r.At.String(), r.Reason)
}

// Message writes a row of messages.csv.
func (w *Writer) Message(r Message) error {
	return w.row("messages", messageColumns, r.ID, r.Account, r.Phone, r.ContentHash, r.Recipient, number(float64(r.Recipients)), r.At.String())
}

// Event writes a row of events.csv.
func (w *Writer) Event(r Event) error {
	return w.row("events", eventColumns, r.Account, r.Type, r.At.String(), r.Device, r.IP, r.Credential, r.Detail)
}

// Dispute writes a row of disputes.csv.
func (w *Writer) Dispute(r Dispute) error {
	return w.row("disputes", disputeColumns, r.Event.String(), r.At.String(), r.Outcome, r.Refunded.Amount(), r.Refunded.Currency)
}

// Entity adds a row of entities.csv. Rows are held until Close: the header is
// the union of their properties.
func (w *Writer) Entity(r Entity) error {
	w.entities = append(w.entities, r)
	return w.err
}

// Association writes a row of links.csv.
func (w *Writer) Association(r Association) error {
	return w.row("links", linkColumns, r.From.String(), r.To.String(), string(r.Type), number(r.Weight), r.At.String(), r.Until.String())
}

// Label writes a row of labels.csv.
func (w *Writer) Label(r Label) error {
	return w.row("labels", labelColumns, r.Account.Key, r.Label, r.At.String())
}
