package neo4jstore

import (
	"fmt"
	"time"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/config"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/notifications"

	"ringleader/graph"
)

// Driver makes the driver that a store of this configuration talks through. It
// connects with the first call. It fails with ErrInvalid on an address that it
// does not know.
func (c Config) Driver() (neo.DriverWithContext, error) {
	c = c.withDefaults()
	auth := neo.NoAuth()
	if c.Password != "" {
		auth = neo.BasicAuth(c.User, c.Password, "")
	}
	driver, err := neo.NewDriverWithContext(c.URI, auth, func(d *config.Config) {
		d.UserAgent = "ringleader/1"
		d.TelemetryDisabled = true
		d.NotificationsMinSeverity = notifications.DisabledLevel
		d.MaxConnectionPoolSize = 8
		d.MaxTransactionRetryTime = 2 * time.Minute // a restart of the server takes half a minute; deadlines end calls sooner
		d.ConnectionAcquisitionTimeout = c.Timeout
		d.SocketConnectTimeout = c.Timeout
		d.ReadBufferSize = 64 << 10
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w: %w", c.URI, graph.ErrInvalid, err)
	}
	return driver, nil
}
