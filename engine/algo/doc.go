// Package algo holds the graph algorithms of the engine. They run over
// compressed sparse rows ([graph.Adjacency]) and know vertices, weights and
// nothing of fraud. Each is deterministic: equal input gives equal output, ties
// go to the smaller vertex.
package algo
