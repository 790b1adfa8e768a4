package websdk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/coder/websocket"

	"callcast/gateway"
)

// verb does what one kind of message asks for. An error is told to the browser; an ending closes its socket.
type verb func(k *socket, ctx context.Context, f fields) error

// verbs is every message a client may send after the first.
func verbs() map[string]verb {
	return map[string]verb{
		"ping":                           (*socket).pong,
		"pong":                           (*socket).swallow,
		"playStream":                     (*socket).play,
		"stopStream":                     (*socket).endSession,
		"publishStream":                  (*socket).publish,
		"unPublishStream":                (*socket).endSession,
		"availableStream":                (*socket).availableStream,
		"sendStreamEvent":                (*socket).sendStreamEvent,
		"sendData":                       (*socket).sendData,
		"snapshot":                       (*socket).snapshot,
		"call":                           (*socket).dial,
		"answer":                         (*socket).answer,
		"hangup":                         (*socket).hangup,
		"hold":                           (*socket).hold,
		"unhold":                         (*socket).unhold,
		"sendDtmf":                       (*socket).sendDTMF,
		"transfer":                       (*socket).transfer,
		"sessionDebug":                   (*socket).swallow,
		"submitBugReport":                (*socket).swallow,
		"pushLogs":                       (*socket).swallow,
		"connection":                     (*socket).connectedBefore,
		"connectMediaTransport":          (*socket).refuseTransport,
		"webRTCMetricsClientDescription": (*socket).swallow,
		"webRTCMetricsBatch":             (*socket).swallow,
	}
}

// swallow is for what clients send without expecting anything.
func (*socket) swallow(context.Context, fields) error { return nil }

func (*socket) unknown(context.Context, fields) error {
	return errors.New("the gateway does not know this message")
}

func (*socket) connectedBefore(context.Context, fields) error {
	return errors.New("the session is established: open another socket for another session")
}

func (k *socket) pong(context.Context, fields) error {
	k.send("pong", nil)
	return nil
}

// refuseTransport is for browsers without WebRTC, which would get their media by a second socket.
func (k *socket) refuseTransport(context.Context, fields) error {
	return ending{websocket.StatusPolicyViolation, "media goes by WebRTC only"}
}

// availability is the data of availableStream. Clients compare the status with text.
type availability struct {
	ID     string            `json:"id"`
	Status string            `json:"status"`
	Info   gateway.MediaInfo `json:"info,omitempty"`
}

// availableStream tells whether a stream can be played. One that is only reserved so far can: it is played as soon as
// something arrives, and a page that was told otherwise would not ask again.
func (k *socket) availableStream(_ context.Context, f fields) error {
	name, reply := f.text("name"), availability{ID: clip(f.text("mediaSessionId")), Status: "true"}
	there := slices.ContainsFunc(k.server.api.Snapshot().Streams, func(s gateway.Stream) bool { return s.Name == name })
	if !there {
		reply.Status, reply.Info = "false", gateway.InfoNotFound
	}
	k.send("availableStream", reply)
	return nil
}

// dataStatus is the data of DataStatusEvent. Clients know no other status than these two.
type dataStatus struct {
	OperationID string `json:"operationId"`
	Status      string `json:"status"`
	Info        string `json:"info,omitempty"`
}

// sendData serves what a page sends to an application on the server. There is none, and like WCS for an application
// without a hook the gateway accepts it; a room, though, would have to answer, so a page that wants one is refused.
func (k *socket) sendData(_ context.Context, f fields) error {
	reply := dataStatus{OperationID: clip(f.text("operationId")), Status: "ACCEPTED"}
	var room struct {
		Command any `json:"command"`
	}
	if json.Unmarshal(f["payload"], &room) == nil && room.Command != nil {
		reply.Status, reply.Info = "FAILED", "the gateway has no rooms"
	}
	k.send("DataStatusEvent", reply)
	return nil
}

// snapshot refuses to make a picture of a stream.
func (k *socket) snapshot(_ context.Context, f fields) error {
	k.send("notifyStreamEvent", streamEvent{
		ID: clip(f.text("mediaSessionId")), Type: "snapshotFailed",
		Payload: map[string]string{"info": "the gateway takes no snapshots"},
	})
	return nil
}
