package rest

import (
	"net/http"

	"callcast/gateway"
)

type device struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // audio or video
	Name string `json:"name"`
}

// findAllDevices answers with an empty list when there are none: a server seldom has any.
func (s *service) findAllDevices(w http.ResponseWriter, r *http.Request) error {
	found, err := s.api.Devices(r.Context())
	if err != nil {
		return err
	}
	devices := make([]device, len(found))
	for i, d := range found {
		devices[i] = device(d)
	}
	return reply(w, http.StatusOK, devices)
}

// useDevices lets somebody at the machine talk in a call; without devices, no more.
func (s *service) useDevices(w http.ResponseWriter, r *http.Request) error {
	f, err := readFields(w, r)
	if err != nil {
		return err
	}
	id := f.required("callId")
	use := gateway.DeviceUse{Microphone: f.text("microphone"), Camera: f.text("camera")}
	if err := f.problem(); err != nil {
		return err
	}
	return done(w, s.api.UseDevices(r.Context(), id, use))
}
