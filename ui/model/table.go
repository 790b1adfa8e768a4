package model

// table keeps values by key, in the order they appeared.
type table[V any] struct {
	keys []string
	rows []V
	at   map[string]int
}

func (t *table[V]) row(key string) int {
	if i, ok := t.at[key]; ok {
		return i
	}
	return -1
}

func (t *table[V]) get(key string) (V, bool) {
	if i, ok := t.at[key]; ok {
		return t.rows[i], true
	}
	var none V
	return none, false
}

// set reports whether the key is new.
func (t *table[V]) set(key string, v V) bool {
	if i, ok := t.at[key]; ok {
		t.rows[i] = v
		return false
	}
	if t.at == nil {
		t.at = map[string]int{}
	}
	t.at[key] = len(t.rows)
	t.keys = append(t.keys, key)
	t.rows = append(t.rows, v)
	return true
}

// remove reports whether the key was there.
func (t *table[V]) remove(key string) bool {
	i, ok := t.at[key]
	if !ok {
		return false
	}
	t.keys = append(t.keys[:i], t.keys[i+1:]...)
	t.rows = append(t.rows[:i], t.rows[i+1:]...)
	delete(t.at, key)
	for j := i; j < len(t.keys); j++ {
		t.at[t.keys[j]] = j
	}
	return true
}
