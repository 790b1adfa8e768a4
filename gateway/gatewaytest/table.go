package gatewaytest

import "slices"

// table keeps values by key in the order they were created.
type table[V any] struct {
	keys   []string
	values map[string]V
}

func (t *table[V]) get(key string) (V, bool) {
	v, ok := t.values[key]
	return v, ok
}

func (t *table[V]) set(key string, v V) {
	if t.values == nil {
		t.values = map[string]V{}
	}
	if _, ok := t.values[key]; !ok {
		t.keys = append(t.keys, key)
	}
	t.values[key] = v
}

func (t *table[V]) remove(key string) bool {
	if _, ok := t.values[key]; !ok {
		return false
	}
	delete(t.values, key)
	t.keys = slices.DeleteFunc(t.keys, func(k string) bool { return k == key })
	return true
}

func (t *table[V]) list() []V {
	out := make([]V, 0, len(t.keys))
	for _, k := range t.keys {
		out = append(out, t.values[k])
	}
	return out
}
