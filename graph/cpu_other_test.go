//go:build !unix

package graph_test

import (
	"testing"
	"time"
)

// start is where cpu counts from on systems that do not tell processor time.
var start = time.Now()

func cpu(*testing.B) time.Duration { return time.Since(start) }
