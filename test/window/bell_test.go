package window

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
)

// loudspeaker tells what was heard until now, in samples at 8 kHz.
type loudspeaker func() []int16

func (l loudspeaker) awaitRinging(t *testing.T) {
	t.Helper()
	from := len(l())
	require.Eventually(t, func() bool { return sounds(l()[from:]) }, patience, tick, "nothing is heard")
}

// requireSilence listens for longer than a ringing pauses.
func (l loudspeaker) requireSilence(t *testing.T) {
	t.Helper()
	const second = 8000
	from := len(l()) + 2*second // what is written down may lag behind
	require.Eventually(t, func() bool { return len(l()) > from+5*second }, patience, tick, "the recording has stopped")
	require.False(t, sounds(l()[from:]), "it still rings")
}

func sounds(heard []int16) bool { return len(heard) > 0 && slices.Max(heard) > 500 }

// TestBell: a call is heard until it is answered, unless the operator silences the bell.
func TestBell(t *testing.T) {
	leaks(t)
	heard := loudspeaker(peers.StartPulse(t).Record(t))
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	d := newDesk(t)
	p, o := d.start()
	o.addAccount("gw", "gwpw", "sip.test", kamailio.Address())
	p.awaitSaid("REGISTERED")
	require.False(t, sounds(heard()), "it rings without a call")

	o.ring(p, phone, "rings aloud")
	heard.awaitRinging(t)
	o.click(o.screenshot("rings aloud").bell())
	heard.requireSilence(t)
	p.awaitStatus("RING")
	o.click(o.screenshot("rings silently").bell())
	heard.awaitRinging(t)
	o.click(o.screenshot("rings aloud again").answerButton())
	p.awaitStatus("ESTABLISHED")
	heard.requireSilence(t)
	o.press("ctrl+h")
	p.awaitSilence()

	o.ring(p, phone, "rings at the end")
	heard.awaitRinging(t)
	p.stop()
	heard.requireSilence(t)
}
