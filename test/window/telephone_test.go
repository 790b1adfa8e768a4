package window

import (
	"hash/fnv"
	"image"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
)

// addAccount types an account into its dialog and confirms it, with the keyboard only.
func (o *operator) addAccount(login, password, domain, proxy string) {
	o.t.Helper()
	o.press("ctrl+n")
	for _, value := range []string{login, "", password, domain, proxy, ""} {
		if value != "" {
			o.write(value)
		}
		o.press("Return")
	}
	o.press("space")
}

// answerButton is where a ringing call is answered: beside a red button of the same width, which is wider than the one
// that hangs up.
func (s shot) answerButton() image.Rectangle {
	reject := s.run(bad)
	return reject.Sub(image.Pt(reject.Dx()+4, 0))
}

// pictureSum differs from picture to picture.
func (s shot) pictureSum() uint64 {
	h := fnv.New64a()
	area := s.preview()
	for y := area.Min.Y; y < area.Max.Y; y += 4 {
		for x := area.Min.X; x < area.Max.X; x += 4 {
			r, g, b, _ := s.At(x, y).RGBA()
			_, _ = h.Write([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
		}
	}
	return h.Sum64()
}

// ring has the softphone call, and waits until the console shows that it rings.
func (o *operator) ring(p *program, phone *peers.Baresip, name string) {
	o.t.Helper()
	phone.Dial(o.t, "sip:gw@sip.test")
	require.Eventually(o.t, func() bool {
		calls := p.calls()
		return len(calls) == 1 && calls[0].Status == "RING" && o.screenshot(name).run(bad).Dx() > 160
	}, patience, tick, "the call does not ring")
}

func (p *program) awaitStatus(status string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		calls := p.calls()
		return len(calls) == 1 && calls[0].Status == status
	}, patience, tick, "the call is not %s", status)
}

func (p *program) awaitSilence() {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return len(p.calls()) == 0 }, patience, tick, "the call does not end")
}

func (p *program) awaitSaid(words string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.said(), words) }, patience, tick, "not said: %s", words)
}

// TestTelephone is a day at the telephone: an account is typed in and registered, a call is answered with the mouse and
// heard, one is missed, and after a restart the account is registered again and a call answered with the keyboard.
func TestTelephone(t *testing.T) {
	leaks(t)
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	d := newDesk(t)
	p, o := d.start()
	o.addAccount("gw", "gwpw", "sip.test", kamailio.Address())
	p.awaitSaid("REGISTERED")

	o.ring(p, phone, "rings")
	o.click(o.screenshot("rings").answerButton())
	p.awaitStatus("ESTABLISHED")
	pictures := map[uint64]bool{}
	require.Eventually(t, func() bool {
		s := o.screenshot("answered")
		pictures[s.pictureSum()] = true
		return len(pictures) >= 5 && s.level() > 100
	}, patience, tick, "no moving picture with sound: %v", &pictures)
	o.press("ctrl+5")
	o.screenshot("ladder")
	o.press("ctrl+h")
	p.awaitSilence()

	o.ring(p, phone, "rings again")
	phone.Hangup(t)
	p.awaitSilence()
	o.press("ctrl+3")
	o.screenshot("missed")
	p.stop()

	p, o = d.start()
	p.awaitSaid("REGISTERED")
	o.ring(p, phone, "rings after a restart")
	o.press("Return")
	p.awaitStatus("ESTABLISHED")
	p.stop()
	require.NotContains(t, p.said(), "gwpw")
	requireNowhere(t, d.home, "gwpw")
}
