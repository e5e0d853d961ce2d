package detangle.bench;

import detangle.ir.DType;
import detangle.ir.Program;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ModelOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model to measure: its folder, its configuration, what stands on the encoder, and how Detangle keeps its weights.
 */
record BenchModel(Path folder, DebertaConfig config, Architecture head, Optional<DType> weightType) {
    /**
     * Reads the configuration.
     *
     * @param folder a folder with config.json, or the file
     * @param head config.json's where it is empty
     * @param weightType f16 or bf16 for Detangle to keep weights in
     */
    static BenchModel of(Path folder, Optional<String> head, Optional<DType> weightType) {
        DebertaConfig config = DebertaConfig.read(folder);
        return new BenchModel(
                folder,
                config,
                head.flatMap(Architecture::named)
                        .orElseGet(() -> CheckpointHeads.choose(folder, Optional.empty(), config)),
                weightType);
    }

    String name() {
        Path named =
                Files.isDirectory(folder) ? folder : folder.toAbsolutePath().getParent();
        return named.getFileName().toString();
    }

    /** Returns the names of the inputs, in the order in which models of HuggingFace and of Detangle take them. */
    List<String> inputs() {
        return config.typeVocabSize() > 0
                ? List.of(InputNames.IDS, InputNames.MASK, InputNames.TOKEN_TYPES)
                : List.of(InputNames.IDS, InputNames.MASK);
    }

    /** Returns the forward pass, in primitives. */
    Program program() {
        return DebertaModel.build(config, head, ModelOptions.DEFAULT.withHiddenStates(false));
    }

    /** Returns what Detangle computes of it: a masked LM predicts the masked tokens alone, N of them. */
    Program needed() {
        ModelOptions options = ModelOptions.DEFAULT.withHiddenStates(false).withMaskedRows(true);
        return DebertaModel.build(config, head, options);
    }
}
