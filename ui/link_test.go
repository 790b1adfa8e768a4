package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

const (
	localLink = "http://127.0.0.1:8081/play/stream-a"
	localHint = "Opens on this computer only. To let others watch, set rest_host to an address of this computer."
)

func TestPlayerLinkIsShownAndCopied(t *testing.T) {
	b := onStreams(t)
	require.True(t, b.shows(localLink+"\n"+localHint), "%q", b.texts())
	b.shortcut(fyne.KeyL)
	require.Equal(t, localLink, b.app.Clipboard().Content())
	require.True(t, b.shows("Copied: "+localLink+"\n"+localHint))

	b.fake.SetListener(gateway.Listener{Name: "rest", Address: "192.168.1.5:8081"})
	b.until("another address", func() bool { return b.console.model.Listeners()[0].Address == "192.168.1.5:8081" })
	b.tap("Copy link")
	require.Equal(t, "http://192.168.1.5:8081/play/stream-a", b.app.Clipboard().Content())
	require.True(t, b.shows("Copied: http://192.168.1.5:8081/play/stream-a"))
}

func TestNoPlayerLinkWithoutThePort(t *testing.T) {
	b := onStreams(t)
	b.fake.SetListener(gateway.Listener{
		Name: "rest", Setting: "rest_port", Address: "127.0.0.1:8081",
		Err: &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonPortTaken, Message: "taken"},
	})
	b.sees("There is no link for viewers: the REST port is not served.")
	require.True(t, b.button("Copy link").Disabled())
	require.True(t, b.button("QR code").Disabled())
}

func TestQRCodeOfThePlayerLink(t *testing.T) {
	b := onStreams(t)
	b.shortcut(fyne.KeyR)
	b.sees(localLink + "\n" + localHint)
	var code image.Image
	b.overlay(func(o fyne.CanvasObject) {
		if picture, ok := o.(*canvas.Image); ok {
			code = picture.Image
		}
	})
	require.NotNil(t, code)
	require.Equal(t, 29+2*4, code.Bounds().Dx(), "version 3 and its quiet zone")
	light, _, _, _ := code.At(3, 3).RGBA()
	dark, _, _, _ := code.At(4, 4).RGBA()
	require.EqualValues(t, 0xffff, light)
	require.Zero(t, dark)
	b.fake.RemoveStream("stream-a")
	b.sees("Streams (0)")
	b.overlay(func(o fyne.CanvasObject) { require.NotNil(t, o) })
	b.tap("Close")
	b.closed()
}

func TestDialogHasTheKeyboardToItself(t *testing.T) {
	b := onStreams(t)
	b.shortcut(fyne.KeyP)
	require.True(t, b.asking())
	b.shortcut(fyne.KeyF)
	b.shortcut(fyne.KeyH)
	require.Len(t, b.console.Window().Canvas().Overlays().List(), 1)
	require.Empty(t, b.fake.Ended())
}
