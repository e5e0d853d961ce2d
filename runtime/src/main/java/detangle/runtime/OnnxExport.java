package detangle.runtime;

import detangle.compiler.Compiler;
import detangle.compiler.Pipeline;
import detangle.ir.Program;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.Weights;
import detangle.onnx.OnnxExporter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes models for other runtimes. */
public final class OnnxExport {
    /** The names that exports of HuggingFace's optimum give to the sizes. */
    private static final Map<String, String> SYMBOLS =
            Map.of("B", "batch_size", "S", "sequence_length", "C", "num_choices");

    private OnnxExport() {}

    /**
     * What to write.
     *
     * @param head what stands on the encoder; empty for what config.json says
     * @param convention whose reading of far distances is taken; empty for that of the head's origin
     * @param weights the file of the weights; empty for the one in the model's folder
     * @param hiddenStates whether the outputs include the hidden states
     * @param externalData whether data stands beside the model even where it would fit into it
     */
    public record Options(
            Optional<Architecture> head,
            Optional<Convention> convention,
            Optional<Path> weights,
            boolean hiddenStates,
            boolean externalData) {
        /** The head of config.json and its outputs alone. */
        public static final Options DEFAULT =
                new Options(Optional.empty(), Optional.empty(), Optional.empty(), false, false);
    }

    /**
     * Writes the model of a folder: inputs {@code input_ids}, {@code attention_mask} and, where the model has token types,
     * {@code token_type_ids}, all {@code int64[batch_size, sequence_length]}; outputs are those of the head.
     *
     * @return the files written, the model first
     * @throws RuntimeException of the part at fault, with one line that names the file and what to do
     */
    public static List<Path> write(Path folder, Path file, Options options) {
        DebertaConfig config = DebertaConfig.read(folder);
        Architecture head = options.head().orElse(config.architecture());
        ModelOptions model = ModelOptions.DEFAULT
                .with(options.convention().orElse(head.convention()))
                .withHiddenStates(options.hiddenStates());
        Program program = DebertaModel.build(config, head, model);
        try (Weights weights = Weights.open(options.weights().orElse(folder))) {
            Program lowered = Compiler.run(
                    program, Pipeline.export(Checkpoint.parameters(weights, config, program)), (pass, p) -> {});
            return new OnnxExporter(DetangleVersion.number(), SYMBOLS, options.externalData()).write(lowered, file);
        }
    }
}
