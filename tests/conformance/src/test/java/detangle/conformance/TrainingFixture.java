package detangle.conformance;

import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.Dropout;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.LossOptions;
import detangle.models.deberta.ModelType;
import detangle.models.deberta.ProblemType;
import detangle.models.deberta.SiftLossFunction;
import detangle.models.deberta.SiftNoise;
import detangle.models.deberta.SiftOptions;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.weights.Weights;
import detangle.runtime.PackedBatch;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A small model that the original code or HuggingFace's has trained for some steps, and the results. */
record TrainingFixture(String name, Path folder) {
    private static final String START = "model.safetensors";
    private static final String GIVEN_NOISE = "given_noise";

    /** Returns the names of the fixtures that drop nothing. */
    static List<String> steps() {
        return List.of(
                "seqcls-v1-microsoft",
                "seqcls-v1-microsoft-full",
                "seqcls-v3-hf",
                "seqcls-v3-hf-classweights",
                "seqcls-v3-hf5-accum",
                "regression-v3",
                "regression-v1",
                "multilabel-v3",
                "tokcls-v2conv",
                "qa-v3",
                "qa-v3-padded",
                "multichoice-v3",
                "mlm-hf",
                "mlm-emd-v2",
                "mlm-emd-v3",
                "llrd-freeze");
    }

    /** Returns the names of the fixtures that drop elements, by given masks. */
    static List<String> withMasks() {
        return List.of("seqcls-v3-dropout", "seqcls-v2conv-dropout", "seqcls-v1-dropout");
    }

    /** Returns the names of the fixtures of SiFT. */
    static List<String> sift() {
        return List.of("sift-seqcls", "sift-seqcls-kl", "sift-seqcls-mse", "sift-regression");
    }

    static TrainingFixture named(String name) {
        return new TrainingFixture(name, SharedFiles.require("goldens-training/" + name));
    }

    JsonNode json(String file) {
        try {
            return JsonMapper.shared().readTree(Files.readString(folder.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns whether a model of v1 is trained with biases of keys, as the original code does it. Then it does not fit
     * the layout of v1 any more, but that of v2.
     */
    boolean trainsBiasesOfKeys() {
        JsonNode frozen = json("train.json").path("frozen_in_original_names");
        return frozen.isArray() && frozen.isEmpty();
    }

    /** Reads the configuration, with the model type of the layout that the trained model has. */
    DebertaConfig config() {
        ConfigFields fields = ConfigFields.read(folder, "config.json");
        return DebertaConfig.of(trainsBiasesOfKeys() ? fields.with("model_type", ModelType.DEBERTA_V2.text()) : fields);
    }

    Architecture head() {
        return json("train.json").path("runner").asString().equals("ms-mlm")
                ? Architecture.MASKED_LM_EMD
                : config().architecture().orElseThrow();
    }

    /** Returns the options that the recipe says; the configuration drops elements in the fixtures of dropout alone. */
    TrainingModelOptions options() {
        JsonNode recipe = json("train.json");
        List<Double> weights = new ArrayList<>();
        recipe.path("class_weights").forEach(weight -> weights.add(weight.doubleValue()));
        TrainingModelOptions options = TrainingModelOptions.of(head())
                .with(LossOptions.DEFAULT
                        .withLabelSmoothing(recipe.path("label_smoothing").asDouble(0))
                        .withClassWeights(weights))
                .withLossDivisor(dividesByRows());
        return recipe.has("sift") ? options.with(sift(recipe.path("sift"))) : options;
    }

    private static SiftOptions sift(JsonNode recipe) {
        String inner = recipe.path("inner_loss").asString();
        return SiftOptions.DEFAULT
                .withLambda(recipe.path("lambda").asDouble())
                .withLearningRate(recipe.path("learning_rate").asDouble())
                .withInitPerturbation(recipe.path("init_perturbation").asDouble())
                .withLossFunction(Arrays.stream(SiftLossFunction.values())
                        .filter(function -> function.text().equals(inner))
                        .findFirst()
                        .orElseThrow())
                .withSoftmaxOverBatch(true);
    }

    /** Builds the model with its loss as the recipe says. */
    Program program() {
        return program(options());
    }

    /** Builds the model with its loss in another variation. The noise of SiFT is an input. */
    Program program(TrainingModelOptions options) {
        return options.sift().isPresent()
                ? TrainingModel.build(config(), head(), options, Dropout.NONE, givenNoise())
                : TrainingModel.build(config(), head(), options);
    }

    private static SiftNoise givenNoise() {
        return (b, shape, deviation) -> b.input(GIVEN_NOISE, new TensorType(DType.F32, shape));
    }

    /** Builds the model with its loss and another dropout. */
    Program program(Dropout dropout) {
        return TrainingModel.build(config(), head(), options(), dropout);
    }

    /** Makes a dropout that keeps the elements for which an input holds; the input has the name of the place. */
    static Dropout byMasks() {
        return (b, place, rate, x) -> {
            Node mask = b.input(place, new TensorType(DType.I1, x.shape()));
            Node scaled = b.mul(x, b.constant(DType.F32, 1 / (1 - rate)));
            return b.select(mask, scaled, b.constant(DType.F32, 0));
        };
    }

    private boolean dividesByRows() {
        return json("train.json").path("loss_division").asString("").startsWith("by num_items");
    }

    /** Reads the parameters of a program before the first step. */
    Map<String, Tensor> parameters(Program program) {
        return parameters(program, START);
    }

    /** Reads the parameters of a program from a file of the fixture. */
    Map<String, Tensor> parameters(Program program, String file) {
        try (Weights weights = Weights.open(folder.resolve(file))) {
            Map<String, Tensor> parameters = new HashMap<>();
            Checkpoint.parameters(weights, config(), program, Optional.of(head()), true)
                    .forEach((name, tensor) -> parameters.put(name, Tensor.of(tensor.toFloats(), tensor.shape())));
            return parameters;
        }
    }

    /**
     * Reads which elements the step keeps, by place. The file has bytes, which are not a type of a checkpoint's
     * parameters.
     */
    Map<String, Tensor> masks() {
        try {
            ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("masks.safetensors")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            byte[] header = new byte[Math.toIntExact(file.getLong())];
            file.get(header);
            ByteBuffer data = file.slice();
            Map<String, Tensor> masks = new HashMap<>();
            for (var entry : JsonMapper.shared().readTree(header).properties()) {
                if (entry.getValue().has("shape")) {
                    masks.put(entry.getKey(), mask(data, entry.getValue()));
                }
            }
            return masks;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tensor mask(ByteBuffer data, JsonNode entry) {
        int start = entry.path("data_offsets").get(0).intValue();
        boolean[] kept = new boolean[entry.path("data_offsets").get(1).intValue() - start];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = data.get(start + i) != 0;
        }
        return Tensor.of(
                kept,
                entry.path("shape").valueStream().mapToLong(JsonNode::longValue).toArray());
    }

    /** Returns the inputs of each forward pass of an update. */
    List<Map<String, Tensor>> inputs(int update) {
        JsonNode recipe = json("train.json");
        List<JsonNode> batches = new ArrayList<>();
        if (recipe.has("updates")) {
            recipe.path("updates")
                    .get(update)
                    .forEach(index ->
                            batches.add(json("inputs.json").path("batches").get(index.intValue())));
        } else {
            batches.add(json("inputs.json")
                    .path("batches")
                    .get(recipe.path("order").get(update).intValue()));
        }
        long rows = batches.stream().mapToLong(b -> b.path("input_ids").size()).sum();
        int parts = recipe.path("accumulative_update").asInt(1);
        List<Map<String, Tensor>> inputs = batches.stream()
                .flatMap(batch -> inputs(batch, rows, parts).stream())
                .toList();
        if (recipe.has("sift")) {
            inputs.getFirst().put(GIVEN_NOISE, tensor("noise.safetensors", "step." + update + ".noise"));
        }
        return inputs;
    }

    /** Reads a tensor of a file of the fixture. */
    Tensor tensor(String file, String name) {
        try (Weights weights = Weights.open(folder.resolve(file))) {
            return Tensor.of(weights.get(name).toFloats(), weights.get(name).shape());
        }
    }

    /** The original code cuts a batch into parts of as many rows each, of which the last may have fewer. */
    private List<Map<String, Tensor>> inputs(JsonNode batch, long rowsOfUpdate, int parts) {
        int rows = batch.path("input_ids").size();
        int most = Math.ceilDiv(rows, parts);
        return IntStream.range(0, Math.ceilDiv(rows, most))
                .mapToObj(part -> inputs(batch, part * most, Math.min(rows, (part + 1) * most), rowsOfUpdate))
                .toList();
    }

    private Map<String, Tensor> inputs(JsonNode batch, int first, int limit, long rowsOfUpdate) {
        DebertaConfig config = config();
        Architecture head = head();
        Map<String, Tensor> inputs = new HashMap<>();
        batch.properties().forEach(p -> inputs.put(p.getKey(), tensor(p.getValue(), first, limit)));
        if (config.typeVocabSize() == 0) {
            inputs.remove(InputNames.TOKEN_TYPES);
        }
        boolean floats = head == Architecture.SEQUENCE_CLASSIFICATION
                && config.problemType() != ProblemType.SINGLE_LABEL_CLASSIFICATION;
        Tensor labels = inputs.get(InputNames.LABELS);
        if (floats) {
            float[] wanted = labels.toFloats();
            inputs.put(InputNames.LABELS, Tensor.of(wanted, limit - first, wanted.length / (limit - first)));
        }
        if (head == Architecture.MASKED_LM || head == Architecture.MASKED_LM_EMD) {
            long[] rows = IntStream.range(0, Math.toIntExact(labels.elements()))
                    .filter(i -> labels.getLong(i) > 0)
                    .asLongStream()
                    .toArray();
            long[] wanted = Arrays.stream(rows).map(labels::getLong).toArray();
            inputs.put(InputNames.MASKED_ROWS, Tensor.of(rows, rows.length));
            inputs.put(InputNames.LABELS, Tensor.of(wanted, rows.length));
        }
        if (dividesByRows()) {
            inputs.put(InputNames.LOSS_DIVISOR, Tensor.of(new float[] {rowsOfUpdate}));
        }
        return inputs;
    }

    /** Returns the inputs of a program for a batch; if its tokens are packed, with the place of each token. */
    static Map<String, Tensor> inputs(Program program, Map<String, Tensor> batch) {
        Map<String, Tensor> all = PackedBatch.of(program)
                .map(packed -> packed.inputs(batch).orElseThrow())
                .orElse(batch);
        Map<String, Tensor> inputs = new HashMap<>();
        program.inputs().forEach(input -> inputs.put(input.name(), all.get(input.name())));
        return inputs;
    }

    /** Returns some rows of an array; whole numbers become i64, and others f32. */
    static Tensor tensor(JsonNode array, int first, int limit) {
        List<Long> shape = new ArrayList<>(List.of((long) limit - first));
        for (JsonNode level = array.get(0); level.isArray(); level = level.get(0)) {
            shape.add((long) level.size());
        }
        List<JsonNode> leaves = new ArrayList<>();
        for (int row = first; row < limit; row++) {
            flatten(array.get(row), leaves);
        }
        long[] sizes = shape.stream().mapToLong(n -> n).toArray();
        if (leaves.stream().allMatch(JsonNode::isIntegralNumber)) {
            return Tensor.of(leaves.stream().mapToLong(JsonNode::longValue).toArray(), sizes);
        }
        return Tensor.of(leaves.stream().mapToDouble(JsonNode::doubleValue).toArray(), sizes);
    }

    private static void flatten(JsonNode node, List<JsonNode> leaves) {
        if (node.isArray()) {
            node.forEach(child -> flatten(child, leaves));
        } else {
            leaves.add(node);
        }
    }

    /** Returns a number that the step gave in double precision: {@code loss} or {@code grad_norm}. */
    double expected(int step, String number) {
        return json("expected.json")
                .path("f64")
                .path("steps")
                .get(step)
                .path(number)
                .doubleValue();
    }
}
