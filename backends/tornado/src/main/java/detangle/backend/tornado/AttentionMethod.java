package detangle.backend.tornado;

/** How attention without dropout is computed. What a method does not cover, the one after it computes. */
enum AttentionMethod {
    /** One kernel of the library, with products by matrix units, where it covers the widths and types. */
    FUSED("fused"),

    /** Products that the library computes, with all scores in memory. */
    PRODUCTS("products"),

    /** {@link AttentionKernel}. */
    KERNEL("kernel");

    private final String text;

    AttentionMethod(String text) {
        this.text = text;
    }

    /** The value of {@link Products#ATTENTION} that chooses the method. */
    String text() {
        return text;
    }

    /** Returns whether all scores may be kept in memory. */
    boolean keepsScores() {
        return this != KERNEL;
    }
}
