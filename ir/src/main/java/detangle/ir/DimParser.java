package detangle.ir;

/**
 * Reads a {@link Dim} from left to right, whose text is sums of products such as {@code -S+2*B*S}. Spaces mean nothing.
 */
final class DimParser {
    private final String text;
    private final String compact;
    private int position;

    DimParser(String text) {
        this.text = text;
        this.compact = text.replace(" ", "");
    }

    Dim parse() {
        Dim sum = Dim.of(0);
        boolean negative = accept('-');
        while (true) {
            Dim product = product();
            sum = negative ? sum.minus(product) : sum.plus(product);
            if (position == compact.length()) {
                return sum;
            }
            negative = accept('-');
            if (!negative && !accept('+')) {
                throw fault();
            }
        }
    }

    private Dim product() {
        Dim product = factor();
        while (accept('*')) {
            product = product.times(factor());
        }
        return product;
    }

    private Dim factor() {
        int begin = position;
        while (position < compact.length() && Dim.isPartOfWord(compact.charAt(position))) {
            position++;
        }
        String word = compact.substring(begin, position);
        if (word.isEmpty()) {
            throw fault();
        }
        return Dim.isDigit(word.charAt(0)) ? Dim.of(number(word)) : Dim.symbol(word);
    }

    private long number(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw new SizeException("'" + digits + "' in '" + text + "' is not a size");
        }
    }

    private boolean accept(char c) {
        boolean there = position < compact.length() && compact.charAt(position) == c;
        if (there) {
            position++;
        }
        return there;
    }

    private SizeException fault() {
        return new SizeException("'" + text + "' is not a dimension: write sizes like 8, S or 2*S-1");
    }
}
