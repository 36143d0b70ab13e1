// Package pdfsig answers one question about a PDF that came back from a signing
// service: is it what was sent, plus one signature, and nothing else? It reads
// with a strict reader of its own (package pdf), verifies with a CMS layer of its
// own (package cms), and reports finding by finding, never as one green tick
// (facts/pdf.md 5.1).
//
// It says what it checked and no more: whether a signature is a qualified one is
// for the State's validator to say.
package pdfsig
