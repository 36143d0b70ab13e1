// Package rules keeps the house rules that a compiler doesn't: its tests read the
// source of the whole repository. When one of them fails it says which rule, where and
// why there is one; the tables in the tests hold the exceptions, each with a reason.
package rules
