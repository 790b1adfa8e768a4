package model

import (
	"context"
	"image"
	"log/slog"
	"slices"
	"sync"

	"callcast/gateway"
)

// Params is what a Model needs.
type Params struct {
	API     gateway.API
	Secrets SecretStore
	Post    func(func()) // queues a function for the main goroutine, from any goroutine
	Log     *slog.Logger
	// Configured are the accounts that the gateway registers by its configuration. Their calls ring at the console too.
	Configured []gateway.Account
}

// SecretStore keeps passwords and stream keys between runs. Its methods return in bounded time. A name that was never
// set has an empty secret and no error; setting an empty one forgets it.
type SecretStore interface {
	Get(name string) (gateway.Secret, error)
	Set(name string, s gateway.Secret) error
}

// Model is the state of the console.
type Model struct {
	// OnChange is told what changed, after it changed.
	OnChange func(Change)
	// OnPicture is given the newest picture and level of what is selected. The picture may be shown until the next.
	OnPicture func(Picture)
	// OnSelfView is given the operator's own picture in the selected call likewise.
	OnSelfView func(Picture)

	api     gateway.API
	secrets SecretStore
	post    func(func())
	log     *slog.Logger

	// root is the life of the model: verbs are asked for by the window, which has no context of its own.
	root   context.Context //nolint:containedctx // the actor root
	cancel context.CancelFunc
	sub    gateway.Subscription
	wg     sync.WaitGroup
	closed bool

	calls     table[gateway.Call]
	streams   table[gateway.Stream]
	pushes    table[gateway.Push]
	pulls     table[gateway.Pull]
	listeners table[gateway.Listener]
	fetched   []gateway.Stream // those that exist, and those that pulls are still to bring
	ended     []gateway.Call
	selected  Selection
	awaited   string // the call the operator started and that is to be selected when it appears
	expected  string // the same for a stream
	watch     watch
	mirror    watch // the operator's own picture

	configured    []gateway.Account
	accounts      []ownAccount
	registrations table[gateway.Registration]
	rang          map[string]bool // calls that rang at the last change
}

// Picture is one look at the selected stream.
type Picture struct {
	Frame *image.RGBA // nil before the first
	Level gateway.Level
	Err   *gateway.Error // why there is none
}

// Change says what differs since the last one.
type Change struct {
	Calls     Rows
	Streams   Rows
	Pushes    bool
	Ended     bool
	Listeners bool
	Accounts  bool
	Rings     []gateway.Call // calls that have begun to wait for the operator
	Selection bool           // what is selected, or its values
	Clock     bool           // a second passed: durations differ
}

// Rows says which rows of a table differ: all of them if their number or order does.
type Rows struct {
	All  bool
	New  []string
	Keys []string // the new ones too
}

// New makes an empty model. Start fills it.
func New(p Params) *Model {
	root, cancel := context.WithCancel(context.Background())
	return &Model{
		OnChange:   func(Change) {},
		OnPicture:  func(Picture) {},
		OnSelfView: func(Picture) {},
		api:        p.API,
		secrets:    p.Secrets,
		post:       p.Post,
		log:        p.Log,
		configured: p.Configured,
		root:       root,
		cancel:     cancel,
	}
}

// Start subscribes to the gateway.
func (m *Model) Start() {
	if m.closed {
		return
	}
	m.sub = m.api.Subscribe()
	m.wg.Go(m.listen)
	m.wg.Go(m.tick)
}

// Close unsubscribes and joins. Nothing is called back after it.
func (m *Model) Close() {
	if m.closed {
		return
	}
	m.closed = true
	m.cancel()
	if m.sub != nil {
		m.sub.Close()
	}
	m.wg.Wait()
}

// Calls are the calls that live, oldest first.
func (m *Model) Calls() []gateway.Call { return m.calls.rows }

// Streams are the streams that exist, oldest first, and after them those that a pull is still to bring.
func (m *Model) Streams() []gateway.Stream { return m.fetched }

// Listeners are the ports of the gateway.
func (m *Model) Listeners() []gateway.Listener { return m.listeners.rows }

// Ended are the calls that ended last, newest first.
func (m *Model) Ended() []gateway.Call { return m.ended }

// CallRow is the place of a call in Calls, or -1.
func (m *Model) CallRow(id string) int { return m.calls.row(id) }

// StreamRow is the place of a stream in Streams, or -1.
func (m *Model) StreamRow(name string) int {
	return slices.IndexFunc(m.fetched, func(s gateway.Stream) bool { return s.Name == name })
}
