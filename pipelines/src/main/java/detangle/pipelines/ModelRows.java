package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.models.text.Encoding;
import detangle.models.text.PaddedBatch;
import detangle.models.text.Tokenizer;
import detangle.runtime.Session;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Runs encodings as rows of a batch: makes the inputs of the model, and divides its outputs.
 *
 * @param masks the places of {@code [MASK]}, if the model predicts masks
 */
record ModelRows(Session session, Tokenizer tokenizer, Optional<MaskedPlaces> masks) {
    /** Runs encodings as one batch, and returns the outputs of each. */
    List<Row> run(List<Encoding> batch) {
        Map<String, Tensor> inputs = inputs(batch, 1);
        if (session.head().filter(Architecture.MULTIPLE_CHOICE::equals).isPresent()) {
            // Each choice is scored by itself, so the choices of all questions make one batch: i64[B,1,S].
            inputs.replaceAll((name, rows) -> rows.reshape(rows.dim(0), 1, rows.dim(1)));
        }
        masks.ifPresent(m -> inputs.put(
                InputNames.MASKED_ROWS, m.rows(batch, inputs.get(InputNames.IDS).dim(1))));
        Map<String, Tensor> outputs = session.run(inputs);
        return masks.map(m -> m.divided(outputs, batch))
                .orElseGet(() -> IntStream.range(0, batch.size())
                        .mapToObj(row -> new Row(outputs, row, batch.get(row).length()))
                        .toList());
    }

    /**
     * Returns the inputs of a padded batch, {@code i64[B,S]} each.
     *
     * @param multiple the length S is rounded up to a multiple of this
     * @throws ConfigException if a token has an id beyond the model's tables
     */
    Map<String, Tensor> inputs(List<Encoding> rows, int multiple) {
        rows.forEach(row -> checkIds(session.config(), row));
        PaddedBatch batch = PaddedBatch.of(rows, tokenizer.padTokenId(), PaddedBatch.Side.RIGHT, multiple);
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(InputNames.IDS, batch.inputIds());
        inputs.put(InputNames.MASK, batch.attentionMask());
        if (session.config().typeVocabSize() > 0) {
            inputs.put(InputNames.TOKEN_TYPES, batch.tokenTypeIds());
        }
        return inputs;
    }

    /** Refuses an id beyond the rows of its table, which the tokenizer of another model may make. */
    private static void checkIds(DebertaConfig config, Encoding row) {
        int id = Arrays.stream(row.ids()).max().orElse(0);
        if (id >= config.vocabSize()) {
            throw new ConfigException(
                    config.file(),
                    "vocab_size is " + config.vocabSize() + ", and the tokenizer makes the id " + id
                            + " of a text: the tokenizer is that of another model");
        }
        int type = Arrays.stream(row.typeIds()).max().orElse(0);
        if (config.typeVocabSize() > 0 && type >= config.typeVocabSize()) {
            throw new ConfigException(
                    config.file(),
                    "type_vocab_size is " + config.typeVocabSize() + ", and the tokenizer makes the token type " + type
                            + " of a text: the tokenizer is that of another model");
        }
    }
}
