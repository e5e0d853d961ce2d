package detangle.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongBinaryOperator;
import java.util.function.ToLongFunction;

/**
 * An extent of a tensor: a polynomial with integer coefficients over symbols such as {@code B} and {@code S}.
 *
 * <p>Polynomials are kept in a canonical form, so {@code B*S} and {@code S*B} are equal, and a program compiled once
 * knows which of its sizes agree at every batch and length. The text form is {@code 2*S-1}.
 *
 * <p>A polynomial that overflows 64 bits, or that has more than {@value #MOST_TERMS} terms or a degree above {@value #MOST_FACTORS}, is a
 * {@link SizeException}. No model comes near these bounds, and without them a short text could ask for sizes that take hours to multiply.
 */
public final class Dim {
    /** Terms of the largest polynomial. */
    public static final int MOST_TERMS = 16;

    /** Symbols of the longest product, each counted as often as its power. */
    public static final int MOST_FACTORS = 16;

    /** Characters of the longest symbol. */
    public static final int LONGEST_SYMBOL = 64;

    /** Monomial, its symbols sorted and joined by '*' (the empty string is the constant term), to coefficient. */
    private final TreeMap<String, Long> terms;

    private Dim(TreeMap<String, Long> terms) {
        terms.values().removeIf(c -> c == 0);
        if (terms.size() > MOST_TERMS) {
            throw new SizeException(
                    "a dimension has " + terms.size() + " terms, and no more than " + MOST_TERMS + " are possible");
        }
        this.terms = terms;
    }

    public static Dim of(long size) {
        TreeMap<String, Long> terms = new TreeMap<>();
        terms.put("", size);
        return new Dim(terms);
    }

    /** A symbol: a letter followed by letters, digits or underscores; a {@link SizeException} for any other name. */
    public static Dim symbol(String name) {
        boolean fits = !name.isEmpty()
                && isLetter(name.charAt(0))
                && name.length() <= LONGEST_SYMBOL
                && name.chars().allMatch(Dim::isPartOfWord);
        if (!fits) {
            throw new SizeException("'" + name + "' is not a name of a dimension: use up to " + LONGEST_SYMBOL
                    + " letters, digits and _, the first a letter");
        }
        TreeMap<String, Long> terms = new TreeMap<>();
        terms.put(name, 1L);
        return new Dim(terms);
    }

    public boolean isStatic() {
        return terms.isEmpty() || terms.size() == 1 && terms.containsKey("");
    }

    /** The symbol, if this is nothing else. */
    public Optional<String> asSymbol() {
        return terms.size() == 1
                        && terms.firstEntry().getValue() == 1
                        && !terms.firstKey().isEmpty()
                        && terms.firstKey().indexOf('*') < 0
                ? Optional.of(terms.firstKey())
                : Optional.empty();
    }

    public boolean isOne() {
        return isStatic() && constantTerm() == 1;
    }

    /** The size of a static dim; an {@link IllegalStateException} for a symbolic one. */
    public long size() {
        if (!isStatic()) {
            throw new IllegalStateException("the dimension " + this + " has no fixed size: bind its symbols first");
        }
        return constantTerm();
    }

    private long constantTerm() {
        return terms.getOrDefault("", 0L);
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
        TreeMap<String, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((m, c) -> sum.merge(m, c, (a, b) -> exact(Math::addExact, a, b)));
        return new Dim(sum);
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
        TreeMap<String, Long> product = new TreeMap<>();
        terms.forEach((m1, c1) -> other.terms.forEach((m2, c2) -> product.merge(
                monomial(m1, m2), exact(Math::multiplyExact, c1, c2), (a, b) -> exact(Math::addExact, a, b))));
        return new Dim(product);
    }

    public Dim times(long factor) {
        return times(of(factor));
    }

    private static String monomial(String a, String b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a + b;
        }
        String[] symbols = (a + "*" + b).split("\\*");
        if (symbols.length > MOST_FACTORS) {
            throw new SizeException("a dimension is a product of " + symbols.length + " symbols, and no more than "
                    + MOST_FACTORS + " are possible");
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

    /** The summands, the constant first; none for zero. */
    public List<Term> terms() {
        return terms.entrySet().stream()
                .map(t -> new Term(
                        t.getValue(),
                        t.getKey().isEmpty() ? List.of() : List.of(t.getKey().split("\\*"))))
                .toList();
    }

    /** The symbols that occur, sorted. */
    public SortedSet<String> symbols() {
        SortedSet<String> symbols = new TreeSet<>();
        terms().forEach(term -> symbols.addAll(term.symbols()));
        return symbols;
    }

    /** The value with every symbol bound; a {@link SizeException} names a symbol without a value, or says that it overflows. */
    public long evaluate(Map<String, Long> bindings) {
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

    /** Whether this is at least {@code other} for every assignment of non-negative sizes, by coefficients. */
    public boolean dominates(Dim other) {
        return minus(other).terms.values().stream().allMatch(c -> c >= 0);
    }

    /** Parses the text form; a {@link SizeException} says what is wrong. */
    public static Dim parse(String text) {
        return new DimParser(text).parse();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dim d && terms.equals(d.terms);
    }

    @Override
    public int hashCode() {
        return terms.hashCode();
    }

    /** Highest degree first, the constant last: {@code B*S+2*S-1}. */
    @Override
    public String toString() {
        if (terms.isEmpty()) {
            return "0";
        }
        List<String> monomials = new ArrayList<>(terms.keySet());
        monomials.sort((a, b) -> degree(a) != degree(b) ? degree(b) - degree(a) : a.compareTo(b));
        StringBuilder text = new StringBuilder();
        for (String monomial : monomials) {
            long c = terms.get(monomial);
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
