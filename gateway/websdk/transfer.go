package websdk

import (
	"context"

	"callcast/gateway"
)

// transferStatus is the data of notifyTransferEvent.
type transferStatus struct {
	ID     string `json:"callId"`
	Status string `json:"status"`
}

// The statuses of a transfer.
const (
	transferPending   = "PENDING"
	transferCompleted = "COMPLETED"
	transferFailed    = "FAILED"
)

// transferOutcome is what the end of a call says of its transfer.
func transferOutcome(r gateway.EndReason) string {
	if r == gateway.EndTransferred {
		return transferCompleted
	}
	return transferFailed
}

// transfer connects the remote party with somebody else. A target that is another call of this session means the party
// there, who has been asked before.
func (k *socket) transfer(_ context.Context, f fields) error {
	target, board := f.typed("target"), k.server.switchboard
	return k.request(f.text("callId"), "transfer", func(ctx context.Context, c *line) error {
		spec := gateway.TransferSpec{CallID: c.id, Target: target}
		if other := board.find(c.phone, target); other != nil && other != c {
			spec.Target, spec.Replaces = "", other.id
		}
		board.transferring(c, transferPending)
		err := k.server.api.TransferCall(ctx, spec)
		if err != nil {
			board.transferring(c, transferFailed)
		}
		return err
	})
}

// transferring tells how a transfer stands. Clients cannot be told of one whose call is over.
func (b *switchboard) transferring(c *line, status string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.over {
		return
	}
	c.transferring = status == transferPending
	c.phone.tell("notifyTransferEvent", transferStatus{c.id, status})
}
