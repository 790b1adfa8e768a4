package interop

import "strings"

// mediaOf is the part of a session description that is about one kind of media.
func mediaOf(sdp, kind string) string {
	_, part, _ := strings.Cut(sdp, "m="+kind+" ")
	part, _, _ = strings.Cut(part, "\nm=")
	return part
}
