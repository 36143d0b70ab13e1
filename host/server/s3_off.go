//go:build !s3

package server

import (
	"context"
	"errors"
)

// openS3 is in the build for servers only: AWS' SDK makes the program half as large again, and whoever signs from a browser starts it
// for every document.
func openS3(context.Context, string) (store, error) {
	return nil, errors.New("this cmdsign is built without S3 (make server builds one with it)")
}
