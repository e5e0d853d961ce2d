package detangle.ir;

/** Activations that a {@link KernelOp.Linear} applies to its result while the tile is hot. */
public enum Activation {
    NONE,
    /** x (1 + erf(x / sqrt 2)) / 2. */
    GELU,
    TANH,
    RELU,
    /** x / (1 + exp(-x)). */
    SILU;

    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
