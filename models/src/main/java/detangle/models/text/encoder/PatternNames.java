package detangle.models.text.encoder;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Kinds of characters by the names that Oniguruma has for them, as the JDK writes them: what stands between the
 * brackets of a class. Of every name, the members are the same there and here.
 */
final class PatternNames {
    /** The meaning of {@code \w} in a class: letters, marks, digits and connectors, but not joiners as in the JDK. */
    static final String WORD_IN_CLASS = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";

    /**
     * The meaning of {@code \w} elsewhere: below U+0100, Oniguruma has a table in which superscripts and fractions are
     * too.
     */
    static final String WORD = WORD_IN_CLASS + "\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be";

    private static final Map<String, String> POSIX = Map.ofEntries(
            Map.entry("alpha", "\\p{IsAlphabetic}"),
            Map.entry("upper", "\\p{IsUppercase}"),
            Map.entry("lower", "\\p{IsLowercase}"),
            Map.entry("alnum", "\\p{IsAlphabetic}\\p{Nd}"),
            Map.entry("digit", "\\p{Nd}"),
            Map.entry("space", "\\s"),
            Map.entry("blank", "\\t\\p{Zs}"),
            Map.entry("cntrl", "\\p{Cc}"),
            Map.entry("xdigit", "0-9a-fA-F"),
            Map.entry("punct", "\\p{P}\\p{S}"));

    private PatternNames() {}

    /** Returns a name between {@code [:} and {@code :]}. */
    static Optional<String> posix(String name) {
        if (name.equals("word")) {
            return Optional.of(WORD_IN_CLASS);
        }
        return Optional.ofNullable(POSIX.get(name));
    }

    /**
     * Returns a name in the braces of {@code \p}: a general category, a script, or one of POSIX's; Punct is narrower
     * here.
     */
    static Optional<String> property(String name) {
        if (name.matches("L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfo]?")) {
            return Optional.of("\\p{" + name + "}");
        }
        if (name.equals("Punct")) {
            return Optional.of("\\p{P}");
        }
        if (name.equals("XDigit")) {
            return posix("xdigit");
        }
        if (!name.matches("[A-Z][a-z]+(_[A-Z][a-z]+)*")) {
            return Optional.empty();
        }
        Optional<String> posix = Optional.ofNullable(POSIX.get(name.toLowerCase(Locale.ROOT)));
        return posix.isPresent() ? posix : script(name);
    }

    private static Optional<String> script(String name) {
        for (Character.UnicodeScript script : Character.UnicodeScript.values()) {
            if (script != Character.UnicodeScript.UNKNOWN && script.name().equals(name.toUpperCase(Locale.ROOT))) {
                return Optional.of("\\p{Is" + name + "}");
            }
        }
        return Optional.empty();
    }
}
