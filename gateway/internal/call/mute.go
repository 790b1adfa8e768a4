package call

import "context"

// Mute puts silence in place of what the other side of an established call hears, but for tones, or takes it away.
func (c *Call) Mute(ctx context.Context, muted bool) error {
	if _, err := c.LiveMedia(ctx); err != nil {
		return err
	}
	c.send(func(context.Context) {
		c.media.SetMuted(muted)
		c.muted = muted
		c.publish()
	})
	return nil
}
