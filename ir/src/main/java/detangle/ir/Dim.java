package detangle.ir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An extent of a tensor: a polynomial with integer coefficients over symbols such as {@code B} and {@code S}.
 *
 * <p>Polynomials are kept in a canonical form, so {@code B*S} and {@code S*B} are equal, and a program compiled once
 * knows which of its sizes agree at every batch and length. The text form is {@code 2*S-1}.
 */
public final class Dim {
    /** Monomial, its symbols sorted and joined by '*' (the empty string is the constant term), to coefficient. */
    private final TreeMap<String, Long> terms;

    private Dim(TreeMap<String, Long> terms) {
        terms.values().removeIf(c -> c == 0);
        this.terms = terms;
    }

    public static Dim of(long size) {
        TreeMap<String, Long> terms = new TreeMap<>();
        terms.put("", size);
        return new Dim(terms);
    }

    /** A symbol: a letter followed by letters, digits or underscores. */
    public static Dim symbol(String name) {
        if (!name.matches("[A-Za-z][A-Za-z0-9_]*")) {
            throw new IllegalArgumentException("'" + name + "' is no name of a dimension: use letters, digits and _");
        }
        TreeMap<String, Long> terms = new TreeMap<>();
        terms.put(name, 1L);
        return new Dim(terms);
    }

    public boolean isStatic() {
        return terms.isEmpty() || terms.size() == 1 && terms.containsKey("");
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

    public Dim plus(Dim other) {
        TreeMap<String, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((m, c) -> sum.merge(m, c, Math::addExact));
        return new Dim(sum);
    }

    public Dim plus(long constant) {
        return plus(of(constant));
    }

    public Dim minus(Dim other) {
        return plus(other.times(of(-1)));
    }

    public Dim times(Dim other) {
        TreeMap<String, Long> product = new TreeMap<>();
        terms.forEach((m1, c1) -> other.terms.forEach(
                (m2, c2) -> product.merge(monomial(m1, m2), Math.multiplyExact(c1, c2), Math::addExact)));
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

    /** The value with every symbol bound; an {@link IllegalArgumentException} names a symbol without a value. */
    public long evaluate(Map<String, Long> bindings) {
        long sum = 0;
        for (Term term : terms()) {
            long product = term.coefficient();
            for (String symbol : term.symbols()) {
                Long value = bindings.get(symbol);
                if (value == null) {
                    throw new IllegalArgumentException("no size is bound to the dimension " + symbol);
                }
                product = Math.multiplyExact(product, value);
            }
            sum = Math.addExact(sum, product);
        }
        return sum;
    }

    /** Whether this is at least {@code other} for every assignment of non-negative sizes, by coefficients. */
    public boolean dominates(Dim other) {
        return minus(other).terms.values().stream().allMatch(c -> c >= 0);
    }

    /** Parses the text form; an {@link IllegalArgumentException} says what is wrong. */
    public static Dim parse(String text) {
        String compact = text.replace(" ", "");
        if (!compact.matches("-?[A-Za-z0-9_]+([*+-][A-Za-z0-9_]+)*")) {
            throw new IllegalArgumentException("'" + text + "' is no dimension: write sizes like 8, S or 2*S-1");
        }
        Dim sum = of(0);
        for (String term : compact.split("(?=[+-])")) {
            Dim product = of(term.startsWith("-") ? -1 : 1);
            for (String factor : term.replaceFirst("^[+-]", "").split("\\*")) {
                product =
                        product.times(Character.isDigit(factor.charAt(0)) ? of(number(factor, text)) : symbol(factor));
            }
            sum = sum.plus(product);
        }
        return sum;
    }

    private static long number(String digits, String text) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + digits + "' in '" + text + "' is no size", e);
        }
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
