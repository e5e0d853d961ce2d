package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.ConfigException;
import detangle.pipelines.BertScore;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.BertScorer;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A small model in BERTScore, with the scores that the package bert-score itself gave. */
class BertScoreTest {
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path temp;

    /** A copy of the model with its tokenizer. */
    private Path model() throws IOException {
        Path fixture = SharedFiles.require("goldens-family/bertscore");
        for (String file :
                List.of("config.json", "model.safetensors", "inputs.json", "expected.json", "baseline.tsv")) {
            Files.copy(fixture.resolve(file), temp.resolve(file));
        }
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Path tokenizer = SharedFiles.require("goldens-family/tokenizers/plain");
            Files.copy(tokenizer.resolve(file), temp.resolve(file));
        }
        return temp;
    }

    private static JsonNode json(Path file) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(file));
    }

    private static List<String> texts(JsonNode node) {
        return node.isString()
                ? List.of(node.stringValue())
                : node.valueStream().map(JsonNode::stringValue).toList();
    }

    private static BertScoreOptions options(JsonNode stated, Path model) {
        BertScoreOptions options = BertScoreOptions.DEFAULT
                .withAllLayers(stated.path("all_layers").asBoolean(false))
                .withIdf(stated.path("idf").asBoolean(false));
        BertScoreOptions chosen = stated.has("num_layers")
                ? options.withNumLayers(stated.get("num_layers").intValue())
                : options;
        return stated.path("rescale_with_baseline").asBoolean(false)
                ? chosen.withBaseline(model.resolve(stated.get("baseline_path").stringValue()))
                : chosen;
    }

    @Test
    void scoresAreThoseOfTheOriginal() throws IOException {
        Path model = model();
        JsonNode expected = json(model.resolve("expected.json"));
        for (JsonNode c : json(model.resolve("inputs.json")).get("cases")) {
            String name = c.get("name").stringValue();
            try (BertScorer scorer =
                    BertScorer.load(model, options(c.get("options"), model), PipelineOptions.DEFAULT)) {
                List<List<String>> references = new ArrayList<>();
                c.get("references").forEach(r -> references.add(texts(r)));
                List<List<BertScore>> found = scorer.scoreLayers(texts(c.get("candidates")), references, done -> {});
                JsonNode answers = expected.get(name);
                for (int i = 0; i < found.size(); i++) {
                    for (int layer = 0; layer < found.get(i).size(); layer++) {
                        BertScore score = found.get(i).get(layer);
                        assertEquals(value(answers.get("P"), layer, i), score.precision(), TOLERANCE, name);
                        assertEquals(value(answers.get("R"), layer, i), score.recall(), TOLERANCE, name);
                        assertEquals(value(answers.get("F"), layer, i), score.f1(), TOLERANCE, name);
                    }
                }
            }
        }
    }

    /** All layers are lists of lists. */
    private static double value(JsonNode values, int layer, int index) {
        return (values.get(0).isArray() ? values.get(layer) : values).get(index).doubleValue();
    }

    @Test
    void emptyTextsScoreNothing() throws IOException {
        try (BertScorer scorer =
                BertScorer.load(model(), BertScoreOptions.DEFAULT.withNumLayers(2), PipelineOptions.DEFAULT)) {
            List<BertScore> scores = scorer.score(
                    List.of("", " \n", "Oslo", "Oslo"),
                    List.of(List.of("Oslo"), List.of(""), List.of("  "), List.of(" Oslo ")));
            BertScore none = new BertScore(0, 0, 0);
            assertEquals(List.of(none, none, none), scores.subList(0, 3));
            assertEquals(1, scores.get(3).f1(), TOLERANCE);
            assertEquals(List.of(), scorer.score(List.of(), List.of()));
            assertThrows(PipelineException.class, () -> scorer.score(List.of("a"), List.of()));
            assertThrows(PipelineException.class, () -> scorer.score(List.of("a"), List.of(List.of())));
        }
    }

    @Test
    void layersAndBaselinesMustFitTheModel() throws IOException {
        Path model = model();
        refused(PipelineException.class, "choose one of its 4 layers", model, BertScoreOptions.DEFAULT);
        for (int layer : new int[] {0, 5}) {
            refused(PipelineException.class, "choose 1 to 4", model, BertScoreOptions.DEFAULT.withNumLayers(layer));
        }
        BertScoreOptions three = BertScoreOptions.DEFAULT.withNumLayers(3);
        refused(ConfigException.class, "it does not exist", model, three.withBaseline(temp.resolve("nothing.tsv")));
        for (String[] rows : new String[][] {
            {"0,0,0,0\n1,0,0,0", "none of layer 3"},
            {"0,0,0,0\n2,0,0,0", "row 2 is of layer 2"},
            {"0,0,0", "row 1 is not LAYER,P,R,F"},
            {"0,a,0,0", "row 1 is not LAYER,P,R,F"},
            {"0,1,0,0", "which must be a finite number below 1"},
            {"0,NaN,0,0", "which must be a finite number below 1"}
        }) {
            Path file = Files.writeString(temp.resolve("other.tsv"), "LAYER,P,R,F\n" + rows[0] + "\n");
            refused(ConfigException.class, rows[1], model, three.withBaseline(file));
        }
    }

    private static void refused(
            Class<? extends RuntimeException> type, String message, Path model, BertScoreOptions options) {
        RuntimeException e = assertThrows(
                type,
                () -> BertScorer.load(model, options, PipelineOptions.DEFAULT).close());
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void theLayersOfPublishedModelsAreKnown() {
        assertEquals(40, BertScorer.layersOf("microsoft/deberta-xlarge-mnli").orElseThrow());
        assertEquals(9, BertScorer.layersOf("/models/deberta-v3-base/").orElseThrow());
        assertTrue(BertScorer.layersOf("somebody/deberta").isEmpty());
    }
}
