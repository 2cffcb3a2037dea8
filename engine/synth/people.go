package synth

import (
	"math/rand/v2"
	"strconv"
)

// block is how many accounts one stream makes: households never straddle
// blocks, so any account can be made again at the cost of its block.
const block = 64

// household is people under one roof: an address and a home network, often a
// tablet that all use.
type household struct {
	people  int
	address string
	ip      string
	tablet  string // empty: none
}

// account is what a seed and an index say about one wallet account.
type account struct {
	index    uint64
	key      string
	provider string
	opened   int64
	factor   bool // second factor of the wallet itself
	zone     zone
	home     *household

	// Of its owner, who may hold one account with each provider.
	owner      uint64 // index of the owner's first account
	customer   string
	phone      string
	nationalID string
	device     string
	since      int64  // when the owner got the device
	previous   string // the device before it
	until      int64  // when the owner gave that up

	// Of the credential that pays from the account; empty if none is linked.
	credential       string
	credentialFactor bool
	linked           int64
	buysApps         bool
	game             string // beneficiary at the app store
}

// population makes accounts. It keeps the last block it made, so running
// through indices in order makes each block once; it is not for concurrent use.
type population struct {
	size    uint64
	away    float64 // factor on who lives outside the zone of most
	keys    streams
	people  streams
	ids     streams
	cached  uint64
	current []account
}

func newPopulation(s seeds, size uint64, k knobs) *population {
	away := k.zones
	if away == 0 {
		away = 1
	}
	return &population{size: size, away: away, keys: s.of("keys"), people: s.of("people"), ids: s.of("identifiers"), cached: ^uint64(0)}
}

// firstKey is the number of the lowest account key.
const firstKey = 1_000_000

// key names account i.
func (p *population) key(i uint64) string {
	return "u" + strconv.FormatUint(firstKey+p.keys.permute(i, p.size), 10)
}

// account makes account i again. Time: O(block), O(1) in order.
func (p *population) account(i uint64) *account {
	if b := i / block; b != p.cached {
		p.current, p.cached = p.makeBlock(b), b
	}
	return &p.current[i%block]
}

// makeBlock fills a block with households, their people and their accounts.
func (p *population) makeBlock(b uint64) []account {
	r := p.people.at(b)
	made := make([]account, 0, block)
	for len(made) < block {
		made = p.makeHousehold(r, b*block, made)
	}
	return made
}

// sizes of households, in percent: alone, and with two to five people.
var sizes = []int{28, 27, 24, 14, 7}

func (p *population) makeHousehold(r *rand.Rand, base uint64, made []account) []account {
	first := base + uint64(len(made))
	h := &household{people: 1 + weighted(r, sizes), address: p.name("addr-", "address", first), ip: p.ip(homeNet, first)}
	if h.people > 1 && chance(r, .35) {
		h.tablet = p.name("dev-", "tablet", first)
	}
	where := zones[weighted(r, p.zoneWeights())]
	for range h.people {
		made = p.makePerson(r, base, made, h, where)
	}
	return made
}

// zoneWeights says, per mille, how many households live in each zone.
func (p *population) zoneWeights() []int {
	away := []int{int(20 * p.away), int(15 * p.away), int(10 * p.away)}
	return []int{1000 - away[0] - away[1] - away[2], away[0], away[1], away[2]}
}

// makePerson adds one person's accounts, as far as the block has room.
func (p *population) makePerson(r *rand.Rand, base uint64, made []account, h *household, where zone) []account {
	owner := base + uint64(len(made))
	a := account{owner: owner, zone: where, home: h}
	a.customer = p.name("c", "customer", owner)
	a.phone = p.phone(owner)
	a.nationalID = p.nationalID(r, owner)
	a.device = p.name("dev-", "device", owner)
	a.since = between(r, start-700*day, end-20*day)
	a.previous = p.name("dev-", "previous", owner)
	a.until = a.since + between(r, 0, 3*day)
	secondAccount := chance(r, .25)
	credential, factor := p.name("aid-", "credential", owner), chance(r, .52)
	game := p.name("game-", "game", owner)
	first := weighted(r, []int{55, 45})
	for i := range 2 {
		a.index = base + uint64(len(made))
		a.provider = providers[(first+i)%2]
		a.opened = between(r, epoch, start-30*day)
		if chance(r, .12) { // newcomers
			a.opened = between(r, start-30*day, end-10*day)
		}
		a.factor = chance(r, .45)
		a.buysApps = chance(r, .6)
		a.credential, a.credentialFactor, a.linked, a.game = "", false, 0, ""
		if a.buysApps || chance(r, .25) {
			a.credential, a.credentialFactor, a.game = credential, factor, game
			a.linked = between(r, a.opened, max(a.opened, min(start, a.opened+900*day)))
		}
		if i > 0 && !secondAccount || len(made) == block {
			break
		}
		a.key = p.key(a.index % p.size) // past the end of the world nobody asks
		made = append(made, a)
	}
	return made
}

var providers = []string{"alipay", "wechat"}

// name is a unique key of a class: a prefix and ten letters or digits that do
// not tell the index.
func (p *population) name(prefix, class string, i uint64) string {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	n := streams(p.ids.hash(classNumber(class))).permute(i, 1<<50)
	var b [10]byte
	for k := range b {
		b[k] = digits[n&31]
		n >>= 5
	}
	return prefix + string(b[:])
}

// classNumber hashes the name of a class of identifiers.
func classNumber(class string) (h uint64) {
	for i := range len(class) {
		h = h*131 + uint64(class[i])
	}
	return h
}

// network is a class of addresses.
type network uint64

// Networks. Homes have half of the space, each other class an eighth of the
// other half.
const (
	carrierNet network = iota
	officeNet
	publicNet
	attackerNet
	homeNet
)

// ip is a unique address of a class in 240.0.0.0/4.
func (p *population) ip(of network, i uint64) string {
	space, base := uint64(1<<24), uint64(1<<27)+uint64(of)<<24
	if of == homeNet {
		space, base = 1<<27, 0
	}
	n := base + streams(p.ids.hash(uint64(of))).permute(i%space, space)
	b := strconv.AppendUint(nil, 240+n>>24, 10)
	for shift := 16; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(append(b, '.'), n>>shift&255, 10)
	}
	return string(b)
}

// phone is a unique mobile number with a prefix that no carrier has.
func (p *population) phone(i uint64) string {
	const space = 100_000_000
	digits := strconv.FormatUint(space+p.ids.permute(i%space, space), 10)
	return "+86154" + digits[1:]
}

// nationalID is a well-formed ID with its check digit (ISO 7064 MOD 11-2), in
// a region that does not exist.
func (p *population) nationalID(r *rand.Rand, i uint64) string {
	const sequences = 1_000
	b := make([]byte, 0, 18)
	b = append(b, "99"...)
	n := p.ids.permute(i%10_000_000, 10_000_000) // four digits of region, three of sequence
	region := strconv.FormatUint(10_000+n/sequences, 10)
	b = append(b, region[1:]...)
	b = strconv.AppendUint(b, uint64(between(r, 1950, 2000)*10_000+between(r, 1, 12)*100+between(r, 1, 28)), 10)
	sequence := strconv.FormatUint(sequences+n%sequences, 10)
	b = append(b, sequence[1:]...)
	sum := 0
	for k, c := range b {
		sum += int(c-'0') << (17 - k) % 11
	}
	return string(append(b, "10X98765432"[sum%11]))
}
