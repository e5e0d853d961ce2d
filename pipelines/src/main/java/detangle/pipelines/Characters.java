package detangle.pipelines;

/** From the code points that tokenizers count to the characters of a Java text. */
final class Characters {
    private final String text;
    private final int[] indices;

    Characters(String text) {
        this.text = text;
        int[] points = text.codePoints().toArray();
        this.indices = new int[points.length + 1];
        for (int i = 0; i < points.length; i++) {
            indices[i + 1] = indices[i] + Character.charCount(points[i]);
        }
    }

    /** A part of the text, without the white space around it that tokens may have: some begin with the space before a word. */
    record Span(String word, int start, int end) {}

    /** The part between two code points. */
    Span span(int start, int end) {
        int first = indices[start];
        int last = indices[end];
        while (first < last && Character.isWhitespace(text.charAt(first))) {
            first++;
        }
        while (first < last && Character.isWhitespace(text.charAt(last - 1))) {
            last--;
        }
        return new Span(text.substring(first, last), first, last);
    }

    /** Whether there is a space at the code point or before it. */
    boolean isAtSpace(int point) {
        return point == 0
                || text.charAt(indices[point] - 1) == ' '
                || indices[point] < text.length() && text.charAt(indices[point]) == ' ';
    }
}
