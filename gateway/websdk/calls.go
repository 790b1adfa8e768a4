package websdk

import "context"

// callStatus is the data of every message about a call. Clients need the id and the status, not the message's name.
type callStatus struct {
	ID     string `json:"callId"`
	Status string `json:"status"`
	Info   string `json:"info,omitempty"`
}

// call refuses a call, so that its page does not wait.
func (k *socket) call(_ context.Context, f fields) error {
	k.send("finish", callStatus{clip(f.text("callId")), "FAILED", "the gateway takes no calls from browsers"})
	return nil
}

// hangup confirms the end of a call that never was, for pages that wait for it.
func (k *socket) hangup(_ context.Context, f fields) error {
	k.send("finish", callStatus{ID: clip(f.text("callId")), Status: "FINISH"})
	return nil
}
