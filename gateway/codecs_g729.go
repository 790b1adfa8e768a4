//go:build cgo && !nolibav && g729

package gateway

// hasG729 tells whether this build can make calls with G.729.
const hasG729 = true
