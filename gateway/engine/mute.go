package engine

import "context"

// MuteCall puts silence in place of what the remote party hears.
func (e *Engine) MuteCall(ctx context.Context, callID string, muted bool) error {
	room, err := e.calls.find(callID)
	if err != nil {
		return err
	}
	return contractOrNil(room.call.Mute(ctx, muted))
}
