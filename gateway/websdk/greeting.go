package websdk

import (
	"context"
	"crypto/rand"

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
	user := make(map[string]any, len(m.fields)+2)
	for name, value := range m.fields {
		user[name] = value
	}
	delete(user, "sipPassword")
	user["authToken"] = rand.Text()
	user["status"] = "ESTABLISHED"
	if login := m.fields.text("sipLogin"); login != "" {
		user["sipLogin"] = login // clients need text; forms may have made it a number
	}
	k.send("getUserData", user)
	return nil
}
