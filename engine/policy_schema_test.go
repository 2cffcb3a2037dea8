package engine

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write golden files anew")

// schemaOf is the JSON Schema of a section of the policy.
func schemaOf(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[Span]():
		return map[string]any{"type": "string", "pattern": `^([0-9]{1,10}[smhd]|forever)$`}
	case reflect.TypeFor[RuleAction]():
		return map[string]any{"enum": []string{"tag", "raise", "suppress"}}
	case reflect.TypeFor[Consequence]():
		return map[string]any{"enum": []string{"", "bursts", "never"}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		fields := make(map[string]any)
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" {
				fields[name] = schemaOf(t.Field(i).Type)
			}
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": fields}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

// TestPolicySchema: docs/schema/policy.json is the shape of a policy, takes the
// one that ships and refuses what the program refuses.
func TestPolicySchema(t *testing.T) {
	s := schemaOf(reflect.TypeFor[Policy]())
	s["$schema"], s["$id"] = "https://json-schema.org/draft/2020-12/schema", "policy.json"
	s["title"] = "A sharing policy; see docs/policy.md"
	s["required"] = []string{"name", "version", "max_component"}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(s))
	const file = "../docs/schema/policy.json"
	if *update {
		require.NoError(t, os.WriteFile(file, want.Bytes(), 0o644)) //nolint:gosec // a document
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want.String(), string(have), "run make golden")

	schema, err := jsonschema.NewCompiler().Compile(file)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		old, new string
		fits     bool
	}{
		"the one that ships": {"", "", true},
		"unknown field":      {"max_component:", "max_components:", false},
		"bad span":           {"hold: 30d", "hold: 30", false},
		"bad action":         {"rules: []", "rules: [{name: x, when: size > 3, then: drop}]", false},
		"a rule":             {"rules: []", "rules: [{name: x, when: size > 3, then: tag}]", true},
	} {
		text := strings.Replace(string(DefaultPolicyYAML()), c.old, c.new, 1)
		var doc any
		require.NoError(t, yaml.Unmarshal([]byte(text), &doc), name)
		data, err := json.Marshal(doc)
		require.NoError(t, err, name)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err, name)
		require.Equal(t, c.fits, schema.Validate(value) == nil, name)
		_, err = ParsePolicy("p", []byte(text))
		require.Equal(t, c.fits, err == nil, name)
	}
}
