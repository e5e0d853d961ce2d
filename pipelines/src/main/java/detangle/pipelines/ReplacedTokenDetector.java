package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds the tokens of a text that do not belong there, with the discriminator of DeBERTa-v3's pre-training ({@code
 * replaced-token-detection}; He et al. 2021, section 3.1). Any number of threads may use one detector.
 *
 * <pre>{@code
 * detector.detect("The capital of France is banana.")
 * }</pre>
 */
public final class ReplacedTokenDetector implements Pipeline {
    private final TextModel model;

    private ReplacedTokenDetector(TextModel model) {
        this.model = model;
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static ReplacedTokenDetector load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head
     */
    public static ReplacedTokenDetector load(Path folder, PipelineOptions options) {
        return new ReplacedTokenDetector(TextModel.load(folder, Architecture.REPLACED_TOKEN_DETECTION, options));
    }

    /**
     * Returns every token of a text, in order. It throws a {@link PipelineException} if the text is empty or too long.
     */
    public List<TokenScore> detect(String text) {
        return detect(List.of(text)).getFirst();
    }

    /** Scores the tokens of several texts. */
    public List<List<TokenScore>> detect(List<String> texts) {
        return detect(texts, done -> {});
    }

    /**
     * Returns every token of each text, in order.
     *
     * @param progress told how many texts are done, after each batch
     */
    public List<List<TokenScore>> detect(List<String> texts, ProgressListener progress) {
        EncodedRows<Encoding> rows = EncodedRows.of(
                "text", texts.size(), progress, row -> List.of(model.encode(texts.get(row.index()), row)));
        List<List<TokenScore>> results = new ArrayList<>(Collections.nCopies(texts.size(), List.<TokenScore>of()));
        model.run(rows.encodings(), progress, (index, row) -> {
            Encoding encoding = rows.encoding(index);
            Characters text = new Characters(texts.get(rows.row(index)));
            double[] logits = row.perToken(OutputNames.LOGITS);
            results.set(
                    rows.row(index),
                    IntStream.range(0, encoding.length())
                            .filter(i -> encoding.sequences()[i] != Encoding.SPECIAL)
                            .mapToObj(i -> {
                                Characters.Span span = text.span(encoding.starts()[i], encoding.ends()[i]);
                                return new TokenScore(Scores.sigmoid(logits[i]), span.word(), span.start(), span.end());
                            })
                            .toList());
        });
        return List.copyOf(results);
    }

    /**
     * Returns the same detector, which cuts texts that are too long, with a warning. Both share one model: close only
     * one of them.
     */
    public ReplacedTokenDetector withTruncation() {
        return new ReplacedTokenDetector(model.cutting());
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public int maxLength() {
        return model.maxLength();
    }

    @Override
    public void close() {
        model.close();
    }
}
