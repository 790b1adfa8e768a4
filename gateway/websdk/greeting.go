package websdk

import (
	"context"

	"github.com/coder/websocket"
)

// greet waits for the message that has to come first and makes the session established. The clients replace what they
// know of themselves by the answer, so it tells them all they said, except for the password.
func (k *socket) greet(ctx context.Context) error {
	wait, done := context.WithTimeout(ctx, k.server.limits.hello)
	defer done()
	m, err := k.next(wait, 0)
	if err != nil {
		return err
	}
	if m.name != "connection" || m.fields == nil {
		k.server.refused.Add(1)
		return ending{websocket.StatusPolicyViolation, "the first message has to be connection"}
	}
	k.established(m.fields)
	return k.register(ctx)
}

// established gives the session its phone: a new one, or one that was kept for it.
func (k *socket) established(f fields) {
	board := k.server.switchboard
	if f.text("keepAlive") == "true" {
		account, _ := accountOf(f)
		k.phone = board.takeOver(f.text("authToken"), account, k)
	}
	if k.phone == nil {
		k.phone = newPhone(f, userOf(f))
		board.connect(k.phone, k)
	}
}

func userOf(f fields) map[string]any {
	user := make(map[string]any, len(f)+2)
	for name, value := range f {
		user[name] = value
	}
	delete(user, "sipPassword")
	user["status"] = "ESTABLISHED"
	if login := f.text("sipLogin"); login != "" {
		user["sipLogin"] = login // clients need text; forms may have made it a number
	}
	return user
}
