package screen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestPlayerLink(t *testing.T) {
	tests := []struct {
		address, stream, want string
		local                 bool
	}{
		{"127.0.0.1:8081", "a", "http://127.0.0.1:8081/play/a", true},
		{"localhost:8081", "a", "http://localhost:8081/play/a", true},
		{"[::1]:8081", "a", "http://[::1]:8081/play/a", true},
		{"192.168.1.5:8081", "a", "http://192.168.1.5:8081/play/a", false},
		{"gateway.example.com:80", "a", "http://gateway.example.com:80/play/a", false},
		{"0.0.0.0:8081", "a", "http://10.0.0.9:8081/play/a", false},
		{"[::]:8081", "a", "http://10.0.0.9:8081/play/a", false},
		{":8081", "a", "http://10.0.0.9:8081/play/a", false},
		{"192.168.1.5:8081", "rtmp://host/live/a b", "http://192.168.1.5:8081/play/rtmp:%2F%2Fhost%2Flive%2Fa%20b", false},
	}
	for _, tt := range tests {
		got, ok := playerLink([]gateway.Listener{{Name: "rtmp", Address: "1.2.3.4:1935"}, {Name: "rest", Address: tt.address}},
			tt.stream, func() string { return "10.0.0.9" })
		require.True(t, ok, tt.address)
		require.Equal(t, link{tt.want, tt.local}, got, tt.address)
	}
	_, ok := playerLink([]gateway.Listener{{Name: "rtmp", Address: "1.2.3.4:1935"}}, "a", nil)
	require.False(t, ok)
	_, ok = playerLink([]gateway.Listener{{Name: "rest", Address: "127.0.0.1:1", Err: &gateway.Error{}}}, "a", nil)
	require.False(t, ok)
}

func TestPlaceOfAnOrigin(t *testing.T) {
	for origin, want := range map[string]string{
		"1002@pbx.example.com": "1002", "192.168.1.7:50112": "192.168.1.7", "[2001:db8::1]:50112": "2001:db8::1",
		"rtmp://origin.example.com:1936/live/a": "origin.example.com", "": "",
	} {
		require.Equal(t, want, place(origin))
	}
}

func TestWhatOfASavedTargetIsWrittenDown(t *testing.T) {
	tests := []struct {
		url, key, stored string
		keyed            bool
	}{
		{"rtmp://host/live", "key", "rtmp://host/live", true},
		{"rtmp://host/live/key", "", "rtmp://host/live", true},
		{"rtmp://host/live", "", "rtmp://host/live", false},
		{"rtmp://host/live?token=secret", "", "rtmp://host/live", true},
		{"rtmp://user:secret@host/live", "key?auth=secret", "rtmp://host/live", true},
	}
	for _, tt := range tests {
		require.Equal(t, savedTarget{Name: "a", URL: tt.stored, Keyed: tt.keyed}, written("a", pushSpec("stream", tt.url, tt.key)), tt.url)
	}
}
