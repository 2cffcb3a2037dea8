// Command peerbench is our side of `make bench-peers`: it makes the graphs that
// all tools are measured on, runs our kernels and gonum's on them, and is the one
// judge of partitions, whoever made them.
//
//	peerbench generate FAMILY SIZE FILE
//	peerbench run ringleader|gonum ALGORITHM FILE [--repeat N] [--threads N] [--labels FILE]
//	peerbench quality FILE LABELS
//
// A graph file is little-endian uint32: the number of vertices, then the two ends
// of each link, ascending. Labels are one uint32 a vertex.
package main
