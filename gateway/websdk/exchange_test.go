package websdk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// TestCallFlood: a page that calls and hangs up as fast as it can is served at its pace; another is called meanwhile.
func TestCallFlood(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	flood, quit := context.WithCancel(t.Context())
	defer quit()
	var join sync.WaitGroup
	flooder := phoned(t, addr)
	join.Go(func() {
		for i := 0; ; i++ {
			for _, frame := range []string{callMessage("F"+strconv.Itoa(i), "1001"), about("hold", "F0"), about("hangup", "F"+strconv.Itoa(i/2))} {
				if flooder.conn.Write(flood, websocket.MessageText, []byte(frame)) != nil {
					return
				}
			}
		}
	})
	join.Go(func() {
		for {
			if _, r, err := flooder.conn.Reader(flood); err != nil {
				return
			} else if _, err := io.Copy(io.Discard, r); err != nil {
				return
			}
		}
	})
	p, r, _ := registered(t, fake, addr, "")
	for i := range 50 {
		id := "in-" + strconv.Itoa(i)
		fake.SetCall(incomingCall(id, r.ID))
		p.expectRing(id)
		p.say(`{"message":"answer","data":[{"callId":"` + id + `","sdp":"v=0"}]}`)
		p.expectCall("talk", id, gateway.CallEstablished, "")
		p.say(about("hangup", id))
		p.expectCall("finish", id, gateway.CallFinish, "")
	}
	live := 0
	for _, c := range fake.Snapshot().Calls {
		require.Equal(t, byte('F'), c.ID[0])
		live++
	}
	require.LessOrEqual(t, live, 16)
	quit()
	join.Wait()
	require.NoError(t, s.Close(t.Context()))
	require.Empty(t, fake.Snapshot().Calls)
	s.expectIdle(t)
}

// TestBusyExchange: pages come, call, are called, break and come back, all at once, while calls end by themselves.
// No page is told anything after the end of a call, and in the end nothing is left.
func TestBusyExchange(t *testing.T) {
	fake := gatewaytest.New()
	l := defaultLimits()
	l.rate, l.burst, l.keep = 1e6, 1e6, 50*time.Millisecond
	s, addr := serve(t, fake, l)
	var join sync.WaitGroup
	for n := range 6 {
		join.Go(func() {
			token := ""
			for round := range 6 {
				token = restless(t, fake, addr, token, fmt.Sprintf("%d-%d", n, round))
			}
		})
	}
	join.Wait()
	require.Eventually(t, func() bool { return s.sockets() == 0 }, patience, time.Millisecond)
	s.expectIdle(t)
}

// restless is a page that does this and that, and breaks off. It returns its token.
func restless(t *testing.T, fake *gatewaytest.Fake, addr, token, name string) string {
	p, user := connect(t, addr, sipFields+`,"sipRegisterRequired":true,"keepAlive":true,"authToken":"`+token+`"`)
	for i := range 4 {
		id := name + "-" + strconv.Itoa(i)
		p.say(callMessage(id, "1001"))
		for _, r := range fake.Snapshot().Registrations {
			r.Status = gateway.RegistrationUp
			fake.SetRegistration(r)
			if rand.IntN(4) == 0 {
				fake.SetCall(incomingCall("in-"+id+r.ID, r.ID))
			}
		}
		for _, verb := range []string{"hold", "unhold", "hangup"} {
			if rand.IntN(2) == 0 {
				p.say(about(verb, id))
			}
		}
		change(fake, id, func(c *gateway.Call) { c.Status = gateway.CallRing })
		if rand.IntN(3) == 0 {
			fake.RemoveCall(id)
		}
	}
	p.say(`{"message":"ping","data":[null]}`)
	over := map[string]bool{}
	for told, data := p.hear(); told != "pong"; told, data = p.hear() {
		var calls []callStatus
		if json.Unmarshal([]byte(data), &calls) != nil {
			continue // no status
		}
		id := calls[0].ID
		require.False(t, over[id] && (told == "ring" || told == "talk" || told == "hold"), data)
		over[id] = over[id] || told == "finish"
		if told == "notifyIncomingCall" && rand.IntN(2) == 0 {
			p.say(`{"message":"answer","data":[{"callId":"` + id + `","sdp":"v=0"}]}`)
		}
	}
	_ = p.conn.CloseNow()
	return user["authToken"].(string)
}
