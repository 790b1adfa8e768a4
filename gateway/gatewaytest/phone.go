package gatewaytest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"callcast/gateway"
)

// Dialed is one recorded request to call from a browser.
type Dialed struct {
	Spec  gateway.CallSpec
	Offer string
}

// Dial implements gateway.API. By default it starts the call as StartCall does; the answer says nothing.
func (f *Fake) Dial(ctx context.Context, spec gateway.CallSpec, offer string) (gateway.MediaAnswer, error) {
	f.mu.Lock()
	f.dialed = append(f.dialed, Dialed{spec, offer})
	f.mu.Unlock()
	if err := f.refuse("Dial"); err != nil {
		return gateway.MediaAnswer{}, err
	}
	if err := f.StartCall(ctx, spec); err != nil {
		return gateway.MediaAnswer{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := f.calls.get(spec.ID); ok {
		c.Browser = true
		f.calls.set(spec.ID, c)
	}
	return gateway.MediaAnswer{ID: spec.ID, Answer: "v=0\r\n"}, nil
}

// Register implements gateway.API. By default the registration is PENDING until SetRegistration says otherwise.
func (f *Fake) Register(_ context.Context, spec gateway.RegisterSpec) error {
	if err := f.refuse("Register"); err != nil {
		return err
	}
	if errs := spec.Account.Validate(); len(errs) > 0 {
		return errs[0]
	}
	f.mu.Lock()
	_, exists := f.registrations.get(spec.ID)
	f.mu.Unlock()
	if exists {
		return refused(gateway.CodeConflict, gateway.ReasonRegistrationExists, "registration", spec.ID, "a registration with this id exists")
	}
	f.SetRegistration(gateway.Registration{ID: spec.ID, Account: spec.Account, Status: gateway.RegistrationPending, Created: time.Now()})
	return nil
}

// SetRegistration adds or replaces a registration and tells every subscriber.
func (f *Fake) SetRegistration(r gateway.Registration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.registrations.set(r.ID, r)
	f.publish(registrationEvent(r))
}

// Unregister implements gateway.API.
func (f *Fake) Unregister(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.registrations.remove(id) {
		return refused(gateway.CodeNotFound, gateway.ReasonRegistrationMissing, "registration", id, "no registration with this id")
	}
	f.publish(gateway.Event{Kind: gateway.EventRegistration, ID: id, Removed: true})
	return nil
}

// OfferCall implements gateway.API. By default every incoming call that rings is offered, and every call that a browser talks in;
// the offer says nothing.
func (f *Fake) OfferCall(_ context.Context, callID string) (string, error) {
	if err := f.refuse("OfferCall"); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.calls.get(callID)
	switch {
	case !ok:
		return "", callNotFound(callID)
	case !rings(c) && !talks(c):
		return "", notRinging(callID)
	}
	f.offered[callID] = true
	return "v=0\r\n", nil
}

// AnswerCall implements gateway.API. By default the call is established at once.
func (f *Fake) AnswerCall(_ context.Context, spec gateway.AnswerSpec) error {
	f.mu.Lock()
	f.answered = append(f.answered, spec)
	f.mu.Unlock()
	if errs := spec.Validate(); len(errs) > 0 {
		return errs[0]
	}
	again, err := f.answers(spec.CallID)
	if err != nil {
		return err
	}
	return f.changeCall("AnswerCall", spec.CallID, func(c *gateway.Call) {
		if again {
			return
		}
		c.Status, c.Browser = gateway.CallEstablished, spec.SDP != ""
		c.RTMPURL, c.RTMPStream = spec.RTMPURL, spec.RTMPStream
		c.Stream = cmp.Or(spec.Stream, c.Stream, c.ID)
	})
}

// answers reports whether the answer is that of another browser to a call that one talks in already.
func (f *Fake) answers(callID string) (again bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.calls.get(callID)
	again = ok && talks(c) && f.offered[callID]
	delete(f.offered, callID)
	switch {
	case !ok:
		return false, callNotFound(callID)
	case !again && !rings(c):
		return false, notRinging(callID)
	}
	return again, nil
}

func rings(c gateway.Call) bool { return c.Incoming && c.Status == gateway.CallRing }

func talks(c gateway.Call) bool {
	return c.Browser && (c.Status == gateway.CallEstablished || c.Status == gateway.CallHold)
}

func notRinging(callID string) error {
	return refused(gateway.CodeConflict, gateway.ReasonNotRinging, "callId", callID, "the call does not ring here")
}

// TransferCall implements gateway.API. By default every remote party agrees; nothing follows.
func (f *Fake) TransferCall(_ context.Context, spec gateway.TransferSpec) error {
	f.mu.Lock()
	f.transfers = append(f.transfers, spec)
	f.mu.Unlock()
	return f.changeCall("TransferCall", spec.CallID, func(*gateway.Call) {})
}

// MuteCall implements gateway.API.
func (f *Fake) MuteCall(_ context.Context, callID string, muted bool) error {
	return f.changeCall("MuteCall", callID, func(c *gateway.Call) { c.Muted = muted })
}

// Devices implements gateway.API: what SetDevices said.
func (f *Fake) Devices(context.Context) ([]gateway.Device, error) {
	if err := f.refuse("Devices"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.devices), nil
}

// SetDevices says which microphones and cameras there are.
func (f *Fake) SetDevices(devices ...gateway.Device) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.devices = devices
}

// UseDevices implements gateway.API. By default the call uses them at once.
func (f *Fake) UseDevices(_ context.Context, callID string, use gateway.DeviceUse) error {
	return f.changeCall("UseDevices", callID, func(c *gateway.Call) { c.Devices = use })
}

// Ladder implements gateway.API: what SetLadder said.
func (f *Fake) Ladder(_ context.Context, callID string) (gateway.Ladder, error) {
	if err := f.refuse("Ladder"); err != nil {
		return gateway.Ladder{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l, ok := f.ladders[callID]
	if !ok {
		return gateway.Ladder{}, callNotFound(callID)
	}
	return l, nil
}

// SetLadder says which SIP messages a call has seen.
func (f *Fake) SetLadder(l gateway.Ladder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ladders[l.CallID] = l
}

// Dialed returns every request to call from a browser, in order.
func (f *Fake) Dialed() []Dialed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.dialed)
}

// Answered returns every request to take a call, in order.
func (f *Fake) Answered() []gateway.AnswerSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.answered)
}

// Transfers returns every request to transfer, in order.
func (f *Fake) Transfers() []gateway.TransferSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.transfers)
}
