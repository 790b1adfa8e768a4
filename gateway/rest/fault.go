package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"callcast/gateway"
)

const internalText = "the gateway met an internal fault; its log has the details."

// fault is the body of every answer that is not 2xx.
type fault struct {
	Exception string `json:"exception"`
	Reason    string `json:"reason"`
	Path      string `json:"path"`
	Error     string `json:"error"`
	Message   string `json:"message"`
	Timestamp int64  `json:"timestamp"` // milliseconds
	Status    int    `json:"status"`
}

// statusError is an error of HTTP itself, which the contract has no code for.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

func noSuchPath(path string) error {
	return &statusError{
		status: http.StatusNotFound,
		text:   fmt.Sprintf("nothing is served at %s: see /openapi.json for what is.", path),
	}
}

// refuse answers with err.
func (s *service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := faultOf(err)
	if f.Status == http.StatusInternalServerError {
		s.log.Error("rest request failed", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	f.Path, f.Error, f.Timestamp = r.URL.Path, http.StatusText(f.Status), time.Now().UnixMilli()
	if err := reply(w, f.Status, f); err != nil {
		s.log.Debug("rest answer not sent", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
}

func faultOf(err error) fault {
	if known, ok := errors.AsType[*gateway.Error](err); ok {
		return fault{Exception: string(known.Code), Reason: known.Reason, Message: known.Message, Status: statusOf(known.Code)}
	}
	if plain, ok := errors.AsType[*statusError](err); ok {
		return fault{Exception: "http", Reason: reasonOf(plain.status), Message: plain.text, Status: plain.status}
	}
	return fault{
		Exception: string(gateway.CodeInternal), Reason: gateway.ReasonInternal, Message: internalText,
		Status: http.StatusInternalServerError,
	}
}

func statusOf(code gateway.Code) int {
	switch code {
	case gateway.CodeInvalid:
		return http.StatusBadRequest
	case gateway.CodeNotFound:
		return http.StatusNotFound
	case gateway.CodeConflict:
		return http.StatusConflict
	case gateway.CodeUnavailable:
		return http.StatusServiceUnavailable
	case gateway.CodeInternal:
	}
	return http.StatusInternalServerError
}

func reasonOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "path"
	case http.StatusMethodNotAllowed:
		return "method"
	case http.StatusUnsupportedMediaType:
		return "content_type"
	case http.StatusNotImplemented:
		return "not_supported"
	case http.StatusRequestEntityTooLarge:
		return gateway.ReasonTooLong
	}
	return gateway.ReasonInternal
}
