package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fixtures of the GLiNER family are whole: each folder opens, and each case has its answer. */
class FamilyFixtureTest {
    @TempDir
    private Path folder;

    @Test
    void eachFixtureIsAFolderThatOpens() throws IOException {
        List<FamilyFixture> all = FamilyFixture.all("");
        assertEquals(24, all.size());
        for (FamilyFixture fixture : all) {
            Path model = fixture.write(folder.resolve(fixture.name()));
            assertTrue(Tokenizers.exists(model), fixture.name());
            assertFalse(Files.exists(model.resolve("expected.json")), fixture.name());
            try (Weights weights = Weights.open(model);
                    Weights tensors = fixture.tensors()) {
                assertFalse(weights.names().isEmpty());
                assertFalse(tensors.names().isEmpty());
            }
            for (FamilyFixture.Case each : fixture.cases()) {
                assertTrue(each.expected() != null, fixture + " " + each.name());
            }
        }
    }

    @Test
    void aBiEncoderHasTheTokenizerOfItsLabels() throws IOException {
        FamilyFixture fixture = FamilyFixture.named("gliner-bi-span");
        assertTrue(Tokenizers.exists(fixture.write(folder).resolve("labels_encoder")));
        assertEquals(3, fixture.caseNamed("single").input().get("labels").size());
    }
}
