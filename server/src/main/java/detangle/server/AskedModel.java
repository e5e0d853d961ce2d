package detangle.server;

/**
 * The model that the request of this thread has come to, for metrics. A connection's thread chooses the model itself.
 */
final class AskedModel {
    private static final ThreadLocal<String> NAME = new ThreadLocal<>();

    private AskedModel() {}

    /** Says which model is asked; returns it. */
    static ServedModel is(ServedModel model) {
        NAME.set(model.name());
        return model;
    }

    /** The name of the model that the request has come to, and forgets it; empty where it came to none. */
    static String take() {
        String name = NAME.get();
        NAME.remove();
        return name == null ? "" : name;
    }
}
