package detangle.pipelines;

/** The size of a call to a model, by its number of tokens. */
enum CallSize {
    SHORT,
    LONG;

    /** The most tokens of a short call, all its encodings together. */
    private static final int SHORT_TOKENS = 256;

    static CallSize of(long tokens) {
        return tokens > SHORT_TOKENS ? LONG : SHORT;
    }
}
