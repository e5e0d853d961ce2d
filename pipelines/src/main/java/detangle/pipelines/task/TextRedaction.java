package detangle.pipelines.task;

import detangle.pipelines.DetectionOptions;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.Redactor;
import detangle.pipelines.redaction.CounterScope;
import detangle.pipelines.redaction.HashKey;
import detangle.pipelines.redaction.OperatorKind;
import detangle.pipelines.redaction.OperatorOptions;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.redaction.ReplacedPart;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * Redacts texts: {@code redact}, in the words of Presidio if it has them. The key of hashes comes from the server's
 * environment and not from requests, so that hashes of all clients can be compared.
 */
public final class TextRedaction extends TextTask<Redactor> {
    private static final Field LABELS = Field.optional(
            "labels",
            "what is looked for, in words: person, credit card number; by default personal data, or all labels of a model"
                    + " that has its own",
            new Field.Texts());
    private static final Field THRESHOLD =
            Field.optional("threshold", "the least probability of an entity", new Field.Number(0, 1));
    private static final Field OPERATOR =
            Field.optional("operator", "what is done with what is found", Field.Word.of(OperatorKind.class), "replace");
    private static final Field OPERATORS =
            Field.optional("operators", "other operators for some labels: city=keep", new Field.Texts());
    private static final Field COUNTERS = Field.optional(
            "counters",
            "whether the same part has the same number within its text or within all texts of the request",
            Field.Word.of(CounterScope.class),
            "text");
    private static final Field NEW_VALUE = Field.optional(
            "new_value",
            "what replace leaves, with {label} for the name of the kind; [{label}] by default",
            new Field.Text());
    private static final Field MASKING_CHAR =
            Field.optional("masking_char", "what mask leaves, * by default", new Field.Text());
    private static final Field HASH_LENGTH =
            Field.optional("hash_length", "hexadecimal digits of a hash, up to 64; 16 by default", new Field.Whole(8));

    private final Supplier<Optional<HashKey>> key;

    TextRedaction() {
        this(HashKey::ofEnvironment);
    }

    /** @param key supplies the key of hashes when an operator needs it */
    TextRedaction(Supplier<Optional<HashKey>> key) {
        this.key = key;
    }

    @Override
    public String name() {
        return "redact";
    }

    @Override
    public String description() {
        return "Texts in which what is found is replaced or masked. Long texts are read in windows";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(LABELS, THRESHOLD, OPERATOR, OPERATORS, COUNTERS, NEW_VALUE, MASKING_CHAR, HASH_LENGTH, OFFSETS);
    }

    @Override
    public Column.Type answer() {
        return new Column.ObjectOf(
                Column.text("text"),
                Column.listOf(
                        "spans",
                        new Column.ObjectOf(
                                Column.text("label"),
                                Column.score("score"),
                                Column.whole("start"),
                                Column.whole("end"),
                                Column.text("replacement"),
                                Column.whole("new_start"),
                                Column.whole("new_end"))));
    }

    /**
     * Returns false: the first task of a model that finds entities is to return them, and it does this task as well.
     */
    @Override
    public boolean suits(ModelFacts model) {
        return false;
    }

    @Override
    public Redactor load(Path model, PipelineOptions options) {
        return Redactor.load(model, options);
    }

    @Override
    public List<Object> answer(
            Redactor redactor, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        DetectionOptions detection = OptionValues.with(
                DetectionOptions.DEFAULT.withLabels(options.texts(LABELS.name())),
                options.has(THRESHOLD.name()) ? Optional.of(options.number(THRESHOLD.name())) : Optional.empty(),
                DetectionOptions::withThreshold);
        List<String> texts = texts(rows);
        List<Redaction> redactions = redactor.redact(texts, detection, policy(options), progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Redaction redaction = redactions.get(i);
            answers.add(AnswerForm.object(
                    "text", redaction.text(), "spans", spans(texts.get(i), redaction, form.with(options))));
        }
        return answers;
    }

    private RedactionPolicy policy(Fields options) {
        OperatorKind operator =
                OperatorKind.valueOf(options.text(OPERATOR.name()).toUpperCase(Locale.ROOT));
        List<String> operators = options.texts(OPERATORS.name());
        CounterScope counters =
                CounterScope.valueOf(options.text(COUNTERS.name()).toUpperCase(Locale.ROOT));
        OperatorOptions named = OptionValues.with(
                OptionValues.with(
                        OperatorOptions.DEFAULT, options.optionalText(NEW_VALUE.name()), OperatorOptions::withNewValue),
                options.optionalText(MASKING_CHAR.name()),
                OperatorOptions::withMaskingChar);
        OperatorOptions told =
                OptionValues.with(named, options.optionalWhole(HASH_LENGTH.name()), OperatorOptions::withHashLength);
        // A key that no operator needs may be missing, or not be valid.
        boolean hashes = operator == OperatorKind.HASH
                || operators.stream().anyMatch(o -> o.toLowerCase(Locale.ROOT).endsWith("hash"));
        RedactionPolicy policy = RedactionPolicy.of(
                operator,
                operators,
                counters,
                OptionValues.with(told, hashes ? key.get() : Optional.empty(), OperatorOptions::withKey));
        requireUse(policy, options, NEW_VALUE, RedactionOperator.Replace.class);
        requireUse(policy, options, MASKING_CHAR, RedactionOperator.Mask.class);
        requireUse(policy, options, HASH_LENGTH, RedactionOperator.Hash.class);
        return policy;
    }

    /** Refuses options of an operator that no kind has. */
    private static void requireUse(
            RedactionPolicy policy, Fields options, Field field, Class<? extends RedactionOperator> operator) {
        boolean isUsed = operator.isInstance(policy.standard())
                || policy.byLabel().values().stream().anyMatch(operator::isInstance);
        if (options.has(field.name()) && !isUsed) {
            throw new PipelineException(field.name() + " is for an operator that neither operator nor operators names: "
                    + "leave it out, or name the operator too");
        }
    }

    /** Returns the replaced parts, with their places in the text and in the redacted text. */
    public static List<SequencedMap<String, Object>> spans(String text, Redaction redaction, AnswerForm form) {
        AnswerForm.Places before = form.new Places(text);
        AnswerForm.Places after = form.new Places(redaction.text());
        List<SequencedMap<String, Object>> spans = new ArrayList<>();
        for (ReplacedPart part : redaction.parts()) {
            spans.add(AnswerForm.object(
                    "label",
                    part.label(),
                    "score",
                    form.score().apply(part.score()),
                    "start",
                    before.of(part.start()),
                    "end",
                    before.of(part.end()),
                    "replacement",
                    part.replacement(),
                    "new_start",
                    after.of(part.newStart()),
                    "new_end",
                    after.of(part.newEnd())));
        }
        return spans;
    }
}
