package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// body takes the body of a response that is paused, in one message of the protocol's.
func body(ctx context.Context, tab Tab, paused fetch.RequestID) ([]byte, error) {
	target := chromedp.FromContext(tab.Context()).Target
	res, err := cdp.Call(ctx, target, fetch.GetResponseBody, fetch.GetResponseBodyParams{RequestID: paused})
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

func (l *launched) Body(ctx context.Context, paused fetch.RequestID) ([]byte, error) {
	return body(ctx, l, paused)
}

func (a *attached) Body(ctx context.Context, paused fetch.RequestID) ([]byte, error) {
	return body(ctx, a, paused)
}

// Body has the extension send the bytes as they are, in pieces ahead of its answer: as a text within the protocol's own messages they
// would be read five times. An older one doesn't know how.
func (r *relayed) Body(ctx context.Context, paused fetch.RequestID) ([]byte, error) {
	var data []byte
	tooLong := false
	take := func(part []byte) {
		if tooLong = tooLong || len(data)+len(part) > maxParts; !tooLong {
			data = append(data, part...)
		}
	}
	answers := make(chan relayAnswer, 1)
	r.link.sendFor(map[string]any{"do": "body", "requestId": paused}, take, func(a relayAnswer) { answers <- a })
	var answer relayAnswer
	select {
	case answer = <-answers:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var refused *RelayError
	switch {
	case errors.As(answer.err, &refused) && refused.Code == "COMMAND_REFUSED":
		return body(ctx, r, paused)
	case answer.err != nil:
		return nil, answer.err
	}
	var sent struct {
		Size int `json:"size"`
	}
	if err := json.Unmarshal(answer.result, &sent); err != nil || tooLong || sent.Size != len(data) {
		return nil, fmt.Errorf("%d bytes of %d came", len(data), sent.Size)
	}
	return data, nil
}
