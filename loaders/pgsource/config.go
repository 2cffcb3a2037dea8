package pgsource

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
)

// Config says which database to read and how to reach it.
type Config struct {
	Host     string // name, address, or folder of a Unix socket
	Port     string // empty: 5432
	User     string // empty: as libpq finds it, PGUSER or the user of the system
	Password string // empty: as libpq finds it, PGPASSWORD or ~/.pgpass
	Database string

	// TLS is what the address says of it: sslmode, sslrootcert, sslcert, sslkey.
	TLS url.Values

	// Timeout limits connecting and small questions. 0: 30 seconds.
	Timeout time.Duration
	// Silence is the longest that the server may give no row. 0: 10 minutes.
	Silence time.Duration
}

// defaultPort is where PostgreSQL listens.
const defaultPort = "5432"

// IsURI reports whether s is the address of a PostgreSQL database.
func IsURI(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// ParseURI reads postgres://[user@]host[:port]/database, with sslmode,
// sslrootcert, sslcert, sslkey, or host (the folder of a Unix socket) after a
// question mark. A password in it is refused: it would end in histories and
// process lists.
func ParseURI(s string) (Config, error) {
	bad := func(why string) (Config, error) {
		return Config{}, fmt.Errorf("%w address: %s; want postgres://[user@]host[:port]/database", graph.ErrInvalid, why)
	}
	if !IsURI(s) {
		return bad("the scheme is not postgres")
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("it does not parse")
	}
	if _, has := u.User.Password(); has {
		return bad("it holds a password, which belongs into the environment or a file")
	}
	c := Config{Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Database: strings.TrimPrefix(u.Path, "/"), TLS: url.Values{}}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Fragment != "" {
		return bad("what follows the database does not parse")
	}
	for name, values := range query {
		switch {
		case len(values) != 1:
			return bad(name + " is given twice")
		case name == "host" && c.Host == "" && strings.HasPrefix(values[0], "/"):
			c.Host = values[0]
		case slices.Contains([]string{"sslmode", "sslrootcert", "sslcert", "sslkey"}, name):
			c.TLS.Set(name, values[0])
		default:
			return bad("only sslmode, sslrootcert, sslcert, sslkey, and host for the folder of a socket may follow the database")
		}
	}
	if strings.ContainsFunc(c.Host+c.Database+c.User, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return bad("it holds control characters")
	}
	switch {
	case c.Host == "":
		return bad("no host")
	case strings.Contains(c.Host, ","): // the driver would try one after the other
		return bad("it names several hosts")
	case c.Database == "" || strings.Contains(c.Database, "/"):
		return bad("want one database after the host")
	}
	if c.Port == "" {
		c.Port = defaultPort
	}
	return c, nil
}

// Name is the address without user and password.
func (c Config) Name() string {
	host := net.JoinHostPort(c.Host, c.Port)
	if strings.HasPrefix(c.Host, "/") {
		host = url.PathEscape(c.Host) + ":" + c.Port
	}
	return "postgres://" + host + "/" + url.PathEscape(c.Database)
}

// address is what the driver is told, without the password.
func (c Config) address() string {
	u := url.URL{Scheme: "postgres", Path: "/" + c.Database}
	if c.User != "" {
		u.User = url.User(c.User)
	}
	query := url.Values{"application_name": {"ringleader"}, "connect_timeout": {fmt.Sprint(int(c.Timeout.Seconds()) + 1)}}
	for name, values := range c.TLS {
		query[name] = values
	}
	if strings.HasPrefix(c.Host, "/") {
		query.Set("host", c.Host)
		query.Set("port", c.Port)
	} else {
		u.Host = net.JoinHostPort(c.Host, c.Port)
	}
	// The driver takes a plus for a plus, as PostgreSQL's own library does.
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}
