//go:build !windows

package installer_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/journal"
	"github.com/sign-with-cmd/sign-with-cmd/host/nativemsg"
)

// builtVersion is the version of the program under test.
const builtVersion = "1.2.3-test"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"oldhost": oldHost})
}

// oldHost is a host of another version.
func oldHost() {
	out := nativemsg.NewWriter(os.Stdout)
	if out.Write([]byte(`{"state":"start","version":"0.0.1"}`)) != nil {
		os.Exit(1)
	}
	in := nativemsg.NewReader(os.Stdin, 0)
	for {
		data, err := in.Read()
		if err != nil {
			os.Exit(0)
		}
		var m struct{ Ping string }
		if json.Unmarshal(data, &m) != nil || out.Write([]byte(fmt.Sprintf(`{"status":"OK","progress":%q}`, m.Ping))) != nil {
			os.Exit(1)
		}
	}
}

// build makes the program as it's shipped and gives its path.
func build(t *testing.T) string { return buildVersion(t, builtVersion) }

func buildVersion(t *testing.T, version string) string {
	t.Helper()
	built := filepath.Join(t.TempDir(), "cmdsign")
	out, err := exec.Command("go", "build", "-ldflags", "-X github.com/sign-with-cmd/sign-with-cmd/host/command.version="+version,
		"-o", built, "../host/cmdsign").CombinedOutput()
	require.NoError(t, err, string(out))
	return built
}

// TestCommands runs the scripts of testdata/script against the built program, each on a computer of its own: $HOME, a root for the
// system's folders, and a PATH without any real browser.
func TestCommands(t *testing.T) {
	program, err := os.ReadFile(build(t))
	require.NoError(t, err)
	extension, err := os.ReadFile(filepath.Join(anExtension(t), "manifest.json"))
	require.NoError(t, err)

	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			work := env.WorkDir
			for _, folder := range []string{"home/Downloads", "sys/etc", "sys/snap/bin", "sys/usr/share/chromium/extensions/sign-with-cmd", "bin", "opt/bin", "fake", "tmp"} {
				if err := os.MkdirAll(filepath.Join(work, folder), 0o755); err != nil {
					return err
				}
			}
			for name, content := range map[string]string{
				"opt/bin/cmdsign": string(program),
				"bin/sudo":        "#!/bin/sh\nexec \"$@\"\n",
				// One browser has the extension, or doctor would miss it everywhere.
				"sys/usr/share/chromium/extensions/sign-with-cmd/manifest.json": string(extension),
				"fake/launchable": "#!/bin/sh\n",
			} {
				if err := os.WriteFile(filepath.Join(work, filepath.FromSlash(name)), []byte(content), 0o755); err != nil {
					return err
				}
			}
			// oldhost is beside what testscript put first on the PATH.
			hosts, _, _ := strings.Cut(env.Getenv("PATH"), string(filepath.ListSeparator))
			env.Setenv("HOSTS", hosts)
			env.Setenv("PATH", strings.Join([]string{filepath.Join(work, "opt", "bin"), filepath.Join(work, "bin"), hosts}, string(filepath.ListSeparator)))
			env.Setenv("HOME", filepath.Join(work, "home"))
			env.Setenv("TMPDIR", filepath.Join(work, "tmp"))
			env.Setenv("LANG", "pt_PT.UTF-8")
			env.Setenv("CMDSIGN_BROWSER_PATH", filepath.Join(work, "fake", "launchable"))
			env.Setenv("R", filepath.Join(work, "sys"))
			env.Setenv("HOST", "org.sign_with_cmd.host.json")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"tree": tree, "mend": mend, "sane": sane, "finds": finds, "lacks": lacks, "cpenv": cpenv, "leftover": leftover, "appended": appended, "waitfor": waitFor,
		},
	})
}

// tree FILE [times] writes down everything in the home and in the root: names, modes, contents, and with "times" when each was last
// changed.
func tree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: tree FILE [times]")
	}
	var out bytes.Buffer
	for _, top := range []string{"home", "sys"} {
		ts.Check(filepath.WalkDir(ts.MkAbs(filepath.Join(ts.Getenv("WORK"), top)), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, "%v %s", info.Mode(), path)
			if info.Mode().IsRegular() {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				fmt.Fprintf(&out, " %x", sha256.Sum256(data))
			}
			if len(args) > 1 {
				fmt.Fprintf(&out, " %v", info.ModTime().UnixNano())
			}
			fmt.Fprintln(&out)
			return nil
		}))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

type report struct {
	Version  string
	OK       bool
	Findings []struct{ Check, Result, Browser, Path, Text, Mend string }
}

// examine runs doctor and gives what it says; the exit code must say the same.
func examine(ts *testscript.TestScript) report {
	err := ts.Exec("cmdsign", "doctor", "--json", "--root", ts.Getenv("R"))
	var r report
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &r))
	if (err == nil) != r.OK {
		ts.Fatalf("the exit code (%v) doesn't say what the report says", err)
	}
	for _, f := range r.Findings {
		if f.Text == "" || f.Check == "" {
			ts.Fatalf("a finding without words: %+v", f)
		}
	}
	return r
}

// sane: doctor finds nothing wrong.
func sane(ts *testscript.TestScript, neg bool, _ []string) {
	if r := examine(ts); r.OK == neg {
		ts.Fatalf("doctor: ok is %v", r.OK)
	}
}

// finds CHECK RESULT [WORD]: doctor has such a finding, with WORD in its text.
func finds(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: finds CHECK RESULT [WORD]")
	}
	for _, f := range examine(ts).Findings {
		if f.Check == args[0] && f.Result == args[1] && (len(args) < 3 || strings.Contains(f.Text, args[2])) {
			if neg {
				ts.Fatalf("found %+v", f)
			}
			return
		}
	}
	if !neg {
		ts.Fatalf("not found")
	}
}

// mend CHECK...: doctor finds just these wrong, names a command for each; the commands are run, and then nothing is wrong.
func mend(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("! mend makes no sense")
	}
	var checks, commands []string
	for _, f := range examine(ts).Findings {
		if f.Result != "bad" {
			continue
		}
		checks = append(checks, f.Check)
		if f.Mend == "" {
			ts.Fatalf("%s: no command mends it", f.Check)
		}
		commands = append(commands, f.Mend)
	}
	if strings.Join(checks, " ") != strings.Join(args, " ") {
		ts.Fatalf("doctor found %v, not %v", checks, args)
	}
	for _, command := range commands {
		// The tools of a person's shell, behind the PATH that has no browser in it.
		ts.Logf("$ %s", command)
		if err := ts.Exec("/bin/sh", "-c", "PATH=$PATH:/usr/bin:/bin; "+command); err != nil {
			ts.Fatalf("%s: %v", command, err)
		}
	}
	if !examine(ts).OK {
		ts.Fatalf("it isn't mended")
	}
}

// lacks PATH...: nothing is there.
func lacks(ts *testscript.TestScript, neg bool, args []string) {
	for _, path := range args {
		if _, err := os.Lstat(ts.MkAbs(path)); (err == nil) != neg {
			ts.Fatalf("%s: %v", path, err)
		}
	}
}

// cpenv FROM TO copies a file with its $NAMES filled in, and makes the folder.
func cpenv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cpenv FROM TO")
	}
	to := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
	ts.Check(os.WriteFile(to, []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o644))
}

// waitfor FILE waits until another process has made it.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err := os.Stat(ts.MkAbs(args[0]))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v", err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// appended FILE makes a program another one that does the same, as an update does.
func appended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: appended FILE")
	}
	data := ts.ReadFile(args[0]) + "another build"
	path := ts.MkAbs(args[0])
	ts.Check(os.Remove(path))
	ts.Check(os.WriteFile(path, []byte(data), 0o755))
}

// leftover FOLDER NAME leaves a record in the journal as a crash does after a code was sent.
func leftover(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: leftover FOLDER NAME")
	}
	records, err := journal.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	record, err := records.Begin(journal.Document{Name: args[1], SHA256: strings.Repeat("0", 64), Size: 1000, Environment: "production"})
	ts.Check(err)
	ts.Check(record.Submitting())
	ts.Check(record.Close())
}
