package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// logRequests logs each request by route pattern: a path may hold a person's
// number, its pattern does not.
func logRequests(logger *slog.Logger) gin.HandlerFunc {
	return func(g *gin.Context) {
		start := time.Now()
		g.Next()
		route := g.FullPath()
		if route == "" {
			route = "(none)"
		}
		level := slog.LevelInfo
		if g.Writer.Status() >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		logger.Log(g.Request.Context(), level, "request", "method", g.Request.Method, "route", route,
			"status", g.Writer.Status(), "duration", time.Since(start).Round(time.Microsecond))
	}
}

// recoverPanics turns a bug into an answer and a log line without the request.
func recoverPanics(logger *slog.Logger) gin.HandlerFunc {
	return func(g *gin.Context) {
		defer func() {
			if cause := recover(); cause != nil {
				logger.Error("panic", "route", g.FullPath(), "cause", cause)
				writeProblem(g, http.StatusInternalServerError, "the server failed; see its log")
			}
		}()
		g.Next()
	}
}

// secureHeaders forbid everything that the page does not need.
func secureHeaders(g *gin.Context) {
	h := g.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	g.Next()
}

// limitWork bounds the body and the time of a request.
func limitWork(timeout time.Duration) gin.HandlerFunc {
	return func(g *gin.Context) {
		ctx, cancel := context.WithTimeout(g.Request.Context(), timeout)
		defer cancel()
		g.Request = g.Request.WithContext(ctx)
		g.Request.Body = http.MaxBytesReader(g.Writer, g.Request.Body, maxBody)
		g.Next()
	}
}

// checkHost refuses requests for a name that is not ours. A page on another
// site can point its own name at 127.0.0.1; the Host header tells. With a key
// the key protects, and the server may have any name.
func checkHost(c Config) gin.HandlerFunc {
	return func(g *gin.Context) {
		if c.Key == "" && !knownHost(g.Request.Host, c.Hosts) {
			writeProblem(g, http.StatusMisdirectedRequest, "this server answers for localhost only")
			return
		}
		g.Next()
	}
}

func knownHost(host string, more []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || slices.Contains(more, host) {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// checkKey demands the key, compared as hashes in constant time.
func checkKey(key string) gin.HandlerFunc {
	want := sha256.Sum256([]byte(key))
	return func(g *gin.Context) {
		if key == "" || g.FullPath() == "/healthz" {
			g.Next()
			return
		}
		given, ok := strings.CutPrefix(g.GetHeader("Authorization"), "Bearer ")
		if !ok {
			_, given, ok = g.Request.BasicAuth()
		}
		have := sha256.Sum256([]byte(given))
		if !ok || subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
			g.Writer.Header().Add("WWW-Authenticate", `Bearer realm="ringleader"`)
			g.Writer.Header().Add("WWW-Authenticate", `Basic realm="ringleader", charset="UTF-8"`)
			writeProblem(g, http.StatusUnauthorized, "send the API key as a bearer token")
			return
		}
		g.Next()
	}
}
