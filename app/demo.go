package app

import (
	"context"
	"fmt"
	"log/slog"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/ui"
)

// demoCall is the id of the demo's call and the name of its stream.
const demoCall = "demo"

// startPhone starts the phone that the demo calls.
func startPhone(log *slog.Logger) (*demophone.Phone, error) {
	phone, err := demophone.New(demophone.Params{Addr: "127.0.0.1:0", Log: log.With("peer", "demo phone")})
	if err != nil {
		return nil, fmt.Errorf("demo phone: %w", err)
	}
	if err := phone.Start(); err != nil {
		return nil, fmt.Errorf("demo phone: %w", err)
	}
	return phone, nil
}

// callPhone puts the phone on air on the RTMP server inside, and returns the form that would do the same.
func callPhone(ctx context.Context, api gateway.API, phone *demophone.Phone) (ui.FormDefaults, error) {
	form := ui.FormDefaults{
		Account:    gateway.Account{Login: "operator", Domain: "127.0.0.1"},
		Callee:     phone.URI(),
		Stream:     demoCall,
		RTMPURL:    gateway.Secret(ownServer(api)),
		RTMPStream: demoCall,
		HasAudio:   true,
		HasVideo:   true,
		Pinned:     true,
	}
	if form.RTMPURL == "" { // its port is taken
		form.RTMPStream = ""
	}
	err := api.StartCall(ctx, gateway.CallSpec{
		ID:          demoCall,
		Callee:      form.Callee,
		Account:     form.Account,
		Stream:      form.Stream,
		RTMPURL:     form.RTMPURL,
		RTMPStream:  form.RTMPStream,
		HasAudio:    true,
		HasVideo:    true,
		VisibleName: "Callcast demo",
	})
	if err != nil {
		return form, fmt.Errorf("demo call: %w", err)
	}
	return form, nil
}
