package conversation

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

func TestTheWishForAVisibleSignature(t *testing.T) {
	for name, c := range map[string]struct {
		raw   string
		pages int
		want  *Visible // nil with ok: no wish
		ok    bool
	}{
		"nothing":              {``, 3, nil, true},
		"null":                 {`null`, 3, nil, true},
		"first":                {`{"page":"first","orientation":"portrait","place":"top-left"}`, 3, &Visible{Page: 1, Orientation: "portrait", Place: "top-left"}, true},
		"last":                 {`{"page":"last","orientation":"landscape","place":"bottom-right"}`, 3, &Visible{Page: 3, Orientation: "landscape", Place: "bottom-right", Last: true}, true},
		"the only one":         {`{"page":"first","orientation":"portrait","place":"middle-center"}`, 1, &Visible{Page: 1, Orientation: "portrait", Place: "middle-center", Last: true}, true},
		"a number":             {`{"page":2,"orientation":"portrait","place":"top-left"}`, 3, &Visible{Page: 2, Orientation: "portrait", Place: "top-left"}, true},
		"a number, unknown":    {`{"page":2000,"orientation":"portrait","place":"top-left"}`, 0, &Visible{Page: 2000, Orientation: "portrait", Place: "top-left"}, true},
		"last, unknown":        {`{"page":"last","orientation":"portrait","place":"top-left"}`, 0, nil, false},
		"beyond the last":      {`{"page":4,"orientation":"portrait","place":"top-left"}`, 3, nil, false},
		"beyond any":           {`{"page":100000,"orientation":"portrait","place":"top-left"}`, 0, nil, false},
		"page 0":               {`{"page":0,"orientation":"portrait","place":"top-left"}`, 3, nil, false},
		"a negative page":      {`{"page":-1,"orientation":"portrait","place":"top-left"}`, 3, nil, false},
		"half a page":          {`{"page":1.5,"orientation":"portrait","place":"top-left"}`, 3, nil, false},
		"another word":         {`{"page":"2","orientation":"portrait","place":"top-left"}`, 3, nil, false},
		"no page":              {`{"orientation":"portrait","place":"top-left"}`, 3, nil, false},
		"no orientation":       {`{"page":1,"place":"top-left"}`, 3, nil, false},
		"no place":             {`{"page":1,"orientation":"portrait"}`, 3, nil, false},
		"a place in between":   {`{"page":1,"orientation":"portrait","place":"left"}`, 3, nil, false},
		"a wish without words": {`{}`, 3, nil, false},
		"true":                 {`true`, 3, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := parseVisible(json.RawMessage(c.raw), c.pages)
			if !c.ok {
				require.True(t, problem.Is(err, problem.VisibleInvalid), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, v)
		})
	}
}

// The wish reaches the method, and the journal, so that a file that comes back after a crash is held against it too. A wish that
// can't be met changes nothing: the document may be sent again with another.
func TestAVisibleSignatureIsAskedForOnce(t *testing.T) {
	t.Parallel()
	asked := make(chan *Visible, 1)
	k := converse(t, limits, func(_ context.Context, d Document, _ Person) (Signed, error) {
		asked <- d.Visible
		return Signed{}, problem.New(problem.SiteUnavailable, "")
	})
	require.Contains(t, k.first().Capabilities, "visible")
	k.send(`{"start":""}`)
	k.state(StateStage1Input)
	pdf, err := json.Marshal(k.pdf)
	require.NoError(t, err)
	with := func(visible string) string {
		return `{"phone":"+351 900000001","pin":"1234","pdf_file_path":` + string(pdf) + `,"visible":` + visible + `}`
	}
	k.send(with(`{"page":2,"orientation":"portrait","place":"top-left"}`))
	refused := k.until(func(r reply) bool { return r.Error != nil })
	require.Equal(t, problem.VisibleInvalid, refused.Error.Code, "the document has one page")
	require.Equal(t, StateStage1Input, refused.State)
	k.send(with(`{"page":"last","orientation":"portrait","place":"top-left"}`))
	require.Equal(t, StateFailed, k.over().State)
	require.Equal(t, &Visible{Page: 1, Orientation: "portrait", Place: "top-left", Last: true}, <-asked)
	all, err := k.journal.Status()
	require.NoError(t, err)
	require.Len(t, all, 1, "what was refused has left nothing")
	require.Equal(t, 1, all[0].Document.SealPage)
}
