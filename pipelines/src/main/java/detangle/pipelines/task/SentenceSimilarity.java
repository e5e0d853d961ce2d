package detangle.pipelines.task;

import detangle.models.text.Truncation;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures how similar texts are, by the cosine of their vectors: HuggingFace's {@code sentence-similarity}. */
public final class SentenceSimilarity extends TextTask<FeatureExtractor> {
    private static final Field SOURCE =
            Field.required("source_sentence", "the text that the others are compared with", new Field.Text());
    private static final Field SENTENCES = Field.required("sentences", "the other texts", new Field.Texts());

    private final EmbeddingOptions standard;

    /** Makes the task with the options of each model's folder. */
    public SentenceSimilarity() {
        this(EmbeddingOptions.DEFAULT);
    }

    /**
     * Makes the task with options of vectors.
     *
     * @param standard the options for requests that do not state them
     */
    public SentenceSimilarity(EmbeddingOptions standard) {
        this.standard = standard;
    }

    @Override
    public String name() {
        return "sentence-similarity";
    }

    @Override
    public String description() {
        return "How alike a text and each of several others are: the cosine of their vectors";
    }

    @Override
    public List<Field> inputs() {
        return List.of(SOURCE, SENTENCES);
    }

    @Override
    public List<Field> options() {
        return List.of(SentenceEmbedding.PROMPT_NAME, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(Column.Scalar.DOUBLE);
    }

    /**
     * Returns false: the first task of a model that makes vectors is {@link SentenceEmbedding}, and it does this task
     * as well.
     */
    @Override
    public boolean suits(ModelFacts model) {
        return false;
    }

    @Override
    public FeatureExtractor load(Path model, PipelineOptions options) {
        return new SentenceEmbedding(standard).load(model, options);
    }

    @Override
    public FeatureExtractor withTruncation(FeatureExtractor extractor, Truncation.Side side) {
        return extractor.withTruncation(side);
    }

    @Override
    public int texts(FeatureExtractor extractor, Fields row, Fields options) {
        return 1 + row.texts(SENTENCES.name()).size();
    }

    @Override
    public List<Object> answer(
            FeatureExtractor extractor, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        EmbeddingOptions asked = OptionValues.with(
                standard.withNormalize(true),
                options.optionalText(SentenceEmbedding.PROMPT_NAME.name()),
                EmbeddingOptions::withPromptName);
        List<Object> answers = new ArrayList<>();
        for (Fields row : rows) {
            List<String> sentences = row.texts(SENTENCES.name());
            if (sentences.isEmpty()) {
                throw new PipelineException("there are no sentences to compare: give at least one");
            }
            List<String> texts = new ArrayList<>();
            texts.add(row.text(SOURCE.name()));
            texts.addAll(sentences);
            List<float[]> vectors = extractor.encode(texts, asked, progress);
            answers.add(vectors.stream()
                    .skip(1)
                    .map(vector -> form.score().apply(cosine(vectors.getFirst(), vector)))
                    .toList());
        }
        return answers;
    }

    /** Returns the cosine of vectors of length 1. */
    private static double cosine(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
