package detangle.pipelines;

/**
 * Words of a text from one boundary to another, choices before the text included.
 *
 * @param start the boundary before the first word
 * @param end the boundary behind the last word
 */
record BoundarySpan(int start, int end) {
    int length() {
        return end - start;
    }
}
