package detangle.models.deberta;

import java.nio.file.Path;

/**
 * The two models of replaced-token detection, as microsoft's configurations describe them: a JSON object with {@code
 * embedding_sharing}, {@code generator} and {@code discriminator}.
 *
 * @param generatorFields the fields of the generator's configuration
 * @param discriminatorFields the fields of the discriminator's configuration
 */
public record ReplacedTokenConfig(
        ConfigFields generatorFields,
        ConfigFields discriminatorFields,
        DebertaConfig generator,
        DebertaConfig discriminator,
        EmbeddingSharing sharing) {
    private static final String SHARING = "embedding_sharing";

    /** @throws ConfigException if the two models do not go together */
    public ReplacedTokenConfig {
        checkSame("vocab_size", generator, generator.vocabSize(), discriminator.vocabSize());
        checkSame("type_vocab_size", generator, generator.typeVocabSize(), discriminator.typeVocabSize());
        checkSame("pad_token_id", generator, generator.padTokenId(), discriminator.padTokenId());
        if (sharing != EmbeddingSharing.NONE) {
            checkSame("embedding_size", generator, generator.embeddingSize(), discriminator.embeddingSize());
            if (discriminator.positionBiasedInput()) {
                checkSame(
                        "max_position_embeddings",
                        generator,
                        generator.maxPositionEmbeddings(),
                        discriminator.maxPositionEmbeddings());
            }
        }
    }

    private static void checkSame(String field, DebertaConfig generator, int ofGenerator, int ofDiscriminator) {
        if (ofGenerator != ofDiscriminator) {
            throw new ConfigException(
                    generator.file(),
                    field + " is " + ofGenerator + " in the generator and " + ofDiscriminator
                            + " in the discriminator: they must be the same");
        }
    }

    /**
     * Returns the models of two configurations.
     *
     * @throws ConfigException if the two models do not go together
     */
    public static ReplacedTokenConfig of(ConfigFields generator, ConfigFields discriminator, EmbeddingSharing sharing) {
        return new ReplacedTokenConfig(
                generator, discriminator, DebertaConfig.of(generator), DebertaConfig.of(discriminator), sharing);
    }

    /**
     * Reads a file. Without {@code embedding_sharing} it means {@link EmbeddingSharing#NONE}, as in the original.
     *
     * @throws ConfigException if it cannot be read, or lacks one of the models
     */
    public static ReplacedTokenConfig read(Path file) {
        return of(ConfigFields.read(file));
    }

    /**
     * Reads a JSON object, as {@link #read} does.
     *
     * @throws ConfigException if it lacks one of the models
     */
    public static ReplacedTokenConfig of(ConfigFields fields) {
        for (String model : new String[] {"generator", "discriminator"}) {
            if (fields.find(model).isEmpty()) {
                throw new ConfigException(
                        fields.file(),
                        "has no " + model + ": replaced-token detection needs an object generator and an object"
                                + " discriminator, each with the fields of a config.json");
            }
        }
        String word = fields.text(SHARING).orElse(EmbeddingSharing.NONE.text());
        EmbeddingSharing sharing = EmbeddingSharing.named(word)
                .orElseThrow(() -> fields.fault(SHARING, "is '" + word + "'; it must be none, nes, es or gdes"));
        return of(fields.object("generator"), fields.object("discriminator"), sharing);
    }

    /** Returns the same models with another sharing. */
    public ReplacedTokenConfig with(EmbeddingSharing other) {
        return new ReplacedTokenConfig(generatorFields, discriminatorFields, generator, discriminator, other);
    }
}
