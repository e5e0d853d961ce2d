package detangle.pipelines;

import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.text.Tokenizer;
import detangle.models.text.WhiteSpace;
import detangle.pipelines.redaction.EntityReplacer;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Replaces or masks what a model finds in texts: names, addresses, numbers of cards. The model is a GLiNER model, a
 * GLiNER2 model or one for token classification. It covers everything that reaches the threshold in any window of a
 * text. An {@link EntityExtractor} would choose between candidates that overlap; a redactor covers all of them. A text
 * in which nothing is found stays unchanged. Any number of threads may use one redactor.
 *
 * <pre>{@code
 * redactor.redact(
 *         List.of("Ada lives in London"),
 *         DetectionOptions.DEFAULT.withLabels(List.of("person", "city")),
 *         RedactionPolicy.DEFAULT)
 * }</pre>
 */
public final class Redactor implements Pipeline {
    /** The pipeline that finds entities. */
    private sealed interface Finder {
        Pipeline pipeline();
    }

    private record NamedKinds(EntityExtractor pipeline) implements Finder {}

    private record SchemaKinds(SchemaExtractor pipeline) implements Finder {}

    private record OwnKinds(TokenClassifier pipeline) implements Finder {}

    private final Finder finder;

    private Redactor(Finder finder) {
        this.finder = finder;
    }

    /**
     * Loads a folder or an artifact of any of these models on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static Redactor load(Path model) {
        return load(model, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model finds no entities
     */
    public static Redactor load(Path model, PipelineOptions options) {
        if (Gliner2Config.isIn(model)) {
            return of(SchemaExtractor.load(model, options));
        }
        return GlinerConfig.isIn(model)
                ? of(EntityExtractor.load(model, options))
                : of(TokenClassifier.load(model, options));
    }

    /** Redacts by a model that is loaded, which is closed with the result. */
    public static Redactor of(EntityExtractor extractor) {
        return new Redactor(new NamedKinds(extractor));
    }

    /** Redacts by a model that is loaded, which is closed with the result. */
    public static Redactor of(SchemaExtractor extractor) {
        return new Redactor(new SchemaKinds(extractor));
    }

    /** Redacts by a model that is loaded, which is closed with the result. */
    public static Redactor of(TokenClassifier classifier) {
        return new Redactor(new OwnKinds(classifier));
    }

    /** Redacts one text; see {@link #redact(List, DetectionOptions, RedactionPolicy, ProgressListener)}. */
    public Redaction redact(String text, DetectionOptions options, RedactionPolicy policy) {
        return redact(List.of(text), options, policy).getFirst();
    }

    /** Redacts several texts. */
    public List<Redaction> redact(List<String> texts, DetectionOptions options, RedactionPolicy policy) {
        return redact(texts, options, policy, done -> {});
    }

    /**
     * Redacts texts. A text of white space alone stays unchanged.
     *
     * @param progress receives the number of finished windows after each batch; if it skips a text that is refused, the
     *     result for the text is empty
     * @throws PipelineException if labels are not the model's, or a text is not well-formed UTF-16
     */
    public List<Redaction> redact(
            List<String> texts, DetectionOptions options, RedactionPolicy policy, ProgressListener progress) {
        check(options, policy);
        Refusals refusals = new Refusals(progress);
        List<List<Entity>> found = find(texts, options, refusals);
        EntityReplacer replacer = new EntityReplacer(policy);
        List<Redaction> redactions = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            redactions.add(
                    refusals.rows.contains(i)
                            ? new Redaction("", List.of())
                            : replacer.replace(texts.get(i), found.get(i)));
        }
        return redactions;
    }

    /** Remembers the refused texts, which must not be returned unchanged. */
    private static final class Refusals implements ProgressListener {
        private final ProgressListener listener;
        private final Set<Integer> rows = new HashSet<>();

        Refusals(ProgressListener listener) {
            this.listener = listener;
        }

        @Override
        public void done(int done) {
            listener.done(done);
        }

        @Override
        public void unanswerable(RowMessage message) {
            listener.unanswerable(message);
            rows.add(message.row());
        }

        @Override
        public void cut(RowMessage message) {
            listener.cut(message);
        }
    }

    /**
     * Refuses labels without an effect, because a policy for a kind that is not looked for would silently do nothing.
     *
     * @throws PipelineException if labels are not the model's, or a policy names another one
     */
    public void check(DetectionOptions options, RedactionPolicy policy) {
        List<String> own = labels();
        if (hasOwnLabels()) {
            require(options.labels(), own, "the model has no label");
        }
        List<String> labels = options.labels().isEmpty() ? own : options.labels();
        require(policy.byLabel().keySet(), labels, "an operator is given for a label that is not looked for:");
    }

    /**
     * Returns the labels that are looked for if the options name none: {@link DetectionOptions#PERSONAL_DATA}, or all
     * labels of a model for token classification.
     */
    public List<String> labels() {
        return switch (finder) {
            case NamedKinds _, SchemaKinds _ -> DetectionOptions.PERSONAL_DATA;
            case OwnKinds(TokenClassifier classifier) ->
                classifier.labels().stream()
                        .map(EntityAggregation::type)
                        .filter(label -> !TokenClassificationOptions.DEFAULT
                                .ignoreLabels()
                                .contains(label))
                        .distinct()
                        .toList();
        };
    }

    /** Returns whether the model finds only {@link #labels()}. Other models find any labels that the options name. */
    public boolean hasOwnLabels() {
        return finder instanceof OwnKinds;
    }

    /** Returns the labels for a model that finds any labels. */
    private static List<String> named(DetectionOptions options) {
        return options.labels().isEmpty() ? DetectionOptions.PERSONAL_DATA : options.labels();
    }

    private static void require(Iterable<String> labels, List<String> known, String fault) {
        for (String label : labels) {
            if (!known.contains(label)) {
                throw new PipelineException(fault + " '" + label + "'; there are " + String.join(", ", known));
            }
        }
    }

    /**
     * Finds the entities to replace in texts, for an {@link EntityReplacer}. Entities may overlap.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a text is not well-formed UTF-16
     */
    public List<List<Entity>> find(List<String> texts, DetectionOptions options, ProgressListener progress) {
        List<List<Entity>> found = new ArrayList<>(Collections.nCopies(texts.size(), List.of()));
        // Models refuse blank texts, or find entities in them.
        EncodedRows<String> asked = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            broken(text).ifPresent(at -> {
                throw row.unanswerable("has half of a surrogate pair at character " + (at + 1) + ", which is not a"
                        + " character: correct it");
            });
            return WhiteSpace.isBlank(text) ? List.of() : List.of(text);
        });
        if (!asked.encodings().isEmpty()) {
            List<List<Entity>> all =
                    find(asked.encodings(), options, new PassedOn(progress, asked, texts.size()), finder);
            for (int i = 0; i < all.size(); i++) {
                found.set(asked.row(i), all.get(i));
            }
        }
        return found;
    }

    /** Returns the index of the first half of a surrogate pair that stands alone in a text; empty if there is none. */
    private static Optional<Integer> broken(String text) {
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            if (Character.getType(text.codePointAt(i)) == Character.SURROGATE) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** Passes messages about some rows to a listener, with their numbers among all rows. */
    private record PassedOn(ProgressListener listener, EncodedRows<String> rows, int count)
            implements ProgressListener {
        @Override
        public void done(int done) {
            listener.done(done);
        }

        @Override
        public void unanswerable(RowMessage message) {
            listener.unanswerable(named(message));
        }

        @Override
        public void cut(RowMessage message) {
            listener.cut(named(message));
        }

        private RowMessage named(RowMessage message) {
            int row = rows.row(message.row());
            return new RowMessage(row, TextModel.name("text", row, count), message.reason());
        }
    }

    private static List<List<Entity>> find(
            List<String> texts, DetectionOptions options, ProgressListener progress, Finder finder) {
        return switch (finder) {
            case NamedKinds(EntityExtractor extractor) -> {
                ExtractionOptions asked = ExtractionOptions.DEFAULT.withThreshold(
                        options.threshold().orElse(ExtractionOptions.DEFAULT.threshold()));
                yield extractor.candidates(
                        texts.stream()
                                .map(text -> ExtractionRequest.of(text, named(options), asked))
                                .toList(),
                        progress);
            }
            case SchemaKinds(SchemaExtractor extractor) -> {
                Schema schema =
                        Schema.ofEntities(named(options).stream().distinct().toArray(String[]::new));
                SchemaOptions asked = SchemaOptions.DEFAULT.withThreshold(
                        options.threshold().orElse(SchemaOptions.DEFAULT.threshold()));
                yield extractor.candidates(texts, schema, asked, progress);
            }
            case OwnKinds(TokenClassifier classifier) -> ofTokens(classifier, texts, options, progress);
        };
    }

    /** Returns the labelled tokens as entities, each widened to its whole word. */
    private static List<List<Entity>> ofTokens(
            TokenClassifier classifier, List<String> texts, DetectionOptions options, ProgressListener progress) {
        TokenClassificationOptions asked = TokenClassificationOptions.DEFAULT.withStrategy(AggregationStrategy.SIMPLE);
        List<List<Entity>> all = classifier.ofWindows(texts, asked, progress);
        List<List<Entity>> kept = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            String text = texts.get(i);
            kept.add(all.get(i).stream()
                    .filter(e -> options.labels().isEmpty() || options.labels().contains(e.entity()))
                    .filter(e -> e.score() >= options.threshold().orElse(0))
                    .map(e -> WholeWords.around(text, e))
                    .toList());
        }
        return kept;
    }

    @Override
    public Tokenizer tokenizer() {
        return finder.pipeline().tokenizer();
    }

    @Override
    public int maxLength() {
        return finder.pipeline().maxLength();
    }

    @Override
    public LengthUnit lengthUnit() {
        return finder.pipeline().lengthUnit();
    }

    @Override
    public void close() {
        finder.pipeline().close();
    }
}
