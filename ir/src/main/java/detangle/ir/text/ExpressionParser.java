package detangle.ir.text;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Location;
import detangle.ir.UnaryFunction;
import detangle.ir.scalar.RegionTyping;
import detangle.ir.scalar.ScalarExpr;
import java.util.List;
import java.util.Optional;

/** Reads the scalar expression of an elementwise region, such as {@code mul(a0, add(a1, 0.5:f32))}. */
final class ExpressionParser {
    private static final String CONVERT = "convert_";
    private static final String RANDOM = "random_uniform";

    /** No scalar function takes more. */
    private static final int MAX_OPERANDS = 3;

    private final TokenReader in;
    private final List<DType> arguments;
    private int parts;

    ExpressionParser(TokenReader in, List<DType> arguments) {
        this.in = in;
        this.arguments = arguments;
    }

    ScalarExpr parse() {
        return expression(0);
    }

    private ScalarExpr expression(int depth) {
        if (depth > RegionTyping.MAX_DEPTH) {
            throw in.error("the expression is nested more than " + RegionTyping.MAX_DEPTH + " deep");
        }
        if (++parts > RegionTyping.MAX_PARTS) {
            throw in.error("the expression has more than " + RegionTyping.MAX_PARTS + " parts");
        }
        Location location = in.location();
        if (in.isNumber()) {
            WrittenNumber number = in.number();
            in.expect(":");
            DType dtype = dtype(in.word(), location);
            return new ScalarExpr.Const(number.as(dtype), dtype);
        }
        String word = in.word();
        if (word.matches("a[0-9]{1,6}")) {
            return argument(Integer.parseInt(word.substring(1)), location);
        }
        if (word.equals("inf") || word.equals("nan")) {
            in.expect(":");
            double value = Numbers.parse(word).orElseThrow();
            return new ScalarExpr.Const(value, dtype(in.word(), location));
        }
        List<ScalarExpr> operands = in.list("(", ")", MAX_OPERANDS, () -> expression(depth + 1));
        return call(word, operands, location)
                .orElseThrow(() -> new ParseException(
                        location, "'" + word + "' of " + operands.size() + " operands is not a scalar function"));
    }

    private ScalarExpr argument(int index, Location location) {
        if (index >= arguments.size()) {
            throw new ParseException(location, "there is no operand a" + index);
        }
        return new ScalarExpr.Arg(index, arguments.get(index));
    }

    private static DType dtype(String word, Location location) {
        return Parser.dtype(word)
                .orElseThrow(() -> new ParseException(location, "'" + word + "' is not an element type"));
    }

    private static Optional<ScalarExpr> call(String word, List<ScalarExpr> x, Location location) {
        if (word.startsWith(CONVERT) && x.size() == 1) {
            return Optional.of(new ScalarExpr.Convert(x.get(0), dtype(word.substring(CONVERT.length()), location)));
        }
        if (word.equals(RANDOM)
                && x.size() == 2
                && x.get(1) instanceof ScalarExpr.Const(double stream, DType dtype)
                && dtype == DType.I64) {
            return Optional.of(new ScalarExpr.Random(x.get(0), (long) stream));
        }
        return switch (x.size()) {
            case 1 ->
                OpSyntax.named(UnaryFunction.values(), UnaryFunction::text, word)
                        .map(f -> new ScalarExpr.Unary(f, x.get(0)));
            case 2 ->
                OpSyntax.named(BinaryFunction.values(), BinaryFunction::text, word)
                        .<ScalarExpr>map(f -> new ScalarExpr.Binary(f, x.get(0), x.get(1)))
                        .or(() -> OpSyntax.named(Comparison.values(), Comparison::text, word)
                                .map(c -> new ScalarExpr.Compare(c, x.get(0), x.get(1))));
            case 3 ->
                word.equals("select")
                        ? Optional.of(new ScalarExpr.Select(x.get(0), x.get(1), x.get(2)))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }
}
