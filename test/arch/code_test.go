package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// file is one file of the module, tests excluded, for every system and build tag.
type file struct {
	pkg    string
	path   string
	syntax *ast.File
}

func files(t *testing.T) []file {
	t.Helper()
	var all []file
	set := token.NewFileSet()
	for _, p := range module(t) {
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			path := filepath.Join(p.Dir, name)
			syntax, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
			require.NoError(t, err)
			all = append(all, file{pkg: p.name(), path: path, syntax: syntax})
		}
	}
	require.NotEmpty(t, all)
	return all
}

// TestOneWayToTheMainGoroutine: all changes to the window pass through one function, where they can be merged.
func TestOneWayToTheMainGoroutine(t *testing.T) {
	var uses []string
	for _, f := range files(t) {
		for _, decl := range f.syntax.Decls {
			ast.Inspect(decl, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && isFyneDo(sel) {
					uses = append(uses, f.pkg+"."+nameOf(decl))
				}
				return true
			})
		}
	}
	slices.Sort(uses)
	require.Len(t, slices.Compact(uses), 1, "%v", uses)
}

func isFyneDo(sel *ast.SelectorExpr) bool {
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "fyne" && (sel.Sel.Name == "Do" || sel.Sel.Name == "DoAndWait")
}

func nameOf(decl ast.Decl) string {
	if f, ok := decl.(*ast.FuncDecl); ok {
		return f.Name.Name
	}
	return "a variable"
}

// TestNoInit: nothing happens by being linked in.
func TestNoInit(t *testing.T) {
	for _, f := range files(t) {
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				require.False(t, fn.Recv == nil && fn.Name.Name == "init", "init function in %s", f.path)
			}
		}
	}
}
