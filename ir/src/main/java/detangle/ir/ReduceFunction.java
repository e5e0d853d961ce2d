package detangle.ir;

/** The functions that a reduction folds an axis with. The sum of nothing is 0, the maximum of nothing is -inf. */
public enum ReduceFunction {
    SUM,
    MAX;

    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
