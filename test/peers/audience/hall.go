package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// hall is where the viewers sit.
type hall struct {
	api     *webrtc.API
	viewers []*viewer
}

func newHall() (*hall, error) {
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	// Receiver reports are what a browser sends when all is well.
	var interceptors interceptor.Registry
	if err := webrtc.ConfigureRTCPReports(&interceptors); err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	return &hall{api: webrtc.NewAPI(
		webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptors), webrtc.WithSettingEngine(settings),
	)}, nil
}

// admit lets one more viewer in.
func (h *hall) admit(url string) error {
	v, err := watch(h.api, url)
	if err != nil {
		return fmt.Errorf("viewer %d: %w", len(h.viewers), err)
	}
	h.viewers = append(h.viewers, v)
	return nil
}

// settle waits until everybody has seen a picture.
func (h *hall) settle(within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	for i, v := range h.viewers {
		select {
		case <-v.seen:
		case <-late.C:
			return fmt.Errorf("viewer %d sees nothing", i)
		}
	}
	return nil
}

// total is what all have received so far.
func (h *hall) total() counts {
	var all counts
	for _, v := range h.viewers {
		v.add(&all)
	}
	return all
}

func (h *hall) close() error {
	var errs []error
	for _, v := range h.viewers {
		errs = append(errs, v.leave())
	}
	return errors.Join(errs...)
}
