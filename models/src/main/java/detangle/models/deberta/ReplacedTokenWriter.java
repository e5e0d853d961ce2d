package detangle.models.deberta;

import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a generator and a discriminator as two folders of HuggingFace, {@code generator} and {@code discriminator},
 * each with config.json, the tokenizer and model.safetensors. The discriminator's tables are whole, whatever it shares;
 * with {@link EmbeddingSharing#GDES} they are the sum of the generator's tables and its own.
 */
public final class ReplacedTokenWriter {
    private final ReplacedTokenConfig config;
    private final ModelFolderWriter generator;
    private final ModelFolderWriter discriminator;

    private ReplacedTokenWriter(
            ReplacedTokenConfig config, ModelFolderWriter generator, ModelFolderWriter discriminator) {
        this.config = config;
        this.generator = generator;
        this.discriminator = discriminator;
    }

    /**
     * Makes a writer of both models with a tokenizer.
     *
     * @param tokenizers a folder or an artifact, whose tokenizer files are copied
     * @throws ConfigException if one of the files cannot be read
     */
    public static ReplacedTokenWriter of(ReplacedTokenConfig config, Path tokenizers) {
        return new ReplacedTokenWriter(
                config,
                ModelFolderWriter.of(config.generatorFields(), tokenizers).withHead(Architecture.MASKED_LM_EMD),
                ModelFolderWriter.of(config.discriminatorFields(), tokenizers)
                        .withHead(Architecture.REPLACED_TOKEN_DETECTION));
    }

    /**
     * Writes both folders into a folder that exists.
     *
     * @param parameters those of both models, by the names of {@link ReplacedTokens}
     * @throws IOException if the disk is full, or a folder exists already or cannot be written
     */
    public void writeInto(Path folder, Map<String, Tensor> parameters) throws IOException {
        Path ofGenerator = Files.createDirectory(folder.resolve(ReplacedTokens.GENERATOR));
        generator.writeInto(ofGenerator, ReplacedTokenWeights.generator(parameters));
        Path ofDiscriminator = Files.createDirectory(folder.resolve(ReplacedTokens.DISCRIMINATOR));
        discriminator.writeInto(ofDiscriminator, ReplacedTokenWeights.discriminator(config, parameters));
    }

    /**
     * Writes both folders into one, each whole or not at all.
     *
     * @param parameters those of both models, by the names of {@link ReplacedTokens}
     * @throws detangle.models.files.FolderException if one of them exists already, or cannot be written
     */
    public void write(Path folder, Map<String, Tensor> parameters) {
        generator.write(folder.resolve(ReplacedTokens.GENERATOR), ReplacedTokenWeights.generator(parameters));
        discriminator.write(
                folder.resolve(ReplacedTokens.DISCRIMINATOR), ReplacedTokenWeights.discriminator(config, parameters));
    }
}
