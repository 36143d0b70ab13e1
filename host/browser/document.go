package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Call runs a function in the document and decodes what it returns (a promise is awaited). It returns ErrDocumentGone when
// the document is not there any more.
func Call[T any](ctx context.Context, tab Tab, doc Document, function string, args ...any) (T, error) {
	var out T
	res, err := call(ctx, tab, doc, fmt.Sprintf(asText, function), true, args)
	if err != nil {
		return out, err
	}
	if len(res.Value) == 0 {
		return out, nil // undefined
	}
	var text string
	if err := json.Unmarshal(res.Value, &text); err != nil {
		return out, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}

// asText has what a function gives come as one text: each process that a tree goes through would take it apart and put it together again,
// and in relay mode there are three.
const asText = `async function(...all) { return JSON.stringify(await (%s)(...all)); }`

// within is the guard around every act on an element: origin and element are checked in the same turn of the page's
// event loop in which the act happens.
const within = `function(origins, selector, ...rest) {
	if (!origins.includes(location.origin)) return "origin";
	const el = document.querySelector(selector);
	if (!el) return "element";
	return (%s)(el, ...rest) ?? "ok";
}`

// Act runs a function on the element that selector finds. The function gets the element and args; it returns nothing, "undone" for
// ErrUndone, or a text that becomes the error.
func Act(ctx context.Context, tab Tab, doc Document, selector, function string, args ...any) error {
	all := append([]any{doc.Origins, selector}, args...)
	said, err := Call[string](ctx, tab, doc, fmt.Sprintf(within, function), all...)
	if err != nil {
		return err
	}
	switch said {
	case "ok":
		return nil
	case "origin":
		return ErrOrigin
	case "element":
		return ErrNoElement
	case "undone":
		return ErrUndone
	}
	return errors.New(said)
}

// Type enters a field and types text by real key events, over what's there. It stays in the field.
func Type(ctx context.Context, tab Tab, doc Document, selector, text string) error {
	const enter = `(el) => {
		el.focus();
		el.select?.();
		if (document.activeElement !== el) return "the field can't be entered";
	}`
	if err := Act(ctx, tab, doc, selector, enter); err != nil {
		return err
	}
	_, err := chromedp.KeyEvent(text)(ctx, chromedp.FromContext(tab.Context()).Target)
	return err
}

// element gives the remote object of an element, under the same guard as Act.
func element(ctx context.Context, tab Tab, doc Document, selector string) (runtime.RemoteObjectID, error) {
	res, err := call(ctx, tab, doc, `function(origins, selector) {
		if (!origins.includes(location.origin)) return "origin";
		return document.querySelector(selector) ?? "element";
	}`, false, []any{doc.Origins, selector})
	if err != nil {
		return "", err
	}
	if res.ObjectID == "" {
		if strings.Contains(string(res.Value), "origin") {
			return "", ErrOrigin
		}
		return "", ErrNoElement
	}
	return res.ObjectID, nil
}

func call(ctx context.Context, tab Tab, doc Document, function string, byValue bool, args []any) (*runtime.RemoteObject, error) {
	if doc.World == "" {
		return nil, ErrDocumentGone
	}
	params := runtime.CallFunctionOnParams{
		FunctionDeclaration: function,
		Silent:              new(true),
		ReturnByValue:       new(byValue),
		AwaitPromise:        new(true),
		UserGesture:         new(true),
		UniqueContextID:     doc.World,
	}
	for _, arg := range args {
		value, err := json.Marshal(arg)
		if err != nil {
			return nil, err
		}
		params.Arguments = append(params.Arguments, &runtime.CallArgument{Value: jsonv2.Value(value)})
	}
	target := chromedp.FromContext(tab.Context()).Target
	res, err := cdp.Call(ctx, target, runtime.CallFunctionOn, params)
	if err != nil {
		if gone(err) {
			return nil, fmt.Errorf("%w: %w", ErrDocumentGone, err)
		}
		return nil, err
	}
	if res.ExceptionDetails != nil {
		// The exception's text is the page's own and may quote a value: it stays out of the error.
		return nil, errors.New("the function failed in the page")
	}
	return res.Result, nil
}

// gone recognises the protocol's ways of saying that an execution context has ended.
func gone(err error) bool {
	text := err.Error()
	return slices.ContainsFunc([]string{
		"uniqueContextId not found",
		"Cannot find context with specified id",
		"Execution context was destroyed",
		"Inspected target navigated or closed",
		"Promise was collected",
		"Cannot find default execution context",
	}, func(s string) bool { return strings.Contains(text, s) })
}
