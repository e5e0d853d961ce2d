package detangle.pipelines;

/** What pipelines throw where a model's answer is not a number, for tests of what catches it. */
public final class NotFinite {
    private NotFinite() {}

    public static NotFiniteException exception(String message) {
        return new NotFiniteException(message);
    }
}
