package websdk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func transferMessage(id, target string) string {
	return `{"message":"transfer","data":[{"callId":"` + id + `","target":"` + target + `"}]}`
}

func (p *page) expectTransfer(id, status string) {
	p.t.Helper()
	p.expect("notifyTransferEvent", `[{"callId":"`+id+`","status":"`+status+`"}]`)
}

// awaitTransfers waits until the gateway was asked for so many: the page is told before.
func awaitTransfers(t *testing.T, fake *gatewaytest.Fake, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(fake.Transfers()) == n }, patience, time.Millisecond)
}

func TestTransfer(t *testing.T) {
	for reason, outcome := range map[gateway.EndReason]string{gateway.EndTransferred: "COMPLETED", gateway.EndRemote: "FAILED"} {
		fake := gatewaytest.New()
		_, addr := serve(t, fake, defaultLimits())
		p := phoned(t, addr)
		p.establish(fake, "K")
		p.say(transferMessage("K", "1003"))
		p.expectTransfer("K", "PENDING")
		p.expectNothing()
		awaitTransfers(t, fake, 1)
		change(fake, "K", func(c *gateway.Call) { c.Status, c.Ending.Reason = gateway.CallFinish, reason })
		fake.RemoveCall("K")
		p.expectTransfer("K", outcome)
		p.expectCall("finish", "K", gateway.CallFinish, "")
		p.expectNothing()
		require.Equal(t, []gateway.TransferSpec{{CallID: "K", Target: "1003"}}, fake.Transfers())
	}
}

// TestAttendedTransfer: only a call of the same session can be the target.
func TestAttendedTransfer(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p, other := phoned(t, addr), phoned(t, addr)
	p.establish(fake, "K")
	p.establish(fake, "L")
	other.establish(fake, "M")
	p.say(`{"message":"hold","data":[{"callId":"K","holdForTransfer":true}]}`)
	p.expectCall("hold", "K", gateway.CallHold, "")
	for _, target := range []string{"L", "M", "K"} {
		p.say(transferMessage("K", target))
		p.expectTransfer("K", "PENDING")
	}
	p.say(about("hangup", "K"))
	p.expectTransfer("K", "FAILED")
	p.expectCall("finish", "K", gateway.CallFinish, "")
	require.Equal(t, []gateway.TransferSpec{
		{CallID: "K", Replaces: "L"}, {CallID: "K", Target: "M"}, {CallID: "K", Target: "K"},
	}, fake.Transfers())
}

func TestTransferIsRefused(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.establish(fake, "K")
	fake.RefuseFunc = func(string) error {
		return &gateway.Error{Reason: gateway.ReasonTransferRefused, Message: "the other side does not take the transfer"}
	}
	p.say(transferMessage("K", "1003"))
	p.expectTransfer("K", "PENDING")
	p.expectTransfer("K", "FAILED")
	p.expect("fail", `[{"apiMethod":"transfer","id":"K","status":"FAILED","info":"the other side does not take the transfer"}]`)
	change(fake, "K", func(c *gateway.Call) { c.Status = gateway.CallFinish })
	p.expectCall("finish", "K", gateway.CallFinish, "")
	p.expectNothing()
}

// TestTransferIsToldAsItGoes: the page learns what becomes of it while the call goes on, and may try again.
func TestTransferIsToldAsItGoes(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.establish(fake, "K")
	for n := range 2 {
		p.say(transferMessage("K", "1003"))
		p.expectTransfer("K", "PENDING")
		change(fake, "K", func(c *gateway.Call) {
			c.Transfer = gateway.Transfer{Target: "1003", Status: gateway.TransferPending, Number: 1 + n}
		})
		p.expectNothing()
		change(fake, "K", func(c *gateway.Call) { c.Transfer.Status, c.Transfer.SIPStatus = gateway.TransferFailed, 486 })
		p.expectTransfer("K", "FAILED")
		change(fake, "K", func(c *gateway.Call) { c.Audio.Packets++ })
		p.expectNothing()
	}
	// Somebody else transfers the call.
	change(fake, "K", func(c *gateway.Call) { c.Transfer = gateway.Transfer{Target: "1004", Status: gateway.TransferPending} })
	p.expectTransfer("K", "PENDING")
	change(fake, "K", func(c *gateway.Call) {
		c.Transfer.Status, c.Status, c.Ending.Reason = gateway.TransferCompleted, gateway.CallFinish, gateway.EndTransferred
	})
	p.expectTransfer("K", "COMPLETED")
	p.expectCall("finish", "K", gateway.CallFinish, "")
}

// TestTransferThatFailsAtOnce, like the one before, is told though nothing was seen of it in between.
func TestTransferThatFailsAtOnce(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.establish(fake, "K")
	for n := range 2 {
		p.say(transferMessage("K", "1003"))
		p.expectTransfer("K", "PENDING")
		change(fake, "K", func(c *gateway.Call) {
			c.Transfer = gateway.Transfer{Target: "1003", Status: gateway.TransferFailed, SIPStatus: 486, Number: 1 + n}
		})
		p.expectTransfer("K", "FAILED")
	}
}

// TestAttendedTransferByNumber: a call that was held for a transfer goes to the party of another call, if the page names it.
func TestAttendedTransferByNumber(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.establish(fake, "K")
	p.establish(fake, "L")
	change(fake, "L", func(c *gateway.Call) { c.Callee = "1003" })
	p.say(transferMessage("K", "1003"))
	p.expectTransfer("K", "PENDING")
	p.say(`{"message":"hold","data":[{"callId":"K","holdForTransfer":true}]}`)
	p.expectCall("hold", "K", gateway.CallHold, "")
	p.say(transferMessage("K", "1003"))
	p.expectTransfer("K", "PENDING")
	awaitTransfers(t, fake, 2)
	require.Equal(t, []gateway.TransferSpec{{CallID: "K", Target: "1003"}, {CallID: "K", Replaces: "L"}}, fake.Transfers())
}
