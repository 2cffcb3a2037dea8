package neo4jtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/stretchr/testify/require"

	"ringleader/graph/neo4jstore"
)

// Imported runs a command of Neo4j's import tool, as words, in a server of its
// own that is made of the published jars, starts that server, and stops it when
// the test ends. It asks for no password. Where the jars were not fetched, the
// test is skipped with a message that begins NEO4J TESTS DID NOT RUN.
func Imported(t testing.TB, command []string) neo4jstore.Config {
	t.Helper()
	jars := findJars(t)
	home := t.TempDir()
	for _, dir := range []string{"conf", "data", "logs", "plugins", "import", "run"} {
		require.NoError(t, os.Mkdir(filepath.Join(home, dir), 0o700))
	}
	port := freePort(t)
	conf := fmt.Sprintf(`server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:%[1]d
server.bolt.advertised_address=127.0.0.1:%[1]d
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=128m
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
client.allow_telemetry=false
db.tx_log.preallocate=false
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.dbms.bolt.netty_server_shutdown_timeout=1s
`, port)
	require.NoError(t, os.WriteFile(filepath.Join(home, "conf", "neo4j.conf"), []byte(conf), 0o600))

	tool := java(home, jars, "512m", append([]string{"org.neo4j.cli.AdminTool"}, command[1:]...)...)
	tool.Dir = home // where it leaves a report
	out, err := tool.CombinedOutput()
	require.NoError(t, err, "neo4j-admin: %s", out)

	log, err := os.Create(filepath.Join(home, "logs", "console.log"))
	require.NoError(t, err)
	server := java(home, jars, "768m", "org.neo4j.server.CommunityEntryPoint", "--home-dir="+home, "--config-dir="+filepath.Join(home, "conf"), "--console-mode")
	server.Stdout, server.Stderr = log, log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
		_ = log.Close()
	})
	c := neo4jstore.Config{URI: fmt.Sprintf("bolt://127.0.0.1:%d", port), User: "neo4j", Database: "neo4j",
		Timeout: patience} // a server that was just started is slow
	await(t, c)
	return c
}

// java is a program of the server's jars.
func java(home, jars, heap string, args ...string) *exec.Cmd {
	words := []string{"-Xmx" + heap, "--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED",
		"--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "-cp", filepath.Join(home, "conf") + ":" + filepath.Join(jars, "*")}
	cmd := exec.Command("java", append(words, args...)...)
	cmd.Env = append(os.Environ(), "NEO4J_HOME="+home, "NEO4J_CONF="+filepath.Join(home, "conf"))
	return cmd
}

// findJars is the folder of jars that scripts/neo4j/up.sh fetches.
func findJars(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if found, _ := filepath.Glob(filepath.Join(dir, ".cache", "neo4j", "jars-*")); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	t.Skip("NEO4J TESTS DID NOT RUN: the import tool is in the server's jars, which scripts/neo4j/up.sh fetches where no container engine runs")
	return ""
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port
}

// await waits until the server answers.
func await(t testing.TB, c neo4jstore.Config) {
	t.Helper()
	driver, err := neo.NewDriverWithContext(c.URI, neo.NoAuth())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer func() { _ = driver.Close(context.Background()) }()
	for err = driver.VerifyConnectivity(ctx); err != nil && ctx.Err() == nil; err = driver.VerifyConnectivity(ctx) {
		time.Sleep(200 * time.Millisecond)
	}
	require.NoError(t, err)
}
