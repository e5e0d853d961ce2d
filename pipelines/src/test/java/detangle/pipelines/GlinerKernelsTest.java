package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Device;
import detangle.ir.Program;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.gliner.CrossFusion;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.GlinerPrograms;
import detangle.models.gliner.LabelSource;
import detangle.models.gliner.Relations;
import detangle.models.gliner.Scoring;
import detangle.runtime.Backends;
import detangle.runtime.KernelCoverage;
import detangle.testing.models.FormulaModel;
import detangle.testing.models.TinyGliner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** No operation of a GLiNER model is left to the interpreter on the CPU. */
class GlinerKernelsTest {
    @TempDir
    private Path folder;

    static Stream<JsonNode> models() {
        return FormulaModel.golden("gliner.json").get("cases").valueStream();
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource("models")
    void allProgramsHaveKernels(JsonNode model) throws IOException {
        Device vector = Backends.device(Optional.of("vector"), Set.of());
        GlinerFolder opened = GlinerFolder.open(TinyGliner.write(folder, model), false);
        try {
            GlinerConfig config = opened.config();
            Program encoder = DebertaModel.build(
                    config.encoder(), GlinerModel.encoder(config), ModelOptions.DEFAULT.withHiddenStates(false));
            assertEquals(Set.of(), KernelCoverage.of(vector, encoder).lacking());
            Relations relations = new Relations(
                    Relations.Pairs.DOT, Relations.PairScoring.CONCATENATION, "<<REL>>", Optional.empty(), true);
            CrossFusion fusion = new CrossFusion(List.of(CrossFusion.Step.values()), 2, 2);
            List<LabelSource> sources = List.of(
                    new LabelSource.Prompt("<<ENT>>", "<<SEP>>", Optional.empty(), true, Optional.of(relations)),
                    new LabelSource.OwnEncoder(
                            "labels", Optional.of(config.encoder()), "deberta-v2", Optional.of(fusion)));
            for (Scoring scoring : List.of(config.scoring(), new Scoring.RepresentedSpans())) {
                for (LabelSource source : sources) {
                    for (Program program : GlinerPrograms.all(with(config, scoring, false, source))) {
                        assertEquals(
                                Set.of(), KernelCoverage.of(vector, program).lacking(), program.name());
                    }
                }
            }
            Program labels = DebertaModel.build(
                    config.encoder(), GlinerModel.labels(config), ModelOptions.DEFAULT.withHiddenStates(false));
            assertEquals(Set.of(), KernelCoverage.of(vector, labels).lacking());
            Program fused = DebertaModel.build(
                    config.encoder(),
                    GlinerModel.encoder(with(config, config.scoring(), true, config.labels())),
                    ModelOptions.DEFAULT.withHiddenStates(false));
            assertEquals(Set.of(), KernelCoverage.of(vector, fused).lacking());
        } finally {
            opened.weights().close();
        }
    }

    private static GlinerConfig with(GlinerConfig c, Scoring scoring, boolean fuseLayers, LabelSource labels) {
        return new GlinerConfig(
                c.encoder(), c.hiddenSize(), c.maxWidth(), c.maxWords(), scoring, fuseLayers, c.lstm(), labels);
    }
}
