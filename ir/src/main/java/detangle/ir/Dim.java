package detangle.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongBinaryOperator;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * An extent of a tensor: a polynomial with integer coefficients over symbols such as {@code B} and {@code S}.
 *
 * <p>Polynomials are kept in a canonical form, so {@code B*S} and {@code S*B} are equal, and a program compiled once
 * knows which of its sizes agree at every batch and length. The text form is {@code 2*S-1}.
 *
 * <p>A polynomial that overflows 64 bits, or that has more than {@value #MAX_TERMS} terms or a degree above {@value
 * #MAX_FACTORS}, is a {@link SizeException}. No model comes near these bounds, and without them a short text could
 * ask for sizes that take hours to multiply.
 */
public final class Dim {
    /** Terms of the largest polynomial. */
    public static final int MAX_TERMS = 16;

    /** Symbols of the longest product, each counted as often as its power. */
    public static final int MAX_FACTORS = 16;

    /** Characters of the longest symbol. */
    public static final int MAX_SYMBOL_LENGTH = 64;

    private static final String[] NONE = {};

    /**
     * The monomials in ascending order, each its symbols sorted and joined by '*'; the empty string is the constant
     * term. There are none for a number, as most sizes are. They are arrays and no map, as C2 takes long to compile
     * products of maps, and a program has thousands of sizes.
     */
    private final String[] monomials;

    /** The coefficient of each monomial; none is 0. */
    private final long[] coefficients;

    /** The number, if there are no monomials. */
    private final long number;

    private Dim(long number) {
        this.monomials = NONE;
        this.coefficients = new long[0];
        this.number = number;
    }

    private Dim(String[] monomials, long[] coefficients) {
        this.monomials = monomials;
        this.coefficients = coefficients;
        this.number = 0;
    }

    public static Dim of(long size) {
        return new Dim(size);
    }

    /**
     * Returns a symbol: a letter followed by letters, digits or underscores.
     *
     * @throws SizeException for any other name
     */
    public static Dim symbol(String name) {
        boolean fits = !name.isEmpty()
                && isLetter(name.charAt(0))
                && name.length() <= MAX_SYMBOL_LENGTH
                && name.chars().allMatch(Dim::isPartOfWord);
        if (!fits) {
            throw new SizeException("'" + name + "' is not a name of a dimension: use up to " + MAX_SYMBOL_LENGTH
                    + " letters, digits and _, the first a letter");
        }
        return new Dim(new String[] {name}, new long[] {1});
    }

    public boolean isStatic() {
        return monomials.length == 0;
    }

    /** Returns the symbol, if this is nothing else. */
    public Optional<String> asSymbol() {
        return monomials.length == 1 && coefficients[0] == 1 && monomials[0].indexOf('*') < 0
                ? Optional.of(monomials[0])
                : Optional.empty();
    }

    public boolean isOne() {
        return isStatic() && number == 1;
    }

    /**
     * Returns the size of a static dim.
     *
     * @throws IllegalStateException if the dim is symbolic
     */
    public long size() {
        if (!isStatic()) {
            throw new IllegalStateException("the dimension " + this + " has no fixed size: bind its symbols first");
        }
        return number;
    }

    static boolean isLetter(int c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
    }

    static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    static boolean isPartOfWord(int c) {
        return isLetter(c) || isDigit(c) || c == '_';
    }

    private static long exact(LongBinaryOperator operation, long a, long b) {
        try {
            return operation.applyAsLong(a, b);
        } catch (ArithmeticException e) {
            throw new SizeException("a size is beyond the whole numbers of 64 bits");
        }
    }

    public Dim plus(Dim other) {
        if (isStatic() && other.isStatic()) {
            return of(exact(Math::addExact, number, other.number));
        }
        Terms sum = new Terms();
        sum.add(this, "", 1);
        sum.add(other, "", 1);
        return sum.dim();
    }

    public Dim plus(long constant) {
        return plus(of(constant));
    }

    public Dim minus(Dim other) {
        return plus(other.times(of(-1)));
    }

    public Dim times(Dim other) {
        if (isOne()) {
            return other;
        }
        if (other.isOne()) {
            return this;
        }
        if (isStatic() && other.isStatic()) {
            return of(exact(Math::multiplyExact, number, other.number));
        }
        Terms product = new Terms();
        if (other.isStatic()) {
            product.add(this, "", other.number);
            return product.dim();
        }
        for (int i = 0; i < other.monomials.length; i++) {
            product.add(this, other.monomials[i], other.coefficients[i]);
        }
        return product.dim();
    }

    /** A sum of terms, ascending. */
    private static final class Terms {
        private final List<String> monomials = new ArrayList<>();
        private final List<Long> coefficients = new ArrayList<>();

        /** Adds the product of a polynomial and a term. */
        void add(Dim dim, String monomial, long coefficient) {
            if (dim.isStatic()) {
                add(monomial, exact(Math::multiplyExact, dim.number, coefficient));
            }
            for (int i = 0; i < dim.monomials.length; i++) {
                long both = exact(Math::multiplyExact, dim.coefficients[i], coefficient);
                add(monomial(dim.monomials[i], monomial), both);
            }
        }

        private void add(String monomial, long coefficient) {
            int at = 0;
            while (at < monomials.size() && monomials.get(at).compareTo(monomial) < 0) {
                at++;
            }
            if (at < monomials.size() && monomials.get(at).equals(monomial)) {
                coefficients.set(at, exact(Math::addExact, coefficients.get(at), coefficient));
            } else {
                monomials.add(at, monomial);
                coefficients.add(at, coefficient);
            }
        }

        Dim dim() {
            int count = 0;
            for (long coefficient : coefficients) {
                count += coefficient == 0 ? 0 : 1;
            }
            if (count > MAX_TERMS) {
                throw new SizeException(
                        "a dimension has " + count + " terms, and no more than " + MAX_TERMS + " are possible");
            }
            String[] names = new String[count];
            long[] factors = new long[count];
            int to = 0;
            for (int i = 0; i < monomials.size(); i++) {
                if (coefficients.get(i) != 0) {
                    names[to] = monomials.get(i);
                    factors[to++] = coefficients.get(i);
                }
            }
            if (count == 0) {
                return of(0);
            }
            return count == 1 && names[0].isEmpty() ? of(factors[0]) : new Dim(names, factors);
        }
    }

    public Dim times(long factor) {
        return times(of(factor));
    }

    private static String monomial(String a, String b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a + b;
        }
        if (a.indexOf('*') < 0 && b.indexOf('*') < 0) {
            return a.compareTo(b) < 0 ? a + "*" + b : b + "*" + a;
        }
        String[] symbols = (a + "*" + b).split("\\*");
        if (symbols.length > MAX_FACTORS) {
            throw new SizeException("a dimension is a product of " + symbols.length + " symbols, and no more than "
                    + MAX_FACTORS + " are possible");
        }
        Arrays.sort(symbols);
        return String.join("*", symbols);
    }

    /** A product of a number and symbols, each as often as its power. */
    public record Term(long coefficient, List<String> symbols) {
        public Term {
            symbols = List.copyOf(symbols);
        }
    }

    /** Returns the summands, the constant first; none for zero. */
    public List<Term> terms() {
        if (isStatic()) {
            return number == 0 ? List.of() : List.of(new Term(number, List.of()));
        }
        List<Term> terms = new ArrayList<>();
        for (int i = 0; i < monomials.length; i++) {
            String monomial = monomials[i];
            terms.add(new Term(coefficients[i], monomial.isEmpty() ? List.of() : List.of(monomial.split("\\*"))));
        }
        return terms;
    }

    /** Returns the symbols that occur, sorted. */
    public SortedSet<String> symbols() {
        SortedSet<String> symbols = new TreeSet<>();
        if (isStatic()) {
            return symbols;
        }
        terms().forEach(term -> symbols.addAll(term.symbols()));
        return symbols;
    }

    /**
     * Returns the value with every symbol bound.
     *
     * @throws SizeException if a symbol has no value, which it names, or if the value overflows
     */
    public long evaluate(Map<String, Long> bindings) {
        if (isStatic()) {
            return number;
        }
        long sum = 0;
        for (Term term : terms()) {
            long product = term.coefficient();
            for (String symbol : term.symbols()) {
                Long value = bindings.get(symbol);
                if (value == null) {
                    throw new SizeException("no size is bound to the dimension " + symbol);
                }
                product = exact(Math::multiplyExact, product, value);
            }
            sum = exact(Math::addExact, sum, product);
        }
        return sum;
    }

    /** About what {@link #evaluate} says, of sizes that may overflow there. */
    public double estimate(ToLongFunction<String> sizes) {
        double sum = 0;
        for (Term term : terms()) {
            double product = term.coefficient();
            for (String symbol : term.symbols()) {
                product *= sizes.applyAsLong(symbol);
            }
            sum += product;
        }
        return sum;
    }

    /** Returns whether this is at least {@code other} for every assignment of non-negative sizes, by coefficients. */
    public boolean dominates(Dim other) {
        Dim difference = minus(other);
        return difference.number >= 0 && Arrays.stream(difference.coefficients).allMatch(c -> c >= 0);
    }

    /**
     * Parses the text form.
     *
     * @throws SizeException if the text is not a dim; it says why
     */
    public static Dim parse(String text) {
        return new DimParser(text).parse();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dim d
                && number == d.number
                && Arrays.equals(monomials, d.monomials)
                && Arrays.equals(coefficients, d.coefficients);
    }

    @Override
    public int hashCode() {
        return isStatic() ? Long.hashCode(number) : Arrays.hashCode(monomials) * 31 + Arrays.hashCode(coefficients);
    }

    /** Highest degree first, the constant last: {@code B*S+2*S-1}. */
    @Override
    public String toString() {
        if (isStatic()) {
            return Long.toString(number);
        }
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, monomials.length).boxed().toList());
        order.sort(Comparator.comparing(i -> -degree(monomials[i]))); // Those of one degree stay as they are.
        StringBuilder text = new StringBuilder();
        for (int i : order) {
            String monomial = monomials[i];
            long c = coefficients[i];
            text.append(c < 0 ? "-" : text.isEmpty() ? "" : "+");
            long magnitude = Math.abs(c);
            if (monomial.isEmpty()) {
                text.append(magnitude);
            } else {
                text.append(magnitude == 1 ? "" : magnitude + "*").append(monomial);
            }
        }
        return text.toString();
    }

    private static int degree(String monomial) {
        return monomial.isEmpty() ? 0 : monomial.split("\\*").length;
    }
}
