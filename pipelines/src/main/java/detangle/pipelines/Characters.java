package detangle.pipelines;

import detangle.models.text.WhiteSpace;

/** Converts places in code points, which tokenizers count, into indices of a Java string. */
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

    /**
     * A part of the text without the white space around it. Tokens may have such white space: some begin with the space
     * before a word.
     */
    record Span(String word, int start, int end) {}

    /** Returns the text between two code points, white space included. */
    String text(int start, int end) {
        return text.substring(indices[start], indices[end]);
    }

    /** Returns the part between two code points. */
    Span span(int start, int end) {
        int first = indices[start];
        int last = indices[end];
        while (first < last && WhiteSpace.is(text.charAt(first))) {
            first++;
        }
        while (first < last && WhiteSpace.is(text.charAt(last - 1))) {
            last--;
        }
        return new Span(text.substring(first, last), first, last);
    }

    /**
     * Returns whether there is white space of any kind at the code point or before it; the beginning of the text counts
     * as such.
     */
    boolean isAtSpace(int point) {
        return point == 0
                || WhiteSpace.is(text.charAt(indices[point] - 1))
                || indices[point] < text.length() && WhiteSpace.is(text.charAt(indices[point]));
    }
}
