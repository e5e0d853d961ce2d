package detangle.conformance;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small model of any form that a configuration can state: a seed gives the same one each time. Sizes are odd, so that
 * vectors and tiles have rests, and weights are large, so that tokens tell each other apart.
 */
record RandomDeberta(Path folder, DebertaConfig config, Architecture head) {
    private static final int POSITIONS = 48;
    private static final double DEVIATION = 0.25;
    private static final List<Architecture> HEADS = List.of(
            Architecture.ENCODER,
            Architecture.SEQUENCE_CLASSIFICATION,
            Architecture.TOKEN_CLASSIFICATION,
            Architecture.QUESTION_ANSWERING,
            Architecture.MASKED_LM,
            Architecture.REPLACED_TOKEN_DETECTION);

    /** Writes config.json and weights of the model of a seed. */
    static RandomDeberta write(long seed, Path folder) throws IOException {
        Random random = new Random(seed);
        // The first numbers of neighbouring seeds are alike.
        random.nextLong();
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), JsonMapper.shared().writeValueAsString(config(random)));
        DebertaConfig config = DebertaConfig.read(folder);
        Architecture head = HEADS.get(random.nextInt(HEADS.size()));
        Program program = DebertaModel.build(config, head, ModelOptions.DEFAULT);
        SequencedMap<String, Tensor> weights = new TreeMap<>();
        RandomWeights.types(program).forEach((name, type) -> weights.put(name, weight(name, type, random)));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
        return new RandomDeberta(folder, config, head);
    }

    private static Map<String, Object> config(Random random) {
        int heads = 1 + random.nextInt(4);
        int width = 4 * (1 + random.nextInt(5));
        int hidden = heads * width;
        boolean first = random.nextInt(3) == 0;
        boolean relative = random.nextInt(8) > 0;
        Map<String, Object> config = new HashMap<>(Map.of(
                "model_type",
                first ? "deberta" : "deberta-v2",
                "vocab_size",
                40 + random.nextInt(60),
                "hidden_size",
                hidden,
                "num_hidden_layers",
                1 + random.nextInt(3),
                "num_attention_heads",
                heads,
                "intermediate_size",
                3 + random.nextInt(70),
                "hidden_act",
                pick(random, "gelu", "gelu", "relu", "tanh"),
                "max_position_embeddings",
                POSITIONS,
                "layer_norm_eps",
                1e-7,
                "relative_attention",
                relative));
        config.putAll(Map.of(
                "max_relative_positions",
                first ? pick(random, -1, 5, 16) : pick(random, -1, 16),
                "position_biased_input",
                random.nextInt(3) == 0,
                "type_vocab_size",
                pick(random, 0, 0, 2),
                "pad_token_id",
                0,
                "pooler_hidden_size",
                hidden,
                "pooler_hidden_act",
                pick(random, "gelu", "tanh"),
                "id2label",
                Map.of("0", "a", "1", "b", "2", "c")));
        if (relative) {
            config.put("pos_att_type", pick(random, "c2p|p2c", "c2p|p2c", "c2p", "p2c"));
        }
        if (!first) {
            config.putAll(Map.of(
                    "position_buckets", pick(random, -1, 4, 8),
                    "norm_rel_ebd", pick(random, "none", "layer_norm"),
                    "share_att_key", random.nextBoolean()));
            if (random.nextInt(3) == 0) {
                config.putAll(Map.of(
                        "conv_kernel_size", pick(random, 3, 5),
                        "conv_groups", pick(random, 1, 2),
                        "conv_act", pick(random, "gelu", "tanh")));
            }
        }
        return config;
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... values) {
        return values[random.nextInt(values.length)];
    }

    private static Tensor weight(String name, TensorType type, Random random) {
        long[] shape = type.shape().sizes();
        double mean = name.contains("LayerNorm.weight") ? 1 : 0;
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (mean + DEVIATION * random.nextGaussian());
        }
        return Tensor.of(values, shape);
    }

    /** Sequences of tokens of any length that the model takes. */
    List<long[]> sequences(Random random, int count) {
        List<long[]> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(random.longs(1 + random.nextInt(POSITIONS - 10), 1, config.vocabSize())
                    .toArray());
        }
        return sequences;
    }

    /** The inputs of a batch of sequences, with so much padding behind the longest. */
    Map<String, Tensor> inputs(List<long[]> sequences, int padding) {
        int length = padding + sequences.stream().mapToInt(s -> s.length).max().orElseThrow();
        long[] ids = new long[sequences.size() * length];
        long[] mask = new long[ids.length];
        long[] types = new long[ids.length];
        for (int row = 0; row < sequences.size(); row++) {
            long[] sequence = sequences.get(row);
            for (int i = 0; i < sequence.length; i++) {
                ids[row * length + i] = sequence[i];
                mask[row * length + i] = 1;
                types[row * length + i] = i > sequence.length / 2 ? 1 : 0;
            }
        }
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(InputNames.IDS, Tensor.of(ids, sequences.size(), length));
        inputs.put(InputNames.MASK, Tensor.of(mask, sequences.size(), length));
        if (config.typeVocabSize() > 0) {
            inputs.put(InputNames.TOKEN_TYPES, Tensor.of(types, sequences.size(), length));
        }
        return inputs;
    }
}
