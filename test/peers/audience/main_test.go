package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a gateway that sends one picture of two packets again and again, and leaves out each third packet's number.
type stage struct {
	t    *testing.T
	api  *webrtc.API
	end  chan struct{}
	play sync.WaitGroup

	mu     sync.Mutex // guards what follows
	gone   int
	actors []*webrtc.PeerConnection
}

func newStage(t *testing.T) (s *stage, address string) {
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	s = &stage{t: t, api: webrtc.NewAPI(webrtc.WithSettingEngine(settings)), end: make(chan struct{})}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
		close(s.end)
		s.play.Wait()
		for _, pc := range s.actors {
			_ = pc.GracefulClose()
		}
	})
	return s, server.URL
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodDelete {
		s.gone++
		return
	}
	offer, err := io.ReadAll(r.Body)
	if err == nil {
		var answer string
		if answer, err = s.answer(string(offer)); err == nil {
			w.Header().Set("Location", "/seat")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, answer)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

func (s *stage) answer(offer string) (string, error) {
	pc, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	s.actors = append(s.actors, pc)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000}, "v", "s")
	if err != nil {
		return "", err
	}
	if _, err := pc.AddTrack(track); err != nil {
		return "", err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	s.play.Go(func() { s.perform(track) })
	return pc.LocalDescription().SDP, nil
}

func (s *stage) perform(track *webrtc.TrackLocalStaticRTP) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for number := uint16(65530); ; number++ {
		select {
		case <-s.end:
			return
		case <-ticker.C:
		}
		if number%3 == 0 {
			continue
		}
		header := rtp.Header{Version: 2, SequenceNumber: number, Marker: number%3 == 2, Timestamp: uint32(number) * 1000}
		_ = track.WriteRTP(&rtp.Packet{Header: header, Payload: []byte{0x41, 1, 2}})
	}
}

// TestAudience: it says what arrived of what was sent, again for each line, and leaves.
func TestAudience(t *testing.T) {
	const size = 3
	s, address := newStage(t)
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run([]string{address, "3"}, in, out)
		_ = out.Close()
	}()
	tell := json.NewDecoder(bufio.NewReader(answers))
	var first, later counts
	require.NoError(t, tell.Decode(&first))
	require.GreaterOrEqual(t, first.Pictures, int64(size))
	for later.Packets < first.Packets+300 {
		_, err := io.WriteString(ask, "\n")
		require.NoError(t, err)
		require.NoError(t, tell.Decode(&later))
	}
	require.InEpsilon(t, later.Packets, 2*later.Pictures, 0.1, "two packets make a picture")
	require.InEpsilon(t, later.Packets, 2*later.Missing, 0.1, "one in three is missing")
	require.NoError(t, ask.Close())
	require.NoError(t, <-ended)
	require.Equal(t, size, s.gone)
}

func TestAudienceRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"http://127.0.0.1:1/x"}, {"http://127.0.0.1:1/x", "many"}, {"http://127.0.0.1:1/x", "1"}} {
		require.Error(t, run(args, nil, io.Discard), args)
	}
}
