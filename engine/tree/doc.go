// Package tree evaluates ensembles of boosted regression trees and says which
// features made a prediction what it is. It reads the text files that LightGBM
// writes (Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision
// Tree", NIPS 2017) and knows nothing of graphs or fraud.
package tree
