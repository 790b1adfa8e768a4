package gateway

// Device is a microphone or camera of this machine.
type Device struct {
	ID   string
	Kind string // "audio" or "video"
	Name string // for people
}

// DeviceUse is the devices that somebody at this machine talks with in a call. An empty one is not used.
type DeviceUse struct {
	Microphone string // a Device's ID
	Camera     string
	SelfView   string // the stream to see oneself by; set in snapshots only
}
