//go:build !linux

package graph

// makeHuge is make: this system is not asked for large pages.
func makeHuge[T any](n int) []T { return make([]T, n) }
