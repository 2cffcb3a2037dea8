package policy

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// RingRule is what the owner of the data says of rings with certain features.
// Its expression reads a [RingView] and nothing else.
type RingRule struct {
	Name   string     `yaml:"name" json:"name"`
	When   string     `yaml:"when" json:"when"`
	Then   RuleAction `yaml:"then" json:"then"`
	By     float64    `yaml:"by" json:"by"`   // bits, of raise
	Tag    string     `yaml:"tag" json:"tag"` // of tag; empty: the name
	Reason string     `yaml:"reason" json:"reason"`
}

// RuleAction is what a rule does to the rings that it fits.
type RuleAction string

// Actions of rules. Each leaves a line in the evidence of the ring.
const (
	ActTag      RuleAction = "tag"      // puts a word on the ring; 0 bits
	ActRaise    RuleAction = "raise"    // adds bits, or takes them off
	ActSuppress RuleAction = "suppress" // takes the ring out of the list; 0 bits
)

// Limits of what people may write, beside those of the language: it has no
// unbounded loops, no state, and no way to the outside.
const (
	maxRuleNodes   = 500     // of the expression's tree
	maxRuleNesting = 2       // predicates inside predicates, over the short lists of a ring
	maxRuleMemory  = 100_000 // elements of all lists that one evaluation makes
)

// ruleFunctions are the functions of the language that rules may call: no
// clock, no time zones, nothing that makes much of little.
func ruleFunctions() []string {
	return []string{"all", "any", "none", "one", "filter", "map", "count", "sum", "len", "abs", "ceil", "floor", "round",
		"min", "max", "mean", "median", "int", "float", "string", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "date", "duration"}
}

// LineBits is the most that one line of evidence weighs, for or against, that of
// a rule included: it keeps one from deciding alone, for no null model is right
// to twenty bits.
const LineBits = 20

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// CompiledRule is a rule made ready. It is safe for concurrent use.
type CompiledRule struct {
	*RingRule
	program *vm.Program
}

// CompileRules checks rules and their types, and makes them ready. Errors wrap
// [graph.ErrInvalid] and name the rule. Time: O(expression).
func CompileRules(rules []RingRule) ([]CompiledRule, error) {
	out := make([]CompiledRule, len(rules))
	seen := make(map[string]bool)
	for i := range rules {
		r := &rules[i]
		switch {
		case !ruleName.MatchString(r.Name):
			return nil, bad(item("rules", i, "name"), "rule %d: name %q: want lower case letters, digits and _", i+1, r.Name)
		case seen[r.Name]:
			return nil, bad(item("rules", i, "name"), "rule %d: a second %s", i+1, r.Name)
		case r.Then != ActTag && r.Then != ActRaise && r.Then != ActSuppress:
			return nil, bad(item("rules", i, "then"), "rule %s: then %q: want tag, raise or suppress", r.Name, r.Then)
		case r.Then == ActRaise && (!(r.By >= -LineBits && r.By <= LineBits) || math.Round(r.By*100) == 0):
			return nil, bad(item("rules", i, "by"), "rule %s: by %v: want bits, -%d to %d and not 0", r.Name, r.By, LineBits, LineBits)
		case r.Then != ActRaise && r.By != 0:
			return nil, bad(item("rules", i, "by"), "rule %s: by goes with then: raise", r.Name)
		case r.Tag != "" && (r.Then != ActTag || !ruleName.MatchString(r.Tag)):
			return nil, bad(item("rules", i, "tag"), "rule %s: tag %q: want lower case letters, digits and _, with then: tag", r.Name, r.Tag)
		}
		seen[r.Name] = true
		program, err := compileRule(r.When)
		if err != nil {
			return nil, bad(item("rules", i, "when"), "rule %s: when: %v", r.Name, err)
		}
		out[i] = CompiledRule{r, program}
	}
	return out, nil
}

// compileRule compiles one expression, which must be true or false.
func compileRule(when string) (*vm.Program, error) {
	if len(when) > 4096 {
		return nil, fmt.Errorf("%d bytes: at most 4,096", len(when))
	}
	tree, err := parser.Parse(when)
	if err != nil {
		return nil, plainRuleError(err)
	}
	var tame tamer
	ast.Walk(&tree.Node, &tame)
	switch {
	case tame.wrong != "":
		return nil, errors.New(tame.wrong)
	case tame.predicates > maxRuleNesting:
		return nil, fmt.Errorf("%d predicates in { }: at most %d", tame.predicates, maxRuleNesting)
	}
	options := []expr.Option{expr.Env(RingView{}), expr.AsBool(), expr.MaxNodes(maxRuleNodes), expr.DisableAllBuiltins()}
	for _, f := range ruleFunctions() {
		options = append(options, expr.EnableBuiltin(f))
	}
	program, err := expr.Compile(when, options...)
	if err != nil {
		return nil, plainRuleError(err)
	}
	return program, nil
}

// tamer looks for what would let a short expression run for long.
type tamer struct {
	predicates int
	wrong      string
}

// ruleMethods are what may be asked of a time or of the length between two.
func ruleMethods() []string {
	return []string{"Year", "Month", "Day", "Weekday", "Hour", "Minute", "Hours", "Minutes", "Seconds"}
}

func tameMethod(m *ast.MemberNode) bool {
	name, ok := m.Property.(*ast.StringNode)
	return ok && slices.Contains(ruleMethods(), name.Value)
}

// Visit is called for each node.
func (t *tamer) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.CallNode:
		if member, ok := n.Callee.(*ast.MemberNode); !ok || !tameMethod(member) {
			t.wrong = "calls of functions and of parts of times: " + strings.Join(ruleMethods(), ", ") + " and those of docs/policy.md alone"
		}
	case *ast.PredicateNode:
		t.predicates++
	case *ast.BinaryNode:
		if n.Operator == ".." {
			t.wrong = "ranges (..) have no place in rules"
		}
	}
}

// plainRuleError is an error of the language in one line.
func plainRuleError(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	return fmt.Errorf("%s (column %d)", strings.Join(strings.Fields(at.Message), " "), at.Column+1)
}

// Fits evaluates a rule on a ring. A rule that cannot be evaluated, such as one that
// divides a whole number by nought, fits nothing.
func (r *CompiledRule) Fits(view RingView) bool {
	machine := vm.VM{MemoryBudget: maxRuleMemory}
	out, err := machine.Run(r.program, view)
	yes, ok := out.(bool)
	return err == nil && ok && yes
}
