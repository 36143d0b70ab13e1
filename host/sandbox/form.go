package sandbox

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"
)

const (
	maxFormBytes  = 256 << 10 // of all fields of a form, the file not counted
	maxParts      = 100
	maxFileName   = 200
	uploadSurplus = 64 << 20 // a file this much over the limit is cut off instead of answered
)

// form is what a POST carried.
type form struct {
	values   url.Values
	hasFile  bool
	file     []byte // up to the limit given to readForm
	fileName string
	tooLarge bool
	size     int64 // of the whole body
}

func (f *form) value(name string) string { return f.values.Get(name) }

var errBadForm = errors.New("sandbox: malformed form")

// readForm reads an urlencoded or multipart body. A file over maxFile is read to its end and thrown away, because a
// browser that is cut off while it sends shows a network error instead of our answer.
func readForm(w http.ResponseWriter, r *http.Request, maxFile int64) (*form, error) {
	f := &form{values: url.Values{}}
	body := &countingReader{r: http.MaxBytesReader(w, r.Body, maxFile+uploadSurplus)}
	defer func() { f.size = body.n }()
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return f, errBadForm
	case kind == "application/x-www-form-urlencoded":
		data, err := io.ReadAll(io.LimitReader(body, maxFormBytes+1))
		if err != nil || len(data) > maxFormBytes {
			return f, errBadForm
		}
		f.values, err = url.ParseQuery(string(data))
		return f, err
	case kind == "multipart/form-data":
		return f, f.readParts(multipart.NewReader(body, parameters["boundary"]), maxFile)
	}
	return f, errBadForm
}

func (f *form) readParts(parts *multipart.Reader, maxFile int64) error {
	left := int64(maxFormBytes)
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errBadForm
		}
		if part.FileName() == "" {
			data, err := io.ReadAll(io.LimitReader(part, left+1))
			left -= int64(len(data))
			if err != nil || left < 0 {
				return errBadForm
			}
			// A file box that was left empty comes as a part without a name; it is no value.
			if part.Header.Get("Content-Type") == "" {
				f.values.Add(part.FormName(), string(data))
			}
			continue
		}
		if f.hasFile {
			return errBadForm
		}
		f.hasFile, f.fileName = true, cleanFileName(part.FileName())
		if f.file, err = io.ReadAll(io.LimitReader(part, maxFile+1)); err != nil {
			return errBadForm
		}
		if int64(len(f.file)) > maxFile {
			f.tooLarge, f.file = true, nil
			if _, err := io.Copy(io.Discard, part); err != nil {
				return errBadForm
			}
		}
	}
	return errBadForm
}

// cleanFileName makes a browser's file name fit for a page and a header.
func cleanFileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	runes := []rune(name)
	if len(runes) > maxFileName {
		runes = runes[len(runes)-maxFileName:]
	}
	if len(runes) == 0 || name == "." || name == "/" {
		return "documento.pdf"
	}
	return string(runes)
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
