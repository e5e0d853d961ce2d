package detangle.testing;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Tensors as text for readers: a number, or a list in brackets for each axis, as in {@code [[1, 2], [3, 4]]}. */
public final class TensorText {
    /** Digits that all ways of computing in single precision agree in. */
    private static final MathContext DIGITS = new MathContext(6);

    private final String text;
    private int at;
    private final List<Double> values = new ArrayList<>();

    /** The sizes of axes, as the first list of each depth says. */
    private final List<Long> shape = new ArrayList<>();

    /** How deep numbers stand; -1 before the first one. */
    private int rank = -1;

    private TensorText(String text) {
        this.text = text;
    }

    /** Whole numbers with all of their digits, others with six. */
    public static String print(Tensor tensor) {
        StringBuilder text = new StringBuilder();
        print(tensor, 0, 0, tensor.elements(), text);
        return text.toString();
    }

    /** @param count elements of the part that begins at {@code from} and has the axes from {@code axis} on */
    private static void print(Tensor tensor, int axis, long from, long count, StringBuilder text) {
        if (axis == tensor.rank()) {
            text.append(number(tensor, from));
            return;
        }
        text.append('[');
        for (long i = 0; i < tensor.dim(axis); i++) {
            text.append(i == 0 ? "" : ", ");
            long part = count / tensor.dim(axis);
            print(tensor, axis + 1, from + i * part, part, text);
        }
        text.append(']');
    }

    private static String number(Tensor tensor, long i) {
        if (!tensor.dtype().isFloat()) {
            return Long.toString(tensor.getLong(i));
        }
        double value = tensor.getDouble(i);
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
        boolean isLong = rounded.scale() < -6 || rounded.scale() > 12;
        return isLong ? rounded.toString() : rounded.toPlainString();
    }

    /** Reads what {@link #print} writes. */
    public static Tensor parse(DType dtype, String text) {
        TensorText in = new TensorText(text);
        in.value(0);
        in.skip(Character::isWhitespace);
        if (in.at != text.length()) {
            throw new IllegalArgumentException("there is more than a value in " + text);
        }
        double[] values = in.values.stream().mapToDouble(v -> v).toArray();
        return Tensor.ofDoubles(
                dtype, values, in.shape.stream().mapToLong(n -> n).toArray());
    }

    private void value(int depth) {
        skip(Character::isWhitespace);
        if (!accept('[')) {
            if (rank >= 0 && rank != depth) {
                throw new IllegalArgumentException("numbers stand at different depths in " + text);
            }
            rank = depth;
            int from = at;
            skip(c -> ",[]".indexOf(c) < 0 && !Character.isWhitespace(c));
            values.add(number(text.substring(from, at)));
            return;
        }
        if (depth == shape.size()) {
            shape.add(-1L);
        }
        long count = 0;
        skip(Character::isWhitespace);
        while (!accept(']')) {
            value(depth + 1);
            count++;
            skip(c -> c == ',' || Character.isWhitespace(c));
        }
        if (shape.get(depth) >= 0 && shape.get(depth) != count) {
            throw new IllegalArgumentException("the lists have different lengths in " + text);
        }
        shape.set(depth, count);
    }

    private static double number(String word) {
        return switch (word) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(word);
        };
    }

    private boolean accept(char c) {
        boolean there = at < text.length() && text.charAt(at) == c;
        at += there ? 1 : 0;
        return there;
    }

    private void skip(Predicate<Character> what) {
        while (at < text.length() && what.test(text.charAt(at))) {
            at++;
        }
    }
}
