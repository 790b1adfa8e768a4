package ladder

import "callcast/gateway"

// record is the messages of one call.
type record struct {
	id        string
	dialogs   []string // the Call-IDs that are its
	registers []string // likewise, of REGISTERs made for it, while they are
	messages  []gateway.SIPMessage
	bytes     int
	dropped   int
}

// add keeps a message, in place of the oldest ones if need be. The same message again is only counted.
func (c *record) add(m gateway.SIPMessage) {
	for i := range c.messages {
		if same(c.messages[i], m) {
			c.messages[i].Repeats++
			return
		}
	}
	c.messages = append(c.messages, m)
	c.bytes += size(m)
	for len(c.messages) > maxMessages || c.bytes > maxBytes && len(c.messages) > 1 {
		c.bytes -= size(c.messages[0])
		c.messages = c.messages[1:]
		c.dropped++
	}
}

func same(a, b gateway.SIPMessage) bool {
	return a.Sent == b.Sent && a.Remote == b.Remote && a.Transport == b.Transport && a.Text == b.Text
}

// size is what a message costs. A session description that is a part of the text costs nothing more.
func size(m gateway.SIPMessage) int { return len(m.Text) }
