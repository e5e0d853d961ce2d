package detangle.ir.text;

import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.TensorOp;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Programs as text; {@link Parser} reads it back to an equal program. The grammar is in docs/IR.md. */
public final class Printer {
    /** The attribute that says which result of a region a statement is. */
    static final String RESULT = "result";

    private final Map<Node, String> names = new IdentityHashMap<>();
    private final Set<String> taken = new HashSet<>();

    /** The number at which the search for a free name goes on, by the name that is taken. */
    private final Map<String, Integer> numbers = new HashMap<>();

    private int unnamed;

    private Printer() {}

    /** Returns all words that {@link Op#mnemonic} gives. */
    public static Set<String> mnemonics() {
        return OpSyntax.mnemonics();
    }

    public static String print(Program program) {
        return new Printer().program(program);
    }

    private String program(Program program) {
        for (Node input : program.inputs()) {
            names.put(input, "%" + unique(((TensorOp.Input) input.op()).name()));
        }
        List<String> lines = new ArrayList<>();
        for (Node node : program.nodes()) {
            if (!names.containsKey(node)) {
                names.put(node, "%" + name(node));
                lines.add("  " + names.get(node) + " = " + statement(node) + " : " + node.type());
            }
        }
        String arguments = program.inputs().stream()
                .map(n -> names.get(n) + ": " + n.type())
                .collect(Collectors.joining(", "));
        String results = program.outputs().stream()
                .map(o -> o.name() + ": " + o.node().type())
                .collect(Collectors.joining(", "));
        String returned = program.outputs().stream().map(this::returned).collect(Collectors.joining(", "));
        StringBuilder text = new StringBuilder();
        text.append("func @")
                .append(program.name())
                .append('(')
                .append(arguments)
                .append(") -> (");
        text.append(results).append(") {\n");
        lines.forEach(line -> text.append(line).append('\n'));
        program.updates().forEach(u -> text.append("  ").append(update(u)).append('\n'));
        return text.append(("  return " + returned).stripTrailing())
                .append("\n}\n")
                .toString();
    }

    private String update(Update update) {
        return "update " + quote(update.name()) + " = " + names.get(update.value());
    }

    private String returned(Output output) {
        return output.name() + " = " + names.get(output.node());
    }

    private String name(Node node) {
        String hint = node.name().replaceAll("[^A-Za-z0-9_.]", "_");
        // A name of digits alone would read as one of the numbers below.
        if (hint.isEmpty() || hint.chars().allMatch(Character::isDigit)) {
            return unique(Integer.toString(unnamed++));
        }
        return unique(hint);
    }

    private String unique(String hint) {
        String name = hint;
        while (!taken.add(name)) {
            name = hint + "_" + numbers.merge(hint, 1, Integer::sum);
        }
        return name;
    }

    private String statement(Node node) {
        String operands = node.inputs().stream().map(names::get).collect(Collectors.joining(", "));
        String head = node.op().mnemonic();
        return switch (node.op()) {
            case TensorOp.Input(var name, var type) -> head + " " + quote(name);
            case TensorOp.Param(var name, var type) -> head + " " + quote(name);
            case TensorOp.Constant(var value, var type) -> head + " " + literal(value);
            case KernelOp.Elementwise(var region) ->
                head
                        + (operands.isEmpty() ? "" : " " + operands)
                        + region.bodies().stream().map(Printer::expression).collect(Collectors.joining(", ", " {", "}"))
                        + (region.hasSeveralResults() ? " {" + RESULT + "=" + region.result() + "}" : "");
            default -> {
                String attributes = AttributeWriter.write(node.op());
                yield head
                        + (operands.isEmpty() ? "" : " " + operands)
                        + (attributes.isEmpty() ? "" : " " + attributes);
            }
        };
    }

    private static String literal(Literal literal) {
        return switch (literal) {
            case Literal.Splat(double value) -> Numbers.print(value);
            case Literal.Dense(List<Double> values) ->
                values.stream().map(Numbers::print).collect(Collectors.joining(", ", "dense<", ">"));
            case Literal.Named(String name) -> "@" + quote(name);
        };
    }

    static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    /** Returns a scalar expression, such as {@code mul(a0, add(a1, 0.5:f32))}. */
    static String expression(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Arg(int index, var dtype) -> "a" + index;
            case ScalarExpr.Const(double value, var dtype) -> Numbers.print(value) + ":" + dtype.text();
            case ScalarExpr.Unary(var f, var x) -> f.text() + "(" + expression(x) + ")";
            case ScalarExpr.Binary(var f, var a, var b) -> f.text() + "(" + expression(a) + ", " + expression(b) + ")";
            case ScalarExpr.Compare(var c, var a, var b) -> c.text() + "(" + expression(a) + ", " + expression(b) + ")";
            case ScalarExpr.Select(var c, var a, var b) ->
                "select(" + expression(c) + ", " + expression(a) + ", " + expression(b) + ")";
            case ScalarExpr.Random(var seed, long stream) ->
                "random_uniform(" + expression(seed) + ", " + stream + ":" + DType.I64.text() + ")";
            case ScalarExpr.Convert(var x, var to) -> "convert_" + to.text() + "(" + expression(x) + ")";
        };
    }
}
