package detangle.models.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.file.Path;
import java.util.Optional;

/** Loads the native tokenizer library, which comes inside DJL's jar and is unpacked once a user. */
final class NativeLibrary {
    private static final String CACHE = "ENGINE_CACHE_DIR";

    private NativeLibrary() {}

    /** A {@link TokenizerException} that says what to do if the library cannot be unpacked or loaded. */
    static synchronized TokenizersLibrary load() {
        // Offline, DJL takes the CPU build from its jar even where it finds a GPU, and never downloads.
        if (setting("DJL_OFFLINE").isEmpty() && setting("ai.djl.offline").isEmpty()) {
            System.setProperty("ai.djl.offline", "true");
        }
        // DJL's own choice is a folder under /tmp that users share when the home is not writable.
        if (setting(CACHE).isEmpty()) {
            System.setProperty(CACHE, userCache().toString());
        }
        try {
            LibUtils.checkStatus();
            return TokenizersLibrary.LIB;
        } catch (EngineException e) {
            throw new TokenizerException(
                    "the native tokenizer library for "
                            + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                            + " could not be unpacked to " + setting(CACHE).orElse("") + "; set -D" + CACHE
                            + "=FOLDER, or the environment variable, to a folder that you may write to",
                    e);
        } catch (LinkageError e) {
            throw new TokenizerException("the native tokenizer library does not load: " + rootMessage(e), e);
        }
    }

    private static Path userCache() {
        return Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .filter(folder -> !folder.isEmpty())
                .map(Path::of)
                .orElse(Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("detangle");
    }

    private static Optional<String> setting(String name) {
        return Optional.ofNullable(System.getenv(name))
                .or(() -> Optional.ofNullable(System.getProperty(name)))
                .filter(value -> !value.isEmpty());
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
