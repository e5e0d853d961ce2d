package detangle.hub;

/** Is told how a download goes. */
@FunctionalInterface
public interface HubProgress {
    /** Nobody is told. */
    HubProgress NONE = (file, done, total) -> {};

    /**
     * Some of a file has come.
     *
     * @param file its name
     * @param done bytes so far, those of earlier attempts included
     * @param total bytes of the whole file; equal to {@code done} at the end
     */
    void at(String file, long done, long total);
}
