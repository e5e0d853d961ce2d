package detangle.plug.djl;

import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.nlp.qa.QAInput;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import ai.djl.util.StringPair;
import detangle.backend.ComputePrecision;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Answer;
import detangle.pipelines.Classification;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Question;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.TokenClassifier;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Loads the pipeline for the types that a program asks DJL for:
 *
 * <ul>
 *   <li>{@code String} or {@code StringPair} to {@code Classifications}: {@link TextClassifier}
 *   <li>{@code String} to {@code float[]}: {@link FeatureExtractor}, vectors of length 1
 *   <li>{@code StringPair} to {@code float[]}: {@link TextClassifier} of a cross-encoder, its scores
 *   <li>{@code String} to {@code NamedEntity[]}: {@link TokenClassifier}
 *   <li>{@code QAInput} to {@code String}: {@link QuestionAnswerer}
 * </ul>
 *
 * <p>Options of the criteria ({@code optOption}) are {@code backend}, {@code precision}, {@code batch_size}, {@code
 * truncation}, {@code max_length} and {@code warm_up}, as {@link PipelineOptions} has them.
 */
public final class DetangleTranslatorFactory implements TranslatorFactory {
    /** A pipeline and what it does with a list of inputs. */
    private record Task<I, O, P extends Pipeline>(
            Class<I> input,
            Class<O> output,
            BiFunction<Path, PipelineOptions, P> loader,
            BiFunction<P, List<I>, List<O>> answers) {
        @SuppressWarnings("unchecked")
        PipelineBlock load(Path model, PipelineOptions options) {
            P pipeline = loader.apply(model, options);
            Function<List<?>, List<?>> function = inputs -> answers.apply(pipeline, (List<I>) inputs);
            return new PipelineBlock(pipeline, function);
        }
    }

    private static final List<Task<?, ?, ?>> TASKS = List.of(
            new Task<>(
                    String.class,
                    Classifications.class,
                    TextClassifier::load,
                    (classifier, texts) -> classifier.classify(texts).stream()
                            .map(DetangleTranslatorFactory::classifications)
                            .toList()),
            new Task<>(
                    StringPair.class,
                    Classifications.class,
                    TextClassifier::load,
                    (classifier, pairs) -> classifier.classifyPairs(pairs(pairs)).stream()
                            .map(DetangleTranslatorFactory::classifications)
                            .toList()),
            new Task<>(
                    String.class,
                    float[].class,
                    FeatureExtractor::load,
                    (extractor, texts) -> extractor.encode(texts, EmbeddingOptions.DEFAULT.withNormalize(true))),
            new Task<>(
                    StringPair.class,
                    float[].class,
                    TextClassifier::load,
                    (classifier, pairs) -> classifier.classifyPairs(pairs(pairs)).stream()
                            .map(labels -> scores(classifier, labels))
                            .toList()),
            new Task<>(
                    String.class,
                    NamedEntity[].class,
                    TokenClassifier::load,
                    (classifier, texts) -> classifier.classify(texts, AggregationStrategy.SIMPLE).stream()
                            .map(DetangleTranslatorFactory::entities)
                            .toList()),
            new Task<>(
                    QAInput.class,
                    String.class,
                    QuestionAnswerer::load,
                    (answerer, questions) -> answerer
                            .answer(
                                    questions.stream()
                                            .map(q -> new Question(q.getQuestion(), q.getParagraph()))
                                            .toList(),
                                    QuestionOptions.DEFAULT)
                            .stream()
                            .map(answers -> answers.stream()
                                    .findFirst()
                                    .map(Answer::answer)
                                    .orElse(""))
                            .toList()));

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return TASKS.stream()
                .map(task -> new Pair<Type, Type>(task.input(), task.output()))
                .collect(Collectors.toSet());
    }

    /**
     * Loads the model by the pipeline for the types.
     *
     * @throws TranslateException if the model is not one of the engine {@code Detangle}, or no pipeline has these types
     */
    @Override
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        if (!(model instanceof DetangleModel own)) {
            throw new TranslateException(
                    "the translator is for the engine Detangle: add optEngine(\"" + DetangleEngine.NAME + "\")");
        }
        Task<?, ?, ?> task = TASKS.stream()
                .filter(t -> t.input() == input && t.output() == output)
                .findFirst()
                .orElseThrow(() -> new TranslateException(
                        "no pipeline makes " + output.getSimpleName() + " of " + input.getSimpleName()));
        own.run(task.load(own.getModelPath(), options(own.options())));
        return new ListTranslator<>();
    }

    private static PipelineOptions options(Map<String, ?> given) throws TranslateException {
        PipelineOptions options = PipelineOptions.DEFAULT;
        for (Map.Entry<String, ?> option : given.entrySet()) {
            String value = option.getValue().toString();
            options = switch (option.getKey()) {
                case "backend" -> options.withBackend(value);
                case "precision" -> options.withPrecision(ComputePrecision.valueOf(value.toUpperCase(Locale.ROOT)));
                case "batch_size" -> options.withBatchSize(Integer.parseInt(value));
                case "truncation" -> options.withTruncation(Boolean.parseBoolean(value));
                case "warm_up" -> options.withWarmUp(Boolean.parseBoolean(value));
                case "max_length" -> options.withMaxLength(Integer.parseInt(value));
                default ->
                    throw new TranslateException("there is no option " + option.getKey()
                            + "; there are backend, precision, batch_size, truncation, max_length and warm_up");
            };
        }
        return options;
    }

    private static List<TextPair> pairs(List<StringPair> pairs) {
        return pairs.stream()
                .map(pair -> new TextPair(pair.getKey(), pair.getValue()))
                .toList();
    }

    private static Classifications classifications(List<Classification> labels) {
        return new Classifications(
                labels.stream().map(Classification::label).toList(),
                labels.stream().map(Classification::score).toList());
    }

    /** Returns the scores in the order in which the model has its labels. */
    private static float[] scores(TextClassifier classifier, List<Classification> labels) {
        List<String> order = classifier.labels();
        float[] scores = new float[order.size()];
        labels.forEach(label -> scores[order.indexOf(label.label())] = (float) label.score());
        return scores;
    }

    private static NamedEntity[] entities(List<Entity> entities) {
        NamedEntity[] named = new NamedEntity[entities.size()];
        for (int i = 0; i < named.length; i++) {
            Entity entity = entities.get(i);
            named[i] = new NamedEntity(
                    entity.entity(), (float) entity.score(), i, entity.word(), entity.start(), entity.end());
        }
        return named;
    }
}
