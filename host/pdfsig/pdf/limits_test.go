package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sign-with-cmd/sign-with-cmd/host/pdfsig/pdftest"
)

func read(t *testing.T, s string) (Object, error) {
	t.Helper()
	return newLexer(source{r: strings.NewReader(s), size: int64(len(s))}, 0).object(0)
}

func TestValues(t *testing.T) {
	for in, want := range map[string]Object{
		"null": nil, "true": true, "-17": Int(-17), "12 0 R": Ref{Num: 12}, "12 0 Rx": Int(12),
		"1.50": Real{1.5, "1.50"}, "-.5": Real{-.5, "-.5"}, "4.": Real{4, "4."},
		"/A#20B#zz": Name("A B#zz"), "/": Name(""),
		"<4 8 6>":        String{Value: []byte("H`"), Hex: true, End: 7},
		`(a(b)\)\101\8)`: String{Value: []byte("a(b))A8"), End: 14},
		"(a\\\r\nb\rc)":  String{Value: []byte("ab\nc"), End: 9},
		"[1 0 R 2]%x":    Array{Ref{Num: 1}, Int(2)},
	} {
		got, err := read(t, in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"", "nul", "1-2", "--1", "1..2", "+", "<4g>", "<41", "(a", "[1", "<</A 1", "<</A>>", "<<1 2>>", "<</A 1>", "99999999999999999999", "/A#00"} {
		_, err := read(t, in)
		require.Error(t, err, in)
	}
}

func TestADuplicateKeyIsNoticed(t *testing.T) {
	o, err := read(t, "<</A 1/B 2/#41 3>>")
	require.NoError(t, err)
	require.Equal(t, []Name{"A"}, o.(*Dict).Duplicates())
	require.Equal(t, Int(1), o.(*Dict).Get("A"))
	require.False(t, Equal(o, o), "such a dictionary equals nothing")
}

// TestLimits opens files that ask for too much.
func TestLimits(t *testing.T) {
	deep := strings.Repeat("[", 10_000)
	_, err := read(t, deep)
	require.ErrorContains(t, err, "too deep")
	_, err = read(t, "["+strings.Repeat("1 ", maxNodes+1)+"]")
	require.ErrorContains(t, err, "too many values")
	_, err = read(t, "("+strings.Repeat("x", maxString+1)+")")
	require.ErrorContains(t, err, "too long")

	plain := string(pdftest.New(pdftest.Options{}))
	streams := pdftest.New(pdftest.Options{Streams: true})
	start := strings.LastIndex(plain, "\nxref") + 1
	bomb := func() []byte {
		b := &pdftest.Builder{}
		catalog := b.Add("<<>>")
		for range 3 {
			b.Add("(%s)", strings.Repeat(" ", 6<<20))
		}
		return b.Streams(catalog, catalog)
	}()
	// The newest section comes first in the file and names a later one as the older.
	backwards := []byte(strings.Replace(plain, "/Root 1 0 R", fmt.Sprintf("/Root 1 0 R/Prev %04d", len(plain)+len("/Prev 1234")), 1))
	backwards = fmt.Appendf(backwards, "xref\n0 0\ntrailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"sections in a circle":    {[]byte(strings.Replace(plain, "/Root 1 0 R", fmt.Sprintf("/Root 1 0 R/Prev %d", start), 1)), "circle"},
		"sections out of order":   {backwards, "older revision comes after"},
		"a huge table":            {[]byte(strings.Replace(plain, "xref\n0 ", "xref\n0 77", 1)), ""},
		"a huge number":           {[]byte(strings.Replace(plain, "xref\n0 ", "xref\n99999999 ", 1)), "header"},
		"an object stream bomb":   {bomb, "too large"},
		"a length that is itself": {[]byte(strings.Replace(plain, "/Length 52", "/Length 5 0 R", 1)), ""},
		"a key twice":             {[]byte(strings.Replace(plain, "/Root 1 0 R", "/Root 1 0 R/Root 2 0 R", 1)), "twice"},
		"two entries":             {[]byte(strings.Replace(plain, "trailer", "1 1\n0000000015 00000 n \ntrailer", 1)), "two entries"},
		"a free object stream":    {bytes.Replace(streams, []byte("/ObjStm"), []byte("/ObjStn"), 1), "not the object stream"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Open(bytes.NewReader(c.file), int64(len(c.file)))
			if err == nil {
				err = d.At(0).Each(func(uint32, Object) bool { return true })
			}
			require.Error(t, err)
			require.ErrorContains(t, err, c.want)
			require.False(t, IsReadError(err))
		})
	}
}

// TestRevisionsAreSeenOneByOne reads each state of a file that was updated twice.
func TestRevisionsAreSeenOneByOne(t *testing.T) {
	first := pdftest.New(pdftest.Options{})
	second := pdftest.Update(first, 3, "<</Title(Second)>>")
	third := pdftest.Update(second, 3, "<</Title(Third)>>")
	d, err := Open(bytes.NewReader(third), int64(len(third)))
	require.NoError(t, err)
	revisions := d.Revisions()
	require.Len(t, revisions, 3)
	for i, want := range []struct {
		title string
		end   int
	}{{"Third", len(third)}, {"Second", len(second)}, {"A document", len(first)}} {
		o, err := d.At(revisions[i].First).Get(Ref{Num: 3})
		require.NoError(t, err)
		require.Equal(t, want.title, string(o.(*Dict).Get("Title").(String).Value))
		require.Equal(t, int64(want.end), revisions[i].End)
	}
	inc, err := d.Increment(revisions[1].End, 0)
	require.NoError(t, err)
	require.Len(t, inc.Objects, 1)
}
