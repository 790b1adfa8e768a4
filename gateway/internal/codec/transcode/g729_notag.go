//go:build !cgo || nolibav || !g729

package transcode

// hasG729 says that this build has no G.729.
const hasG729 = false
