package detangle.pipelines;

/** Whether a call asks little of a model or a lot. */
enum CallSize {
    SHORT,
    LONG;

    /** Tokens of a short call at most, all its encodings together. */
    private static final int SHORT_TOKENS = 256;

    static CallSize of(long tokens) {
        return tokens > SHORT_TOKENS ? LONG : SHORT;
    }
}
