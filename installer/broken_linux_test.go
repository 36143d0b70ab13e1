package installer_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sign-with-cmd/sign-with-cmd/manifests"
)

// nobody is who the program runs as where the tests run as root, whom no permission stops.
const nobody = 65534

// person is somebody with a computer of their own on which the program is installed in Chromium, and all is well.
type person struct {
	t                       *testing.T
	work, program, manifest string
}

func newPerson(t *testing.T, program, extension []byte) *person {
	work, err := os.MkdirTemp("", "cmdsign-broken-")
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = exec.Command("chmod", "-R", "u+rwX", work).Run()
		require.NoError(t, os.RemoveAll(work))
	})
	p := &person{t: t, work: work, program: filepath.Join(work, "opt/bin/cmdsign")}
	p.manifest = p.path("home/.config/chromium/NativeMessagingHosts/" + manifests.Host() + ".json")
	for _, folder := range []string{"home/Downloads", "home/.config/chromium", "sys/etc", "bin", "tmp"} {
		require.NoError(t, os.MkdirAll(p.path(folder), 0o755))
	}
	p.write("opt/bin/cmdsign", program, 0o755)
	p.write("opt/share/cmdsign/extension/chromium/manifest.json", extension, 0o644)
	p.write("sys/usr/share/chromium/extensions/sign-with-cmd/manifest.json", extension, 0o644)
	p.write("bin/sudo", []byte("#!/bin/sh\nexec \"$@\"\n"), 0o755)
	p.write("bin/chromium", []byte("#!/bin/sh\n"), 0o755)
	p.owned()
	out, err := p.run("cmdsign install --root " + p.path("sys"))
	require.NoError(t, err, out)
	wrong, _ := p.bad()
	require.Empty(t, wrong)
	return p
}

func (p *person) path(name string) string { return filepath.Join(p.work, filepath.FromSlash(name)) }

func (p *person) write(name string, data []byte, perm os.FileMode) {
	require.NoError(p.t, os.MkdirAll(filepath.Dir(p.path(name)), 0o755))
	require.NoError(p.t, os.WriteFile(p.path(name), data, perm))
}

// owned makes everything the person's.
func (p *person) owned() {
	require.NoError(p.t, os.Chmod(p.work, 0o755))
	if os.Geteuid() == 0 {
		require.NoError(p.t, exec.Command("chown", "-R", "65534:65534", p.work).Run())
	}
}

// names writes a manifest of ours that names a program.
func (p *person) names(program, id, file string) {
	m := manifests.New(manifests.Chromium, program, nil)
	m.AllowedOrigins = []string{manifests.Caller(manifests.Chromium, id)}
	require.NoError(p.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(p.t, os.WriteFile(file, m.JSON(), 0o644))
}

// run runs a command in the person's shell.
func (p *person) run(command string) (string, error) {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Dir = p.path("home")
	cmd.Env = []string{"HOME=" + p.path("home"), "TMPDIR=" + p.path("tmp"), "LANG=en_US.UTF-8", "PATH=" + p.path("opt/bin") + ":" + p.path("bin") + ":/usr/bin:/bin",
		"CMDSIGN_BROWSER_PATH=" + p.path("bin/chromium")}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// bad is what doctor finds wrong, and the commands that it prints.
func (p *person) bad() (checks, commands []string) {
	out, _ := p.run("cmdsign doctor --json --browser chromium --root " + p.path("sys"))
	var r report
	require.NoError(p.t, json.Unmarshal([]byte(out), &r), out)
	for _, f := range r.Findings {
		if f.Result == "bad" {
			require.NotEmpty(p.t, f.Mend, f.Text)
			checks, commands = append(checks, f.Check), append(commands, f.Mend)
		}
	}
	require.Equal(p.t, len(checks) == 0, r.OK)
	return checks, commands
}

// What people break, doctor names; the command that it prints mends it, and then all is well.
func TestBrokenOnPurpose(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program twice")
	}
	program, err := os.ReadFile(build(t))
	require.NoError(t, err)
	earlier, err := os.ReadFile(buildVersion(t, "0.0.1"))
	require.NoError(t, err)
	extension, err := os.ReadFile(filepath.Join(anExtension(t), "manifest.json"))
	require.NoError(t, err)
	own := manifests.IDs(manifests.Chromium)[0]

	for _, test := range []struct {
		name, check string
		breaks      func(p *person)
	}{
		{"wrong path", "program-missing", func(p *person) { p.names("/nowhere/cmdsign", own, p.manifest) }},
		{"wrong id", "manifest-ids", func(p *person) { p.names(p.program, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", p.manifest) }},
		{"no run bit", "program-not-runnable", func(p *person) {
			p.write("opt/other/cmdsign", program, 0o644)
			p.names(p.path("opt/other/cmdsign"), own, p.manifest)
		}},
		{"an old version", "program-version", func(p *person) {
			p.write("opt/other/cmdsign", earlier, 0o755)
			p.names(p.path("opt/other/cmdsign"), own, p.manifest)
		}},
		{"two manifests", "manifest-twice", func(p *person) {
			p.names("/nowhere/cmdsign", own, p.path("sys/etc/chromium/native-messaging-hosts/"+manifests.Host()+".json"))
		}},
		{"an unreadable folder", "manifest-unreadable", func(p *person) {
			require.NoError(p.t, os.Chmod(filepath.Dir(p.manifest), 0))
		}},
		{"an unreadable manifest", "manifest-unreadable", func(p *person) { require.NoError(p.t, os.Chmod(p.manifest, 0)) }},
		{"Downloads that can't be written", "downloads", func(p *person) { require.NoError(p.t, os.Chmod(p.path("home/Downloads"), 0o555)) }},
		{"the extension is missing", "extension-missing", func(p *person) { require.NoError(p.t, os.RemoveAll(p.path("sys/usr/share/chromium/extensions"))) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPerson(t, program, extension)
			test.breaks(p)
			p.owned()
			checks, commands := p.bad()
			require.Equal(t, []string{test.check}, checks)
			for _, command := range commands {
				out, err := p.run(command)
				require.NoError(t, err, "%s: %s", command, out)
			}
			checks, _ = p.bad()
			require.Empty(t, checks, "after %v", commands)
		})
	}

	// Nobody but the person can say what may be deleted: the command shows what fills the disk.
	t.Run("a full disk", func(t *testing.T) {
		p := newPerson(t, program, extension)
		disk := func(folder string) (filler string) {
			if err := unix.Mount("cmdsign-test", folder, "tmpfs", 0, "size=5M"); err != nil {
				t.Skipf("mounting needs root: %v", err)
			}
			t.Cleanup(func() { require.NoError(t, unix.Unmount(folder, 0)) })
			filler = filepath.Join(folder, "holiday.mkv")
			require.ErrorIs(t, os.WriteFile(filler, make([]byte, 6<<20), 0o644), syscall.ENOSPC)
			p.owned()
			return filler
		}
		filler := disk(p.path("home/Downloads"))
		checks, commands := p.bad()
		require.Equal(t, []string{"disk-full"}, checks)
		out, err := p.run(commands[0])
		require.NoError(t, err, out)
		require.Contains(t, out, filler)
		require.NoError(t, os.Remove(filler))
		checks, _ = p.bad()
		require.Empty(t, checks)

		require.NoError(t, os.Remove(p.manifest))
		filler = disk(filepath.Dir(p.manifest))
		checks, commands = p.bad()
		require.Equal(t, []string{"manifest-missing"}, checks)
		out, err = p.run(commands[0])
		require.Error(t, err)
		require.Contains(t, out, "the disk is full")
		require.NoFileExists(t, p.manifest, "half a manifest")
		require.NoError(t, os.Remove(filler))
		out, err = p.run(commands[0])
		require.NoError(t, err, out)
		checks, _ = p.bad()
		require.Empty(t, checks)
	})
}
