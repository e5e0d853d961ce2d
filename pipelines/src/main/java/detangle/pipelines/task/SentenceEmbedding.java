package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.models.text.Truncation;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.List;

/** Turns texts into vectors: HuggingFace's {@code feature-extraction}, in the words of text-embeddings-inference. */
public final class SentenceEmbedding extends TextTask<FeatureExtractor> {
    static final Field PROMPT_NAME = Field.optional(
            "prompt_name",
            "the name of the prompt that stands before each text; the model's default by default",
            new Field.Text());
    private static final Field NORMALIZE =
            Field.optional("normalize", "whether vectors are made of length 1", new Field.Flag(), true);
    private static final Field DIMENSIONS = Field.optional(
            "dimensions", "how many of a vector's first numbers are kept; all by default", new Field.Whole(1));

    private final EmbeddingOptions standard;

    /** Makes the task with the options of each model's folder. */
    public SentenceEmbedding() {
        this(EmbeddingOptions.DEFAULT);
    }

    /** @param standard the options of vectors for requests that do not state them */
    public SentenceEmbedding(EmbeddingOptions standard) {
        this.standard = standard;
    }

    @Override
    public String name() {
        return "feature-extraction";
    }

    @Override
    public String description() {
        return "Texts as vectors";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(NORMALIZE, DIMENSIONS, PROMPT_NAME, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(Column.Scalar.FLOAT);
    }

    @Override
    public boolean answersInLists() {
        return true;
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.makesVectors() || model.head() == Architecture.ENCODER;
    }

    /** Loads a model, and refuses options of vectors that do not go with it before the first request. */
    @Override
    public FeatureExtractor load(Path model, PipelineOptions options) {
        FeatureExtractor extractor = FeatureExtractor.load(model, options);
        try {
            extractor.dimension(standard);
            extractor.prompt(standard);
            return extractor;
        } catch (RuntimeException | Error e) {
            extractor.close();
            throw e;
        }
    }

    @Override
    public FeatureExtractor withTruncation(FeatureExtractor extractor, Truncation.Side side) {
        return extractor.withTruncation(side);
    }

    @Override
    public List<Loaded<?>> beside(FeatureExtractor extractor) {
        return List.of(new Loaded<>(new SentenceSimilarity(standard), extractor));
    }

    @Override
    public String facts(FeatureExtractor extractor) {
        return "vectors of " + extractor.dimension(standard) + " numbers";
    }

    @Override
    public List<Object> answer(
            FeatureExtractor extractor, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        EmbeddingOptions cut = OptionValues.with(
                standard.withNormalize(options.flag(NORMALIZE.name())),
                options.optionalWhole(DIMENSIONS.name()),
                EmbeddingOptions::withTruncateDim);
        EmbeddingOptions asked =
                OptionValues.with(cut, options.optionalText(PROMPT_NAME.name()), EmbeddingOptions::withPromptName);
        return List.copyOf(extractor.encode(texts(rows), asked, progress));
    }
}
