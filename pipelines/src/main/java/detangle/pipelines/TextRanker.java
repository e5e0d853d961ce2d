package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import detangle.models.text.WhiteSpace;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Ranks documents by how well they answer a query, with a cross-encoder: {@code text-ranking}, {@code
 * CrossEncoder.rank} of sentence-transformers. The model is one of sequence classification with one label. Any number
 * of threads may use one.
 *
 * <pre>{@code
 * ranker.rank("Where is my card?", documents).getFirst().text()
 * }</pre>
 */
public final class TextRanker implements Pipeline {
    private final TextModel model;
    private final Path folder;
    private final ScoreFunction function;

    private TextRanker(TextModel model, Path folder, ScoreFunction function) {
        this.model = model;
        this.folder = folder;
        this.function = function;
    }

    /** A ranker on a model that is loaded; see {@link TextClassifier#ranker}. */
    TextRanker(TextModel model, Path folder) {
        this(model, folder, ScoreFunction.ofRanker(folder));
        if (model.config().numLabels() != 1) {
            throw new PipelineException(folder + " has " + model.config().numLabels()
                    + " labels: ranking needs a model with one, a cross-encoder for reranking");
        }
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static TextRanker load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head, or more than one label
     */
    public static TextRanker load(Path folder, PipelineOptions options) {
        TextModel model = TextModel.load(folder, Architecture.SEQUENCE_CLASSIFICATION, options);
        try {
            return new TextRanker(model, folder);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * Returns the same ranker, which cuts texts that are too long, with a warning. Both share one model: close only one
     * of them.
     */
    public TextRanker withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same ranker, which cuts off an end of texts that are too long, with a warning. Both share one model:
     * close only one of them.
     */
    public TextRanker withTruncation(Truncation.Side side) {
        return new TextRanker(model.cutting(side), folder, function);
    }

    /** Returns a classifier on the same model. Both share one model: close only one of them. */
    public TextClassifier classifier() {
        return new TextClassifier(model, folder, ScoreFunction.ofClassifier(folder, model.config()));
    }

    /** Returns all documents, the best first; see {@link #rank(String, List, boolean, ProgressListener)}. */
    public List<RankedDocument> rank(String query, List<String> documents) {
        return rank(query, documents, false);
    }

    /** Ranks documents, with scores as the model gives them if {@code rawScores}. */
    public List<RankedDocument> rank(String query, List<String> documents, boolean rawScores) {
        return rank(query, documents, rawScores, done -> {});
    }

    /**
     * Returns all documents, the best first.
     *
     * @param rawScores whether scores are the model's logits. Otherwise they are what the activation makes of them that
     *     sentence-transformers noted with the model, or a sigmoid
     * @param progress told how many documents are done, after each batch; documents that cannot be answered are left
     *     out, if it allows
     * @throws PipelineException if a text is empty, or query and document are too long together. Where truncation is
     *     allowed, the longer of the two is cut
     */
    public List<RankedDocument> rank(
            String query, List<String> documents, boolean rawScores, ProgressListener progress) {
        if (WhiteSpace.isBlank(query)) {
            throw new PipelineException("the query is empty");
        }
        EncodedRows<Encoding> rows = EncodedRows.of("document", documents.size(), progress, row -> {
            String document = documents.get(row.index());
            row.requireText(document);
            return List.of(model.encode(
                    new TextPair(query, document),
                    Truncation.Strategy.LONGEST_FIRST,
                    row.named(row.name() + " with the query")));
        });
        double[] scores = new double[rows.encodings().size()];
        model.run(rows.encodings(), progress, (index, row) -> {
            double[] logits = row.values(OutputNames.LOGITS);
            scores[index] = (rawScores ? logits : function.apply(logits))[0];
        });
        return IntStream.range(0, scores.length)
                .mapToObj(i -> new RankedDocument(rows.row(i), scores[i], documents.get(rows.row(i))))
                .sorted(Comparator.comparingDouble(RankedDocument::score).reversed())
                .toList();
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
