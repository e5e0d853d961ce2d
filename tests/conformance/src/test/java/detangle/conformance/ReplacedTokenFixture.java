package detangle.conformance;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Dropout;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ReplacedTokenConfig;
import detangle.models.deberta.ReplacedTokens;
import detangle.models.deberta.TokenSampler;
import detangle.models.weights.Weights;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A small generator and discriminator that the original code has trained for some steps, and the results. */
record ReplacedTokenFixture(String name, Path folder) {
    static final List<String> JOINT = List.of("rtd-joint-none", "rtd-joint-es", "rtd-joint-gdes");
    static final List<String> DECOUPLED = List.of("rtd-decoupled-gdes", "rtd-decoupled-none");

    static List<String> joint() {
        return JOINT;
    }

    static List<String> decoupled() {
        return DECOUPLED;
    }

    static List<String> all() {
        return Stream.concat(JOINT.stream(), DECOUPLED.stream()).toList();
    }

    static ReplacedTokenFixture named(String name) {
        return new ReplacedTokenFixture(name, SharedFiles.require("goldens-training/" + name));
    }

    JsonNode json(String file) {
        try {
            return JsonMapper.shared().readTree(Files.readString(folder.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ReplacedTokenConfig config() {
        return ReplacedTokenConfig.read(folder.resolve("config.json"));
    }

    /** Returns the weight of the discriminator's loss. */
    double weight() {
        return json("train.json").path("rtd_lambda").asDouble();
    }

    boolean isDecoupled() {
        return json("train.json").path("decoupled").asBoolean();
    }

    /** Builds both models with one loss; the tokens of the generator are given. */
    Program jointProgram() {
        return ReplacedTokens.joint(config(), weight(), Dropout.NONE, TokenSampler.given());
    }

    /** Builds the generator with its loss; its tokens are given. */
    Program generatorProgram() {
        return ReplacedTokens.generator(config(), Dropout.NONE, TokenSampler.given());
    }

    /** Builds the discriminator with its loss. */
    Program discriminatorProgram() {
        return ReplacedTokens.discriminator(config(), weight(), Dropout.NONE);
    }

    /** Builds both models without losses; the tokens of the generator are given. */
    Program evaluationProgram() {
        return ReplacedTokens.evaluation(config(), TokenSampler.given());
    }

    /** Reads a file of tensors: {@code model}, {@code grads} or {@code params}. */
    Map<String, Tensor> tensors(String file) {
        try (Weights weights = Weights.open(folder.resolve(file + ".safetensors"))) {
            Map<String, Tensor> tensors = new TreeMap<>();
            for (String tensor : weights.names()) {
                Tensor value = weights.get(tensor);
                tensors.put(tensor, Tensor.of(value.toFloats(), value.shape()));
            }
            return tensors;
        }
    }

    /** Returns the numbers of the steps in double precision. */
    JsonNode steps() {
        return json("expected.json").path("f64").path("steps");
    }

    /** Returns the inputs of a step, with the tokens that the generator drew. */
    Map<String, Tensor> inputs(int step) {
        JsonNode batch = json("inputs.json")
                .path("batches")
                .get(json("train.json").path("order").get(step).intValue());
        Map<String, Tensor> inputs = new HashMap<>();
        batch.properties()
                .forEach(p -> inputs.put(
                        p.getKey(),
                        TrainingFixture.tensor(p.getValue(), 0, p.getValue().size())));
        Tensor labels = inputs.get(InputNames.LABELS);
        long[] rows = IntStream.range(0, Math.toIntExact(labels.elements()))
                .filter(i -> labels.getLong(i) > 0)
                .asLongStream()
                .toArray();
        long[] originals = IntStream.range(0, rows.length)
                .mapToLong(i -> labels.getLong(rows[i]))
                .toArray();
        inputs.put(InputNames.MASKED_ROWS, Tensor.of(rows, rows.length));
        inputs.put(InputNames.LABELS, Tensor.of(originals, rows.length));
        return inputs;
    }

    @Override
    public String toString() {
        return name;
    }
}
