package websdk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestPlayAndStop(t *testing.T) {
	fake := withStream("call-42")
	_, addr := serve(t, fake, defaultLimits())
	p := open(t, addr)
	p.play("P", "call-42")
	p.expect("setRemoteSDP", `["P","v=0\r\n",true]`)
	require.Equal(t, []gateway.PlaySpec{{ID: "P", Stream: "call-42", Offer: "v=0 offer"}}, fake.Played())

	up := gateway.MediaSession{ID: "P", Stream: "call-42", Status: gateway.MediaPlaying, HasAudio: true, HasVideo: true}
	fake.SetSession(up)
	p.expect("notifyStreamStatusEvent", `[{"mediaSessionId":"P","name":"call-42","published":false,"hasAudio":true,"hasVideo":true,
		"status":"PLAYING","mediaProvider":"WebRTC"}]`)
	up.Width, up.Height = 640, 480
	fake.SetSession(up)
	p.expect("notifyStreamEvent", `[{"mediaSessionId":"P","type":"resize","payload":{"streamerVideoWidth":640,"streamerVideoHeight":480}}]`)
	up.Bytes = 1000
	fake.SetSession(up)
	p.expectNothing()
	up.Height = 360
	fake.SetSession(up)
	p.expect("notifyStreamEvent", `[{"mediaSessionId":"P","type":"resize","payload":{"streamerVideoWidth":640,"streamerVideoHeight":360}}]`)

	p.say(`{"message":"stopStream","data":[{"mediaSessionId":"P","name":"call-42","published":false,"status":"PLAYING"}]}`)
	p.expect("notifyStreamStatusEvent", `[{"mediaSessionId":"P","name":"call-42","published":false,"hasAudio":true,"hasVideo":true,
		"status":"STOPPED","info":"Stopped by user","mediaProvider":"WebRTC"}]`)
	p.say(`{"message":"stopStream","data":[{"mediaSessionId":"P"}]}`)
	p.expectNothing()

	p.playing(fake, "P", "call-42") // an id may be used again
}

func TestPublishAndUnpublish(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := open(t, addr)
	p.publish("P", "cam1")
	p.expect("setRemoteSDP", `["P","v=0\r\n",true]`)
	require.Equal(t, []gateway.PublishSpec{{ID: "P", Stream: "cam1", Offer: "v=0 offer"}}, fake.Published())
	fake.SetSession(gateway.MediaSession{ID: "P", Stream: "cam1", Published: true, Status: gateway.MediaPublishing, HasAudio: true})
	p.expect("notifyStreamStatusEvent", `[{"mediaSessionId":"P","name":"cam1","published":true,"hasAudio":true,"hasVideo":false,
		"status":"PUBLISHING","mediaProvider":"WebRTC"}]`)
	p.say(`{"message":"unPublishStream","data":[{"mediaSessionId":"P","name":"cam1","published":true}]}`)
	p.expectStatus("P", gateway.MediaUnpublished, gateway.InfoByUser)
	require.Empty(t, fake.Snapshot().Streams)
	p.expectNothing()
}

func TestEndsThatTheGatewayTells(t *testing.T) {
	for _, end := range []gateway.MediaSession{
		{Status: gateway.MediaStopped, Info: gateway.InfoByPublisher},
		{Status: gateway.MediaFailed, Info: gateway.InfoICETimeout},
		{Status: gateway.MediaStopped, Info: gateway.InfoByREST},
	} {
		t.Run(string(end.Info), func(t *testing.T) {
			fake := withStream("s")
			_, addr := serve(t, fake, defaultLimits())
			p := open(t, addr)
			p.playing(fake, "P", "s")
			end.ID = "P"
			fake.SetSession(end)
			fake.RemoveSession("P")
			p.expectStatus("P", end.Status, end.Info)
			p.expectNothing()
		})
	}
}

// TestAnswerComesFirst: what happens before the gateway has handed over its answer is told after it.
func TestAnswerComesFirst(t *testing.T) {
	fake := withStream("s")
	running := make(chan *Server, 1)
	fake.PlayFunc = func(_ context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error) {
		fake.SetSession(gateway.MediaSession{ID: spec.ID, Stream: "s", Status: gateway.MediaPlaying, Width: 8, Height: 4})
		ended := spec.ID == "Q"
		if ended {
			fake.SetSession(gateway.MediaSession{ID: spec.ID, Stream: "s", Status: gateway.MediaFailed, Info: gateway.InfoICETimeout})
			fake.RemoveSession(spec.ID)
		}
		s := <-running
		running <- s
		require.Eventually(t, func() bool {
			s.registry.mu.Lock()
			defer s.registry.mu.Unlock()
			m := s.registry.byID[spec.ID]
			return m.newest != nil && m.newest.Status.Ended() == ended
		}, patience, time.Millisecond)
		return gateway.MediaAnswer{ID: spec.ID, Answer: "v=0 answer"}, nil
	}
	s, addr := serve(t, fake, defaultLimits())
	running <- s
	p := open(t, addr)
	p.play("P", "s")
	p.expect("setRemoteSDP", `["P","v=0 answer",true]`)
	p.expectStatus("P", gateway.MediaPlaying, "")
	name, _ := p.hear()
	require.Equal(t, "notifyStreamEvent", name)

	p.play("Q", "s")
	p.expect("setRemoteSDP", `["Q","v=0 answer",true]`)
	p.expectStatus("Q", gateway.MediaFailed, gateway.InfoICETimeout)
	p.expectNothing()
}

func TestRefusals(t *testing.T) {
	fake := gatewaytest.New()
	s, addr := serve(t, fake, defaultLimits())
	p := open(t, addr)
	p.play("P", "nothing")
	p.expectStatus("P", gateway.MediaFailed, gateway.InfoNotFound)
	fake.SetStream(gateway.Stream{Name: "taken"})
	p.publish("P", "taken")
	p.expectStatus("P", gateway.MediaFailed, gateway.InfoNameInUse)

	asked := len(fake.Played())
	for _, provider := range []string{"MSE", "WSPlayer", "Flash"} {
		p.say(`{"message":"playStream","data":[{"mediaSessionId":"P","name":"taken","mediaProvider":"` + provider + `","sdp":"v=0"}]}`)
		p.expectStatus("P", gateway.MediaFailed, gateway.InfoNoCodecs)
	}
	p.say(`{"message":"playStream","data":[{"mediaSessionId":"P","name":"taken","sdp":"` + strings.Repeat("v", maxOffer+1) + `"}]}`)
	p.expectStatus("P", gateway.MediaFailed, gateway.InfoError)
	p.say(`{"message":"playStream","data":[{"name":"taken","sdp":"v=0"}]}`)
	p.expect("fail", `[{"apiMethod":"playStream","status":"FAILED","info":"MediaSessionId is null"}]`)
	p.say(`{"message":"playStream","data":[{"mediaSessionId":"` + strings.Repeat("x", maxID+1) + `"}]}`)
	name, _ := p.hear()
	require.Equal(t, "fail", name)
	require.Len(t, fake.Played(), asked)
	require.Empty(t, s.registry.byID)
	p.expectNothing()
}

// TestWordsOfRefusals: pages know what to say for these, and for no others.
func TestWordsOfRefusals(t *testing.T) {
	fake := gatewaytest.New()
	fake.PlayFunc = func(_ context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error) {
		if spec.Stream == "" {
			return gateway.MediaAnswer{}, errors.New("not of the contract")
		}
		return gateway.MediaAnswer{}, fmt.Errorf("play: %w", &gateway.Error{Reason: spec.Stream})
	}
	_, addr := serve(t, fake, defaultLimits())
	p := open(t, addr)
	for reason, info := range map[string]gateway.MediaInfo{
		gateway.ReasonStreamMissing: gateway.InfoNotFound,
		gateway.ReasonStreamInUse:   gateway.InfoNameInUse,
		gateway.ReasonNoCodec:       gateway.InfoNoCodecs,
		gateway.ReasonSessionExists: gateway.InfoIDInUse,
		gateway.ReasonSDP:           gateway.InfoError,
		gateway.ReasonTooMany:       gateway.InfoError,
		"":                          gateway.InfoError,
	} {
		p.play("P", reason)
		p.expectStatus("P", gateway.MediaFailed, info)
		p.expectNothing()
	}
}

// TestNumbersForText: pages send one for the other.
func TestNumbersForText(t *testing.T) {
	fake := withStream("1001")
	_, addr := serve(t, fake, defaultLimits())
	p := open(t, addr)
	p.say(`{"message":"playStream","data":[{"mediaSessionId":7,"name":1001,"sdp":"v=0"}]}`)
	p.expect("setRemoteSDP", `["7","v=0\r\n",true]`)
	require.Equal(t, []gateway.PlaySpec{{ID: "7", Stream: "1001", Offer: "v=0"}}, fake.Played())
}

func TestIDsBelongToTheirSocket(t *testing.T) {
	fake := withStream("s")
	_, addr := serve(t, fake, defaultLimits())
	mine, other := open(t, addr), open(t, addr)
	mine.playing(fake, "P", "s")
	other.say(`{"message":"stopStream","data":[{"mediaSessionId":"P"}]}`)
	other.expectNothing()
	other.play("P", "s")
	other.expectStatus("P", gateway.MediaFailed, gateway.InfoIDInUse)
	mine.play("P", "s")
	mine.expect("fail", `[{"apiMethod":"playStream","id":"P","status":"FAILED","info":"MediaSessionId is already in use"}]`)
	mine.expectNothing()
	require.Len(t, fake.Snapshot().MediaSessions, 1)
	mine.say(`{"message":"stopStream","data":[{"mediaSessionId":"P"}]}`)
	mine.expectStatus("P", gateway.MediaStopped, gateway.InfoByUser)
}

// TestStoppingWhatHasEnded: the page waits for a status even if the gateway knows the session no more.
func TestStoppingWhatHasEnded(t *testing.T) {
	fake := withStream("s")
	fake.PlayFunc = func(_ context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error) {
		return gateway.MediaAnswer{ID: spec.ID, Answer: "v=0"}, nil
	}
	_, addr := serve(t, fake, defaultLimits())
	p := open(t, addr)
	p.play("P", "s")
	p.expect("setRemoteSDP", `["P","v=0",true]`)
	p.say(`{"message":"stopStream","data":[{"mediaSessionId":"P"}]}`)
	p.expectStatus("P", gateway.MediaStopped, gateway.InfoByUser)
	p.expectNothing()
}

func TestTooManyMediaSessions(t *testing.T) {
	fake := withStream("s")
	l := defaultLimits()
	l.sessions = 2
	_, addr := serve(t, fake, l)
	p := open(t, addr)
	p.playing(fake, "1", "s")
	p.playing(fake, "2", "s")
	p.play("3", "s")
	p.expectStatus("3", gateway.MediaFailed, gateway.InfoError)
	p.say(`{"message":"stopStream","data":[{"mediaSessionId":"1"}]}`)
	p.expectStatus("1", gateway.MediaStopped, gateway.InfoByUser)
	p.playing(fake, "3", "s")
}

func TestDisconnectEndsEverything(t *testing.T) {
	fake := withStream("s")
	api := ends{fake, make(chan string, 10)}
	s, addr := serve(t, api, defaultLimits())
	p := open(t, addr)
	p.playing(fake, "P", "s")
	p.publishing(fake, "Q", "cam")
	require.NoError(t, p.conn.CloseNow())
	require.ElementsMatch(t, []string{"P Stopped by session disconnect", "Q Stopped by session disconnect"}, []string{<-api.told, <-api.told})
	require.Eventually(t, func() bool { return len(fake.Snapshot().MediaSessions) == 0 }, patience, time.Millisecond)
	require.Len(t, fake.Snapshot().Streams, 1)
	require.Empty(t, s.registry.known())
}
