package pdfsig_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
)

// corpus is the folder of pdfcpu's own test data, which comes with its module; PDFSIG_CORPUS names another.
func corpus(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("PDFSIG_CORPUS"); dir != "" {
		return dir
	}
	download := exec.Command("go", "mod", "download", "-json", "github.com/pdfcpu/pdfcpu")
	download.Dir = "others/pdfcpu"
	out, err := download.Output()
	require.NoError(t, err, "%s", out)
	var module struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &module))
	return module.Dir
}

const (
	corpusTime   = 20 * time.Second // for one file; the slowest takes a tenth of a second
	corpusMemory = 96 << 20         // bytes of heap over what there was before
)

// TestCorpus reads files that others collected because they are hard to read: each is read or refused with a reason, without a
// panic, in bounded time and memory, and none is verified.
func TestCorpus(t *testing.T) {
	var files []string
	require.NoError(t, filepath.WalkDir(corpus(t), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.EqualFold(filepath.Ext(path), ".pdf") {
			files = append(files, path)
		}
		return err
	}))
	if os.Getenv("PDFSIG_CORPUS") == "" {
		require.GreaterOrEqual(t, len(files), 510)
	}
	peak := watchHeap(t)
	counts := map[string]int{}
	for _, path := range files {
		done := make(chan string, 1)
		go func() { done <- readOne(path) }()
		select {
		case outcome := <-done:
			kind, detail, _ := strings.Cut(outcome, ": ")
			require.NotEqual(t, "wrong", kind, "%s: %s", path, detail)
			if kind != "sound" && kind != "encrypted" {
				require.NotEmpty(t, detail, path)
				t.Logf("%s: %s", filepath.Base(path), outcome)
			}
			counts[kind]++
		case <-time.After(corpusTime):
			require.Fail(t, "it hangs", path)
		}
	}
	require.Less(t, peak(), int64(corpusMemory))
	require.Greater(t, counts["sound"], len(files)/2, "a reader that refuses everything is safe and of no use: %v", counts)
	t.Log(counts)
}

// readOne says what becomes of a file: sound, encrypted, or damaged, refused or wrong with a reason.
func readOne(path string) (outcome string) {
	defer func() {
		if p := recover(); p != nil {
			outcome = fmt.Sprint("wrong: panic: ", p)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return "wrong: " + err.Error()
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return "wrong: " + err.Error()
	}
	report, err := pdfsig.Verify(f, stat.Size(), trusting(genuine()))
	if err != nil || report.Verdict == pdfsig.Verified {
		return fmt.Sprintf("wrong: %+v, %v", report, err)
	}
	info, err := pdfsig.Preflight(f, stat.Size())
	switch {
	case err != nil:
		return "refused: " + err.Error()
	case info.Damaged != "":
		return "damaged: " + info.Damaged
	case info.Encrypted:
		return "encrypted"
	}
	return "sound"
}

// watchHeap starts to watch the heap; what it gives stops that and says how much it grew at most.
func watchHeap(t *testing.T) func() int64 {
	t.Helper()
	used := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	runtime.GC()
	before := used()
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, used()-before)
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}
