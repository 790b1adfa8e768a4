//go:build cgo && !nolibav && !ci

package device

import (
	"cmp"
	"slices"
	"sync"

	"callcast/gateway"
)

// machine is the machine that this program runs on.
type machine struct {
	cameras sync.Mutex // held while they are looked for: the library keeps them in a variable
}

// Machine is the machine that this program runs on.
func Machine() Opener { return &machine{} }

// List finds what is plugged in now.
func (m *machine) List() ([]gateway.Device, error) {
	all := append(microphones(), m.listCameras()...)
	slices.SortFunc(all, func(a, b gateway.Device) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

func (m *machine) Microphone(id string) (Microphone, error) { return openMicrophone(id) }

func (m *machine) Camera(id string) (Camera, error) { return m.openCamera(id) }
