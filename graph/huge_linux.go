package graph

import (
	"syscall"
	"unsafe"
)

// hugePage is the size of a large page, and fewest the size of an array from
// which asking for some pays.
const (
	hugePage = 2 << 20
	fewest   = 2 * hugePage
)

// makeHuge is make for an array that is read all over: it asks the system to
// back it by large pages, which halves the price of a read that misses the
// caches. The Go runtime itself never asks. It is a hint: where the system
// takes none, the array is an array all the same.
func makeHuge[T any](n int) []T {
	s := make([]T, n)
	var zero T
	if uintptr(n)*unsafe.Sizeof(zero) >= fewest {
		adviseHuge(unsafe.Pointer(unsafe.SliceData(s)), uintptr(n)*unsafe.Sizeof(zero))
	}
	return s
}

// adviseHuge asks for large pages for those that lie wholly within size bytes
// from p.
func adviseHuge(p unsafe.Pointer, size uintptr) {
	skip := -uintptr(p) & (hugePage - 1)
	if size < skip+hugePage {
		return
	}
	whole := (size - skip) &^ (hugePage - 1)
	//nolint:errcheck // a hint: a kernel without large pages refuses it, and nothing is lost
	syscall.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), whole), syscall.MADV_HUGEPAGE)
}
