package peers

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fill types into the field that a selector names.
func (p *Page) Fill(t testing.TB, selector, text string) {
	t.Helper()
	p.Eval(t, fmt.Sprintf(`{
		const field = document.querySelector(%q);
		field.value = %q;
		for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
	}`, selector, text), nil)
}

// Click waits until a button or a box can be clicked, and does.
func (p *Page) Click(t testing.TB, selector string) {
	t.Helper()
	var done bool
	require.Eventually(t, func() bool {
		p.Eval(t, fmt.Sprintf(`(() => {
			const button = document.querySelector(%q);
			if (!button || button.disabled) return false;
			button.click();
			return true;
		})()`, selector), &done)
		return done
	}, patience, 20*time.Millisecond, "%s cannot be clicked", selector)
}

// Read is the text of what a selector names, empty while there is no such thing.
func (p *Page) Read(t testing.TB, selector string) string {
	t.Helper()
	return p.Text(t, fmt.Sprintf(`document.querySelector(%q)?.textContent.trim() ?? ""`, selector))
}

// WaitText waits until what a selector names has exactly this text.
func (p *Page) WaitText(t testing.TB, selector, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, want, p.Read(t, selector), selector)
	}, patience, 50*time.Millisecond)
}
