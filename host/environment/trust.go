package environment

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// testName begins the names of authorities that sign for trying only.
const testName = "(TESTE)"

// ReadTrust reads trust anchors from a PEM file: certificates of authorities, and nothing else.
func ReadTrust(path string) ([]*x509.Certificate, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s isn't a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxPEM {
		return nil, fmt.Errorf("%s is over %d bytes", path, maxPEM)
	}
	certs, err := parsePEM(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return certs, nil
}

// folder reads the *.pem of an environment's own folder, which need not be there. A file that is there and can't be used is
// an error: an anchor that is silently missing looks like a false signature.
func folder(dir, name string) ([]*x509.Certificate, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	files := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".pem") {
			continue
		}
		if files++; files > maxTrust {
			return nil, fmt.Errorf("%s has over %d files", dir, maxTrust)
		}
		path := filepath.Join(dir, e.Name())
		certs, err := ReadTrust(path)
		if err != nil {
			return nil, err
		}
		for _, c := range certs {
			// The sandbox signs for whoever asks: its root must never count where signatures bind.
			if name == Production && strings.Contains(c.Subject.String(), testName) {
				return nil, fmt.Errorf("%s: %s is for trying only, and can't be trusted in production", path, c.Subject.CommonName)
			}
		}
		all = append(all, certs...)
	}
	return all, nil
}

func parsePEM(data []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		block, data = pem.Decode(bytes.TrimSpace(data))
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if !cert.IsCA {
			return nil, fmt.Errorf("%s is not an authority", cert.Subject.CommonName)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, errors.New("no certificate in it")
	}
	return certs, nil
}

func mustParse(data []byte) []*x509.Certificate {
	certs, err := parsePEM(data)
	if err != nil {
		panic("the built-in trust anchors: " + err.Error())
	}
	return certs
}
