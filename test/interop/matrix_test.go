package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// step is one thing that a SIPp does in its call: one of the first seven.
type step struct {
	Send     string // the request to send
	Request  string // the one to wait for
	Response string // the status to wait for
	Ack      string // the status to acknowledge
	Reply    string // what to answer the last request it waited for, such as "200 OK"
	Play     string // an action that plays a file
	Pause    int    // milliseconds

	SDP     description
	Headers string
	Body    string // in place of SDP; Headers have its type
	Number  int    // the CSeq of what is sent; set by script
}

// description is what in the session description of a SIPp differs from sound in A-law both ways.
type description map[string]any

// sound is a description without pictures.
func sound(version int, more ...string) description {
	d := description{"NoVideo": true, "Version": version}
	for i := 0; i+1 < len(more); i += 2 {
		d[more[i]] = more[i+1]
	}
	return d
}

// offer is a change of the session that the gateway agrees to, after a while.
func offer(method string, d description) []step {
	steps := []step{{Pause: 2000}, {Send: method, SDP: d}, {Response: "200"}}
	if method == "INVITE" {
		steps = append(steps, step{Ack: "200"})
	}
	return steps
}

// agree is a change of the session by the gateway that the peer agrees to.
func agree(d description) []step {
	return []step{{Request: "INVITE"}, {Reply: "200 OK", SDP: d}, {Request: "ACK"}}
}

// script is the values of a peer that takes these steps.
func script(values map[string]any, parts ...[]step) map[string]any {
	var steps []step
	number := 0
	if values["User"] != nil {
		number = 1 // that of its first INVITE
	}
	for _, part := range parts {
		for _, s := range part {
			if s.Send != "" {
				number++
			}
			s.Number = number
			steps = append(steps, s)
		}
	}
	values["Steps"] = steps
	return values
}

// scripted starts a callee that plays the clip's sound and takes these steps.
func scripted(t testing.TB, parts ...[]step) *peers.SIPp {
	t.Helper()
	return callee(t, "script", script(map[string]any{"First": sound(1), "Sound": peers.WriteClip(t, 1).Sound}, parts...))
}

// requireBeepsNow listens to a stream, and fails unless the clip's beep is heard each second.
func (g *gatewayUnderTest) requireBeepsNow(t testing.TB, stream string) {
	t.Helper()
	viewer := peers.StartViewer(t, g.rest+"/whep/"+stream, peers.Viewing{Audio: "PCMA", Record: 7 * time.Second})
	r := analyse(t, viewer.Recording(t))
	require.Zero(t, r.BackwardTimestamps)
	requireBeeps(t, r, 5)
}

// waitHeld waits until a call is held by these, or by nobody.
func (g *gatewayUnderTest) waitHeld(t testing.TB, id string, want gateway.Held) {
	t.Helper()
	require.Eventually(t, func() bool { return g.call(t, id).Held == want }, patience, 20*time.Millisecond, "not %+v", want)
}

// answersTo is the gateway's final answers to the requests of a method, oldest first.
func answersTo(t testing.TB, peer *peers.SIPp, method string) []string {
	t.Helper()
	var found []string
	for _, message := range received(t, peer, "SIP/2.0 ") {
		if strings.Contains(message, fmt.Sprintf(" %s\r\n", method)) && !strings.HasPrefix(message, "SIP/2.0 1") {
			found = append(found, message)
		}
	}
	return found
}
