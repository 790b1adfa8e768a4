package rtc

import (
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// transportNumber names the header extension that counts the packets of all tracks together, by which a browser is told
// how they arrive and finds out what the way bears (draft-holmer-rmcat-transport-wide-cc-extensions-01).
const transportNumber = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// arrivals is when the packets of a peer came.
type arrivals struct {
	begun time.Time

	mu       sync.Mutex // guards recorder
	recorder *twcc.Recorder
}

func newArrivals() *arrivals { return &arrivals{begun: time.Now(), recorder: twcc.NewRecorder(0)} }

func (a *arrivals) record(ssrc uint32, number uint16, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recorder.Record(ssrc, number, now.Sub(a.begun).Microseconds())
}

func (a *arrivals) take() []rtcp.Packet {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.recorder.BuildFeedbackPacket()
}

// ReportArrivals tells the browser when the packets came that arrived since it was called last. It is to be called some
// ten times a second while the browser sends.
func (p *Peer) ReportArrivals() error {
	packets := p.arrivals.take()
	if len(packets) == 0 {
		return nil
	}
	return p.Report(packets...)
}
