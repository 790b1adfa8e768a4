package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// contain keeps a fault of one handler from reaching the others, and writes the protocol log.
func (s *service) contain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &recorder{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				s.recovered(answer, r, fault)
			}
			s.log.Debug("rest request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", answer.status))
		}()
		next.ServeHTTP(answer, r)
	})
}

func (s *service) recovered(w *recorder, r *http.Request, fault any) {
	if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(fault)
	}
	s.log.Error("panic in a rest handler", slog.String("path", r.URL.Path),
		slog.String("panic", fmt.Sprint(fault)), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		// Part of the answer is out: the client learns from the cut connection that it is not whole.
		panic(http.ErrAbortHandler)
	}
	s.refuse(w, r, &statusError{status: http.StatusInternalServerError, text: internalText})
}

// recorder remembers the status that was sent.
type recorder struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}
