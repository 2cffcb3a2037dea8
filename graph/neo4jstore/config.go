package neo4jstore

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"ringleader/graph"
)

// Config says which server holds the store and how to reach it.
type Config struct {
	URI      string // scheme, host and port: neo4j://localhost:7687; see [ParseURI]
	User     string // empty: neo4j
	Password string // empty: the server asks for none
	Database string // empty: neo4j

	// Shared allows a database that also holds nodes of others. Only our own
	// are read and written.
	Shared bool

	// Timeout limits a call that a person waits for: opening, looking up,
	// reading and writing the Log. 0: 30 seconds.
	Timeout time.Duration
	// BatchTimeout limits one batch of Apply, one page of Scan, Stats and Check,
	// waiting for other writers and for a restarting server included. 0: 10
	// minutes.
	BatchTimeout time.Duration
}

// defaultPort is where Neo4j listens for Bolt.
const defaultPort = "7687"

// schemes are those that the driver knows: plain, with TLS, and with TLS whose
// certificate nobody vouches for; with routing (neo4j) and without (bolt).
var schemes = []string{"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"}

// IsURI reports whether s names a store of this package and not a file.
func IsURI(s string) bool {
	for _, scheme := range schemes {
		if strings.HasPrefix(s, scheme+"://") {
			return true
		}
	}
	return false
}

// ParseURI reads neo4j://[user@]host[:port][/database], or the same with bolt,
// neo4j+s and their kin. A password in it is refused: it would end in histories
// and process lists.
func ParseURI(s string) (Config, error) {
	bad := func(why string) (Config, error) {
		return Config{}, fmt.Errorf("%w Neo4j address: %s; want neo4j://[user@]host:port[/database]", graph.ErrInvalid, why)
	}
	if !IsURI(s) {
		return bad("no scheme among " + strings.Join(schemes, " "))
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("it does not parse")
	}
	if _, has := u.User.Password(); has {
		return bad("it holds a password, which belongs into the environment or a file")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return bad("it holds a query or a fragment")
	}
	host := u.Hostname()
	if host == "" {
		return bad("no host")
	}
	if net.ParseIP(host) == nil && strings.ContainsFunc(host, notInHost) {
		return bad("the host is neither a name nor an address")
	}
	database := strings.TrimPrefix(u.Path, "/")
	if strings.Contains(database, "/") {
		return bad("more than one database")
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return Config{URI: u.Scheme + "://" + host + ":" + port, User: u.User.Username(), Database: database}, nil
}

// notInHost reports whether r has no place in the name of a host. What stands in
// an address must mean the same when it is written out again.
func notInHost(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`:/?#[]@%\"<>^{}|`+"`", r)
}

// withDefaults fills in what is empty.
func (c Config) withDefaults() Config {
	if c.User == "" {
		c.User = "neo4j"
	}
	if c.Database == "" {
		c.Database = "neo4j"
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.BatchTimeout == 0 {
		c.BatchTimeout = 10 * time.Minute
	}
	return c
}
