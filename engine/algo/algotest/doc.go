// Package algotest makes the graphs that algorithms are tested and measured on:
// planted communities, Graph500's R-MAT, and the two shapes that identifier data
// has, with hubs and without. Equal family, size and seed make equal links.
package algotest
