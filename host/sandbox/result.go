package sandbox

import (
	"mime"
	"net/http"
	"strconv"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// delivery is what the code's POST is answered with. A fault may change any of it.
type delivery struct {
	status      int
	kind        string // Content-Type
	name        string
	disposition string // "attachment", "inline" or none
	body        []byte
	original    []byte
	asLink      bool // a page with a link to the file, instead of the file
	hang        bool // keep the connection open before it breaks
	length      int  // Content-Length to claim, if not that of the body; the connection breaks when they differ
}

// deliver signs the document and answers with it: the direct answer to the code's POST (facts/cmd.md 1.1).
func (x *exchange) deliver() {
	doc := x.p.document
	source := doc.data
	if x.p.fault.signs != nil {
		source = x.p.fault.signs(source)
	}
	d := &delivery{status: http.StatusOK, kind: "application/pdf", disposition: "attachment", name: doc.name, body: doc.data, original: doc.data}
	if source != nil {
		citizen := x.s.citizen
		if x.p.fault.seal {
			citizen = citizen.Visible(signer.Seal{Page: 1, Place: "bottom-left"})
		} else if x.p.seal != nil {
			citizen = citizen.Visible(*x.p.seal)
		}
		signed, err := citizen.Sign(source, x.s.cfg.Now())
		if err != nil {
			x.s.log.Warn("not signed", "error", err)
			x.s.end(x.p)
			x.message(http.StatusOK, "message.notsigned")
			return
		}
		x.s.count(func(c *Counts) {
			c.Signatures++
			increment(c.SignaturesByDocument, hash(source))
		})
		x.s.log.Info("signed", "document", hash(source), "reference", x.p.message.reference)
		d.body = signed
	}
	x.s.end(x.p)
	if x.p.fault.result != nil {
		x.p.fault.result(x, d)
	}
	if d.asLink {
		x.p.signed = d
		x.p.step = stepResult
		x.page("")
		return
	}
	x.write(d)
}

func (x *exchange) write(d *delivery) {
	h := x.w.Header()
	h.Set("Content-Type", d.kind)
	if d.disposition != "" {
		h.Set("Content-Disposition", disposition(d.disposition, d.name))
	}
	length := len(d.body)
	if d.length > 0 {
		length = d.length
	}
	h.Set("Content-Length", strconv.Itoa(length))
	x.w.WriteHeader(d.status)
	_, _ = x.w.Write(d.body)
	if d.length > len(d.body) {
		_ = http.NewResponseController(x.w).Flush()
		if d.hang {
			x.s.wait(x.r, maxHang)
		}
		panic(http.ErrAbortHandler) // breaks the connection, which is the point
	}
}

// download is the link of a result page; it may be followed again.
func (x *exchange) download() {
	if x.p.signed == nil || !x.p.admitted(cmdHost, x.r) {
		x.message(http.StatusNotFound, "message.notfound")
		return
	}
	x.write(x.p.signed)
}

func disposition(kind, name string) string {
	if value := mime.FormatMediaType(kind, map[string]string{"filename": name}); value != "" {
		return value
	}
	return kind
}
