package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// crowd is those who talk.
type crowd struct {
	api          *webrtc.API
	codec        codec
	folder       string
	voice, marks [][]byte // frames
	talkers      []*talker
}

// report is what all have sent and received so far.
type report struct {
	Sent     int64   `json:"sent"`
	Received int64   `json:"received"`
	Missing  int64   `json:"missing"` // packets whose number never came
	Marks    []marks `json:"marks"`   // of those who mark
}

func newCrowd(name, folder string) (*crowd, error) {
	c, ok := codecs()[name]
	if !ok {
		return nil, fmt.Errorf("codec %q: give opus or PCMA", name)
	}
	voice, err := c.load(filepath.Join(folder, "voice."+c.extension))
	if err != nil {
		return nil, err
	}
	marked, err := c.load(filepath.Join(folder, "marks."+c.extension))
	if err != nil {
		return nil, err
	}
	var media webrtc.MediaEngine
	if err := media.RegisterCodec(c.parameters, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	var interceptors interceptor.Registry
	if err := webrtc.ConfigureRTCPReports(&interceptors); err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	return &crowd{
		codec: c, folder: folder, voice: voice, marks: marked,
		api: webrtc.NewAPI(
			webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptors), webrtc.WithSettingEngine(settings),
		),
	}, nil
}

// admit lets one more talker in.
func (c *crowd) admit(address, callee string) error {
	n := len(c.talkers)
	says := c.voice
	if n%markEvery == 0 {
		says = c.marks
	}
	t := &talker{codec: c.codec, says: says, marking: n%markEvery == 0, hears: make(chan struct{})}
	if n == recorded {
		var err error
		if t.keeper, err = c.codec.record(filepath.Join(c.folder, "heard."+c.codec.extension)); err != nil {
			return err
		}
	}
	c.talkers = append(c.talkers, t)
	return t.open(c.api, address, callee)
}

// settle waits until everybody has heard something.
func (c *crowd) settle(within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	for i, t := range c.talkers {
		select {
		case <-t.hears:
		case <-late.C:
			return fmt.Errorf("talker %d hears nothing", i)
		}
	}
	return nil
}

func (c *crowd) total() report {
	var all report
	for _, t := range c.talkers {
		t.addTo(&all)
	}
	return all
}

func (c *crowd) close() error {
	var errs []error
	for _, t := range c.talkers {
		errs = append(errs, t.leave())
	}
	return errors.Join(errs...)
}
