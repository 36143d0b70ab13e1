// Package sandbox is a stand-in for the CMD signing pages, for trying the product and for testing it.
//
// It serves, on one loopback port, what facts/cmd.md section 1 tells of the real pages: two hosts (cmd.localhost and
// frtend.reg.cmd.localhost), the real paths, ASP.NET postbacks, cookies that must be walked in order, and a signed PDF
// as the direct answer to the code. It signs with a test CA (package signer), keeps count of all it receives, and
// misbehaves on request: a magic phone number or Config.Fault picks a row of the table in faults.go. A third host,
// phone.localhost, plays the person's phone and shows the codes. Every other *.localhost name on the port is a
// look-alike: it copies the pages and counts what it is given.
//
// Nothing here is official or has legal value, and every page says so.
package sandbox
