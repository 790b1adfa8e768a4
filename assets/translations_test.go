package assets_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/assets"
)

func TestCataloguesHoldWhatTheCodeSays(t *testing.T) {
	used := usedKeys(t, "../ui")
	require.NotEmpty(t, used)
	files, err := fs.Glob(assets.Translations, "translations/*.json")
	require.NoError(t, err)
	require.Contains(t, files, "translations/en.json")
	require.Contains(t, files, "translations/ru.json")
	for _, file := range files {
		require.Equal(t, used, slices.Sorted(maps.Keys(catalogue(t, file))), file)
	}
}

func TestTranslationsKeepTheirArguments(t *testing.T) {
	english := catalogue(t, "translations/en.json")
	for key, value := range catalogue(t, "translations/ru.json") {
		for _, text := range forms(value) {
			require.NotEmpty(t, text, key)
			for _, argument := range arguments(key) {
				require.Contains(t, text, argument, key)
			}
		}
		for _, text := range forms(english[key]) {
			require.Len(t, arguments(text), len(arguments(key)), key)
		}
	}
}

func catalogue(t *testing.T, file string) map[string]any {
	t.Helper()
	data, err := assets.Translations.ReadFile(file)
	require.NoError(t, err)
	var messages map[string]any
	require.NoError(t, json.Unmarshal(data, &messages))
	return messages
}

// forms are the texts of a message: one, or one for each plural.
func forms(message any) []string {
	if text, ok := message.(string); ok {
		return []string{text}
	}
	var texts []string
	for _, text := range message.(map[string]any) {
		texts = append(texts, text.(string))
	}
	return texts
}

func arguments(text string) []string {
	var found []string
	for _, part := range strings.Split(text, "{{")[1:] {
		argument, _, _ := strings.Cut(part, "}}")
		found = append(found, "{{"+argument+"}}")
	}
	return found
}

// usedKeys are the first arguments of all calls of lang.L and lang.N. They must be literals, or nobody could check.
func usedKeys(t *testing.T, dir string) []string {
	t.Helper()
	keys := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isTranslation(call) {
				literal, ok := call.Args[0].(*ast.BasicLit)
				require.True(t, ok, "%s: the text to translate is not a literal", path)
				key, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				keys[key] = true
			}
			return true
		})
		return nil
	})
	require.NoError(t, err)
	return slices.Sorted(maps.Keys(keys))
}

func isTranslation(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "lang" && slices.Contains([]string{"L", "N", "Localize", "LocalizePlural"}, selector.Sel.Name)
}
