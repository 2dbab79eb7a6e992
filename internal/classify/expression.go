package classify

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
)

const (
	maxExpression = 2000    // bytes
	maxCost       = 100_000 // CEL's cost units; some 10 ms at the worst
)

// stage is an environment: what the criteria of one axis may read. Each stage
// knows the answers of the stages before it and none of those after.
type stage struct{ env *cel.Env }

// newStage makes the first stage, which reads the facts.
func newStage() (stage, error) {
	opts := []cel.EnvOption{
		// Only exists and all: over lists that facts bound, they stay cheap.
		cel.ClearMacros(), cel.Macros(cel.ExistsMacro, cel.AllMacro),
		ext.NativeTypes(ext.ParseStructTag("json"), reflect.TypeFor[Facts](), reflect.TypeFor[threshold]()),
	}
	facts := reflect.TypeFor[Facts]()
	for i := range facts.NumField() {
		f := facts.Field(i)
		opts = append(opts, cel.Variable(jsonName(f), celType(f.Type)))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return stage{}, fmt.Errorf("set up CEL: %w", err)
	}
	return stage{env}.with(cel.BoolType, "harmed", "likely", "claimed")
}

// with is the next stage: it knows more variables, all of type t.
func (s stage) with(t *cel.Type, names ...string) (stage, error) {
	var opts []cel.EnvOption
	for _, n := range names {
		opts = append(opts, cel.Variable(n, t))
	}
	env, err := s.env.Extend(opts...)
	if err != nil {
		return stage{}, fmt.Errorf("set up CEL: %w", err)
	}
	return stage{env}, nil
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func celType(t reflect.Type) *cel.Type {
	switch t.Kind() {
	case reflect.String:
		return cel.StringType
	case reflect.Int:
		return cel.IntType
	case reflect.Bool:
		return cel.BoolType
	case reflect.Slice:
		return cel.ListType(celType(t.Elem()))
	}
	if t.PkgPath() == "time" {
		return cel.TimestampType
	}
	return cel.ObjectType("classify." + t.Name())
}

// variables gives the facts to CEL, with what follows from them directly.
func (f *Facts) variables() map[string]any {
	v := make(map[string]any, 40)
	val := reflect.ValueOf(f).Elem()
	for i := range val.NumField() {
		v[jsonName(val.Type().Field(i))] = val.Field(i).Interface()
	}
	v["harmed"] = f.Effects.any("confirmed")
	v["likely"] = f.Effects.any("likely", "confirmed")
	v["claimed"] = f.Effects.any("claimed", "likely", "confirmed")
	return v
}

// expression is a compiled CEL expression and the inputs that it reads.
type expression struct {
	program cel.Program
	output  *cel.Type
	reads   []string
	inputs  []cel.Program
}

// compile checks an expression: its types, and that its worst cost is bounded.
// The error's line and column count from 1 within the expression; 0, 0 when
// the whole is meant.
func (s stage) compile(text string) (expression, *Error) {
	if len(text) > maxExpression {
		return expression{}, &Error{Reason: fmt.Sprintf("an expression has at most %d bytes", maxExpression)}
	}
	tree, issues := s.env.Compile(text)
	if issues.Err() != nil {
		e := issues.Errors()[0]
		return expression{}, &Error{Line: e.Location.Line(), Column: e.Location.Column() + 1, Reason: e.Message}
	}
	cost, err := s.env.EstimateCost(tree, sizes{})
	if err != nil {
		return expression{}, &Error{Reason: err.Error()}
	}
	if cost.Max > maxCost {
		return expression{}, &Error{Reason: fmt.Sprintf("the expression may cost up to %d units and the limit is %d: nest fewer exists and all", cost.Max, maxCost)}
	}
	program, err := s.env.Program(tree, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return expression{}, &Error{Reason: err.Error()}
	}
	x := expression{program: program, output: tree.OutputType(), reads: reads(tree)}
	for _, name := range x.reads {
		tree, issues := s.env.Compile(name)
		if issues.Err() != nil {
			return expression{}, &Error{Reason: issues.Err().Error()}
		}
		in, err := s.env.Program(tree)
		if err != nil {
			return expression{}, &Error{Reason: err.Error()}
		}
		x.inputs = append(x.inputs, in)
	}
	return x, nil
}

// reads lists the facts that an expression names, as "service.criticality", in
// the order of the text, each once.
func reads(tree *cel.Ast) []string {
	var out []string
	local := map[string]bool{}
	root := ast.NavigateAST(tree.NativeRep())
	for _, e := range ast.MatchDescendants(root, ast.KindMatcher(ast.ComprehensionKind)) {
		c := e.AsComprehension()
		local[c.IterVar()], local[c.AccuVar()] = true, true
	}
	seen := map[string]bool{}
	for _, e := range ast.MatchDescendants(root, ast.KindMatcher(ast.IdentKind)) {
		name := e.AsIdent()
		if local[name] {
			continue
		}
		for parent, ok := e.Parent(); ok && parent.Kind() == ast.SelectKind; parent, ok = parent.Parent() {
			name += "." + parent.AsSelect().FieldName()
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// values shows what the expression read.
func (x expression) values(vars map[string]any) []Input {
	out := make([]Input, 0, len(x.reads))
	for i, name := range x.reads {
		v, _, err := x.inputs[i].Eval(vars)
		if err != nil {
			continue
		}
		out = append(out, Input{Name: name, Value: show(v)})
	}
	return out
}

// holds evaluates a boolean expression.
func (x expression) holds(vars map[string]any) (bool, error) {
	v, _, err := x.program.Eval(vars)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, fmt.Errorf("gives %s, not true or false", v.Type().TypeName())
	}
	return bool(b), nil
}

// show writes a value for people.
func show(v ref.Val) string {
	if list, err := v.ConvertToNative(reflect.TypeFor[[]string]()); err == nil {
		return strings.Join(list.([]string), ", ")
	}
	if s, ok := v.ConvertToType(types.StringType).(types.String); ok {
		return string(s)
	}
	return fmt.Sprint(v.Value())
}

// sizes bounds what facts hold, for the estimate of costs.
type sizes struct{}

func (sizes) EstimateSize(n checker.AstNode) *checker.SizeEstimate {
	if n.Type().Kind() == types.ListKind {
		return &checker.SizeEstimate{Max: maxList}
	}
	// Words of facts are short; the run-time limit holds for the rest.
	return &checker.SizeEstimate{Max: 64}
}

func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}
