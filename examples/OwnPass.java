import detangle.compiler.Pass;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import detangle.ir.text.Parser;
import detangle.ir.text.Printer;

/** A pass of one's own: log(exp(x)) becomes x. */
void main() {
    String text = """
            func @f(%x: f32[B]) -> (y: f32[B]) {
              %0 = exp %x : f32[B]
              %1 = log %0 : f32[B]
              %2 = neg %1 : f32[B]
              return y = %2
            }
            """;
    Program before = Parser.parse("own.dtir", text);
    Program after = new LogOfExp().run(before);
    IO.print(Printer.print(after));
}

/** A pass has a name, and gives a program of equal value. A rule looks at one node and may name another one instead. */
record LogOfExp() implements Pass, Rule {
    @Override
    public String name() {
        return "log-of-exp";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, List.of(this));
    }

    @Override
    public Optional<Node> rewrite(Node node, Uses uses) {
        return is(node, UnaryFunction.LOG) && is(node.input(0), UnaryFunction.EXP)
                ? Optional.of(node.input(0).input(0))
                : Optional.empty();
    }

    private static boolean is(Node node, UnaryFunction function) {
        return node.op() instanceof TensorOp.Unary(UnaryFunction f) && f == function;
    }
}
