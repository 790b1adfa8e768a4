package screen

import (
	"encoding/json"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"callcast/gateway"
	"callcast/ui/model"
)

const targetsKey = "push.targets"

// SavedTargets keeps where streams are pushed between runs: names and addresses in the preferences, whole addresses
// that hold a key or a password in the secret store.
type SavedTargets struct {
	Preferences fyne.Preferences
	Model       *model.Model
}

// savedTarget is one of them, as anybody may read it.
type savedTarget struct {
	Name  string `json:"name"`
	URL   string `json:"url"`   // without anything secret
	Keyed bool   `json:"keyed"` // the whole address is in the secret store
}

// all are the saved targets in the order of their names.
func (t SavedTargets) all() []savedTarget {
	var list []savedTarget
	if json.Unmarshal([]byte(t.Preferences.String(targetsKey)), &list) != nil {
		return nil
	}
	return list
}

func (t SavedTargets) find(name string) (savedTarget, bool) {
	list := t.all()
	i := slices.IndexFunc(list, func(s savedTarget) bool { return s.Name == name })
	if i < 0 {
		return savedTarget{}, false
	}
	return list[i], true
}

// save keeps where a push goes, in place of what was kept under its name.
func (t SavedTargets) save(name string, spec gateway.PushSpec) {
	saved := written(name, spec)
	whole := gateway.Secret("")
	if saved.Keyed {
		whole = spec.URL
	}
	t.store(append(t.without(name), saved))
	t.Model.SaveSecret(targetSecret(name), whole)
}

// written is the part of a push's address that anybody may read.
func written(name string, spec gateway.PushSpec) savedTarget {
	key := gateway.Secret("") // the end of the path is the key
	if !spec.FullURL {
		key = gateway.Secret(spec.Stream)
	}
	address, ok := parseTarget(spec.URL.Reveal())
	return savedTarget{Name: name, URL: storable(spec.URL, key), Keyed: ok && address.hasSecret(key.Reveal())}
}

func (t SavedTargets) forget(name string) {
	t.store(t.without(name))
	t.Model.SaveSecret(targetSecret(name), "")
}

func (t SavedTargets) without(name string) []savedTarget {
	return slices.DeleteFunc(t.all(), func(s savedTarget) bool { return s.Name == name })
}

func (t SavedTargets) store(list []savedTarget) {
	slices.SortFunc(list, func(a, b savedTarget) int { return strings.Compare(a.Name, b.Name) })
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and a bool
	}
	t.Preferences.SetString(targetsKey, string(text))
}

func targetSecret(name string) string { return "rtmp-target:" + name }
