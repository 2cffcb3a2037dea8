package loaders_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"ringleader/loaders"
)

var mappingSchema = filepath.Join("..", "docs", "schema", "mapping.json")

// asJSON is a YAML document as the validator wants it.
func asJSON(t testing.TB, data []byte) any {
	t.Helper()
	text, err := yaml.YAMLToJSON(data)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	return value
}

// Editors check mappings by the schema: every shipped one fits it, an inferred
// one too, and what the program refuses it refuses.
func TestMappingsFitTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(mappingSchema)
	require.NoError(t, err)
	for _, name := range loaders.ShippedMappings() {
		data, err := os.ReadFile(filepath.Join("mappings", name+".yaml"))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(asJSON(t, data)), name)
	}
	require.NoError(t, schema.Validate(asJSON(t, infer(t, filepath.Join("testdata", "inferred", "bestellungen.csv")).YAML)))
	for name, bad := range map[string]string{
		"unknown field":  "name: m\ntables: [{file: a, color: red, nodes: [{ref: 'account:{a}'}]}]",
		"no name":        "tables: [{file: a, nodes: [{ref: 'account:{a}'}]}]",
		"no tables":      "name: m\ntables: []",
		"no facts":       "name: m\ntables: [{file: a}]",
		"type":           "name: m\ntables: [{file: a, columns: {x: {type: money}}, nodes: [{ref: 'account:{a}'}]}]",
		"condition":      "name: m\ntables: [{file: a, where: [x], nodes: [{ref: 'account:{a}'}]}]",
		"join":           "name: m\ntables: [{file: a, joins: [{file: b}], nodes: [{ref: 'account:{a}'}]}]",
		"read nothing":   "name: m\ntables: [{file: a, read: {mark: id}, nodes: [{ref: 'account:{a}'}]}]",
		"read twice":     "name: m\ntables: [{file: a, read: {label: A, type: B}, nodes: [{ref: 'account:{a}'}]}]",
		"read both":      "name: m\ntables: [{file: a, read: {table: a, query: select 1}, nodes: [{ref: 'account:{a}'}]}]",
		"read what":      "name: m\ntables: [{file: a, read: {query: select 1, properties: [a]}, nodes: [{ref: 'account:{a}'}]}]",
		"decimal":        "name: m\ntables: [{file: a, columns: {x: {decimal: ';'}}, nodes: [{ref: 'account:{a}'}]}]",
		"long delimiter": "name: m\ntables: [{file: a, delimiter: ';;', nodes: [{ref: 'account:{a}'}]}]",
	} {
		require.Error(t, schema.Validate(asJSON(t, []byte(bad))), name)
		_, err := loaders.ParseMapping(name, []byte(bad))
		require.Error(t, err, name)
	}
}

// Every field of a mapping is in the schema, and nothing else.
func TestSchemaHasTheFieldsOfMappings(t *testing.T) {
	data, err := os.ReadFile(mappingSchema)
	require.NoError(t, err)
	type object struct {
		Properties map[string]any    `json:"properties"`
		Defs       map[string]object `json:"$defs"`
	}
	var schema object
	require.NoError(t, json.Unmarshal(data, &schema))
	for name, v := range map[string]any{
		"read": loaders.ReadRule{}, "": loaders.Mapping{}, "table": loaders.Table{}, "join": loaders.Join{}, "column": loaders.Column{}, "node": loaders.NodeRule{},
		"link": loaders.LinkRule{}, "event": loaders.EventRule{}, "label": loaders.LabelRule{},
	} {
		part := schema
		if name != "" {
			part = schema.Defs[name]
		}
		fields := make(map[string]bool)
		for i := range reflect.TypeOf(v).NumField() {
			if !reflect.TypeOf(v).Field(i).IsExported() {
				continue // not of the file
			}
			tag, _, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("yaml"), ",")
			fields[tag] = true
			require.Contains(t, part.Properties, tag, "%s lacks a field of the Go type", name)
		}
		for tag := range part.Properties {
			require.True(t, fields[tag], "%s has %s, which the Go type lacks", name, tag)
		}
	}
}

// The example of the documentation is a mapping, and loads.
func TestDocumentedMappingLoads(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "docs", "data.md"))
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(doc), "```yaml\n")
	require.True(t, ok)
	text, _, ok := strings.Cut(after, "```")
	require.True(t, ok)
	m, err := loaders.ParseMapping("data.md", []byte(text))
	require.NoError(t, err)
	dir := t.TempDir()
	write(t, dir, "devices.csv", "Number,Serial\n7,S7\n")
	write(t, dir, "orders_2019.csv", "Order;Shop;Customer;Day;Clock;Total;Currency;State;DeviceNo\n"+
		"O1;s;c;1.7.2019;8:05;12,50;;paid;7\nO2;s;c;1.7.2019;9:05;0,00;;void;\n")
	lines, report := read(t, loaders.Options{Mapping: m}, dir)
	require.Zero(t, report.Rejected, "%v", report.Reasons)
	require.Equal(t, int64(1), report.LeftOut)
	all := strings.Join(lines, "\n")
	require.Contains(t, all, "account:s-c USED_DEVICE device:S7")
	require.Contains(t, all, "2019-07-01T06:05:00Z", "in Berlin it was five past eight")
	require.Contains(t, all, "12.50 EUR")
}
