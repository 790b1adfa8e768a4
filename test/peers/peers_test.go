package peers

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeersStart(t *testing.T) {
	kamailio := StartKamailio(t)
	nginx := StartNginx(t)
	require.Empty(t, nginx.Recordings(t, "none"))
	phone := StartBaresip(t, BaresipParams{Registrar: kamailio.Address(), User: "bob"})
	require.Contains(t, phone.CallStatus(t), "no active calls")
}
