package browser

import (
	"context"
	"errors"

	"github.com/sign-with-cmd/sign-with-cmd/host/secret"
)

// errNoTokens is the answer to a token where no extension keeps anything.
var errNoTokens = errors.New("tokens are for relay mode")

// fill sets a value the way a person's typing would leave it. The native setter is called because pages wrap the element's own.
const fill = `(el, value) => {
	const proto = Object.getPrototypeOf(el);
	Object.getOwnPropertyDescriptor(proto, "value").set.call(el, value);
	el.dispatchEvent(new InputEvent("input", {bubbles: true, composed: true, inputType: "insertText"}));
	el.dispatchEvent(new Event("change", {bubbles: true}));
	return el.value === value ? "ok" : "undone";
}`

const leave = `(el, value) => {
	el.blur();
	return el.value === value ? "ok" : "the field did not take the value";
}`

// fillSecret is how a secret that the host holds gets into a field: by script, and by keys where the page undoes that.
func fillSecret(ctx context.Context, tab Tab, doc Document, selector string, value secret.Secret) error {
	err := Act(ctx, tab, doc, selector, fill, value.Reveal())
	if !errors.Is(err, ErrUndone) {
		return err
	}
	if err := Type(ctx, tab, doc, selector, value.Reveal()); err != nil {
		return err
	}
	return Act(ctx, tab, doc, selector, leave, value.Reveal())
}
