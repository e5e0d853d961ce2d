package detangle.models.sentence;

import detangle.models.deberta.ConfigFields;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The settings of a model's inputs, which sentence-transformers writes to {@code sentence_bert_config.json}.
 *
 * @param file where it was read from, for messages; empty if there is none
 * @param maxSeqLength how many tokens of a text are used, special ones included; empty if all are
 * @param doLowerCase whether the text's case is lowered first
 */
public record SentenceSettings(Optional<Path> file, OptionalInt maxSeqLength, boolean doLowerCase) {
    /** The names that the library looks for, in its order; the last ones are those of its early versions. */
    public static final List<String> FILES = List.of(
            "sentence_bert_config.json",
            "sentence_roberta_config.json",
            "sentence_distilbert_config.json",
            "sentence_camembert_config.json",
            "sentence_albert_config.json",
            "sentence_xlm-roberta_config.json",
            "sentence_xlnet_config.json");

    /** The settings of a model without a file of settings. */
    public static final SentenceSettings NONE = new SentenceSettings(Optional.empty(), OptionalInt.empty(), false);

    /**
     * Returns the settings of a folder or an artifact, or {@link #NONE} if it has no file of settings. The file counts
     * without a {@code modules.json} too, for any head, as in text-embeddings-inference.
     *
     * @throws detangle.models.deberta.ConfigException if the file is not what it should be
     */
    public static SentenceSettings read(Path model) {
        ModelFiles files = ModelFiles.of(model);
        return FILES.stream()
                .filter(files::has)
                .findFirst()
                .map(name -> of(ConfigFields.read(model, name)))
                .orElse(NONE);
    }

    private static SentenceSettings of(ConfigFields fields) {
        OptionalInt length = fields.find("max_seq_length").isPresent()
                ? OptionalInt.of(fields.atLeast(1, "max_seq_length", 1))
                : OptionalInt.empty();
        return new SentenceSettings(Optional.of(fields.file()), length, fields.flag("do_lower_case", false));
    }
}
