package engine

import (
	"context"

	"callcast/gateway"
)

// Devices lists the microphones and cameras of this machine.
func (e *Engine) Devices(context.Context) ([]gateway.Device, error) { return nil, nil }

// UseDevices lets somebody at this machine talk in a call.
func (e *Engine) UseDevices(context.Context, string, gateway.DeviceUse) error {
	return notYet("devices")
}
