package detangle.models.sentence;

import detangle.models.deberta.ConfigFields;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The function that makes scores of a CrossEncoder's logits, as sentence-transformers notes it.
 *
 * @param file where it says so
 * @param field the field that says so
 * @param activation the name of a class of PyTorch, such as {@code torch.nn.modules.linear.Identity}
 */
public record CrossEncoderSettings(Path file, String field, String activation) {
    private static final String ACTIVATION = "activation_fn";

    /**
     * Reads the settings of a folder or an artifact from where the library looks for them: {@code activation_fn} of
     * {@code config_sentence_transformers.json}, {@code sentence_transformers.activation_fn} of {@code config.json},
     * {@code sbert_ce_default_activation_function} of older ones. Empty if none is stated.
     *
     * @throws detangle.models.deberta.ConfigException if a file is not what it should be
     */
    public static Optional<CrossEncoderSettings> read(Path model) {
        ModelFiles files = ModelFiles.root(model);
        Optional<CrossEncoderSettings> newest = files.has(SentenceDefaults.FILE)
                ? of(ConfigFields.read(files, SentenceDefaults.FILE), ACTIVATION)
                : Optional.empty();
        ConfigFields config = ConfigFields.read(model, "config.json");
        return newest.or(() -> of(config.object("sentence_transformers"), ACTIVATION))
                .or(() -> of(config, "sbert_ce_default_activation_function"));
    }

    private static Optional<CrossEncoderSettings> of(ConfigFields fields, String field) {
        return fields.text(field).map(name -> new CrossEncoderSettings(fields.file(), field, name));
    }
}
