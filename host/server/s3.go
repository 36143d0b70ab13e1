//go:build s3

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // the scheme s3
	"gocloud.dev/gcerrors"
)

// remote is a bucket of S3, or of what speaks like it.
type remote struct{ bucket *blob.Bucket }

var _ store = (*remote)(nil)

func openS3(ctx context.Context, at string) (store, error) {
	bucket, err := blob.OpenBucket(ctx, at)
	if err != nil {
		return nil, err
	}
	return &remote{bucket}, nil
}

func (s *remote) close() error { return s.bucket.Close() }

// has asks for the first byte: a HEAD would say of a bucket that isn't there only that the object isn't.
func (s *remote) has(ctx context.Context, key string) (bool, error) {
	r, err := s.bucket.NewRangeReader(ctx, key, 0, 1, quietly)
	switch {
	case err == nil:
		return true, r.Close()
	case codeOf(err) == "InvalidRange": // an empty one
		return true, nil
	case errors.Is(plain(err), errNone):
		return false, nil
	}
	return false, plain(err)
}

func (s *remote) get(ctx context.Context, key string, limit int64) ([]byte, error) {
	r, err := s.bucket.NewReader(ctx, key, quietly)
	if err != nil {
		return nil, plain(err)
	}
	defer r.Close()
	if r.Size() > limit {
		return nil, errLarge
	}
	data, err := readWhole(r, limit)
	if err == nil && int64(len(data)) != r.Size() {
		err = errors.New("it broke off")
	}
	if err != nil && !errors.Is(err, errLarge) {
		err = plain(err)
	}
	return data, err
}

// put writes by one request, on the condition that nothing is there (If-None-Match).
func (s *remote) put(ctx context.Context, key string, data []byte) error {
	err := s.bucket.WriteAll(ctx, key, data, &blob.WriterOptions{IfNotExist: true, ContentType: "application/pdf"})
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return errTaken
	}
	if err == nil {
		return nil
	}
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 400 && answer.HTTPStatusCode() < 500 {
		return fmt.Errorf("%w: %w", errRefused, plain(err))
	}
	return plain(err)
}

// quietly keeps the SDK from writing to stderr of every object that was stored without a checksum: what comes is a PDF or refused, and the
// person confirms it.
var quietly = &blob.ReaderOptions{BeforeRead: func(as func(any) bool) error {
	var options *[]func(*s3.Options)
	if as(&options) {
		*options = append(*options, func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true })
	}
	return nil
}}

// codeOf is the code of an error that the store answered.
func codeOf(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

// plain says what a store's error is, in few words: the SDK's own name the request, its URL with the key, and whatever the store wrote.
func plain(err error) error {
	code := codeOf(err)
	var network *url.Error
	var operation *net.OpError
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound && code != "NoSuchBucket":
		return errNone
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errors.New("the store didn't answer in time")
	case code != "":
		return fmt.Errorf("the store answered %s", code)
	case errors.As(err, &operation):
		return fmt.Errorf("the store can't be reached: %w", operation)
	case errors.As(err, &network):
		return fmt.Errorf("the store can't be reached: %w", network.Err)
	}
	return err
}
