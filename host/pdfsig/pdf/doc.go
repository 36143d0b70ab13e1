// Package pdf is a strict reader of PDF files for people who must not be
// deceived: it reads from an io.ReaderAt, shows each revision on its own, and
// repairs nothing. A file that other readers open only by guessing is refused
// with a reason, because two readers that guess differently show two documents
// under one signature (facts/pdf.md 2.2 and 5.5).
//
// It reads what a signature check and an append-only writer need: the
// cross-reference tables and streams, the objects, the page tree. It doesn't
// decrypt, and it decodes no page content.
package pdf
