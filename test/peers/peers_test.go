package peers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPeersStart(t *testing.T) {
	kamailio := StartKamailio(t)
	nginx := StartNginx(t)
	require.Empty(t, nginx.Recordings(t, "none"))
	phone := StartBaresip(t, BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Second})
	require.Contains(t, phone.CallStatus(t), "no active calls")
}
