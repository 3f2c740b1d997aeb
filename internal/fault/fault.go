// Package fault names the ways an operation can fail, and keeps words for people apart from words for the log.
//
// A room returns fault.Invalid.Say("Choose a reason.") for the person at the page and wraps it with %w on the way
// up for the log. A face asks Of(err) for the kind, which it maps to a status, a page or an exit code in one table of
// its own, and Words(err) for the sentence, which it translates.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what went wrong in terms a face can act on. A Kind is itself an error, so that
// errors.Is(err, fault.NotFound) holds for every fault of that kind.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody classified is ours.
const (
	Internal        Kind = iota // a bug or a broken machine; people are told no detail
	NotFound                    // the thing named does not exist, or not for this person
	Invalid                     // the input cannot be accepted as it is
	Conflict                    // the thing has changed or was decided in between
	Unauthenticated             // nobody is signed in
	Forbidden                   // signed in, but this role or organisation may not
	TooLarge                    // over a stated bound of bytes, rows or pixels
	TooMany                     // over a stated rate
	Unavailable                 // a part needed is down; trying again later may help
)

var kindNames = [...]string{"internal", "not found", "invalid", "conflict", "unauthenticated", "forbidden", "too large", "too many", "unavailable"}

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("fault kind %d", uint8(k))
}

// Say makes a fault of this kind with a sentence for people. The English format is the key under which faces find its
// translation, so it stays a constant and the variable parts go into args.
func (k Kind) Say(format string, args ...any) *Fault {
	return &Fault{Kind: k, Format: format, Args: args}
}

// Fault is an error with a sentence for people.
type Fault struct {
	Kind   Kind
	Format string // an English sentence, as for fmt.Sprintf; also the translation key
	Args   []any
	Field  string // the input at fault, as a path ("seller.joined", "rows[3].price"); empty when none is
	Cause  error  // for the log only
}

// At names the input at fault.
func (f *Fault) At(field string) *Fault {
	c := *f
	c.Field = field
	return &c
}

// Because keeps the cause for the log.
func (f *Fault) Because(err error) *Fault {
	c := *f
	c.Cause = err
	return &c
}

// Message is the sentence for people, in English.
func (f *Fault) Message() string {
	if len(f.Args) == 0 {
		return f.Format
	}
	return fmt.Sprintf(f.Format, f.Args...)
}

func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Kind.Error())
	if f.Field != "" {
		b.WriteString(": " + f.Field)
	}
	b.WriteString(": " + f.Message())
	if f.Cause != nil {
		b.WriteString(": " + f.Cause.Error())
	}
	return b.String()
}

// Is reports whether target is this fault's Kind.
func (f *Fault) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == f.Kind
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Of is the kind of err: that of the outermost Fault or bare Kind in its chain, else Internal.
func Of(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	return Internal
}

// As gives the outermost Fault in err's chain, if there is one.
func As(err error) (*Fault, bool) { return errors.AsType[*Fault](err) }

// All gives every Fault in err's tree, outermost first and in order, so that a form can mark each field at once
// (see errors.Join).
func All(err error) []*Fault {
	switch e := err.(type) {
	case nil:
		return nil
	case *Fault:
		return []*Fault{e}
	case interface{ Unwrap() []error }:
		var all []*Fault
		for _, one := range e.Unwrap() {
			all = append(all, All(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return All(e.Unwrap())
	}
	return nil
}
