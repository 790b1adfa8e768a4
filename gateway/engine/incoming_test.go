package engine

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// registrar answers every REGISTER, with a failure while it is down.
type registrar struct {
	conn   net.PacketConn
	answer string // to calls: a session description

	mu     sync.Mutex // guards refuse
	refuse bool
}

func newRegistrar(t *testing.T) *registrar {
	t.Helper()
	return newAnswerer(t, "")
}

// newAnswerer is a registrar that takes calls with a session description.
func newAnswerer(t *testing.T, answer string) *registrar {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	require.NoError(t, err)
	r := &registrar{conn: conn, answer: answer}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return r
}

func (r *registrar) turn(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = down
}

func (r *registrar) serve() {
	buf := make([]byte, 65536)
	for {
		n, from, err := r.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		r.mu.Lock()
		status := "200 OK"
		if r.refuse {
			status = "503 Out of Order"
		}
		r.mu.Unlock()
		var b strings.Builder
		fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
		for line := range strings.SplitSeq(string(buf[:n]), "\r\n") {
			name, _, _ := strings.Cut(line, ":")
			switch strings.ToLower(name) {
			case "via", "from", "call-id", "cseq", "expires":
				b.WriteString(line + "\r\n")
			case "to":
				b.WriteString(line + ";tag=registrar\r\n")
			}
		}
		if r.answer != "" {
			fmt.Fprintf(&b, "Contact: <sip:%s>\r\nContent-Type: application/sdp\r\n", r.conn.LocalAddr())
		}
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.answer), r.answer)
		_, _ = r.conn.WriteTo([]byte(b.String()), from)
	}
}

func (r *registrar) account(login string) gateway.Account {
	return gateway.Account{Login: login, Domain: r.conn.LocalAddr().String()}
}

// desk is an engine with an account that can be called, and its address.
func desk(t *testing.T) (*Engine, string) {
	t.Helper()
	c := loopback()
	e := start(t, c)
	require.NoError(t, e.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: newRegistrar(t).account("desk")}))
	awaitRegistration(t, e, "desk", gateway.RegistrationUp)
	return e, "sip:desk@" + e.agent.Addr().String()
}

func awaitRegistration(t *testing.T, e *Engine, id string, status gateway.RegistrationStatus) gateway.Registration {
	t.Helper()
	var found gateway.Registration
	require.Eventually(t, func() bool {
		for _, r := range e.Snapshot().Registrations {
			if r.ID == id && r.Status == status {
				found = r
				return true
			}
		}
		return false
	}, patience, 10*time.Millisecond)
	return found
}

// ring has one engine call another, and returns the id the call has there.
func ring(t *testing.T, to *Engine, place func(to string), address string) string {
	t.Helper()
	place(address)
	var id string
	require.Eventually(t, func() bool {
		for _, c := range to.Snapshot().Calls {
			if c.Status == gateway.CallRing && c.Incoming {
				id = c.ID
			}
		}
		return id != ""
	}, patience, 10*time.Millisecond)
	return id
}

func outgoing(id, address string) gateway.CallSpec {
	return gateway.CallSpec{
		ID: id, Callee: address, HasAudio: true, VisibleName: "The Operator",
		Account: gateway.Account{Login: "operator", Domain: "127.0.0.1"},
	}
}

// TestTwoBrowsersTalk: one calls, the other is called, and each hears what the other says.
func TestTwoBrowsersTalk(t *testing.T) {
	here, address := desk(t)
	there := start(t, loopback())
	caller, called := newHandset(t, false), newHandset(t, false)
	caller.talk(t, otherTone)
	called.talk(t, browserTone)
	atHome, abroad := follow(t, here), follow(t, there)
	id := ring(t, here, func(to string) { dial(t, there, caller, outgoing("c1", to)) }, address)
	abroad.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status == gateway.CallRing })
	rings := atHome.await(t, id, func(ev gateway.Event) bool { return ev.Call.Status == gateway.CallRing }).Call
	require.Equal(t, "desk", rings.Registration)
	require.Equal(t, "operator", rings.Caller)
	require.Equal(t, "desk", rings.Callee)
	require.Equal(t, "The Operator", rings.VisibleName)
	require.Empty(t, rings.Stream, "it is named when it is answered")
	require.True(t, rings.HasAudio)

	_, err := here.OfferCall(t.Context(), id)
	require.NoError(t, err)
	requireRefusal(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id, SDP: "hello"}), gateway.CodeInvalid, gateway.ReasonSDP)
	requireRefusal(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id, SDP: "v=0"}), gateway.CodeConflict, gateway.ReasonNotRinging) // to no offer
	_, err = here.OfferCall(t.Context(), id)
	require.NoError(t, err)
	offer, err := here.OfferCall(t.Context(), id) // another page was faster
	require.NoError(t, err)
	require.NoError(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id, SDP: called.Answer(t, offer)}))
	require.True(t, atHome.await(t, id, established).Call.Browser)
	abroad.await(t, "c1", established)
	hears(t, caller.recent, browserTone)
	hears(t, called.recent, otherTone)
	requireRefusal(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id}), gateway.CodeConflict, gateway.ReasonNotRinging)

	called.Close()
	ended := func(ev gateway.Event) bool { return ev.Call != nil && ev.Call.Status.Ended() }
	require.Equal(t, gateway.EndBrowser, atHome.await(t, id, ended).Call.Ending.Reason)
	require.Equal(t, gateway.EndRemote, abroad.await(t, "c1", ended).Call.Ending.Reason)
	<-caller.Gone
}

// TestIncomingCallBecomesAStream, and goes as it came.
func TestIncomingCallBecomesAStream(t *testing.T) {
	here, address := desk(t)
	there := start(t, loopback())
	caller := newHandset(t, false)
	caller.talk(t, otherTone)
	events := follow(t, here)
	id := ring(t, here, func(to string) { dial(t, there, caller, outgoing("c1", to)) }, address)
	require.NoError(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id}))
	require.False(t, events.await(t, id, established).Call.Browser)
	watcher := newHandset(t, false)
	watcher.talk(t, browserTone)
	answer, err := here.Play(t.Context(), gateway.PlaySpec{Stream: id, Offer: watcher.Offer(t)})
	require.NoError(t, err)
	watcher.Accept(t, answer.Answer)
	hears(t, watcher.recent, otherTone)
	require.NoError(t, there.EndCall(t.Context(), "c1"))
	require.Equal(t, gateway.EndRemote, events.await(t, id, func(ev gateway.Event) bool {
		return ev.Call.Status.Ended()
	}).Call.Ending.Reason)
	events.await(t, id, removed)
}

func TestCallsThatAreNotTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		leave     func(t *testing.T, here, there *Engine, id string)
		here      gateway.EndReason
		there     gateway.EndReason
		sipStatus int
	}{
		"refused": {func(t *testing.T, here, _ *Engine, id string) {
			require.NoError(t, here.EndCall(t.Context(), id))
		}, gateway.EndLocal, gateway.EndBusy, 486},
		"given up": {func(t *testing.T, here, there *Engine, id string) {
			_, err := here.OfferCall(t.Context(), id)
			require.NoError(t, err)
			require.NoError(t, there.EndCall(t.Context(), "c1"))
		}, gateway.EndRemote, gateway.EndLocal, 0},
		"stopped": {func(t *testing.T, here, _ *Engine, _ string) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			require.NoError(t, here.Close(ctx))
		}, gateway.EndShutdown, gateway.EndRejected, 503},
	} {
		t.Run(name, func(t *testing.T) {
			here, address := desk(t)
			there := start(t, loopback())
			atHome, abroad := follow(t, here), follow(t, there)
			id := ring(t, here, func(to string) {
				require.NoError(t, there.StartCall(t.Context(), outgoing("c1", to)))
			}, address)
			tt.leave(t, here, there, id)
			ended := func(ev gateway.Event) bool { return ev.Call != nil && ev.Call.Status.Ended() }
			require.Equal(t, tt.here, atHome.await(t, id, ended).Call.Ending.Reason)
			end := abroad.await(t, "c1", ended).Call
			require.Equal(t, tt.there, end.Ending.Reason)
			if tt.sipStatus != 0 {
				require.Equal(t, tt.sipStatus, end.SIPStatus)
			}
			abroad.await(t, "c1", removed)
		})
	}
}

// TestNobodyIsThere: who rings too long, and who calls somebody unknown.
func TestNobodyIsThere(t *testing.T) {
	c := loopback()
	c.SIP.NoAnswer = 100 * time.Millisecond
	here, there := start(t, c), start(t, loopback())
	require.NoError(t, here.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: newRegistrar(t).account("desk")}))
	awaitRegistration(t, here, "desk", gateway.RegistrationUp)
	events := follow(t, there)
	for user, status := range map[string]int{"desk": 480, "nobody": 404} {
		require.NoError(t, there.StartCall(t.Context(), outgoing(user, "sip:"+user+"@"+here.agent.Addr().String())))
		end := events.await(t, user, func(ev gateway.Event) bool { return ev.Call.Status.Ended() }).Call
		require.Equal(t, status, end.SIPStatus)
	}
}

func TestOnlySoManyCallsRing(t *testing.T) {
	e := start(t, loopback())
	c := newCalls(e)
	ringing := callPlan{incoming: &incoming{}}
	for n := range maxRinging {
		require.Nil(t, c.conflict(ringing))
		c.byID[fmt.Sprint(n)] = &callRoom{callPlan: ringing}
	}
	err := c.conflict(ringing)
	require.Equal(t, gateway.ReasonTooMany, err.Reason)
	require.Equal(t, statusBusy, refusal(err))
	c.byID["0"].opened.Store(true)
	require.Nil(t, c.conflict(ringing), "one was answered")
	c.refuse()
	require.Equal(t, statusStopping, refusal(c.conflict(ringing)))
}

func TestWhatCallersTalkIn(t *testing.T) {
	const session = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	const pictures = "m=video 6 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
	type codecs = [media.Kinds]media.Codec
	all := [media.Kinds][]media.Codec{media.Audio: {media.PCMA, media.PCMU}, media.Video: {media.H264}}
	for description, want := range map[string]codecs{
		"":                                    telephone(all),
		session + "m=audio 4 RTP/AVP 0 8\r\n": {media.Audio: media.PCMU},
		session + "m=audio 4 RTP/AVP 18 8\r\n" + pictures: {media.Audio: media.PCMA, media.Video: media.H264},
		session + pictures: {media.Video: media.H264},
		session + "m=audio 4 RTP/AVP 8\r\nm=video 6 RTP/AVP 34\r\n": {media.Audio: media.PCMA},
	} {
		wants, err := offered([]byte(description), all, gateway.SRTPNever)
		require.NoError(t, err, description)
		require.Equal(t, want, wants, description)
	}
	for _, description := range []string{"hello", session, session + "m=audio 4 RTP/AVP 18\r\n"} {
		_, err := offered([]byte(description), all, gateway.SRTPNever)
		require.Error(t, err, description)
	}
	_, err := offered([]byte(session+"m=audio 4 RTP/AVP 8\r\n"), all, gateway.SRTPRequired)
	require.EqualError(t, err, "nothing in common: [audio: the other side does not encrypt, and SRTP is required]")
	_, err = offered([]byte(session+"m=audio 4 RTP/SAVP 8\r\n"), all, gateway.SRTPNever)
	require.ErrorContains(t, err, "audio: the other side wants encryption")
}

func TestRegistrations(t *testing.T) {
	e, server := start(t, loopback()), newRegistrar(t)
	server.turn(true)
	spec := gateway.RegisterSpec{ID: "desk", Account: server.account("desk")}
	require.NoError(t, e.Register(t.Context(), spec))
	requireRefusal(t, e.Register(t.Context(), spec), gateway.CodeConflict, gateway.ReasonRegistrationExists)
	failed := awaitRegistration(t, e, "desk", gateway.RegistrationFailed)
	require.Equal(t, 503, failed.SIPStatus)
	require.Contains(t, failed.Text, "Out of Order")
	require.NoError(t, e.Unregister(t.Context(), "desk"))
	require.Empty(t, e.Snapshot().Registrations)
	requireRefusal(t, e.Unregister(t.Context(), "desk"), gateway.CodeNotFound, gateway.ReasonRegistrationMissing)

	server.turn(false)
	require.NoError(t, e.Register(t.Context(), spec))
	require.Equal(t, 200, awaitRegistration(t, e, "desk", gateway.RegistrationUp).SIPStatus)
}
