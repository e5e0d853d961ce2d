package detangle.cli;

import detangle.hub.Hub;
import detangle.hub.HubOptions;
import detangle.hub.HubProgress;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Finds the folder of a model that the command line names: by a folder, or by a name on the hub. */
final class ModelFolder {
    private static final int BYTES_IN_MEGABYTE = 1_000_000;

    private ModelFolder() {}

    /** Returns the folder, downloaded if it has to be. */
    static Path of(String name) {
        try (Bars bars = new Bars()) {
            return new Hub(HubOptions.fromEnvironment()).folder(name, bars);
        }
    }

    /** Returns the folder of {@link #of}, in which weights may be missing. */
    static Path withoutWeights(String name) {
        try (Bars bars = new Bars()) {
            return new Hub(HubOptions.fromEnvironment()).folderWithoutWeights(name, bars);
        }
    }

    /** A bar for each file, in megabytes; a line where there is no terminal. */
    private static final class Bars implements HubProgress, AutoCloseable {
        private final boolean terminal = Boolean.getBoolean("detangle.terminal");
        private String file = "";
        private Progress bar;

        @Override
        public void at(String name, long done, long total) {
            boolean next = !name.equals(file);
            file = name;
            int megabytes = Math.toIntExact(total / BYTES_IN_MEGABYTE);
            if (!terminal) {
                if (next && megabytes > 0) {
                    System.err.println("detangle: downloading " + name + ", " + megabytes + " MB");
                }
                return;
            }
            if (next) {
                close();
                bar = new ProgressBarOnTerminal(
                        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                        name,
                        "MB",
                        OptionalLong.of(Math.max(1, megabytes)));
            }
            bar.at(done == total ? Math.max(1, megabytes) : Math.toIntExact(done / BYTES_IN_MEGABYTE));
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
            }
        }
    }
}
