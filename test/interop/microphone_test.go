package interop

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestMicrophone: what a microphone of this machine hears is heard by the phone that is called, until the microphone is
// gone.
func TestMicrophone(t *testing.T) {
	const tone = 440
	pulse := peers.StartPulse(t)
	pulse.Play(t, tone)
	g := startGateway(t)
	var mu sync.Mutex // guards heard
	var heard []int16
	phone := startPhone(t, demophone.Params{OnSound: func(_ string, _ uint32, samples []int16) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, samples...)
	}})
	g.dial(t, "spoken", phone.URI(), nil)
	g.waitFor(t, "spoken", "status", string(gateway.CallEstablished), patience)

	found, err := g.api.Devices(t.Context())
	require.NoError(t, err)
	at := slices.IndexFunc(found, func(d gateway.Device) bool { return d.Kind == "audio" && d.Name == pulse.Microphone })
	require.GreaterOrEqual(t, at, 0, "%v", found)
	use := gateway.DeviceUse{Microphone: found[at].ID}
	begun := time.Now()
	require.NoError(t, g.api.UseDevices(t.Context(), "spoken", use))
	t.Logf("opened in %v", time.Since(begun))
	inUse := func() gateway.DeviceUse { return g.api.Snapshot().Calls[0].Devices }
	require.Eventually(t, func() bool { return inUse() == use }, patience, 10*time.Millisecond)

	// Of the last two seconds nearly all is nothing but the tone. A busy machine may tear holes into it.
	const tenth, all, enough = 800, 20, 16
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		pure := 0
		for part := range slices.Chunk(heard[max(0, len(heard)-tenth*all):], tenth) {
			if share(part, tone) > 0.98 {
				pure++
			}
		}
		return pure >= enough
	}, 2*patience, 50*time.Millisecond)

	t.Logf("heard after %v", time.Since(begun))
	pulse.Stop(t)
	begun = time.Now()
	require.Eventually(t, func() bool { return inUse() == gateway.DeviceUse{} }, patience, 10*time.Millisecond)
	t.Logf("missed after %v", time.Since(begun))
	g.hangUp(t, "spoken")
}

// share is how much of the power of samples at 8 kHz is in a tone.
func share(samples []int16, tone float64) float64 {
	var re, im, power float64
	for i, s := range samples {
		w := 2 * math.Pi * tone * float64(i) / 8000
		re, im = re+float64(s)*math.Cos(w), im+float64(s)*math.Sin(w)
		power += float64(s) * float64(s)
	}
	if power == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / (power * float64(len(samples)))
}
