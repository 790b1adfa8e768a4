package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"callcast/gateway"
)

// parse lays the settings in text over cfg. It reports every line that cannot be used, not the first only.
func parse(text []byte, cfg *gateway.Config) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("this is not YAML (%w): write one \"key: value\" a line", err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil // empty, or comments only
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: write one \"key: value\" a line", root.Line)
	}
	all, seen := settings(cfg), map[string]bool{}
	blocks := lists(cfg)
	for _, l := range blocks {
		all = append(all, setting{key: l.key}) // a key like any other, but for its value
	}
	var errs []error
	for pair := range slices.Chunk(root.Content, 2) {
		key, value := pair[0], pair[1]
		if i := slices.IndexFunc(blocks, func(l list) bool { return l.key == key.Value }); i >= 0 && !seen[key.Value] {
			seen[key.Value] = true
			errs = append(errs, applyList(blocks[i], value))
			continue
		}
		if err := apply("", all, seen, key, value); err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", key.Line, err))
		}
	}
	errs = append(errs, checkRange(cfg.RTP))
	for _, err := range cfg.SIP.Validate() {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// apply lays one setting over the configuration. Within names the entry of a list that it stands in.
func apply(within string, all []setting, seen map[string]bool, key, value *yaml.Node) error {
	name := within + key.Value
	if seen[key.Value] {
		return fmt.Errorf("%s is set twice: keep one", name)
	}
	i := slices.IndexFunc(all, func(s setting) bool { return s.key == key.Value })
	if i < 0 {
		return fmt.Errorf("%q is not a setting: did you mean %q?", name, within+nearest(key.Value, all))
	}
	seen[key.Value] = true
	if value.Kind != yaml.ScalarNode {
		return fmt.Errorf("%s holds a list or a block: give a single value", name)
	}
	text := value.Value
	if value.Tag == "!!null" {
		text = ""
	}
	if remedy := all[i].set(text); remedy != "" {
		return fmt.Errorf("%s %q: %s", name, text, remedy) // no secret has a remedy
	}
	return nil
}

// pairsPerCall is what one call takes: a pair of RTP and RTCP for audio and one for video.
const pairsPerCall = 2

func checkRange(r gateway.RTPConfig) error {
	first := r.PortMin + r.PortMin%2
	if r == (gateway.RTPConfig{}) || r.PortMin != 0 && (r.PortMax-first+1)/2 >= pairsPerCall {
		return nil
	}
	return fmt.Errorf("media_port_from %d, media_port_to %d: the range holds less than the %d pairs, each an even port and the next, of one call: raise media_port_to",
		r.PortMin, r.PortMax, pairsPerCall)
}

// nearest returns the known key with the fewest edits to what was written.
func nearest(written string, all []setting) string {
	return slices.MinFunc(all, func(a, b setting) int {
		return distance(written, a.key) - distance(written, b.key)
	}).key
}

// distance is the Levenshtein distance, without regard to case.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
