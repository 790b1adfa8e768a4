package websdk

import (
	"context"

	"callcast/gateway"
)

// transferStatus is the data of notifyTransferEvent.
type transferStatus struct {
	ID     string                 `json:"callId"`
	Status gateway.TransferStatus `json:"status"`
}

// transfer connects the remote party with somebody else. A target that is another call of this session, or the party of one
// while this call is held for it, means the party there, who has been asked before.
func (k *socket) transfer(_ context.Context, f fields) error {
	target, board := f.typed("target"), k.server.switchboard
	return k.request(f.text("callId"), "transfer", func(ctx context.Context, c *line) error {
		spec := gateway.TransferSpec{CallID: c.id, Target: target}
		if other := board.consulted(c, target); other != nil {
			spec.Target, spec.Replaces = "", other.id
		}
		board.transferring(c, gateway.TransferPending)
		err := k.server.api.TransferCall(ctx, spec)
		if err != nil {
			board.transferring(c, gateway.TransferFailed)
		}
		return err
	})
}

// consulted is the other call of this phone that a target means, if it means one.
func (b *switchboard) consulted(c *line, target string) *line {
	b.mu.Lock()
	defer b.mu.Unlock()
	if other := c.phone.byID[target]; other != nil {
		if other == c || other.hungUp {
			return nil
		}
		return other
	}
	if !c.consults {
		return nil
	}
	for _, other := range c.phone.byID {
		if other != c && !other.hungUp && other.party() == target && up(other.call.Status) {
			return other
		}
	}
	return nil
}

// party is whom a line is with.
func (c *line) party() string {
	if c.call.Incoming {
		return c.call.Caller
	}
	return c.call.Callee
}

func up(s gateway.CallStatus) bool { return s == gateway.CallEstablished || s == gateway.CallHold }

// transferring tells how a transfer stands that the page asked for, unless it knows. Clients cannot be told of one whose call
// is over.
func (b *switchboard) transferring(c *line, status gateway.TransferStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	pending := status == gateway.TransferPending
	if c.over || !pending && !c.transferring {
		return
	}
	c.transferring = pending
	c.phone.tell("notifyTransferEvent", transferStatus{c.id, status})
}

// transferred takes in what the gateway tells of a transfer, who ever asked for it. It is called under the lock.
func (b *switchboard) transferred(c *line, now gateway.Transfer) {
	pending := now.Status == gateway.TransferPending
	if !c.open || now.Status == "" || pending == c.transferring {
		return
	}
	c.transferring = pending
	c.phone.tell("notifyTransferEvent", transferStatus{c.id, now.Status})
}

// transferOutcome is what the end of a call says of its transfer.
func transferOutcome(call gateway.Call) gateway.TransferStatus {
	if call.Ending.Reason == gateway.EndTransferred || call.Transfer.Status == gateway.TransferCompleted {
		return gateway.TransferCompleted
	}
	return gateway.TransferFailed
}
