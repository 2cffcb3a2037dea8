// Package yamlfile reads the YAML files that people write, a policy or a
// mapping: strictly, and with the line of whatever is wrong.
package yamlfile
