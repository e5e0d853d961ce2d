package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.models.weights.Artifact;
import detangle.models.weights.ArtifactException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConventionTest {
    private static final Optional<Architecture> MASKS = Optional.of(Architecture.MASKED_LM);
    private static final Optional<Architecture> DECODER = Optional.of(Architecture.MASKED_LM_EMD);

    @TempDir
    private Path folder;

    private Path artifact(Map<String, String> manifest) {
        Path file = folder.resolve(manifest.hashCode() + ".dtl");
        Artifact.write(file, new TreeMap<>(), new TreeMap<>(), manifest);
        return file;
    }

    @Test
    void aFolderIsReadAsTheHeadIs() {
        assertEquals(Convention.HUGGINGFACE, Convention.of(folder, MASKS));
        assertEquals(Convention.MICROSOFT, Convention.of(folder, DECODER));
        assertEquals(Convention.HUGGINGFACE, Convention.of(folder, Optional.empty()));
    }

    @Test
    void anArtifactKeepsTheConventionThatItWasCompiledFor() {
        Path file = artifact(Map.of("head", "masked-lm", "convention", "microsoft"));
        assertEquals(Convention.MICROSOFT, Convention.of(file, MASKS));
        assertEquals(Convention.MICROSOFT, Convention.of(file, Optional.of(Architecture.ENCODER)));
        assertEquals(Convention.MICROSOFT, Convention.of(file, Optional.empty()));
        Path other = artifact(Map.of("head", "masked-lm-emd", "convention", "huggingface"));
        assertEquals(Convention.HUGGINGFACE, Convention.of(other, DECODER));
    }

    /** An artifact that was compiled for its head's own convention does not name one for other heads. */
    @Test
    void otherHeadsOfAnArtifactAreReadAsThoseOfItsFolder() {
        Path file = artifact(Map.of("head", "masked-lm-emd", "convention", "microsoft"));
        assertEquals(Convention.MICROSOFT, Convention.of(file, DECODER));
        assertEquals(Convention.HUGGINGFACE, Convention.of(file, MASKS));
        assertEquals(Convention.HUGGINGFACE, Convention.of(file, Optional.empty()));
        Path other = artifact(Map.of("head", "masked-lm", "convention", "huggingface"));
        assertEquals(Convention.MICROSOFT, Convention.of(other, DECODER));
    }

    @Test
    void anArtifactWithoutProgramsHasNone() {
        assertEquals(Convention.HUGGINGFACE, Convention.of(artifact(Map.of("model_type", "gliner")), MASKS));
    }

    @Test
    void anUnknownConventionIsRefused() {
        Path file = artifact(Map.of("head", "masked-lm", "convention", "somebody's"));
        ArtifactException e = assertThrows(ArtifactException.class, () -> Convention.of(file, MASKS));
        assertEquals(
                file + ": was compiled for the convention 'somebody's', which is unknown: compile it again",
                e.getMessage());
    }
}
