package call

import (
	"context"
	"fmt"
	"strings"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/codec/dtmf"
)

// SendDTMF plays tones to the remote party. It returns when they are queued (RFC 4733) or accepted (INFO).
func (c *Call) SendDTMF(ctx context.Context, tones gateway.DTMF) error {
	media, err := c.LiveMedia(ctx)
	if err != nil {
		return err
	}
	if err := c.sendTones(ctx, media, tones); err != nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonTonesRefused, Field: "type", Value: string(tones.Type), Err: err,
			Message: fmt.Sprintf("type %q: the other side does not take tones sent this way (%v); try another type.", tones.Type, err),
		}
	}
	return nil
}

func (c *Call) sendTones(ctx context.Context, media Media, tones gateway.DTMF) error {
	digits := strings.ToUpper(tones.Digits)
	switch tones.Type {
	case gateway.DTMFInfo, gateway.DTMFInfoRelay:
		return c.sendInfo(ctx, digits, tones.Type == gateway.DTMFInfoRelay)
	default:
		return media.SendDTMF(ctx, digits)
	}
}

// infoTime is how long the other side may take to answer an INFO. SIP would let it take 32 s (RFC 3261 17.1.2.2), longer
// than whoever asked for the tones waits.
const infoTime = 5 * time.Second

func (c *Call) sendInfo(ctx context.Context, digits string, relay bool) error {
	var next <-chan time.Time
	for i, digit := range digits {
		if i > 0 {
			select {
			case <-next:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		next = time.After(dtmf.InfoPeriod)
		contentType, body := dtmf.Info(digit, relay)
		ctx, cancel := context.WithTimeout(ctx, infoTime)
		err := c.info(ctx, contentType, body)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// OnKey takes a key that the remote party has pressed.
func (c *Call) OnKey(key rune, way dtmf.Way) {
	c.send(func(context.Context) { c.pressed(key, way) })
}

// pressed notes a key, unless it was told before in another way. Keys may be a PIN: no log has them.
func (c *Call) pressed(key rune, way dtmf.Way) {
	if !c.keys.New(key, way, time.Now()) {
		return
	}
	c.digits += string(key)
	c.digits = c.digits[max(0, len(c.digits)-gateway.MaxDigits):]
	c.log.Debug("key pressed", "way", way)
	c.publish()
}

// LiveMedia returns the media of an established call.
func (c *Call) LiveMedia(ctx context.Context) (Media, error) {
	media := make(chan Media, 1)
	c.send(func(context.Context) {
		if c.state.up() {
			media <- c.media
		}
		close(media)
	})
	select {
	case m, up := <-media:
		if up {
			return m, nil
		}
	case <-c.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return nil, c.NotUp()
}

// NotUp says that the call is not established.
func (c *Call) NotUp() *gateway.Error {
	return &gateway.Error{
		Code: gateway.CodeConflict, Reason: gateway.ReasonNotUp, Field: "callId", Value: c.p.Spec.ID,
		Message: "callId \"" + c.p.Spec.ID + "\": the call is not established; wait for ESTABLISHED.",
	}
}
