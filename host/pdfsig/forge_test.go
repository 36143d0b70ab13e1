package pdfsig_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/cms"
	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdf"
)

var clock = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const (
	rootName    = "Cartão de Cidadão 099"
	issuingName = "EC de Chave Móvel Digital 00099"
	signerName  = "MARIA DA CONCEIÇÃO"
)

// party is a certificate with its key.
type party struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var rsaKeys = sync.OnceValue(func() (keys [4]*rsa.PrivateKey) {
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	return keys
})

func issue(name string, key crypto.Signer, by *party, change func(*x509.Certificate)) *party {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Country: []string{"PT"}, CommonName: name},
		NotBefore: clock.AddDate(-1, 0, 0), NotAfter: clock.AddDate(30, 0, 0), BasicConstraintsValid: true,
		SubjectKeyId: serial.Bytes(),
	}
	change(t)
	parent, signer := t, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		panic(err)
	}
	return &party{cert, key}
}

func ca(t *x509.Certificate) {
	t.IsCA, t.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
}

func citizen(t *x509.Certificate) { t.KeyUsage = x509.KeyUsageContentCommitment }

// pki is a hierarchy like CMD's: root, issuing CA, citizen.
type pki struct{ root, issuing, leaf *party }

// genuine is the hierarchy that the tests trust; foreign has the same names and
// other keys.
var genuine, foreign = sync.OnceValue(func() *pki { return newPKI(0) }), sync.OnceValue(func() *pki { return newPKI(2) })

func newPKI(first int) *pki {
	k := rsaKeys()
	ec := func() crypto.Signer {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		return key
	}
	p := &pki{}
	p.root = issue(rootName, ec(), nil, ca)
	p.issuing = issue(issuingName, k[first], p.root, ca)
	p.leaf = issue(signerName, k[first+1], p.issuing, citizen)
	return p
}

func trusting(p *pki) pdfsig.Options {
	return pdfsig.Options{Roots: []*x509.Certificate{p.root.cert}, Now: func() time.Time { return clock }}
}

// forge is a signing service that can be told to do something else than sign.
type forge struct {
	pki  *pki
	leaf *party // instead of the hierarchy's

	dict     func(contents, byteRange string) string          // the signature dictionary
	field    func(*pdf.Dict)                                  // the field before it is written
	page     func(page *pdf.Dict)                             // the first page before it is written
	catalog  func(catalog *pdf.Dict)                          // the catalog before it is written
	update   func(u *pdf.Update, view *pdf.View, sig pdf.Ref) // anything else in the same revision
	noForm   bool                                             // the field isn't put into the form
	noWidget bool                                             // the field isn't put onto the page
	template func(*cms.Template)
	message  func(covered []byte) []byte                       // makes the message instead of the template
	blank    uint32                                            // signs this old field instead of a new one
	value    func(cms []byte) []byte                           // the message before it is put into its place
	ranges   func(contents, end, size int64) (string, []int64) // what is written and what is hashed
	room     int
	index    func(index string) string    // the list of the objects of that stream
	compress func(held map[uint32]string) // puts the objects of the update into an object stream, after a change
	bytes    func(update []byte) []byte   // the bytes of the update before they are signed
}

// The place holders in a signature dictionary.
const rangeRoom = "                                              "

func cmdDict(contents, byteRange string) string {
	return "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Name<4D61>/M(D:20261122100000Z)/Contents" + contents + "/ByteRange" + byteRange + ">>"
}

// sign appends one revision with a signature.
func (f forge) sign(t testing.TB, original []byte) []byte {
	t.Helper()
	if f.pki == nil {
		f.pki = genuine()
	}
	if f.leaf == nil {
		f.leaf = f.pki.leaf
	}
	if f.dict == nil {
		f.dict = cmdDict
	}
	if f.room == 0 {
		f.room = 6000
	}
	doc, err := pdf.Open(bytes.NewReader(original), int64(len(original)))
	require.NoError(t, err)
	view := doc.At(0)
	u, err := pdf.NewUpdate(doc)
	require.NoError(t, err)
	contents := "<" + strings.Repeat("0", 2*f.room) + ">"
	body := f.dict(contents, rangeRoom)
	sig := u.Add(pdf.RawObject(body))

	var page pdf.Page
	require.NoError(t, view.Pages(func(p pdf.Page) bool { page = p; return false }))
	field := pdf.NewDict()
	for _, kv := range []struct {
		k pdf.Name
		v pdf.Object
	}{{"Type", pdf.Name("Annot")}, {"Subtype", pdf.Name("Widget")}, {"FT", pdf.Name("Sig")}, {"T", pdf.String{Value: []byte(fmt.Sprintf("Sig%d", sig.Num))}},
		{"V", sig}, {"F", pdf.Int(132)}, {"P", page.Ref}, {"Rect", pdf.Array{pdf.Int(0), pdf.Int(0), pdf.Int(0), pdf.Int(0)}}} {
		field.Set(kv.k, kv.v)
	}
	if f.field != nil {
		f.field(field)
	}
	if f.blank != 0 {
		old := changed(t, view, int(f.blank), "V", sig)
		u.Replace(ref(int(f.blank)), old)
		return f.finish(t, u, original, sig, body, contents)
	}
	fieldRef := u.Add(field)

	root, _ := view.Root()
	catalog, err := view.Catalog()
	require.NoError(t, err)
	catalog = catalog.Clone()
	if !f.noForm {
		form, err := view.Dict(catalog.Get("AcroForm"))
		require.NoError(t, err)
		if form == nil {
			form = pdf.NewDict()
		}
		form = form.Clone()
		fields, err := view.Array(form.Get("Fields"))
		require.NoError(t, err)
		form.Set("Fields", append(append(pdf.Array{}, fields...), fieldRef))
		form.Set("SigFlags", pdf.Int(3))
		if r, ok := catalog.Get("AcroForm").(pdf.Ref); ok {
			u.Replace(r, form)
		} else {
			catalog.Set("AcroForm", form)
		}
	}
	pageDict := page.Dict.Clone()
	annots, err := view.Array(pageDict.Get("Annots"))
	require.NoError(t, err)
	if !f.noWidget {
		pageDict.Set("Annots", append(append(pdf.Array{}, annots...), fieldRef))
	}
	if f.page != nil {
		f.page(pageDict)
	}
	if f.catalog != nil {
		f.catalog(catalog)
	}
	u.Replace(page.Ref, pageDict)
	u.Replace(root, catalog)
	if f.update != nil {
		f.update(u, view, sig)
	}
	return f.finish(t, u, original, sig, body, contents)
}

// finish writes the update and signs.
func (f forge) finish(t testing.TB, u *pdf.Update, original []byte, sig pdf.Ref, body, contents string) []byte {
	t.Helper()
	more, bodies, err := u.Bytes()
	require.NoError(t, err)
	if f.compress != nil {
		more, bodies[sig] = f.compressed(t, original, more, sig, body)
	}
	if f.bytes != nil {
		more = f.bytes(more)
	}
	out := append(bytes.Clone(original), more...)
	f.fill(t, out, int(bodies[sig]), body, contents)
	return out
}

// compressed writes an update in another way: the signature as an object, everything
// else in an object stream, as some signers do for files that have such streams. It
// says where the signature's body starts.
func (f forge) compressed(t testing.TB, original, update []byte, sig pdf.Ref, body string) ([]byte, int64) {
	t.Helper()
	whole := append(bytes.Clone(original), update...)
	doc, err := pdf.Open(bytes.NewReader(whole), int64(len(whole)))
	require.NoError(t, err)
	section := doc.Sections()[0]
	held := map[uint32]string{}
	box := uint32(0)
	for _, e := range section.Entries {
		box = max(box, e.Num)
		if e.Num == sig.Num || e.Num == section.Self {
			continue
		}
		o, err := doc.At(0).Get(pdf.Ref{Num: e.Num})
		require.NoError(t, err)
		held[e.Num] = string(pdf.AppendObject(nil, o))
	}
	listed := len(held)
	f.compress(held)
	rows := map[uint32][]byte{}
	row := func(kind byte, at, n int) []byte {
		return []byte{kind, byte(at >> 16), byte(at >> 8), byte(at), byte(n)}
	}
	out := []byte{'\n'}
	rows[sig.Num] = row(1, len(original)+len(out), 0)
	out = fmt.Appendf(out, "%d 0 obj\n", sig.Num)
	at := int64(len(original) + len(out))
	out = append(append(out, body...), "\nendobj\n"...)
	box++
	var index, data string
	var nums []uint32
	for num := range held {
		nums = append(nums, num)
	}
	slices.Sort(nums)
	for i, num := range nums {
		index += fmt.Sprintf("%d %d ", num, len(data))
		data += held[num] + "\n"
		if i < listed { // what was added last is hidden
			rows[num] = row(2, int(box), i)
		}
	}
	if f.index != nil {
		index = f.index(index)
	}
	rows[box] = row(1, len(original)+len(out), 0)
	out = fmt.Appendf(out, "%d 0 obj\n<</Type/ObjStm/N %d/First %d/Length %d>>\nstream\n%s\nendstream\nendobj\n", box, len(nums), len(index), len(index)+len(data), index+data)
	start := len(original) + len(out)
	rows[box+1] = row(1, start, 0)
	var table, list []byte
	for num := uint32(0); num <= box+1; num++ {
		if r, ok := rows[num]; ok {
			list = fmt.Appendf(list, "%d 1 ", num)
			table = append(table, r...)
		}
	}
	root, _ := doc.At(0).Root()
	prev := section.Prev
	out = fmt.Appendf(out, "%d 0 obj\n<</Type/XRef/Size %d/W[1 3 1]/Index[%s]/Root %v/Info %s/Prev %d/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		box+1, box+2, list, root, pdf.AppendObject(nil, section.Trailer.Get("Info")), prev, len(table), table, start)
	return out, at
}

// fill writes byte range and value where the dictionary's text left room.
func (f forge) fill(t testing.TB, out []byte, at int, body, contents string) {
	t.Helper()
	start, rangeAt := strings.Index(body, contents), strings.Index(body, rangeRoom)
	if start < 0 {
		return // a signature without a value
	}
	from, size := int64(at+start), int64(len(out))
	end := from + int64(len(contents))
	written := fmt.Sprintf("[0 %d %d %d]", from, end, size-end)
	hashed := []int64{0, from, end, size - end}
	if f.ranges != nil {
		written, hashed = f.ranges(from, end, size)
	}
	require.LessOrEqual(t, len(written), len(rangeRoom))
	if rangeAt >= 0 {
		copy(out[at+rangeAt:], written)
	}
	if f.message != nil {
		value := f.message(append(bytes.Clone(out[:from]), out[end:]...))
		hex.Encode(out[from+1:], value)
		return
	}
	template := cms.Template{
		Signer: f.leaf.cert, Certificates: []*x509.Certificate{f.leaf.cert, f.pki.issuing.cert, f.pki.root.cert},
		Hash: crypto.SHA256, SigningTime: &clock, Indefinite: true,
	}
	if f.template != nil {
		f.template(&template)
	}
	h := template.Hash.New()
	for i := 0; i+1 < len(hashed); i += 2 {
		h.Write(out[hashed[i] : hashed[i]+hashed[i+1]])
	}
	value, err := template.Sign(f.leaf.key, h.Sum(nil))
	require.NoError(t, err)
	if f.value != nil {
		value = f.value(value)
	}
	require.LessOrEqual(t, len(value), f.room)
	hex.Encode(out[from+1:], value)
}

func verifyReturned(t testing.TB, signed, original []byte, opts pdfsig.Options) *pdfsig.Report {
	t.Helper()
	r, err := pdfsig.VerifyReturned(bytes.NewReader(signed), int64(len(signed)), bytes.NewReader(original), int64(len(original)), opts)
	require.NoError(t, err)
	return r
}
