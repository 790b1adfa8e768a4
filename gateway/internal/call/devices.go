package call

import (
	"context"

	"callcast/gateway"
)

// SetDevices has the call tell of the devices that somebody talks with, as they are when it comes to it.
func (c *Call) SetDevices(using func() gateway.DeviceUse) {
	c.send(func(context.Context) {
		before := c.devices
		if c.devices = using(); c.devices != before {
			c.publish()
		}
	})
}

// inUse is the devices that are in use. Those of a call that is over are let go.
func (c *Call) inUse() gateway.DeviceUse {
	if c.state.over {
		return gateway.DeviceUse{}
	}
	return c.devices
}
