package yamlfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Error is what is wrong with a file. Types that decode themselves return it too.
type Error struct {
	Line int // from 1; 0 if it is not known
	Text string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

// File is a file of one YAML document.
type File struct {
	data []byte
	tree *ast.File
}

// Parse reads the syntax of a file. More than one document is an [Error], since
// only the first would be used.
func Parse(data []byte) (f *File, err error) {
	defer recovered(&err, nil)
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, oneLine(err)
	}
	if len(tree.Docs) > 1 {
		return nil, &Error{Text: "more than one document"}
	}
	return &File{data, tree}, nil
}

// Decode fills v from the file. A field that v does not have is an [Error].
func (f *File) Decode(v any) (err error) {
	defer recovered(&err, f.tree)
	if err := yaml.UnmarshalWithOptions(f.data, v, yaml.Strict()); err != nil {
		return oneLine(err)
	}
	return nil
}

// Line is the line, from 1, of a path such as tables[0].nodes[1].ref, or of the
// deepest part of it that the file has; 0 if there is none.
func (f *File) Line(path string) int {
	for ; path != ""; path = path[:max(strings.LastIndexAny(path, ".["), 0)] {
		if line := f.lineOf(path); line > 0 {
			return line
		}
	}
	return 0
}

// lineOf is the line of exactly that path, 0 if it is none of the file.
func (f *File) lineOf(path string) (line int) {
	defer func() { _ = recover() }() // the library panics on "a[0", as names that people choose may be
	at, err := yaml.PathString("$." + path)
	if err != nil {
		return 0
	}
	node, err := at.FilterFile(f.tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

// oneLine is an error of the library on one line; an [Error] of a type that
// decodes itself stays as it is.
func oneLine(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var library yaml.Error
	if !errors.As(err, &library) {
		return &Error{Text: err.Error()}
	}
	e := &Error{Text: library.GetMessage()}
	if t := library.GetToken(); t != nil && t.Position != nil {
		e.Line = t.Position.Line
	}
	return e
}

// recovered makes an error of a panic of the library, which has some on values
// with a tag in places where it expects none, such as !x where a list belongs
// (https://github.com/goccy/go-yaml/issues/735).
func recovered(err *error, tree *ast.File) {
	if recover() == nil {
		return
	}
	e := &Error{Text: "not YAML that can be read here; tags such as !x and anchors are best left out"}
	if tree != nil {
		first := &firstTag{}
		for _, doc := range tree.Docs {
			ast.Walk(first, doc)
		}
		e.Line = first.line
	}
	*err = e
}

// firstTag finds the line of the first tag.
type firstTag struct{ line int }

// Visit is a step of [ast.Walk].
func (t *firstTag) Visit(n ast.Node) ast.Visitor {
	if tag, ok := n.(*ast.TagNode); ok && t.line == 0 {
		t.line = tag.GetToken().Position.Line
	}
	return t
}
