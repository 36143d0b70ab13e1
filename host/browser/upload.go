package browser

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
)

// uploadChunk is how much of a file goes to the page at once, in bytes before base64: the message must stay under native
// messaging's 1 MiB.
const uploadChunk = 512 << 10

// putFile hands a file over in chunks and puts it in with a DataTransfer. The chunks are kept in the isolated world, out of
// the page's reach.
func putFile(ctx context.Context, tab Tab, doc Document, selector string, file File) error {
	f, err := os.Open(file.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	chunk := make([]byte, uploadChunk)
	for first := true; ; first = false {
		n, err := io.ReadFull(f, chunk)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		const put = `(el, first, last, name, base64) => {
			if (first) globalThis.cmdsignUpload = [];
			if (!globalThis.cmdsignUpload) return "a chunk without a beginning";
			cmdsignUpload.push(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
			if (!last) return;
			const transfer = new DataTransfer();
			transfer.items.add(new File(cmdsignUpload, name, {type: "application/pdf"}));
			delete globalThis.cmdsignUpload;
			el.files = transfer.files;
			el.dispatchEvent(new Event("input", {bubbles: true}));
			el.dispatchEvent(new Event("change", {bubbles: true}));
		}`
		if err := Act(ctx, tab, doc, selector, put, first, last, file.Name, base64.StdEncoding.EncodeToString(chunk[:n])); err != nil || last {
			return err
		}
	}
}
