package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The models that microsoft has published, small: what their files hold beside the model, and a config.json that names
 * no class.
 */
class ReleasedLayoutsTest {
    private static final String SIZES = "\"vocab_size\":12,\"hidden_size\":8,\"num_hidden_layers\":2,"
            + "\"num_attention_heads\":2,\"intermediate_size\":6,\"max_position_embeddings\":10,\"type_vocab_size\":0,"
            + "\"relative_attention\":true,\"position_biased_input\":false,\"max_relative_positions\":-1";
    private static final String V1 = "\"model_type\":\"deberta\",\"pos_att_type\":\"c2p|p2c\"," + SIZES;
    private static final String V2 =
            "\"model_type\":\"deberta-v2\",\"pos_att_type\":\"p2c|c2p\",\"share_att_key\":true,"
                    + "\"norm_rel_ebd\":\"layer_norm\",\"position_buckets\":4," + SIZES;
    private static final String XLARGE = V2 + ",\"conv_kernel_size\":3,\"conv_act\":\"gelu\"";
    private static final String MNLI = ",\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}";

    private enum Layout {
        V1_BASE(V1, Architecture.ENCODER, Architecture.MASKED_LM, Architecture.MASKED_LM_EMD),
        V1_MNLI(V1 + MNLI, Architecture.SEQUENCE_CLASSIFICATION, Architecture.MASKED_LM_EMD),
        V2_XLARGE(XLARGE, Architecture.ENCODER, Architecture.MASKED_LM_EMD),
        V2_XLARGE_MNLI(XLARGE + MNLI, Architecture.SEQUENCE_CLASSIFICATION),
        V3_BASE(V2, Architecture.ENCODER, Architecture.MASKED_LM_EMD, Architecture.REPLACED_TOKEN_DETECTION),
        V3_WITHOUT_GENERATOR(V2, Architecture.ENCODER, Architecture.REPLACED_TOKEN_DETECTION),
        V3_MNLI(V2 + MNLI, Architecture.SEQUENCE_CLASSIFICATION),
        V3_FINE_TUNED_WITH_WHAT_WAS_THERE(
                V2 + MNLI,
                Architecture.SEQUENCE_CLASSIFICATION,
                Architecture.MASKED_LM_EMD,
                Architecture.REPLACED_TOKEN_DETECTION);

        private final String config;
        private final Architecture head;
        private final List<Architecture> beside;

        Layout(String config, Architecture head, Architecture... beside) {
            this.config = config;
            this.head = head;
            this.beside = List.of(beside);
        }
    }

    @TempDir
    private Path folder;

    private static Program program(DebertaConfig config, Architecture head) {
        return DebertaModel.build(config, head, ModelOptions.DEFAULT);
    }

    @ParameterizedTest
    @EnumSource
    void loadsAsItIs(Layout layout) throws IOException {
        Files.writeString(folder.resolve("config.json"), "{" + layout.config + "}");
        DebertaConfig config = DebertaConfig.read(folder);
        TreeMap<String, Tensor> tensors = new TreeMap<>(RandomWeights.of(program(config, layout.head)));
        layout.beside.forEach(head -> tensors.putAll(RandomWeights.of(program(config, head))));
        tensors.put("deberta.embeddings.position_embeddings.weight", Tensor.of(new float[80], 10, 8));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
        Architecture head = CheckpointHeads.choose(folder, Optional.empty(), config);
        assertEquals(layout.head, head);
        Program program = program(config, head);
        try (Weights weights = Weights.open(folder)) {
            Checkpoint.checkSizes(weights, config);
            assertEquals(
                    RandomWeights.of(program).keySet(),
                    Checkpoint.parameters(weights, config, program, Optional.of(head), false)
                            .keySet());
        }
    }
}
