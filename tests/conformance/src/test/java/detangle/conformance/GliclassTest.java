package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.ConfigException;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.pipelines.Classification;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.LabelTree;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotResult;
import detangle.runtime.ModelArtifact;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Small models of GLiClass, with the answers that its own code gave. */
class GliclassTest {
    private static final double TOLERANCE = 1e-4;
    private static final PipelineOptions CUTTING = PipelineOptions.DEFAULT.withTruncation(true);
    private static final String TEXT = "Ada Lovelace met Charles Babbage in London.";

    @TempDir
    private Path temp;

    /** A copy of a model with its tokenizer. */
    private Path model(String name) throws IOException {
        Path fixture = SharedFiles.require("goldens-family/" + name);
        Path copy = Files.createDirectories(temp.resolve(name));
        for (String file : List.of("config.json", "model.safetensors", "inputs.json", "expected.json")) {
            Files.copy(fixture.resolve(file), copy.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        JsonNode notes = json(fixture.resolve("notes.json"));
        copyTokenizer(notes.get("tokenizer").stringValue(), copy);
        if (notes.get("label_tokenizer").isString()) {
            copyTokenizer(
                    notes.get("label_tokenizer").stringValue(), Files.createDirectories(copy.resolve("label_model")));
        }
        return copy;
    }

    private static void copyTokenizer(String name, Path folder) throws IOException {
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Path tokenizer = SharedFiles.require("goldens-family/tokenizers/" + name);
            Files.copy(tokenizer.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static JsonNode json(Path file) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(file));
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::stringValue).toList();
    }

    private static LabelTree tree(JsonNode node) {
        if (node.isString()) {
            return new LabelTree.Labels(List.of(node.stringValue()));
        }
        if (node.isArray()) {
            return new LabelTree.Labels(texts(node));
        }
        SequencedMap<String, LabelTree> groups = new LinkedHashMap<>();
        node.forEachEntry((name, child) -> groups.put(name, tree(child)));
        return new LabelTree.Groups(groups);
    }

    /** One of the options of a case, which may have one for each text. */
    private static JsonNode option(JsonNode options, String name, int text) {
        JsonNode value = options.path(name);
        return value.isArray() ? value.get(text) : value;
    }

    private static LabelOptions options(JsonNode stated, int text) {
        List<LabelExample> examples = new ArrayList<>();
        stated.path("examples")
                .forEach(e -> examples.add(new LabelExample(e.get("text").stringValue(), texts(e.get("labels")))));
        return LabelOptions.DEFAULT
                .withThreshold(option(stated, "threshold", text).doubleValue())
                .withMultiLabel(!option(stated, "classification_type", text)
                        .asString("multi")
                        .startsWith("single"))
                .withPrompt(stated.path("prompt").asString(""))
                .withExamples(examples);
    }

    private static void assertLabels(JsonNode expected, List<Classification> found, String message) {
        assertEquals(
                expected.valueStream().map(e -> e.get("label").stringValue()).toList(),
                found.stream().map(Classification::label).toList(),
                message);
        for (int i = 0; i < found.size(); i++) {
            assertEquals(
                    expected.get(i).get("score").doubleValue(), found.get(i).score(), TOLERANCE, message);
        }
    }

    /** Poolings of the original read padding, so that of a batch only the longest text is compared where they do. */
    @ParameterizedTest
    @ValueSource(strings = {"simple", "mlp-avg", "hopfield-last", "cross-attn", "weighted-max-lstm", "bi", "bi-fused"})
    void labelsAreThoseOfTheOriginal(String name) throws IOException {
        Path model = model("gliclass-" + name);
        boolean readsPadding = !List.of("simple", "cross-attn", "bi").contains(name);
        JsonNode expected = json(model.resolve("expected.json"));
        Tokenizer tokenizer = Tokenizers.load(model);
        try (LabelClassifier whole = LabelClassifier.load(model);
                LabelClassifier cut = LabelClassifier.load(model, CUTTING.withMaxLength(64))) {
            for (FamilyFixture.Case odd :
                    FamilyFixture.named("gliclass-" + name).oddCases()) {
                for (int i = 0; i < odd.texts().size(); i++) {
                    compare(whole, odd.input(), i, odd.expected().get(i), name + " " + odd.name());
                }
            }
            for (JsonNode c : json(model.resolve("inputs.json")).get("cases")) {
                String message = name + " " + c.get("name").stringValue();
                JsonNode answers = expected.get(c.get("name").stringValue());
                LabelClassifier classifier = c.has("pipeline") ? cut : whole;
                List<String> texts = texts(c.get("texts"));
                for (int i = 0; i < texts.size(); i++) {
                    if (readsPadding && texts.size() > 1 && !c.has("chunks") && !isLongest(texts, i, tokenizer)) {
                        continue;
                    }
                    compare(classifier, c, i, answers.get(i), message);
                }
            }
        }
    }

    /** @param c a case, of whose texts one is asked by its number */
    private static void compare(LabelClassifier classifier, JsonNode c, int i, JsonNode expected, String message) {
        JsonNode labels = c.get("labels");
        LabelOptions options = options(c.get("options"), i);
        String text = c.get("texts").get(i).stringValue();
        if (labels.isObject()) {
            assertNested(tree(labels), classifier, text, options, expected, message);
        } else if (c.has("chunks")) {
            JsonNode chunks = c.get("chunks");
            LabelChunks sizes = new LabelChunks(
                    chunks.get("text_chunk_size").intValue(),
                    chunks.get("text_chunk_overlap").intValue(),
                    chunks.get("labels_chunk_size").intValue());
            List<List<Classification>> found =
                    classifier.classifyInChunks(List.of(text), texts(labels), sizes, options, done -> {});
            assertLabels(expected, found.getFirst(), message);
        } else {
            List<String> own = texts(labels.get(0).isArray() ? labels.get(i) : labels);
            assertLabels(expected, classifier.classify(text, own, options), message);
        }
    }

    private static boolean isLongest(List<String> texts, int index, Tokenizer tokenizer) {
        int tokens = tokenizer.encode(texts.get(index)).length();
        return texts.stream().allMatch(text -> tokenizer.encode(text).length() <= tokens);
    }

    private static void assertNested(
            LabelTree tree,
            LabelClassifier classifier,
            String text,
            LabelOptions options,
            JsonNode expected,
            String message) {
        List<Classification> scores = classifier
                .scores(List.of(text), List.of(tree.paths()), options, done -> {})
                .getFirst();
        JsonNode nested = JsonMapper.shared().valueToTree(tree.nested(scores));
        assertClose(expected, nested, message);
    }

    private static void assertClose(JsonNode expected, JsonNode found, String message) {
        if (expected.isNumber()) {
            assertEquals(expected.doubleValue(), found.doubleValue(), TOLERANCE, message);
            return;
        }
        assertEquals(List.copyOf(expected.propertyNames()), List.copyOf(found.propertyNames()), message);
        expected.forEachEntry((name, child) -> assertClose(child, found.get(name), message));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlp-avg", "hopfield-last", "cross-attn", "weighted-max-lstm", "bi", "bi-fused"})
    void aTextHasTheScoresInABatchThatItHasAlone(String name) throws IOException {
        List<String> texts = List.of("Oslo", TEXT, "Paris is lovely. ".repeat(20), "👩‍🚀");
        List<List<String>> labels = Collections.nCopies(4, List.of("person", "place", "date"));
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-" + name))) {
            List<List<Classification>> all = classifier.scores(texts, labels, LabelOptions.DEFAULT, done -> {});
            for (int i = 0; i < texts.size(); i++) {
                List<Classification> alone = classifier
                        .scores(texts.subList(i, i + 1), labels.subList(0, 1), LabelOptions.DEFAULT, done -> {})
                        .getFirst();
                for (int label = 0; label < 3; label++) {
                    assertEquals(alone.get(label).score(), all.get(i).get(label).score(), 1e-5);
                }
            }
        }
    }

    @Test
    void markersInTextsAndLabelsChangeNoOrder() throws IOException {
        LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-simple"))) {
            List<String> labels = List.of("a <<LABEL>> b", "<<SEP>>", "date");
            List<Classification> found = classifier.classify(TEXT + " <<LABEL>>x<<SEP>>", labels, all);
            assertEquals(labels, found.stream().map(Classification::label).toList());
        }
        // Here the text comes first.
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-hopfield-last"))) {
            assertEquals(
                    2,
                    classifier
                            .classify("<<LABEL>><<SEP>>" + TEXT, List.of("a", "b"), all)
                            .size());
        }
    }

    @Test
    void manyLabelsAndNone() throws IOException {
        List<String> many = IntStream.range(0, 200).mapToObj(i -> "label " + i).toList();
        LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
        try (LabelClassifier classifier =
                LabelClassifier.load(model("gliclass-simple"), PipelineOptions.DEFAULT.withMaxLength(4096))) {
            assertEquals(200, classifier.classify(TEXT, many, all).size());
            refused("there are no labels", () -> classifier.classify(TEXT, List.of(), all));
        }
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-mlp-avg"))) {
            refused("tokens, and the model takes 1024", () -> classifier.classify(TEXT, many, all));
            assertEquals(
                    200,
                    classifier
                            .classifyInChunks(List.of(TEXT), many, LabelChunks.DEFAULT, all, done -> {})
                            .getFirst()
                            .size());
        }
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-hopfield-last"))) {
            refused("has place for 12 labels", () -> classifier.classify(TEXT, many, all));
        }
    }

    private static void refused(String message, Runnable call) {
        PipelineException e = assertThrows(PipelineException.class, call::run);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void zeroShotClassificationTakesSuchModelsToo() throws IOException {
        Path model = model("gliclass-simple");
        List<String> labels = List.of("person", "place", "date");
        try (ZeroShotClassifier zeroShot = ZeroShotClassifier.load(model);
                LabelClassifier classifier = LabelClassifier.load(model)) {
            for (boolean multiLabel : new boolean[] {true, false}) {
                List<Classification> scores = classifier
                        .scores(
                                List.of(TEXT),
                                List.of(labels),
                                LabelOptions.DEFAULT.withMultiLabel(multiLabel),
                                done -> {})
                        .getFirst();
                ZeroShotResult result = zeroShot.classify(TEXT, labels, ZeroShotClassifier.TEMPLATE, multiLabel);
                for (Classification score : scores) {
                    int place = result.labels().indexOf(score.label());
                    assertEquals(score.score(), result.scores().get(place), 1e-9);
                }
                assertTrue(result.scores().get(0) >= result.scores().get(1));
            }
        }
    }

    @Test
    void labelsOfABiEncoderAreEncodedAlone() throws IOException {
        Path model = model("gliclass-bi");
        LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
        try (LabelClassifier classifier = LabelClassifier.load(model)) {
            List<Classification> two = classifier.classify(TEXT, List.of("person", "scientific work"), all);
            List<Classification> three = classifier.classify(TEXT, List.of("date", "scientific work", "person"), all);
            assertEquals(two.get(0).score(), three.get(2).score(), 1e-6);
            assertEquals(two.get(1).score(), three.get(1).score(), 1e-6);
            LabelOptions examples = all.withExamples(List.of(new LabelExample("Oslo", List.of("place"))));
            refused("it does not take examples", () -> classifier.classify(TEXT, List.of("place"), examples));
        }
        refusedConfig(
                model,
                "\"architecture_type\": \"bi-encoder\"",
                "\"architecture_type\": \"encoder-decoder\"",
                "architecture_type is 'encoder-decoder'; supported are uni-encoder, bi-encoder and bi-encoder-fused");
        refusedConfig(
                model,
                "\"model_type\": \"bert\"",
                "\"model_type\": \"modernbert\"",
                "label_model_config.model_type is 'modernbert'");
    }

    /** The labels of a fused model stand in the text's prompt, and its poolings read the padding of labels. */
    @Test
    void labelsOfAFusedModelAreThoseOfTheirText() throws IOException {
        LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
        List<String> texts = List.of("Oslo", TEXT, TEXT, "Paris is lovely. ".repeat(9));
        List<List<String>> labels = List.of(
                List.of("person", "scientific work"),
                List.of("date"),
                List.of("person", "scientific work"),
                List.of("a <<LABEL>> b", "<<SEP>>", "person"));
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-bi-fused"))) {
            List<List<Classification>> together = classifier.scores(texts, labels, all, done -> {});
            for (int i = 0; i < texts.size(); i++) {
                List<Classification> alone = classifier
                        .scores(texts.subList(i, i + 1), labels.subList(i, i + 1), all, done -> {})
                        .getFirst();
                assertEquals(labels.get(i).size(), alone.size());
                for (int label = 0; label < alone.size(); label++) {
                    assertEquals(
                            alone.get(label).score(), together.get(i).get(label).score(), 1e-5);
                }
            }
            List<String> marked = List.of("place", "date");
            assertEquals(
                    marked,
                    classifier.classify("<<LABEL>><<SEP>> " + TEXT + "<<LABEL>>", marked, all).stream()
                            .map(Classification::label)
                            .toList());
            LabelOptions examples = all.withExamples(List.of(new LabelExample("Oslo", List.of("place"))));
            assertNotEquals(classifier.classify(TEXT, marked, all), classifier.classify(TEXT, marked, examples));
        }
        // The original finds fewer markers than labels where they are cut away, and stops.
        try (LabelClassifier cut = LabelClassifier.load(model("gliclass-bi-fused"), CUTTING.withMaxLength(8))) {
            List<String> many =
                    IntStream.range(0, 20).mapToObj(i -> "label " + i).toList();
            assertEquals(20, cut.classify(TEXT, many, all).size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gliclass-bi", "gliclass-bi-fused"})
    void vectorsOfLabelsMayBeGiven(String name) throws IOException {
        LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
        List<String> labels = List.of("person", "place");
        try (LabelClassifier classifier = LabelClassifier.load(model(name))) {
            List<Classification> before = classifier.classify(TEXT, labels, all);
            Map<String, float[]> vectors = classifier.labelVectors(labels);
            classifier.giveLabelVectors(Map.of("unheard-of", vectors.get("person"), "other", vectors.get("place")));
            List<Classification> after = classifier.classify(TEXT, List.of("unheard-of", "other"), all);
            assertEquals(
                    before.stream().map(Classification::score).toList(),
                    after.stream().map(Classification::score).toList());
            refused("has 3 numbers, and hidden_size is", () -> classifier.giveLabelVectors(Map.of("a", new float[3])));
        }
        try (LabelClassifier classifier = LabelClassifier.load(model("gliclass-simple"))) {
            refused("is not of a bi-encoder", () -> classifier.labelVectors(labels));
        }
    }

    @Test
    void anArtifactSaysTheSame() throws IOException {
        LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
        List<String> labels = List.of("person", "place");
        for (String name :
                List.of("gliclass-cross-attn", "gliclass-weighted-max-lstm", "gliclass-bi", "gliclass-bi-fused")) {
            Path model = model(name);
            Path artifact = temp.resolve(name + ".dtl");
            ModelArtifact.write(model, artifact, ModelArtifact.Options.DEFAULT);
            try (LabelClassifier folder = LabelClassifier.load(model);
                    LabelClassifier file = LabelClassifier.load(artifact)) {
                assertEquals(folder.classify(TEXT, labels, all), file.classify(TEXT, labels, all));
            }
        }
        Path model = model("gliclass-bi");
        Files.delete(model.resolve("label_model/tokenizer.json"));
        ConfigException e = assertThrows(
                ConfigException.class,
                () -> ModelArtifact.write(model, temp.resolve("bi.dtl"), ModelArtifact.Options.DEFAULT));
        assertTrue(e.getMessage().contains("label_model_name is label_model, whose tokenizer"), e.getMessage());
    }

    @Test
    void otherKindsAreRefusedByTheField() throws IOException {
        Path model = model("gliclass-simple");
        refusedConfig(
                model,
                "\"architecture_type\": \"uni-encoder\"",
                "\"architecture_type\": \"decoder-kv\"",
                "architecture_type is 'decoder-kv'");
        refusedConfig(
                model,
                "\"model_type\": \"deberta-v2\"",
                "\"model_type\": \"modernbert\"",
                "encoder_config.model_type is 'modernbert'");
        refusedConfig(
                model,
                "\"scorer_type\": \"simple\"",
                "\"scorer_type\": \"cosine\"",
                "scorer_type is 'cosine'; supported are simple");
        refusedConfig(
                model,
                "\"scorer_type\": \"simple\"",
                "\"scorer_type\": \"cross-attn\"",
                "scorer_type is 'cross-attn', which does not go with");
        refusedConfig(
                model,
                "\"pooling_strategy\": \"first\"",
                "\"pooling_strategy\": \"attention\"",
                "pooling_strategy is 'attention'");
        refusedConfig(model, "\"class_token_index\": 1027", "\"class_token_index\": 12", "class_token_index is 12");
        refusedConfig(model, "\"squeeze_layers\": false", "\"squeeze_layers\": true", "squeeze_layers");
    }

    private static void refusedConfig(Path model, String from, String to, String message) throws IOException {
        Path file = model.resolve("config.json");
        String before = Files.readString(file);
        assertTrue(before.contains(from), from);
        Files.writeString(file, before.replace(from, to));
        ConfigException e = assertThrows(
                ConfigException.class, () -> LabelClassifier.load(model).close());
        assertTrue(e.getMessage().contains(message), e.getMessage());
        Files.writeString(file, before);
    }
}
