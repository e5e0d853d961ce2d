package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.compiler.Compiler;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.Weights;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A small model with random weights, inputs, and what HuggingFace's code or microsoft's made of them in f64. */
record Fixture(String name, Path folder) {
    static final double HIDDEN_STATES = 2e-5;
    static final double LOGITS = 5e-5;

    /** Outputs of the original code instead of HuggingFace's. */
    private static final String MICROSOFT = "ms_";

    /** All of them; the calling test is skipped where there are none. */
    static Stream<Fixture> all() {
        Path root = SharedFiles.require("goldens");
        try (Stream<Path> folders = Files.list(root)) {
            return folders
                    .filter(Files::isDirectory)
                    .sorted()
                    .map(folder -> new Fixture(folder.getFileName().toString(), folder))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Fixture named(String name) {
        return new Fixture(name, SharedFiles.require("goldens/" + name));
    }

    DebertaConfig config() {
        return DebertaConfig.read(folder);
    }

    /** The head that its outputs are of; HuggingFace has no class for two of them, so config.json cannot say. */
    Architecture head() {
        if (name.endsWith("-emd")) {
            return Architecture.MASKED_LM_EMD;
        }
        return name.endsWith("-rtd")
                ? Architecture.REPLACED_TOKEN_DETECTION
                : config().architecture().orElseThrow();
    }

    /**
     * Its program as a session compiles it, with other weights.
     *
     * @param weightType what linear layers keep them in, or empty for f32
     */
    Program compiled(Optional<DType> weightType) {
        Program program = DebertaModel.build(config(), head(), ModelOptions.DEFAULT.withHiddenStates(true));
        List<Pass> passes = Passes.packedInference(RandomWeights.of(program));
        return Compiler.run(
                program,
                weightType.map(type -> Passes.withNarrowWeights(passes, type)).orElse(passes),
                (pass, p) -> {});
    }

    Path inputs() {
        return folder.resolve("inputs.json");
    }

    boolean hasMicrosoftOutputs() {
        try (Weights expected = Weights.open(folder.resolve("expected.safetensors"))) {
            return expected.names().stream().anyMatch(key -> key.contains("." + MICROSOFT));
        }
    }

    /** A batch: ids and what marks tokens, with the choices of multiple choice one after another. */
    record Case(String name, Map<String, Tensor> inputs, boolean[][] tokens) {}

    List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        boolean types = config().typeVocabSize() > 0;
        try {
            for (JsonNode c :
                    new JsonMapper().readTree(Files.readString(inputs())).path("cases")) {
                cases.add(read(c, types));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cases;
    }

    private static Case read(JsonNode c, boolean types) {
        Tensor ids = tensor(c.path("input_ids"), Optional.empty(), 0);
        Tensor mask = tensor(c.path("attention_mask"), Optional.of(ids), 1);
        int length = Math.toIntExact(ids.dim(-1));
        boolean[][] tokens = new boolean[Math.toIntExact(ids.elements() / length)][length];
        for (int i = 0; i < ids.elements(); i++) {
            tokens[i / length][i % length] = mask.getLong(i) != 0;
        }
        Map<String, Tensor> inputs = new HashMap<>(Map.of("input_ids", ids, "attention_mask", mask));
        if (types) {
            inputs.put("token_type_ids", tensor(c.path("token_type_ids"), Optional.of(ids), 0));
        }
        return new Case(c.path("name").asString(), inputs, tokens);
    }

    private static Tensor tensor(JsonNode node, Optional<Tensor> like, long missing) {
        List<Long> values = new ArrayList<>();
        List<Long> shape = new ArrayList<>();
        if (!node.isArray()) {
            long[] filled = new long[Math.toIntExact(like.orElseThrow().elements())];
            Arrays.fill(filled, missing);
            return Tensor.of(filled, like.orElseThrow().shape());
        }
        for (JsonNode level = node; level.isArray(); level = level.path(0)) {
            shape.add((long) level.size());
        }
        flatten(node, values);
        return Tensor.of(
                values.stream().mapToLong(v -> v).toArray(),
                shape.stream().mapToLong(v -> v).toArray());
    }

    private static void flatten(JsonNode node, List<Long> values) {
        if (node.isArray()) {
            node.forEach(child -> flatten(child, values));
        } else {
            values.add(node.asLong());
        }
    }

    /**
     * Compares outputs with those expected, at tokens; padded hidden states must be zero.
     *
     * @param actual by CASE.KEY
     * @param microsoft whether to compare with the original code's hidden states
     * @param looser what the tolerances are multiplied by
     * @return how many tensors were compared
     */
    int compare(Map<String, Tensor> actual, boolean microsoft, double looser) {
        int compared = 0;
        try (Weights expected = Weights.open(folder.resolve("expected.safetensors"))) {
            for (Case c : cases()) {
                for (String key : expected.names()) {
                    if (!key.startsWith(c.name() + ".") || key.contains("." + MICROSOFT) != microsoft) {
                        continue;
                    }
                    String ours = key.replace("." + MICROSOFT, ".");
                    if (!actual.containsKey(ours)) {
                        throw new AssertionError(name + ": no output " + ours + " among " + actual.keySet());
                    }
                    if (key.contains("hidden_states.")) {
                        compareStates(key, expected.get(key), actual.get(ours), c.tokens(), HIDDEN_STATES * looser);
                    } else {
                        compareScores(key, expected.get(key), actual.get(ours), c, LOGITS * looser);
                    }
                    compared++;
                }
            }
        }
        return compared;
    }

    /** The same of what a session gives, which computes no losses. */
    int compareOutputs(Map<String, Tensor> actual, double looser) {
        int compared = 0;
        try (Weights expected = Weights.open(folder.resolve("expected.safetensors"))) {
            for (Case c : cases()) {
                for (String key : expected.names()) {
                    boolean states = key.startsWith(c.name() + ".hidden_states.");
                    if (states) {
                        compareStates(key, expected.get(key), actual.get(key), c.tokens(), HIDDEN_STATES * looser);
                    } else if (key.startsWith(c.name() + ".") && key.endsWith("logits")) {
                        compareScores(key, expected.get(key), actual.get(key), c, LOGITS * looser);
                    }
                    compared += states ? 1 : 0;
                }
            }
        }
        return compared;
    }

    private void compareStates(String key, Tensor expected, Tensor actual, boolean[][] tokens, double tolerance) {
        assertEquals(expected.type(), actual.type(), key);
        long width = expected.dim(2);
        for (int row = 0; row < tokens.length; row++) {
            for (int position = 0; position < tokens[row].length; position++) {
                boolean token = tokens[row][position];
                for (int i = 0; i < width; i++) {
                    long at = ((long) row * tokens[row].length + position) * width + i;
                    double want = token ? expected.getDouble(at) : 0;
                    assertEquals(
                            want,
                            actual.getDouble(at),
                            token ? tolerance : 0,
                            () -> name + " " + key + " element " + at);
                }
            }
        }
    }

    /** Scores of padding, and of rows that are nothing else, are whatever the code happens to give. */
    private void compareScores(String key, Tensor expected, Tensor actual, Case c, double tolerance) {
        assertEquals(expected.elements(), actual.elements(), name + " " + key);
        for (int at = 0; at < expected.elements(); at++) {
            if (counts(expected, c, at)) {
                int i = at;
                assertEquals(
                        expected.getDouble(at),
                        actual.getDouble(at),
                        tolerance,
                        () -> name + " " + key + " element " + i);
            }
        }
    }

    /** Returns whether an element of an output belongs to a token, or to no position. */
    private static boolean counts(Tensor output, Case c, int at) {
        boolean[][] tokens = c.tokens();
        boolean perPosition = c.inputs().get("input_ids").rank() == 2
                && output.rank() >= 2
                && output.dim(0) == tokens.length
                && output.dim(1) == tokens[0].length;
        if (!perPosition) {
            return true;
        }
        int unit = (int) (at / (output.elements() / ((long) tokens.length * tokens[0].length)));
        return tokens[unit / tokens[0].length][unit % tokens[0].length];
    }

    /** Returns whether an element of hidden states {@code [B,S,H]} belongs to a token. */
    private static boolean isToken(Tensor states, Case c, int at) {
        int position = (int) (at / states.dim(2));
        int length = (int) states.dim(1);
        return c.tokens()[position / length][position % length];
    }

    /**
     * Returns the squares of the errors of all outputs of one kind, divided by the squares of what is expected.
     *
     * @param actual by CASE.KEY
     * @param kind what is in the name of an output: {@code hidden_states.} or {@code logits}
     */
    double nmse(Map<String, Tensor> actual, String kind) {
        double errors = 0;
        double squares = 0;
        try (Weights expected = Weights.open(folder.resolve("expected.safetensors"))) {
            for (Case c : cases()) {
                for (String key : expected.names()) {
                    if (!key.startsWith(c.name() + ".") || !key.contains(kind) || key.contains("." + MICROSOFT)) {
                        continue;
                    }
                    Tensor want = expected.get(key);
                    boolean states = key.contains("hidden_states.");
                    for (int at = 0; at < want.elements(); at++) {
                        if (states ? isToken(want, c, at) : counts(want, c, at)) {
                            double error = actual.get(key).getDouble(at) - want.getDouble(at);
                            errors += error * error;
                            squares += want.getDouble(at) * want.getDouble(at);
                        }
                    }
                }
            }
        }
        return squares == 0 ? 0 : errors / squares;
    }

    @Override
    public String toString() {
        return name;
    }
}
