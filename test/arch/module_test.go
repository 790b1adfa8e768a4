package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// pkg is what go list tells of a package of this module.
type pkg struct {
	ImportPath                         string
	Dir                                string
	Imports, TestImports, XTestImports []string // direct
	Deps                               []string // of the code, at any depth
	GoFiles, CgoFiles, IgnoredGoFiles  []string
	TestGoFiles, XTestGoFiles          []string
}

// name is the import path within the module: "gateway/rest"; "." for the module itself.
func (p pkg) name() string {
	if p.ImportPath == "callcast" {
		return "."
	}
	return within(p.ImportPath)
}

// within strips the module's name.
func within(path string) string { return strings.TrimPrefix(path, "callcast/") }

// ours reports whether an import path is of this module.
func ours(path string) bool { return strings.HasPrefix(path, "callcast/") }

// standard reports whether an import path is of the standard library, which has no dots before the first slash.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "callcast"
}

// in reports whether a package or import path is root or stands below it.
func in(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// inAny reports whether path is in one of roots.
func inAny(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return in(path, root) })
}

// all is every import of the package, those of its tests included.
func (p pkg) all() []string { return slices.Concat(p.Imports, p.TestImports, p.XTestImports) }

var list = sync.OnceValues(func() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-json", "callcast/...")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(complaint.String()))
	}
	var packages []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, err
		}
		packages = append(packages, p)
	}
})

// module returns every package of the module.
func module(t *testing.T) []pkg {
	t.Helper()
	packages, err := list()
	require.NoError(t, err)
	return packages
}

// below returns the packages in any of the roots, and fails if a root has none: a rule about nothing proves nothing.
func below(t *testing.T, roots ...string) []pkg {
	t.Helper()
	var found []pkg
	for _, root := range roots {
		before := len(found)
		for _, p := range module(t) {
			if in(p.name(), root) {
				found = append(found, p)
			}
		}
		require.Greater(t, len(found), before, "there is no package %s", root)
	}
	return found
}
