package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	fyneapp "fyne.io/fyne/v2/app"

	"callcast/app/config"
	"callcast/app/ring"
	"callcast/app/secrets"
	"callcast/gateway"
	"callcast/ui"
)

// appID is what the desktop and the preferences know Callcast by; FyneApp.toml names the same.
const appID = "org.callcast.console"

// showWindow shows the console until it is closed or ctx ends, and calls leave when that begins. It must run on the main
// goroutine.
func showWindow(ctx context.Context, leave func(), api gateway.API, cfg gateway.Config, form ui.FormDefaults, log *slog.Logger) error {
	path, err := config.DefaultPath()
	if err != nil {
		return fmt.Errorf("where to keep secrets: %w", err)
	}
	desktop := fyneapp.NewWithID(appID)
	bell := ring.New(log)
	defer bell.Close()
	console := ui.New(ui.Params{
		App:            desktop,
		API:            api,
		Secrets:        secrets.New(filepath.Dir(path), log),
		Defaults:       form,
		RTMPNamePrefix: cfg.Media.RTMPNamePrefix,
		Configured:     configured(cfg.SIP.Accounts),
		Notify:         (&notifier{send: desktop.SendNotification, log: log}).notify,
		Ring:           bell.Ring,
		Leave:          leave,
		Version:        Version,
		Log:            log,
	})
	desktop.Lifecycle().SetOnStarted(func() {
		console.Start()
		if ctx.Err() != nil {
			console.Quit()
		}
	})
	// Fyne ends its loop by itself on the signals that end ctx.
	stop := context.AfterFunc(ctx, console.Leave)
	defer stop()
	console.Window().ShowAndRun()
	console.Close()
	return nil
}

// configured are the accounts that the gateway keeps registered whether there is a console or not.
func configured(specs []gateway.RegisterSpec) []gateway.Account {
	var accounts []gateway.Account
	for _, s := range specs {
		accounts = append(accounts, s.Account)
	}
	return accounts
}

// defaultForm is what the form holds before anything was typed into it: a push to the server inside.
func defaultForm(api gateway.API) ui.FormDefaults {
	return ui.FormDefaults{
		RTMPURL:    gateway.Secret(ownServer(api)),
		RTMPStream: "call1",
		Stream:     "call1",
		HasAudio:   true,
		HasVideo:   true,
	}
}

// ownServer is the address of the built-in RTMP server's application, empty if it does not run.
func ownServer(api gateway.API) string {
	for _, l := range api.Snapshot().Listeners {
		if l.Name == "rtmp" && l.Err == nil {
			return "rtmp://" + l.Address + "/live"
		}
	}
	return ""
}
