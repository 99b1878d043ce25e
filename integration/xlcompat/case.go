package xlcompat

import "regexp"

// A File is the cases of one file.
type File struct {
	Name            string
	Setup, Teardown []string
	Sections        []*Section
}

// A Section is cases of one command of xl.
type Section struct {
	Command         string
	Traits          *Traits // nil when they stand at another section of the command
	Absent          string  // why there is no positive path
	Setup, Teardown []string
	Cases           []*Case
}

// Traits are what a command has in common with others.
type Traits struct {
	Operands int  // as few as this
	Plain    bool // does not look for options
}

// A Path says what a case is for.
type Path byte

// The paths, as they stand in a file.
const (
	Positive Path = '+' // the command does its work: status 0
	Error    Path = '-' // it refuses to: another status
	Other    Path = '=' // it is only compared
)

// A Case is one command line, run by xl and by the other program.
type Case struct {
	ID      int    // its number, from 1
	Command string // of xl; it may be of a pseudo-command such as help
	Where   string // file:line
	Path    Path
	Line    string // shell

	Before, Then, After string         // shell
	Out, Shows          *regexp.Regexp // nil: anything
	Status              int            // -1: by Path
	Blanks              []string
	Differs             map[Part]string // reason
}

// A Part is what can differ.
type Part string

// The parts of a result that are compared.
const (
	Stdout Part = "stdout" // but for blanks
	Stderr Part = "stderr" // its classes
	Status Part = "status"
	Effect Part = "effect" // what Case.Then prints
)

// parts lists them in the order in which they are told.
func parts() []Part { return []Part{Status, Stdout, Stderr, Effect} }
