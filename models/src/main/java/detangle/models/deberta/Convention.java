package detangle.models.deberta;

import detangle.models.weights.Artifact;
import detangle.models.weights.ArtifactException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Whose code is followed where the two differ: at distances of {@code max_relative_positions} or more in a model with
 * buckets. HuggingFace takes their bucket, the original code that of {@code max_relative_positions - 1}
 * (da_utils.py, {@code make_log_bucket_position}). Positive distances end in the same row either way.
 */
public enum Convention {
    HUGGINGFACE,
    MICROSOFT;

    /** Returns the name on the command line. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the convention with that {@link #text()}. */
    public static Optional<Convention> named(String text) {
        return Arrays.stream(values()).filter(c -> c.text().equals(text)).findFirst();
    }

    /**
     * Returns the convention that a model is read by if nobody names one. An artifact keeps the one that it was
     * compiled for. A folder does not name one, so that the head decides, as it does for an artifact's other heads if
     * the artifact was compiled for no more than the convention of its own head.
     *
     * @param model a folder or an artifact
     * @param head what stands on the encoder; empty for a head of one's own, which is read as HuggingFace's are
     * @throws ArtifactException if the artifact names a convention that is not one of these, or as {@link
     *     Artifact#manifest}
     */
    public static Convention of(Path model, Optional<Architecture> head) {
        Convention ofHead = head.map(Architecture::convention).orElse(HUGGINGFACE);
        if (!Artifact.is(model)) {
            return ofHead;
        }
        JsonNode manifest = Artifact.manifest(model);
        String text = manifest.path("convention").asString("");
        if (text.isEmpty()) {
            return ofHead; // A model whose programs are always built when it is loaded.
        }
        Convention compiled = named(text)
                .orElseThrow(() -> new ArtifactException(
                        model, "was compiled for the convention '" + text + "', which is unknown: compile it again"));
        Optional<Architecture> compiledHead =
                Architecture.named(manifest.path("head").asString(""));
        boolean followsHead =
                compiledHead.filter(h -> h.convention() == compiled).isPresent();
        return followsHead && !compiledHead.equals(head) ? ofHead : compiled;
    }
}
