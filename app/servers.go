package app

import (
	"log/slog"
	"net"

	"callcast/app/certificate"
	"callcast/assets"
	"callcast/gateway"
	"callcast/gateway/engine"
	"callcast/gateway/rest"
	"callcast/gateway/websdk"
)

// startREST serves the API over HTTP.
func startREST(eng *engine.Engine, cfg gateway.ListenConfig, log *slog.Logger) *rest.Server {
	server := rest.New(rest.Params{API: eng, Version: Version, Player: assets.Player(), Log: log})
	addr, err := server.Start(cfg)
	announce(eng, "rest", cfg, addr, err, server.Refused, log)
	return server
}

// startWebSDK serves the API to WCS's browser clients, without TLS and behind it.
func startWebSDK(eng *engine.Engine, cfg gateway.Config, log *slog.Logger) *websdk.Server {
	server := websdk.New(websdk.Params{API: eng, Version: Version, Log: log})
	addr, err := server.Start(cfg.WebSDK, nil)
	announce(eng, "ws", cfg.WebSDK, addr, err, server.Refused, log)

	secure, err := certificate.Config(cfg.TLS, cfg.WebSDKTLS.Host, cfg.SIP.PublicIP)
	if err != nil {
		refuseTLS(eng, cfg.WebSDKTLS, err, log)
		return server
	}
	addr, err = server.Start(cfg.WebSDKTLS, secure)
	announce(eng, "wss", cfg.WebSDKTLS, addr, err, none, log)
	return server
}

// none is what is refused on a port whose refusals another one counts.
func none() uint64 { return 0 }

// announce publishes a server's port. One that is taken is published too; the rest runs.
func announce(eng *engine.Engine, name string, cfg gateway.ListenConfig, addr net.Addr, err error, refused func() uint64, log *slog.Logger) {
	listener := gateway.Listener{Name: name, Setting: name + "_port"}
	if err != nil {
		listener.Address = cfg.Address()
		listener.Err = engine.ListenError(name, listener.Address, err)
		listener.Setting = listener.Err.Field
		log.Error("port cannot be opened", "name", name, "err", err)
	} else {
		listener.Address = addr.String()
	}
	eng.AddListener(listener, refused)
}

// refuseTLS publishes that there is no certificate to listen with.
func refuseTLS(eng *engine.Engine, cfg gateway.ListenConfig, err error, log *slog.Logger) {
	log.Error("port cannot be opened", "name", "wss", "err", err)
	eng.AddListener(gateway.Listener{
		Name: "wss", Setting: "tls_certificate", Address: cfg.Address(),
		Err: &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonFileMissing, Field: "tls_certificate", Value: cfg.Address(),
			Message: "tls_certificate: " + err.Error() + "; give PEM files that this program may read.", Err: err,
		},
	}, none)
}
