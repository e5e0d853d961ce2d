package detangle.server;

/** The model that the request of this thread asks, for metrics. The thread of a connection chooses the model itself. */
final class AskedModel {
    private static final ThreadLocal<String> NAME = new ThreadLocal<>();

    private AskedModel() {}

    /** Records which model is asked, and returns it. */
    static ServedModel is(ServedModel model) {
        NAME.set(model.name());
        return model;
    }

    /**
     * Returns the name of the model that the request asks, and forgets it. The name is empty if the request asks none.
     */
    static String take() {
        String name = NAME.get();
        NAME.remove();
        return name == null ? "" : name;
    }
}
