package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sign-with-cmd/sign-with-cmd/host/config"
	"github.com/sign-with-cmd/sign-with-cmd/host/conversation"
	"github.com/sign-with-cmd/sign-with-cmd/host/problem"
)

const (
	// maxKey is S3's limit for a key, in bytes.
	maxKey = 1024
	// maxWritten bounds a signed file, and maxObject a document, in bytes: it's written by one request, which a store takes whole or not at
	// all, and from 16 MiB on it would go in parts. The site itself takes far less.
	maxWritten = 16 << 20
	maxObject  = 15 << 20
	// onceKey is the object that shows at each start that a store puts nothing over what is there.
	onceKey = ".cmdsign-written-once"
	// ownKeys begins the names that are the program's own.
	ownKeys = ".cmdsign-"
)

// What a store says of an object. Every other error is the store's own trouble.
var (
	errNone    = errors.New("there's no such object")
	errTaken   = errors.New("there's an object already")
	errLarge   = errors.New("too large")
	errRefused = errors.New("nothing was made")
)

// store keeps objects. Its methods may be called by several goroutines.
type store interface {
	// get gives an object of at most limit bytes. Errors: errNone, errLarge.
	get(ctx context.Context, key string, limit int64) ([]byte, error)
	// has says whether there is one.
	has(ctx context.Context, key string) (bool, error)
	// put makes one, whole and never over another. Errors: errTaken, errRefused; after any other it may have been made.
	put(ctx context.Context, key string, data []byte) error
	close() error
}

// bucket is a place that the configuration opens to clients.
type bucket struct {
	store
	config.Bucket
	patience time.Duration
	written  func(conversation.Written) // counts
}

// openBucket opens a bucket, and makes sure of one that's written to that it puts nothing over what is there.
func openBucket(ctx context.Context, cfg config.Bucket, patience time.Duration, written func(conversation.Written)) (*bucket, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	kept, err := openStore(ctx, cfg.URL)
	if err != nil {
		return nil, err
	}
	b := &bucket{store: kept, Bucket: cfg, patience: patience, written: written}
	if cfg.Write {
		err = b.once(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, kept.close())
	}
	return b, nil
}

func openStore(ctx context.Context, url string) (store, error) {
	if folder, ok := folderOf(url); ok {
		return openFolder(folder)
	}
	return openS3(ctx, url)
}

// once puts the same object twice: a store that doesn't know the condition takes both, and would let one signed file take another's place.
func (b *bucket) once(ctx context.Context) error {
	text := []byte("cmdsign writes this once, and looks at each start whether it can be written again. It must not be.\n")
	key := b.Prefix + onceKey
	err := b.put(ctx, key, text)
	if err == nil {
		err = b.put(ctx, key, text)
	}
	switch {
	case errors.Is(err, errTaken):
		return nil
	case err == nil:
		return errors.New("it writes over what is there: the store doesn't heed If-None-Match")
	}
	return fmt.Errorf("it can't be written to: %w", err)
}

// buckets are those of a server, by the names that clients use.
type buckets map[string]*bucket

func openBuckets(ctx context.Context, cfg *config.Config, written func(conversation.Written)) (buckets, error) {
	all := buckets{}
	for name, b := range cfg.Serve.Buckets {
		opened, err := openBucket(ctx, b, cfg.Serve.Limits.Bucket, written)
		if err != nil {
			return nil, errors.Join(cfg.Mistake(err, "serve", "buckets", name), all.close())
		}
		all[name] = opened
	}
	return all, nil
}

func (all buckets) close() error {
	var errs []error
	for _, b := range all {
		errs = append(errs, b.close())
	}
	return errors.Join(errs...)
}

// find gives the object that a client names, where the token (nil: none is asked for) is good for it. Errors: OBJECT_REFUSED, TOKEN_LIMIT.
func (all buckets) find(name string, write bool, p *pass) (*object, error) {
	refused := func(why string) (*object, error) { return nil, problem.New(problem.ObjectRefused, why) }
	rest, ok := strings.CutPrefix(name, "s3://")
	bucketName, key, more := strings.Cut(rest, "/")
	if !ok || !more || !goodKey(key) {
		return refused("not s3://BUCKET/KEY")
	}
	b := all[bucketName]
	switch {
	case b == nil:
		return refused("no such bucket")
	case !strings.HasPrefix(key, b.Prefix):
		return refused("outside of the bucket's prefix")
	case write && !b.Write, !write && !b.Fetch:
		return refused("the bucket isn't for that")
	case p != nil && !p.allows(name):
		// Before anything is looked up: whether it's there is nobody else's business.
		return nil, problem.New(problem.TokenLimit, "another object")
	}
	return &object{bucket: b, name: name, key: key}, nil
}

// goodKey takes keys that mean the same to every store: parts between single slashes, none of them a dot or two, nothing that doesn't
// show.
func goodKey(key string) bool {
	if len(key) > maxKey || !fs.ValidPath(key) || key == "." || strings.Contains(key, `\`) {
		return false
	}
	for _, part := range strings.Split(key, "/") {
		if strings.HasPrefix(part, ownKeys) {
			return false
		}
	}
	return !strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
}

// object is a place in a bucket.
type object struct {
	*bucket
	name, key string
}

var _ conversation.Object = (*object)(nil)

// Name is how the client named it.
func (o *object) Name() string { return o.name }

// Fetch gives all of it, in time.
func (o *object) Fetch(ctx context.Context, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	data, err := o.get(ctx, o.key, min(limit, maxObject))
	switch {
	case errors.Is(err, errNone):
		return nil, problem.Newf(problem.PDFNotFound, "%w", err)
	case errors.Is(err, errLarge):
		return nil, problem.Newf(problem.PDFTooLarge, "over %d bytes", min(limit, maxObject))
	case err != nil:
		return nil, problem.Newf(problem.BucketFailed, "fetching: %w", err)
	}
	return data, nil
}

// Free says whether nothing is there.
func (o *object) Free(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	there, err := o.has(ctx, o.key)
	switch {
	case err != nil:
		return problem.Newf(problem.BucketFailed, "looking: %w", err)
	case there:
		return problem.New(problem.ObjectExists, "")
	}
	return nil
}

// Write puts data there, or says how it stands.
func (o *object) Write(ctx context.Context, data []byte) (conversation.Written, error) {
	written, err := o.write(ctx, data)
	o.written(written)
	return written, err
}

func (o *object) write(ctx context.Context, data []byte) (conversation.Written, error) {
	failed := o.try(ctx, data)
	if failed == nil {
		return conversation.WrittenYes, nil
	}
	// An answer may be lost when the request wasn't; sent again, it's then refused because of what it made itself.
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	there, err := o.get(ctx, o.key, int64(len(data)))
	switch {
	case err == nil && bytes.Equal(there, data):
		return conversation.WrittenYes, nil
	case err == nil, errors.Is(err, errLarge), errors.Is(failed, errTaken):
		return conversation.WrittenNo, problem.Newf(problem.ObjectExists, "%w", failed)
	case errors.Is(failed, errRefused):
		return conversation.WrittenNo, problem.Newf(problem.BucketFailed, "writing: %w", failed)
	}
	// Also where nothing is there: a request that nobody answered may still be on its way.
	return conversation.WrittenMaybe, problem.Newf(problem.BucketFailed, "writing: %w; looking: %w", failed, err)
}

func (o *object) try(ctx context.Context, data []byte) error {
	if len(data) >= maxWritten {
		return fmt.Errorf("%w: over %d bytes", errRefused, maxWritten)
	}
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	return o.put(ctx, o.key, data)
}
