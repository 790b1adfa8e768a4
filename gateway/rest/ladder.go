package rest

import (
	"net/http"
	"time"

	"callcast/gateway"
)

// ladder is the SIP messages of a call, oldest first.
type ladder struct {
	CallID   string       `json:"callId"`
	Messages []sipMessage `json:"messages"`
	Dropped  int          `json:"dropped"`
}

type sipMessage struct {
	Time      time.Time `json:"time"`
	Direction string    `json:"direction"` // in or out
	Remote    string    `json:"remote"`
	Transport string    `json:"transport"`
	Start     string    `json:"start"`
	Text      string    `json:"text"`
	SDP       *string   `json:"sdp"`
	Repeats   int       `json:"repeats"`
}

func (s *service) callLadder(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	id := f.required("callId")
	if err := f.problem(); err != nil {
		return err
	}
	seen, err := s.api.Ladder(r.Context(), id)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, ladderOf(seen))
}

func ladderOf(l gateway.Ladder) ladder {
	shown := ladder{CallID: l.CallID, Dropped: l.Dropped, Messages: make([]sipMessage, len(l.Messages))}
	for i, m := range l.Messages {
		direction := "in"
		if m.Sent {
			direction = "out"
		}
		shown.Messages[i] = sipMessage{
			Time: m.At, Direction: direction, Remote: m.Remote, Transport: string(m.Transport), Start: m.Start, Text: m.Text,
			SDP: nullable(m.SDP), Repeats: m.Repeats,
		}
	}
	return shown
}
