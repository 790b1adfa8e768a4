// Package g711 converts between G.711 samples, A-law or mu-law, and linear 16-bit ones. It is pure functions over
// constant tables; sources use it to conceal losses, meters to measure.
package g711
