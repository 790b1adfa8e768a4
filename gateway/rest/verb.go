package rest

import (
	"context"
	"net/http"
)

// forOne answers a verb that needs nothing but the name of what it is about.
func forOne(w http.ResponseWriter, r *http.Request, field string, verb func(context.Context, string) error) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	id := f.required(field)
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, verb(r.Context(), id))
}

// done answers a verb: its error, or 200 with no body.
func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusOK)
	}
	return err
}
