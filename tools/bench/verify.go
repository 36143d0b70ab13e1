package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sign-with-cmd/sign-with-cmd/host/sandbox/signer"
)

// sizes are those of the documents that are verified.
var sizes = []struct {
	name  string
	bytes int
	turns int
}{{"100 KB", 100 << 10, 25}, {"10 MB", 10 << 20, 15}, {"200 MB", 200 << 20, 9}}

// verify measures how long a signed file takes to check, and how much memory.
func verify(p place, keep func(string) error) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// In a process of its own, since every process that this one starts counts from this one's memory.
	if out, err := exec.Command(self, "-samples", p.work).CombinedOutput(); err != nil {
		return fmt.Errorf("making documents: %w\n%s", err, out)
	}
	root := filepath.Join(p.work, "root.pem")
	type contestant struct {
		name    string
		command func(file, original string) *exec.Cmd
		code    int
		says    string
	}
	// Without the document that was sent, a person should look.
	const look, sound, verified = 3, "✓ Nada foi alterado depois da assinatura.", "Verificado."
	all := []contestant{
		{"SHA-256 of the file, in Go (floor)", func(file, _ string) *exec.Cmd { return exec.Command(self, "-sha256", file) }, 0, ""},
		{"cmdsign verify", func(file, _ string) *exec.Cmd {
			return exec.Command(p.cmdsign, "verify", "--offline", "--trust", root, file)
		}, look, sound},
		{"cmdsign verify --original", func(file, original string) *exec.Cmd {
			return exec.Command(p.cmdsign, "verify", "--offline", "--trust", root, "--original", original, file)
		}, 0, verified},
	}
	missing := ""
	peer := func(name, program, says string, args ...string) {
		if program == "" {
			missing += "\n" + name + " was not there to compare with.\n"
			return
		}
		all = append(all, contestant{name, func(file, _ string) *exec.Cmd { return exec.Command(program, append(args, file)...) }, 0, says})
	}
	peer("sha256sum", tool("sha256sum"), "")
	peer("pdfsig -nocert", tool("pdfsig"), "Signature is Valid", "-nocert")
	peer("mutool sign -v", tool("mutool"), "unchanged since signing", "sign", "-v")
	peer("pdfcpu signatures validate", tool(filepath.Join(p.peers, "pdfcpu")), "path was not resolved", "signatures", "validate", "--offline")

	table := [][]string{{"", "document", "wall, ms", "of the floor's", "CPU, ms", "peak resident, MB"}}
	for _, size := range sizes {
		file, original := filepath.Join(p.work, size.name+".signed.pdf"), filepath.Join(p.work, size.name+".pdf")
		wall, cpu, peak := map[string]values{}, map[string]values{}, map[string]values{}
		for i := range p.turns(size.turns) + 1 {
			for _, c := range all {
				got, err := timed(c.command(file, original), c.code, c.says)
				if err != nil {
					return err
				}
				if i == 0 {
					continue // nothing was in memory yet
				}
				wall[c.name] = append(wall[c.name], got.wall.Seconds()*1e3)
				cpu[c.name] = append(cpu[c.name], got.cpu.Seconds()*1e3)
				peak[c.name] = append(peak[c.name], mb(got.peak))
			}
		}
		floor := wall[all[0].name]
		for _, c := range all {
			memory := peak[c.name].spread("%.0f")
			if peak[c.name].median() <= mb(least()) {
				memory = fmt.Sprintf("at most %.0f", mb(least()))
			}
			table = append(table, []string{c.name, size.name, wall[c.name].spread("%.1f"), ratio(wall[c.name], floor), cpu[c.name].spread("%.1f"), memory})
		}
	}
	return keep(rows(table) + missing)
}

// makeSamples writes a document of each size, the same one signed, and the root of whoever signed.
func makeSamples(dir string) error {
	authority, err := signer.Open("")
	if err != nil {
		return err
	}
	citizen, err := authority.Citizen("MARIA DE TESTE")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), authority.RootPEM(), 0o600); err != nil {
		return err
	}
	for _, size := range sizes {
		original, signed := filepath.Join(dir, size.name+".pdf"), filepath.Join(dir, size.name+".signed.pdf")
		for _, path := range []string{original, signed} {
			if err := writePDF(path, size.bytes, size.name); err != nil {
				return err
			}
		}
		if err := sign(citizen, signed); err != nil {
			return fmt.Errorf("%s: %w", size.name, err)
		}
	}
	return nil
}

func sign(citizen *signer.Identity, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	more, err := citizen.Update(f, info.Size(), time.Now())
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(more, info.Size()); err != nil {
		return err
	}
	return f.Close()
}

// pictures is how many a document has; a large one is mostly that.
const pictures = 50

// writePDF writes a document of one page and about so many bytes. mark is in a comment, which makes it another document than the rest.
func writePDF(path string, size int, mark string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	at, offsets := 0, []int{}
	put := func(format string, args ...any) {
		n, _ := fmt.Fprintf(w, format, args...) // the writer keeps its error for Flush
		at += n
	}
	object := func(body string) {
		offsets = append(offsets, at)
		put("%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	put("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n%%%s\n", mark)
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Count 1/Kids[3 0 R]>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>>>")
	// Rows of 64 grey pixels.
	height := size / pictures / 64
	picture := make([]byte, 64*height)
	for i := range picture {
		picture[i] = byte(i * 7)
	}
	for range pictures {
		offsets = append(offsets, at)
		put("%d 0 obj\n<</Type/XObject/Subtype/Image/Width 64/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>\nstream\n", len(offsets), height, len(picture))
		n, _ := w.Write(picture)
		at += n
		put("\nendstream\nendobj\n")
	}
	start := at
	put("xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		put("%010d 00000 n \n", o)
	}
	put("trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// printSHA256 is the floor: a file can't be verified without being read and hashed once.
func printSHA256(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 256<<10)); err != nil {
		return err
	}
	fmt.Printf("%x\n", h.Sum(nil))
	return nil
}
