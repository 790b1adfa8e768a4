package websdk

import (
	"callcast/gateway"
)

// alive reports whether there is a call to hang up.
func (b *switchboard) alive(c *line) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.live
}

// gone ends a line whose call the gateway does not know.
func (b *switchboard) gone(c *line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.over {
		return
	}
	c.open, c.call.Status = true, gateway.CallFinish
	b.finish(c)
}

// warn tells that something was refused. The call goes on.
func (b *switchboard) warn(c *line, name string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !c.over {
		c.phone.tell("fail", failure{APIMethod: name, ID: c.id, Status: gateway.MediaFailed, Info: err.Error()})
	}
}

// refuse ends a line whose call the gateway has refused.
func (b *switchboard) refuse(c *line, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail(c, err.Error())
}
