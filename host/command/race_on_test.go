//go:build race

package command

// raceDetector says whether the tests, and so the binary that they start, look for data races.
const raceDetector = true
