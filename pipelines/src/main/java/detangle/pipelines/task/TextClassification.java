package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.models.text.Truncation;
import detangle.pipelines.Classification;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.StrongestWindow;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.WindowOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Classifies texts or pairs of texts: HuggingFace's {@code text-classification}. */
public final class TextClassification extends TextTask<TextClassifier> {
    private static final Field PAIR =
            Field.optional("text_pair", "a second text, which goes with the first", new Field.Text());
    private static final Field TOP_K =
            Field.optional("top_k", "how many labels at most; all by default", new Field.Whole(1));
    private static final Field FUNCTION = Field.optional(
            "function_to_apply",
            "what makes scores of logits; what goes with the model by default",
            Field.Word.of(FunctionToApply.class));

    private static final Field STRIDE = Field.optional(
            "stride",
            "tokens that two windows of a long text share; the text is read in windows, and the strongest one answers"
                    + " and tells its place",
            new Field.Whole(0));
    private static final Field WATCH = Field.optional(
            "watch",
            "the labels that make a window strong, such as INJECTION, where there are windows; the surest label by"
                    + " default",
            new Field.Texts());

    TextClassification() {}

    @Override
    public String name() {
        return "text-classification";
    }

    @Override
    public String description() {
        return "The labels of texts or pairs of texts with their scores, the best first";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT, PAIR);
    }

    @Override
    public List<Field> options() {
        return List.of(TOP_K, FUNCTION, STRIDE, WATCH, OFFSETS, TRUNCATE, TRUNCATION_DIRECTION);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(
                Column.text("label"), Column.score("score"), Column.whole("start"), Column.whole("end")));
    }

    @Override
    public boolean answersInLists() {
        return true;
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head() == Architecture.SEQUENCE_CLASSIFICATION;
    }

    @Override
    public TextClassifier load(Path model, PipelineOptions options) {
        return TextClassifier.load(model, options);
    }

    @Override
    public TextClassifier withTruncation(TextClassifier classifier, Truncation.Side side) {
        return classifier.withTruncation(side);
    }

    @Override
    public List<Loaded<?>> beside(TextClassifier classifier) {
        return classifier.zeroShot().stream()
                .<Loaded<?>>map(zeroShot -> new Loaded<>(new ZeroShotClassification(), zeroShot))
                .toList();
    }

    @Override
    public String facts(TextClassifier classifier) {
        return classifier.labels().size() + " labels";
    }

    @Override
    public List<Object> answer(
            TextClassifier pipeline, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        TextClassifier classifier = options.optionalText(FUNCTION.name())
                .map(name -> pipeline.withFunction(FunctionToApply.valueOf(name.toUpperCase(Locale.ROOT))))
                .orElse(pipeline);
        int topK = options.optionalWhole(TOP_K.name()).orElse(Integer.MAX_VALUE);
        if (options.has(STRIDE.name())) {
            return inWindows(classifier, rows, options, topK, form.with(options), progress);
        }
        if (options.has(WATCH.name())) {
            throw new PipelineException("watch goes with stride, which has long texts read in windows");
        }
        List<Object> answers = new ArrayList<>();
        for (List<Classification> labels : labels(classifier, rows, progress)) {
            answers.add(
                    labels.stream().limit(topK).map(label -> json(label, form)).toList());
        }
        return answers;
    }

    private static List<Object> inWindows(
            TextClassifier classifier,
            List<Fields> rows,
            Fields options,
            int topK,
            AnswerForm form,
            ProgressListener progress) {
        if (rows.stream().anyMatch(row -> row.has(PAIR.name()))) {
            throw new PipelineException("stride is for texts and not for pairs of them: leave out text_pair");
        }
        List<String> texts = texts(rows);
        WindowOptions windows = new WindowOptions(options.whole(STRIDE.name()), options.texts(WATCH.name()));
        List<StrongestWindow> all = classifier.classifyInWindows(texts, windows, progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            StrongestWindow window = all.get(i);
            AnswerForm.Places places = form.new Places(texts.get(i));
            int start = places.of(window.start());
            int end = places.of(window.end());
            answers.add(window.labels().stream()
                    .limit(topK)
                    .map(label -> {
                        SequencedMap<String, Object> json = json(label, form);
                        json.put("start", start);
                        json.put("end", end);
                        return json;
                    })
                    .toList());
        }
        return answers;
    }

    /** Returns a label as HuggingFace's pipeline returns it. */
    public static SequencedMap<String, Object> json(Classification label, AnswerForm form) {
        return AnswerForm.object("label", label.label(), "score", form.score().apply(label.score()));
    }

    /** Returns all labels of each row. A request may mix texts and pairs; each kind runs together. */
    private static List<List<Classification>> labels(
            TextClassifier classifier, List<Fields> rows, ProgressListener progress) {
        List<List<Classification>> all = new ArrayList<>(Collections.nCopies(rows.size(), null));
        BiFunction<Boolean, List<Fields>, List<List<Classification>>> run = (pairs, some) -> pairs
                ? classifier.classifyPairs(
                        some.stream()
                                .map(row -> new TextPair(row.text(TEXT.name()), row.text(PAIR.name())))
                                .toList(),
                        progress)
                : classifier.classify(texts(some), progress);
        for (boolean pairs : new boolean[] {false, true}) {
            List<Integer> places = Stream.iterate(0, i -> i < rows.size(), i -> i + 1)
                    .filter(i -> rows.get(i).has(PAIR.name()) == pairs)
                    .toList();
            if (!places.isEmpty()) {
                List<List<Classification>> some =
                        run.apply(pairs, places.stream().map(rows::get).toList());
                for (int i = 0; i < places.size(); i++) {
                    all.set(places.get(i), some.get(i));
                }
            }
        }
        return all;
    }
}
