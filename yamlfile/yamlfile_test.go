package yamlfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/yamlfile"
)

// settings is a file with each shape that decoding tells apart.
type settings struct {
	Name  string             `yaml:"name"`
	Many  []string           `yaml:"many"`
	Caps  map[string]float64 `yaml:"caps"`
	Inner struct {
		On    bool  `yaml:"on"`
		Parts []int `yaml:"parts"`
	} `yaml:"inner"`
}

func decode(text string) (settings, error) {
	var s settings
	f, err := yamlfile.Parse([]byte(text))
	if err == nil {
		err = f.Decode(&s)
	}
	return s, err
}

func TestDecode(t *testing.T) {
	s, err := decode("name: a\nmany: &m [b, c]\ncaps: {ip: 3}\ninner:\n  parts:\n  - 1\n  - 2\n")
	require.NoError(t, err)
	require.Equal(t, "a", s.Name)
	require.Equal(t, []string{"b", "c"}, s.Many)
	require.Equal(t, map[string]float64{"ip": 3}, s.Caps)
	require.Equal(t, []int{1, 2}, s.Inner.Parts)
	s, err = decode("")
	require.NoError(t, err)
	require.Equal(t, settings{}, s)
}

func TestErrorsNameTheLine(t *testing.T) {
	for text, says := range map[string]string{
		"name: a\nnaem: b\n":                      `line 2: unknown field "naem"`,
		"name: a\nname: b\n":                      "line 2: mapping key",
		"name: a\n\nmany: 7\n":                    "line 3: ",
		"name: [\n":                               "line 1: ",
		"name: a\n---\nname: b\n":                 "more than one document",
		"name: a\nmany: !x\n0\n":                  "line 2: ",
		"name: a\ninner:\n  parts: !00\n  inner:": "line ",
		"name: *gone\n":                           "gone",
	} {
		_, err := decode(text)
		var e *yamlfile.Error
		require.ErrorAs(t, err, &e, text)
		require.ErrorContains(t, err, says, text)
		require.NotContains(t, err.Error(), "\n", text)
	}
}

func TestLine(t *testing.T) {
	f, err := yamlfile.Parse([]byte("name: a\ninner:\n  on: true\n  parts:\n  - 1\n  - 2\n"))
	require.NoError(t, err)
	for path, line := range map[string]int{"name": 1, "inner.on": 3, "inner.parts[1]": 6, "inner.parts[9]": 5, "inner.off": 3, "none": 0, "": 0, "..[": 0, "inner.on[0": 3} {
		require.Equal(t, line, f.Line(path), path)
	}
}

// Whatever a file holds, it is read or refused, and no line is made up.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"name: a\nmany: [b]\n", "many: !00\n0\n", "caps: !!map {a: 1}\n", "a: &a [*a]\n", "<<: *b\n", "inner: {parts: [1, !x 2]}\n", "? [a]\n: b\n"} {
		f.Add(seed, "inner.parts[1]")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		file, err := yamlfile.Parse([]byte(text))
		if err == nil {
			require.LessOrEqual(t, file.Line(path), 1+len(text))
			err = file.Decode(new(settings))
		}
		var e *yamlfile.Error
		if err != nil {
			require.ErrorAs(t, err, &e)
			require.LessOrEqual(t, e.Line, 1+len(text))
		}
	})
}
