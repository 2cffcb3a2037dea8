package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/graph"
)

// serveOptions say where to listen and for whom.
type serveOptions struct {
	Listen  string
	KeyFile string
	Policy  string
}

func newServe(a *app) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API and the page until Ctrl-C",
		Long: "Serve the JSON API at /api/v1 (described at /openapi.json) and the page at /.\n\n" +
			"By default only this machine can connect. Another address needs an API key, in\n" +
			"RINGLEADER_API_KEY or in a file; it comes as a bearer token, or as the password\n" +
			"that a browser asks for. Put TLS in front of it.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := a.serveKey(cmd.Context(), o)
			if err != nil {
				return err
			}
			policy, err := readPolicy(o.Policy)
			if err != nil {
				return err
			}
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				return a.serve(cmd.Context(), s, o.Listen, api.Config{Key: key, Policy: policy})
			})
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:8080", "address and port; port 0 takes a free one")
	cmd.Flags().StringVar(&o.Policy, "policy", "", "YAML file with the sharing policy that is explained; the one that ships if not given")
	cmd.Flags().StringVar(&o.KeyFile, "api-key-file", "", "file with the API key (or set RINGLEADER_API_KEY)")
	return cmd
}

// minKey is the length below which an API key can be guessed.
const minKey = 16

// serveKey reads the API key and checks that it and the address fit.
func (a *app) serveKey(ctx context.Context, o serveOptions) (string, error) {
	key, err := a.secret("RINGLEADER_API_KEY", "api-key-file", o.KeyFile)
	if err != nil {
		return "", err
	}
	return key, checkListen(ctx, o.Listen, key)
}

// serve answers until ctx ends, then lets requests under way finish.
func (a *app) serve(ctx context.Context, s store, listen string, c api.Config) error {
	c.Store, c.Log, c.Logger, c.Version = s, s, a.log, buildVersion()
	c.Snapshot = func(ctx context.Context) (*graph.Snapshot, error) {
		return a.readSnapshot(ctx, s, graph.BuildOptions{})
	}
	handler, err := api.New(c)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (is another server running? choose another with --listen)", listen, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	a.say("serving on http://%s/ until Ctrl-C", listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	a.say("stopping; requests under way finish")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}

// checkListen refuses to be reachable from elsewhere without a key.
func checkListen(ctx context.Context, listen, key string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return usagef("--listen %q: want address:port, such as 127.0.0.1:8080", listen)
	}
	if key != "" {
		if len(key) < minKey {
			return usagef("the API key is shorter than %d bytes; take a random one: openssl rand -hex 32", minKey)
		}
		return nil
	}
	if host == "" {
		return usagef("--listen %s is reachable from elsewhere: set RINGLEADER_API_KEY, or listen on 127.0.0.1", listen)
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return fmt.Errorf("--listen %s: %w: %w", listen, graph.ErrUnavailable, err)
	}
	for _, address := range addresses {
		if !address.IP.IsLoopback() {
			return usagef("--listen %s is reachable from elsewhere: set RINGLEADER_API_KEY, or listen on 127.0.0.1", listen)
		}
	}
	return nil
}
