package detangle.cli;

import detangle.ir.InternalException;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.Redactor;
import detangle.pipelines.redaction.CounterScope;
import detangle.pipelines.redaction.EntityReplacer;
import detangle.pipelines.redaction.OperatorKind;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.pipelines.task.Column;
import detangle.runtime.OptionValues;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "redact",
        aliases = "anonymize",
        description = "Replaces or masks what a model finds in texts. A GLiNER or GLiNER2 model looks for the"
                + " kinds of --labels, or for personal data; a model for token classification looks for the"
                + " kinds that it was trained for. A text in which nothing is found stays unchanged. Long"
                + " texts are read in windows.",
        mixinStandardHelpOptions = true)
final class RedactCommand extends PipelineCommand<Redactor> {
    /** The words of {@code --operator}. */
    static final class Operators extends NamedValues<OperatorKind> {
        Operators() {
            super(all(OperatorKind.class), NamedValues::lowerCase);
        }
    }

    /** The words of {@code --counters}. */
    static final class Scopes extends NamedValues<CounterScope> {
        Scopes() {
            super(all(CounterScope.class), NamedValues::lowerCase);
        }
    }

    /** The findings in a text, until its turn comes. */
    private record Found(String text, List<Entity> entities) {}

    @Option(names = "--labels", paramLabel = "LABEL", split = ",", description = ExtractCommand.LABELS)
    private List<String> labels = List.of();

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description = "The least probability; 0.5 by default, and none for a model for token classification.")
    private Optional<Double> threshold;

    @Option(
            names = "--operator",
            paramLabel = "NAME",
            converter = Operators.class,
            completionCandidates = Operators.class,
            description = "The operator for the parts that are found: ${COMPLETION-CANDIDATES}. replace, the"
                    + " default, writes [PERSON], number [PERSON_1], hash [PERSON_3b0c8a6f1d2e4975], mask an"
                    + " asterisk for each character, and redact nothing.")
    private OperatorKind operator = OperatorKind.REPLACE;

    @Option(
            names = "--operators",
            paramLabel = "LABEL=NAME",
            split = ",",
            description = "Other operators for some labels: city=keep,iban=hash.")
    private List<String> operators = List.of();

    @Option(
            names = "--counters",
            paramLabel = "SCOPE",
            converter = Scopes.class,
            completionCandidates = Scopes.class,
            description = "The scope in which the same part has the same number: ${COMPLETION-CANDIDATES}; text by"
                    + " default.")
    private CounterScope counters = CounterScope.TEXT;

    @Mixin
    private OperatorArguments settings;

    @Mixin
    private RedactionReport report;

    private RedactionPolicy policy = RedactionPolicy.DEFAULT;
    private EntityReplacer replacer = new EntityReplacer(policy);

    @Override
    Redactor load(Path folder, PipelineOptions options) {
        Redactor redactor = Redactor.load(folder, options);
        try {
            redactor.check(detection(), policy);
            return redactor;
        } catch (RuntimeException | Error e) {
            redactor.close();
            throw e;
        }
    }

    private DetectionOptions detection() {
        return OptionValues.with(
                DetectionOptions.DEFAULT.withLabels(labels), threshold, DetectionOptions::withThreshold);
    }

    @Override
    void check(boolean fromFile) {
        if (threshold.filter(value -> !(value >= 0 && value <= 1)).isPresent()) {
            throw wrongUse("--threshold is between 0 and 1");
        }
        labels = labels.isEmpty() ? labels : names("--labels", labels);
        operators = operators.isEmpty() ? operators : names("--operators", operators);
        policy = settings.policy(operator, operators, counters);
        replacer = new EntityReplacer(policy);
        report.check(fromFile ? Optional.of(input().file()) : Optional.empty(), outputFile());
    }

    @Override
    boolean mayBeBlank() {
        return true;
    }

    /** Returns no columns: the output never tells what stood in a text. */
    @Override
    List<Column> asked() {
        return List.of();
    }

    @Override
    SequencedMap<String, Object> asked(List<Object> row) {
        return Result.object();
    }

    private String column() {
        return input().column().orElseGet(this::textColumn);
    }

    @Override
    List<Column> answer() {
        return List.of(Column.text(column()));
    }

    @Override
    List<String> columns() {
        return List.of(column());
    }

    @Override
    List<Result> run(Redactor redactor, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        List<List<Entity>> all = redactor.find(texts, detection(), counting(progress, windows -> 0));
        progress.done(texts.size());
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            results.add(new Result(i, new Found(texts.get(i), all.get(i)), Result.object(), List.of(), ""));
        }
        return results;
    }

    /** Replaces what was found: the numbers of a run follow the order of its rows. */
    @Override
    RowLoop.Row printed(RowLoop.Row row) {
        if (row.fault().isPresent()) {
            return row;
        }
        Result computed = row.results().getFirst();
        if (!(computed.json() instanceof Found(String text, List<Entity> entities))) {
            throw new InternalException("redact has computed " + computed);
        }
        Redaction redaction = replacer.replace(text, entities);
        report.add(row.source(), text, redaction);
        SequencedMap<String, Object> answer = Result.object(column(), redaction.text());
        String ending = input().present() ? row.source().after() : System.lineSeparator();
        return row.with(List.of(new Result(
                computed.row(),
                answer,
                answer,
                List.of(List.of(redaction.text())),
                row.source().before() + redaction.text() + ending)));
    }

    /** The lines of a table's texts are told apart by escapes; those of a file of texts are as they were. */
    @Override
    ResultPrinter textPrinter(Supplier<PrintWriter> target) {
        return input().present() && input().format().hasColumns()
                ? super.textPrinter(target)
                : new ExactPrinter(target);
    }

    @Override
    void done() {
        report.end();
    }
}
