package detangle.models.adapter;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigFields;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * An adapter as GLiNER2 saved it before it used PEFT (gliner2/training/lora.py): {@code adapter_config.json} with
 * {@code lora_r}, {@code lora_alpha} and {@code target_modules}, and {@code adapter_weights.safetensors} with the
 * factors {@code NAME.lora_A} and {@code NAME.lora_B} of the matrix {@code NAME.weight}.
 */
final class LegacyAdapter {
    private static final String FILE = "adapter_weights.safetensors";
    private static final String A = ".lora_A";
    private static final String B = ".lora_B";
    private static final int MAX_RANK = 1 << 16;
    private static final int MAX_TARGETS = 1 << 12;

    private final ConfigFields fields;
    private final Weights weights;
    private final int rank;
    private final float scale;
    private final List<String> targets;

    private LegacyAdapter(ConfigFields fields, Weights weights) {
        this.fields = fields;
        this.weights = weights;
        this.rank = fields.between(1, MAX_RANK, "lora_r", 1);
        this.scale = (float) (fields.number("lora_alpha", rank) / rank);
        this.targets = targets(fields);
    }

    /** Returns whether a configuration is one of these. */
    static boolean is(ConfigFields fields) {
        return fields.find("peft_type").isEmpty() && fields.find("lora_r").isPresent();
    }

    private static List<String> targets(ConfigFields fields) {
        JsonNode list = fields.find("target_modules").orElseThrow(() -> fields.fault("target_modules", "is missing"));
        if (!list.isArray()
                || list.isEmpty()
                || list.size() > MAX_TARGETS
                || !list.valueStream().allMatch(JsonNode::isString)) {
            throw fields.fault("target_modules", "is not a list of 1 to " + MAX_TARGETS + " names of modules");
        }
        return list.valueStream().map(JsonNode::stringValue).toList();
    }

    /**
     * Returns a model's weights with the adapter in them; the result takes over both.
     *
     * @throws WeightsException if the adapter's tensors are not those of its configuration and of the model
     */
    static Weights merged(Weights model, Path folder, ConfigFields fields) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new WeightsException(folder, "the folder does not hold an adapter: it has no " + FILE);
        }
        Weights weights = Weights.open(file);
        try {
            weights.reading(() -> FiniteWeights.fault(weights)).ifPresent(fault -> {
                throw new WeightsException(file, fault);
            });
            return model.with(new LegacyAdapter(fields, weights).changes(model), weights, Map.of());
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private Map<String, UnaryOperator<Tensor>> changes(Weights model) {
        SequencedMap<String, UnaryOperator<Tensor>> changes = new LinkedHashMap<>();
        for (String name : weights.names()) {
            String module = name.substring(0, Math.max(0, name.length() - A.length()));
            if (!name.endsWith(A) && !name.endsWith(B)
                    || !weights.contains(module + A)
                    || !weights.contains(module + B)) {
                throw new WeightsException(
                        weights.origin(), "holds '" + name + "', which is not one of a pair of " + A + " and " + B);
            }
            if (!isTarget(module)) {
                throw new WeightsException(
                        weights.origin(),
                        "changes " + module + ", which target_modules in " + fields.file() + " does not select");
            }
            String matrix = module + ".weight";
            long[] shape = shape(module);
            MergedMatrix.check(model, weights.origin(), matrix, matrix, shape);
            changes.put(
                    matrix,
                    tensor -> new LowRank(weights.get(module + A), weights.get(module + B), scale, Optional.empty())
                            .merged(tensor));
        }
        if (changes.isEmpty()) {
            throw new WeightsException(weights.origin(), "holds no " + A + " of any module");
        }
        return changes;
    }

    /** Returns the shape of the matrix that two factors change. */
    private long[] shape(String module) {
        long[] a = weights.shape(module + A);
        long[] b = weights.shape(module + B);
        if (a.length != 2 || b.length != 2 || a[0] != rank || b[1] != rank) {
            throw new WeightsException(
                    weights.origin(),
                    "has for " + module + " an A of shape " + Arrays.toString(a) + " and a B of shape "
                            + Arrays.toString(b) + ", and " + fields.file() + " says lora_r " + rank);
        }
        return new long[] {b[0], a[1]};
    }

    /**
     * A part of the model, such as {@code encoder} and {@code count_embed}, a module, or a part and a word of a
     * module's last name.
     */
    private boolean isTarget(String module) {
        String last = module.substring(module.lastIndexOf('.') + 1);
        return targets.stream().anyMatch(target -> {
            boolean named = module.equals(target) || module.startsWith(target + ".");
            boolean pattern = target.startsWith("encoder.")
                    && module.startsWith("encoder.")
                    && last.contains(target.substring("encoder.".length()));
            return named || pattern;
        });
    }
}
