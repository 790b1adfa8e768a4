package sipua

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxForks is of how many branches of one call the reliable provisional responses are followed.
const maxForks = 16

// fork is one branch of a call that announces itself reliably (RFC 3262).
type fork struct {
	rseq uint32
	sdp  []byte // its last session description, which its 2xx need not repeat
}

// fresh reports whether a provisional response is to be told, and acknowledges one that asks for it. What is repeated
// or came before its turn is not told: that comes again.
func (inv *invitation) fresh(s *session, res *sip.Response) bool {
	rseq, ok := number(header(res, "RSeq"))
	if !ok || !lists(res, "Require", "", "100rel") {
		return true
	}
	tag := tagOf(res.To().Params)
	known := inv.forks[tag]
	switch {
	case known == nil && len(inv.forks) >= maxForks, known != nil && rseq != known.rseq+1:
		return false
	case known == nil:
		known = new(fork)
		inv.forks[tag] = known
	}
	known.rseq = rseq
	if sdp := sdpOf(res); len(sdp) > 0 {
		known.sdp = sdp
		s.agree()
	}
	inv.d.agent.spawn(func() { inv.prack(s, rseq) })
	return true
}

func number(h sip.Header) (uint32, bool) {
	if h == nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(h.Value()), 10, 32)
	return uint32(n), err == nil
}

// prack acknowledges a provisional response (RFC 3262 section 4).
func (inv *invitation) prack(s *session, rseq uint32) {
	defer inv.d.agent.contain("sip prack")
	ctx, stop := until(inv.d.agent.life, inv.d.abandoned)
	defer stop()
	answer, err := s.do(ctx, sip.PRACK, "", nil, func(req *sip.Request) {
		req.AppendHeader(sip.NewHeader("RAck", fmt.Sprintf("%d %d INVITE", rseq, inv.req.CSeq().SeqNo)))
	})
	switch {
	case err != nil:
		inv.d.log.Debug("prack not answered", "error", err)
	case !answer.IsSuccess():
		inv.d.log.Debug("prack refused", "status", answer.StatusCode)
	}
}

// answerOf is the session description a 2xx stands for.
func (inv *invitation) answerOf(res *sip.Response) []byte {
	if sdp := sdpOf(res); len(sdp) > 0 {
		return sdp
	}
	if f := inv.forks[tagOf(res.To().Params)]; f != nil {
		return f.sdp
	}
	return nil
}

// announcement is a reliable response of ours.
type announcement struct {
	rack
	offers bool // it holds our offer, whose answer the PRACK holds
	heard  bool // it is acknowledged
}

// rack is which response a PRACK acknowledges.
type rack struct{ rseq, cseq uint32 }

func rackOf(req *sip.Request) (rack, bool) {
	h := req.GetHeader("RAck")
	if h == nil {
		return rack{}, false
	}
	fields := strings.Fields(h.Value())
	if len(fields) != 3 || fields[2] != "INVITE" {
		return rack{}, false
	}
	rseq, err1 := strconv.ParseUint(fields[0], 10, 32)
	cseq, err2 := strconv.ParseUint(fields[1], 10, 32)
	return rack{uint32(rseq), uint32(cseq)}, err1 == nil && err2 == nil
}
