package engine

import (
	"context"
	"errors"

	"callcast/gateway"
	"callcast/gateway/internal/rtc"
)

// outcome is the last status of a session that ended so, and why in the words clients know.
func outcome(err error, published bool) (gateway.MediaStatus, gateway.MediaInfo) {
	stopped := gateway.MediaStopped
	if published {
		stopped = gateway.MediaUnpublished
	}
	if wanted, ok := errors.AsType[ending](err); ok {
		return stopped, wanted.why
	}
	switch {
	case errors.Is(err, context.Canceled):
		return stopped, gateway.InfoByDisconnect // the gateway stops
	case err == nil && published:
		return stopped, gateway.InfoByREST // its stream was ended
	case err == nil:
		return stopped, gateway.InfoByPublisher
	case errors.Is(err, rtc.ErrLeft):
		return stopped, gateway.InfoByUser
	case errors.Is(err, rtc.ErrNoWay):
		return gateway.MediaFailed, gateway.InfoICETimeout
	case errors.Is(err, rtc.ErrLost):
		return gateway.MediaFailed, gateway.InfoICEKeepAlive
	}
	return gateway.MediaFailed, gateway.InfoError
}

// offerError says what is wrong with an offer.
func offerError(err error) error {
	refused := &gateway.Error{Code: gateway.CodeInternal, Reason: gateway.ReasonInternal, Field: "offer", Err: err}
	switch {
	case errors.Is(err, rtc.ErrNoCodec):
		refused.Code, refused.Reason = gateway.CodeInvalid, gateway.ReasonNoCodec
		refused.Message = "No common codecs: offer H264 with packetization-mode=1 or VP8, or one of opus, PCMA, PCMU, G722."
	case errors.Is(err, rtc.ErrMalformed):
		refused.Code, refused.Reason = gateway.CodeInvalid, gateway.ReasonSDP
		refused.Message = "offer: this is not a session description that can be answered; send the SDP that the browser made."
	default:
		refused.Message = "The offer could not be answered; the log has the detail."
	}
	return refused
}
