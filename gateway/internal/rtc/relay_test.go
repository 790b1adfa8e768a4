package rtc

import (
	"net"
	"testing"

	"github.com/pion/turn/v5"
	"github.com/stretchr/testify/require"
)

// TestRelayIsNamed: a server that relays media to who shows the right password gives the answer one more address.
func TestRelayIsNamed(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	key := turn.GenerateAuthKey("user", "realm", "secret")
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "realm",
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, key, a.Username == "user"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	address := conn.LocalAddr().String()
	right := listenFor(t, Params{TURN: address, TURNUser: "user", TURNPassword: "secret"})
	require.Contains(t, answered(t, right), "typ relay")
	wrong := listenFor(t, Params{TURN: address, TURNUser: "user", TURNPassword: "guess"})
	require.NotContains(t, answered(t, wrong), "typ relay")
}
