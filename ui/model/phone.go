package model

import (
	"context"

	"callcast/gateway"
)

// Hold holds a call, or takes it back.
func (m *Model) Hold(callID string, hold bool, done Done) {
	m.run(func(ctx context.Context) error { return m.api.HoldCall(ctx, callID, hold) }, done)
}

// Mute puts silence in place of what the remote party of a call hears, or takes it away.
func (m *Model) Mute(callID string, muted bool, done Done) {
	m.run(func(ctx context.Context) error { return m.api.MuteCall(ctx, callID, muted) }, done)
}

// Transfer connects the remote party of a call with somebody else.
func (m *Model) Transfer(spec gateway.TransferSpec, done Done) {
	m.run(func(ctx context.Context) error { return m.api.TransferCall(ctx, spec) }, done)
}

// TransferTargets are the calls whose remote party that of another can be connected with.
func (m *Model) TransferTargets(callID string) []gateway.Call {
	return m.callsWith(func(c gateway.Call) bool { return c.ID != callID && IsUp(c) })
}

// IsUp tells whether a call is established, held or not.
func IsUp(c gateway.Call) bool {
	return c.Status == gateway.CallEstablished || c.Status == gateway.CallHold
}

// Devices fetches the microphones and cameras there are.
func (m *Model) Devices(use func([]gateway.Device, *gateway.Error)) {
	m.async(func(ctx context.Context) func() {
		devices, err := m.api.Devices(ctx)
		return func() { use(devices, asError(err)) }
	})
}

// OnMicrophone tells whether a call hears what is heard in this room.
func (m *Model) OnMicrophone() bool {
	return len(m.callsWith(func(c gateway.Call) bool {
		return c.Status == gateway.CallEstablished && c.Devices.Microphone != "" && !c.Muted
	})) > 0
}

// UseDevices lets the operator talk in a call with other devices.
func (m *Model) UseDevices(callID string, use gateway.DeviceUse, done Done) {
	m.run(func(ctx context.Context) error { return m.api.UseDevices(ctx, callID, use) }, done)
}

// Ladder fetches the SIP messages of a call.
func (m *Model) Ladder(callID string, use func(gateway.Ladder, *gateway.Error)) {
	m.async(func(ctx context.Context) func() {
		ladder, err := m.api.Ladder(ctx, callID)
		return func() { use(ladder, asError(err)) }
	})
}
