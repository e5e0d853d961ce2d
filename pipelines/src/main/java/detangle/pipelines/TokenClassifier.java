package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import detangle.pipelines.EntityAggregation.Piece;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds entities in texts with a token-classification model: HuggingFace's {@code token-classification}, or {@code
 * ner}. A text that is longer than the model takes is read in windows that overlap. Any number of threads may use one.
 *
 * <pre>{@code
 * for (Entity entity : classifier.classify("Ada lives in London", AggregationStrategy.SIMPLE)) {
 *     System.out.println(entity.word() + " " + entity.entity());
 * }
 * }</pre>
 */
public final class TokenClassifier implements Pipeline {
    /** Tokens that two windows share, unless the model's length is too short for that. */
    private static final int STRIDE = 128;

    private final TextModel model;

    private TokenClassifier(TextModel model) {
        this.model = model;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static TokenClassifier load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head
     */
    public static TokenClassifier load(Path folder, PipelineOptions options) {
        return new TokenClassifier(TextModel.load(folder, Architecture.TOKEN_CLASSIFICATION, options));
    }

    /** Returns the entities of a text, in order. It throws a {@link PipelineException} if the text is empty. */
    public List<Entity> classify(String text, AggregationStrategy strategy) {
        return classify(List.of(text), strategy).getFirst();
    }

    /** Returns the entities of several texts. */
    public List<List<Entity>> classify(List<String> texts, AggregationStrategy strategy) {
        return classify(texts, TokenClassificationOptions.DEFAULT.withStrategy(strategy));
    }

    /** Returns the entities of several texts, as the options say. */
    public List<List<Entity>> classify(List<String> texts, TokenClassificationOptions options) {
        return classify(texts, options, done -> {});
    }

    /**
     * Returns the entities of each text, in order.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a text is empty, or windows cannot share so many tokens
     */
    public List<List<Entity>> classify(
            List<String> texts, TokenClassificationOptions options, ProgressListener progress) {
        return byWindow(texts, options, progress).stream()
                .map(windows -> windows.size() == 1 ? windows.getFirst() : EntityAggregation.merge(joined(windows)))
                .toList();
    }

    /**
     * Finds entities as {@link #classify} does, but keeps all entities of each window. Entities of overlapping windows
     * may overlap.
     */
    List<List<Entity>> ofWindows(List<String> texts, TokenClassificationOptions options, ProgressListener progress) {
        return byWindow(texts, options, progress).stream()
                .map(TokenClassifier::joined)
                .toList();
    }

    private static List<Entity> joined(List<List<Entity>> windows) {
        return windows.stream().flatMap(List::stream).toList();
    }

    /** Returns the entities of each window of each text. Tokens of one window may share characters. */
    private List<List<List<Entity>>> byWindow(
            List<String> texts, TokenClassificationOptions options, ProgressListener progress) {
        EntityAggregation aggregation =
                new EntityAggregation(model.config().labels(), options.strategy(), options.ignoreLabels());
        int shared = options.stride().orElse(Math.min(STRIDE, model.maxLength() / 4));
        Truncation windows = model.windows(shared);
        TextModel.Windows made = model.new Windows();
        EncodedRows<Encoding> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            row.requireText(text);
            return made.of(model.encodeWhole(text), windows);
        });
        List<Encoding> encodings = rows.encodings();
        List<Characters> characters = texts.stream().map(Characters::new).toList();
        List<List<Entity>> byWindow =
                new ArrayList<>(encodings.stream().map(e -> List.<Entity>of()).toList());
        model.run(encodings, progress, (index, row) -> {
            Characters text = characters.get(rows.row(index));
            List<Piece> pieces = pieces(encodings.get(index), row, text, model.tokenizer());
            byWindow.set(index, aggregation.entities(pieces, text));
        });
        List<List<List<Entity>>> results = new ArrayList<>();
        texts.forEach(t -> results.add(new ArrayList<>()));
        for (int window = 0; window < byWindow.size(); window++) {
            results.get(rows.row(window)).add(byWindow.get(window));
        }
        return results;
    }

    private static List<Piece> pieces(Encoding encoding, Row row, Characters text, Tokenizer tokenizer) {
        double[][] logits = row.vectors(OutputNames.LOGITS);
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < encoding.length(); i++) {
            if (encoding.sequences()[i] != Encoding.SPECIAL) {
                boolean continues = !pieces.isEmpty() && continues(encoding, i, text, tokenizer);
                pieces.add(new Piece(Scores.softmax(logits[i]), encoding.starts()[i], encoding.ends()[i], continues));
            }
        }
        return pieces;
    }

    /**
     * Returns whether a token belongs to the same word as the token before it. As in HuggingFace's pipeline, an unknown
     * token begins a word.
     */
    static boolean continues(Encoding encoding, int token, Characters text, Tokenizer tokenizer) {
        if (tokenizer.unknownTokenId().orElse(-1) == encoding.ids()[token]) {
            return false;
        }
        return tokenizer.marksContinuations()
                ? encoding.words()[token] == encoding.words()[token - 1]
                : !text.isAtSpace(encoding.starts()[token]);
    }

    /** Returns all labels, in the order in which the model scores them. */
    public List<String> labels() {
        return model.config().labels();
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
