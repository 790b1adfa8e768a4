package main

import (
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestHumIsKnownByItsPitch(t *testing.T) {
	samples := make([]int16, 2*voiceRate)
	for i := range samples {
		at := float64(i) / voiceRate
		for h := 1; h <= harmonics; h++ {
			samples[i] += int16(2000 * math.Sin(2*math.Pi*phonePitch*float64(h)*at) / float64(h))
		}
	}
	require.Greater(t, humShare(samples, phonePitch), 0.95)
	require.Less(t, humShare(samples, browserPitch), 0.1)
	require.Zero(t, humShare(make([]int16, voiceRate), phonePitch))
	require.ErrorContains(t, understood("browser", humShare(samples, browserPitch)), "not what was said")
}

func TestDelaysAreThoseOfMarksInTheWindow(t *testing.T) {
	const second, ms = int64(time.Second), int64(time.Millisecond)
	var d delays
	d.add(moments{
		sent:  []int64{1 * second, 2 * second, 3 * second, 4 * second},
		heard: []int64{1*second + 10*ms, 2*second + 20*ms, 4*second + 40*ms}, // the third is lost
	}, time.Unix(2, 0), time.Unix(4, 0))
	require.Equal(t, delays{Marks: 2, Took: []time.Duration{20 * time.Millisecond}}, d)
}

func TestMarkIsSoundAfterSilence(t *testing.T) {
	var m mark
	for i := range 100 {
		m.frame(i%25 < 5, time.Unix(0, int64(i)))
	}
	require.Equal(t, []int64{25, 50, 75}, m.at)
}

func TestPhoneTalksAndListens(t *testing.T) {
	defer goleak.VerifyNone(t)
	p, err := newPhone([][]byte{{1, 2}, {3, 4}})
	require.NoError(t, err)
	audio, _ := receiver(t)
	answer, to, err := p.accept("v=0\r\n" + "m=audio " + strings.TrimPrefix(audio.LocalAddr().String(), "127.0.0.1:") +
		" RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n")
	require.NoError(t, err)
	require.Contains(t, answer, " RTP/AVP 8 101\r\n")
	p.start(t.Context(), to)
	for want := byte(1); want < 5; want += 2 {
		var packet rtp.Packet
		require.NoError(t, packet.Unmarshal(datagram(t, audio)))
		require.Equal(t, []byte{want, want + 1}, packet.Payload)
	}
	media, _ := p.leg.ports()
	for i, number := range []uint16{65535, 1} { // 0 is lost
		payload := []byte{0xD5, 0xD5, byte(0xD5 + i)}
		raw, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: number}, Payload: payload}).Marshal()
		require.NoError(t, err)
		_, err = audio.WriteToUDP(raw, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: media})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return p.state().received == 2 }, 10*time.Second, time.Millisecond)
	h := p.state()
	require.Equal(t, []int{1, 1}, []int{h.missing, h.silent})
	require.NoError(t, p.stop())
	require.GreaterOrEqual(t, p.state().sent, 2)
}

func TestTalkedInRows(t *testing.T) {
	ours := talked{
		Way: "opus", Talks: 10, Idle: outcome{Window: time.Second, CPU: 10 * time.Millisecond},
		Busy:      outcome{Window: 2 * time.Second, CPU: 140 * time.Millisecond},
		ToBrowser: delays{Marks: 3, Took: []time.Duration{3 * time.Millisecond, time.Millisecond, 2 * time.Millisecond}},
	}
	theirs := talked{Talks: 5, Idle: outcome{Window: time.Second}, Busy: outcome{Window: time.Second, CPU: 60 * time.Millisecond}}
	require.InDelta(t, 0.006, ours.perTalk(), 1e-9)
	for _, line := range []string{
		"opus, 2s                          10 callcast       5 ffmpeg\n", "CPU per call                          0.600 %        1.200 %\n",
		"delay phone to browser, median         2.0 ms              -\n", "CPU per call, ratio                     0.500\n",
	} {
		require.Contains(t, ours.rows(theirs), line)
	}
}
