// Measures this product beside its peers (docs/BENCHMARKS.md), apart from everything else's dependencies.
module github.com/sign-with-cmd/sign-with-cmd/tools/bench

go 1.26.0

tool github.com/pdfcpu/pdfcpu/cmd/pdfcpu

require github.com/sign-with-cmd/sign-with-cmd v0.0.0

require (
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/hhrutter/tiff v1.0.6 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mattn/go-runewidth v0.0.27 // indirect
	github.com/pdfcpu/pdfcpu v0.15.0 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.10 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/image v0.44.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/sign-with-cmd/sign-with-cmd => ../..

// npm packages may bring Go files of their own.
ignore ./peers/node_modules
