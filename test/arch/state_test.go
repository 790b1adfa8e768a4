package arch

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stateAllowed are the package-level variables that the rule would refuse, each with the reason it may stand.
func stateAllowed() map[string]string {
	return map[string]string{
		"app.Version":                             "the linker writes it, before the program starts",
		"gateway/internal/codec/g711.fromALaw":    "a table, computed once and only read",
		"gateway/internal/codec/g711.fromMuLaw":   "a table, computed once and only read",
		"gateway/internal/sipua.configureLibrary": "sipgo keeps its settings in package variables, to be set once in a process",
	}
}

// TestNoPackageState: what changes belongs to somebody. A package-level variable is left alone if it is a constant
// that Go cannot write as one: an error, embedded bytes, a compiled expression, or a table that nothing writes to.
func TestNoPackageState(t *testing.T) {
	allowed := stateAllowed()
	written := writtenNames(t)
	var refused []string
	for _, f := range files(t) {
		for _, v := range packageVars(f) {
			full := f.pkg + "." + v.name
			_, excepted := allowed[full]
			delete(allowed, full)
			switch {
			case excepted:
			case !v.constant:
				refused = append(refused, full+": a variable of this kind is state")
			case written[full]:
				refused = append(refused, full+": something is written to it")
			}
		}
	}
	require.Empty(t, refused)
	require.Empty(t, allowed, "these exceptions are not needed")
}

type packageVar struct {
	name     string
	constant bool // by the look of its declaration
}

func packageVars(f file) []packageVar {
	var vars []packageVar
	for _, decl := range f.syntax.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			embedded := isEmbedded(gen.Doc) || isEmbedded(v.Doc)
			for i, name := range v.Names {
				constant := embedded || i < len(v.Values) && looksConstant(v.Values[i])
				if name.Name != "_" {
					vars = append(vars, packageVar{name.Name, constant})
				}
			}
		}
	}
	return vars
}

func isEmbedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// looksConstant accepts literals, conversions of them, and the few constructors of values without state.
func looksConstant(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		switch fun := v.Fun.(type) {
		case *ast.ArrayType: // []byte("...")
			return true
		case *ast.SelectorExpr:
			pkg, ok := fun.X.(*ast.Ident)
			return ok && strings.Contains(" errors.New fmt.Errorf regexp.MustCompile ", " "+pkg.Name+"."+fun.Sel.Name+" ")
		}
	}
	return false
}

// writtenNames finds every name that is assigned to, counted up, emptied or pointed at, by package. Locals that
// share the name of a package variable count too: that is a reason to rename one of them.
func writtenNames(t *testing.T) map[string]bool {
	t.Helper()
	written := map[string]bool{}
	for _, f := range files(t) {
		mark := func(e ast.Expr) {
			if name := rootOf(e); name != "" {
				written[f.pkg+"."+name] = true
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, left := range n.Lhs {
						mark(left)
					}
				}
			case *ast.IncDecStmt:
				mark(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					mark(n.X)
				}
			case *ast.CallExpr:
				if fn, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (fn.Name == "delete" || fn.Name == "clear" || fn.Name == "copy") {
					mark(n.Args[0])
				}
			}
			return true
		})
	}
	return written
}

// rootOf returns the x of x, x.f, x[i], x[i:j] and *x.
func rootOf(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return ""
		}
	}
}
