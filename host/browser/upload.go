package browser

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"

	"golang.org/x/sync/errgroup"
)

// uploadChunk is how much of a file goes to the page at once, in bytes before base64: the message must stay under native
// messaging's 1 MiB. uploadAtOnce is how many are on their way at a time.
const (
	uploadChunk  = 512 << 10
	uploadAtOnce = 3
)

// putFile hands a file over in chunks and puts it in with a DataTransfer, and presses what press finds. The chunks are kept in the
// isolated world, out of the page's reach.
func putFile(ctx context.Context, tab Tab, doc Document, selector string, file File, press string) (bool, error) {
	f, err := os.Open(file.Path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	// Each chunk has its place, whichever comes first; the last one to be sent hands them over.
	const put = `(el, n, base64, name, press, origins) => {
		const text = atob(base64), chunk = new Uint8Array(text.length);
		for (let i = 0; i < text.length; i++) chunk[i] = text.charCodeAt(i);
		const chunks = globalThis.cmdsignUpload ??= [];
		chunks[n] = chunk;
		if (!name) return;
		delete globalThis.cmdsignUpload;
		if (chunks.length !== n + 1 || chunks.includes(undefined)) return "a chunk is missing";
		const transfer = new DataTransfer();
		transfer.items.add(new File(chunks, name, {type: "application/pdf"}));
		el.files = transfer.files;
		el.dispatchEvent(new Event("input", {bubbles: true}));
		el.dispatchEvent(new Event("change", {bubbles: true}));
		if (!press) return;
		if (!document.querySelector(press)) return "no button to press";
		// The answer is on its way before the page can go.
		const {port1, port2} = new MessageChannel();
		port1.onmessage = () => { port1.close(); if (origins.includes(location.origin)) document.querySelector(press)?.click(); };
		port2.postMessage("");
	}`
	send := func(ctx context.Context, n int, chunk []byte, name, press string) error {
		return Act(ctx, tab, doc, selector, put, n, base64.StdEncoding.EncodeToString(chunk), name, press, doc.Origins)
	}
	sending, broken := errgroup.WithContext(ctx)
	sending.SetLimit(uploadAtOnce)
	for n := 0; ; n++ {
		chunk := make([]byte, uploadChunk)
		read, err := io.ReadFull(f, chunk)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if last {
			err = nil
		}
		if err != nil || last || broken.Err() != nil {
			if err := errors.Join(err, sending.Wait()); err != nil {
				return false, err
			}
			err := send(ctx, n, chunk[:read], file.Name, press)
			return press != "" && err == nil, err
		}
		sending.Go(func() error { return send(broken, n, chunk, "", "") })
	}
}
