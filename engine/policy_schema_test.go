package engine

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

var update = flag.Bool("update", false, "write golden files anew")

// schemaOf is the JSON Schema of a type whose fields have names under tag: those
// of a file may be left out, those of a document stand in it unless they say
// omitempty.
func schemaOf(t reflect.Type, tag string) map[string]any {
	switch t {
	case reflect.TypeFor[policy.Span]():
		return map[string]any{"type": "string", "pattern": `^([0-9]{1,10}[smhd]|forever)$`}
	case reflect.TypeFor[policy.RuleAction]():
		return map[string]any{"enum": []string{"tag", "raise", "suppress"}}
	case reflect.TypeFor[policy.Consequence]():
		return map[string]any{"enum": []string{"", "bursts", "never"}}
	case reflect.TypeFor[Ring]():
		return map[string]any{"$ref": "ring.json"}
	case reflect.TypeFor[graph.Ref](), reflect.TypeFor[graph.Time]():
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), tag)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), tag)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), tag)}
	case reflect.Struct:
		fields, required := make(map[string]any), []string{}
		addFields(t, tag, fields, &required)
		s := map[string]any{"type": "object", "additionalProperties": false, "properties": fields}
		if tag == "json" && len(required) > 0 {
			s["required"] = required
		}
		return s
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

func addFields(t reflect.Type, tag string, fields map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			addFields(f.Type, tag, fields, required)
			continue
		}
		name, more, _ := strings.Cut(f.Tag.Get(tag), ",")
		if name == "" {
			continue
		}
		fields[name] = schemaOf(f.Type, tag)
		if more == "" {
			*required = append(*required, name)
		}
	}
}

// schemaFile holds a file of docs/schema to a type and compiles it.
func schemaFile(t *testing.T, name, title string, s map[string]any) *jsonschema.Schema {
	t.Helper()
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", name, title
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(s))
	file := filepath.Join("../docs/schema", name)
	if *update {
		require.NoError(t, os.WriteFile(file, want.Bytes(), 0o644)) //nolint:gosec // a document
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want.String(), string(have), "run make golden")
	schema, err := jsonschema.NewCompiler().Compile(file)
	require.NoError(t, err)
	return schema
}

// fits demands that a value is what a schema says.
func fits(t *testing.T, schema *jsonschema.Schema, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
}

func TestSchemasOfAnswers(t *testing.T) {
	g := tableOf(t)
	explanation := schemaFile(t, "policy_explanation.json", "What the policy makes of an identifier or an account: ringleader policy explain REF --output json",
		schemaOf(reflect.TypeFor[Explanation](), "json"))
	for _, ref := range []graph.Ref{account("qa"), account("s000003"), {Kind: graph.Device, Key: "hub"}, {Kind: graph.Email, Key: "unknown"}} {
		e, err := Explain(t.Context(), g, ref, nil, 0, 3)
		require.NoError(t, err)
		fits(t, explanation, e)
	}
	tried := schemaFile(t, "policy_try.json", "What would be found without a rule: ringleader policy try --without RULE --output json",
		schemaOf(reflect.TypeFor[WhatIf](), "json"))
	var all struct {
		Policy string    `json:"policy"`
		Tries  []*WhatIf `json:"tries"`
	}
	each := schemaFile(t, "policy_tries.json", "What would be found without each rule in turn: ringleader policy try --output json",
		schemaOf(reflect.TypeOf(all), "json"))
	var err error
	all.Tries, err = WithoutEach(t.Context(), g, Lift{}, nil, Options{})
	require.NoError(t, err)
	fits(t, each, all)
	for _, accounts := range []int{0, 18} {
		w, err := Without(t.Context(), g, Lift{Rule: "cap", MaxAccounts: accounts}, nil, Options{})
		require.NoError(t, err)
		fits(t, tried, w)
	}
}

// TestPolicySchema: docs/schema/policy.json is the shape of a policy, takes the
// one that ships and refuses what the program refuses.
func TestPolicySchema(t *testing.T) {
	s := schemaOf(reflect.TypeFor[policy.Policy](), "yaml")
	s["required"] = []string{"name", "version", "max_component"}
	schema := schemaFile(t, "policy.json", "A sharing policy; see docs/policy.md", s)
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
		text := strings.Replace(string(policy.DefaultYAML()), c.old, c.new, 1)
		var doc any
		require.NoError(t, yaml.Unmarshal([]byte(text), &doc), name)
		data, err := json.Marshal(doc)
		require.NoError(t, err, name)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err, name)
		require.Equal(t, c.fits, schema.Validate(value) == nil, name)
		_, err = policy.Parse("p", []byte(text))
		require.Equal(t, c.fits, err == nil, name)
	}
}
