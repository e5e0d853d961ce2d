package detangle.backend.vector;

import detangle.ir.Dim;
import detangle.ir.SizeException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sizes that a program's steps read, each polynomial once. It is filled while the program is loaded; a run
 * evaluates all of it from the sizes of the symbols, without an object of its own.
 */
final class SizeTable {
    private final List<String> symbols = new ArrayList<>();
    private final Map<Dim, Integer> slots = new HashMap<>();
    private final List<Polynomial> polynomials = new ArrayList<>();

    /**
     * A sum of products.
     *
     * @param factors of each product, the numbers of its symbols
     */
    private record Polynomial(long[] coefficients, int[][] factors) {}

    /** Returns how many symbols there are. */
    int symbols() {
        return symbols.size();
    }

    /** Returns how many sizes there are. */
    int size() {
        return polynomials.size();
    }

    /** Returns the number of a symbol. */
    int symbol(String name) {
        int known = symbols.indexOf(name);
        if (known >= 0) {
            return known;
        }
        symbols.add(name);
        return symbols.size() - 1;
    }

    /** Returns the place of a size in the table. */
    int slot(Dim dim) {
        Integer known = slots.get(dim);
        if (known != null) {
            return known;
        }
        List<Dim.Term> terms = dim.terms();
        long[] coefficients = terms.stream().mapToLong(Dim.Term::coefficient).toArray();
        int[][] factors = terms.stream()
                .map(t -> t.symbols().stream().mapToInt(this::symbol).toArray())
                .toArray(int[][]::new);
        polynomials.add(new Polynomial(coefficients, factors));
        slots.put(dim, polynomials.size() - 1);
        return polynomials.size() - 1;
    }

    /** Returns the places of several sizes. */
    int[] slots(List<Dim> dims) {
        return dims.stream().mapToInt(this::slot).toArray();
    }

    /**
     * Evaluates all sizes.
     *
     * @param values of the symbols, -1 for one that has none
     * @throws SizeException if one overflows, or needs a symbol that has no value
     */
    void evaluate(long[] values, long[] sizes) {
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = evaluate(polynomials.get(i), values);
        }
    }

    private long evaluate(Polynomial polynomial, long[] values) {
        long sum = 0;
        try {
            for (int t = 0; t < polynomial.coefficients.length; t++) {
                long product = polynomial.coefficients[t];
                for (int symbol : polynomial.factors[t]) {
                    if (values[symbol] < 0) {
                        throw new SizeException("no size is bound to the dimension " + symbols.get(symbol));
                    }
                    product = Math.multiplyExact(product, values[symbol]);
                }
                sum = Math.addExact(sum, product);
            }
        } catch (ArithmeticException e) {
            throw new SizeException("a size is beyond the whole numbers of 64 bits");
        }
        return sum;
    }

    /** Returns the sizes of the symbols that have one, by name. */
    Map<String, Long> bindings(long[] values) {
        Map<String, Long> bindings = new TreeMap<>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] >= 0) {
                bindings.put(symbols.get(i), values[i]);
            }
        }
        return bindings;
    }
}
