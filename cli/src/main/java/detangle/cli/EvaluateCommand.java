package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.PaddedStates;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.runtime.BatchLoss;
import detangle.runtime.OptionValues;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.train.report.JsonResults;
import detangle.train.task.Task;
import detangle.train.task.TaskEvaluator;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "evaluate",
        description = "Measures how well a model does on labelled rows.",
        mixinStandardHelpOptions = true)
final class EvaluateCommand implements Runnable {
    private static final List<String> LABELS =
            List.of(InputNames.LABELS, InputNames.START_POSITIONS, InputNames.END_POSITIONS);

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "Labelled rows, in a file of the kinds that train reads.")
    private Path file;

    @Mixin
    private DataOptions data;

    @Mixin
    private EvaluationArguments evaluation;

    @Mixin
    private AdapterOption adapter;

    @Option(
            names = "--results",
            paramLabel = "FILE",
            description = "A file to which the measures are also written, as JSON.")
    private Optional<Path> results;

    @Mixin
    private BackendOption backend;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private WeightTypeOption weightType;

    @Mixin
    private ThreadsOption threads;

    @Override
    public void run() {
        evaluation.check(spec);
        threads.apply();
        Path folder = model.folder();
        DebertaConfig written = adapter.config(folder);
        Architecture head = data.task().orElseGet(() -> CheckpointHeads.choose(folder, Optional.empty(), written));
        DebertaConfig config = data.measured(written, head);
        if (head == Architecture.ENCODER) {
            throw new CliException(folder + " has no head of a task: train one, or say --task");
        }
        Tokenizer tokenizer = Tokenizers.load(folder);
        LabelledData.Reading how = data.reading(head, tokenizer, config);
        TrainingFile rows = data.file(file);
        LabelledData.checkColumns(head, how, List.of(rows));
        LabelledData labelled = LabelledData.read(rows, head, how, known(head, config));
        labelled.notices().forEach(notice -> spec.commandLine().getErr().println("detangle: " + notice));
        TaskEvaluator evaluator = new TaskEvaluator(
                labelled.examples(),
                evaluation.collator(how, config, head, EvaluationArguments.SEED),
                evaluation.batch(),
                labelled::scorer,
                head);
        SequencedMap<String, Double> measures = new LinkedHashMap<>();
        evaluate(folder, config, options(head), evaluator)
                .forEach((name, value) -> measures.put("eval_" + name, value));
        measures.put("eval_samples", (double) labelled.examples().size());
        spec.commandLine().getOut().print(TrainingOutputs.table(measures));
        spec.commandLine().getOut().flush();
        results.ifPresent(json -> JsonResults.write(json, measures));
    }

    private SessionOptions options(Architecture head) {
        SessionOptions placed = OptionValues.with(sessionOptions(head), backend.name(), SessionOptions::withBackend);
        SessionOptions adapted = OptionValues.with(placed, adapter.folder(), SessionOptions::withAdapter);
        return OptionValues.with(adapted, weightType.narrowed(), SessionOptions::withWeightType)
                .withPrecision(precision.chosen(backend.name()));
    }

    /** Returns the options of a model whose loss is that of training. */
    static SessionOptions sessionOptions(Architecture head) {
        return SessionOptions.DEFAULT
                .withHead(head)
                .withHiddenStates(false)
                .withMaskedRows(head.predictsMasks())
                .withPadding(head == Architecture.QUESTION_ANSWERING ? PaddedStates.UNIFORM : PaddedStates.NOTHING);
    }

    /** Measures the model of a folder, whose configuration is that of its adapter if the options have one. */
    static SequencedMap<String, Double> evaluate(
            Path folder, DebertaConfig config, SessionOptions options, TaskEvaluator evaluator) {
        try (Session session = Session.load(folder, options)) {
            return evaluator.evaluate(inputs -> run(session, config, evaluator.head(), inputs));
        }
    }

    /** Returns the labels that the model has learned; rows may have no others. */
    private static Optional<Task> known(Architecture head, DebertaConfig config) {
        return switch (head) {
            case SEQUENCE_CLASSIFICATION -> Optional.of(Task.classification(config.problemType(), config.labels()));
            case TOKEN_CLASSIFICATION -> Optional.of(Task.tokenClassification(config.labels()));
            default -> Optional.empty();
        };
    }

    private static Map<String, Tensor> run(
            Session session, DebertaConfig config, Architecture head, Map<String, Tensor> batch) {
        Map<String, Tensor> inputs = new HashMap<>(batch);
        Map<String, Tensor> labels = new HashMap<>(batch);
        inputs.keySet().removeAll(LABELS);
        labels.keySet().retainAll(LABELS);
        Map<String, Tensor> outputs = new HashMap<>(session.run(inputs));
        outputs.putAll(BatchLoss.of(head, config, outputs, inputs, labels));
        return outputs;
    }
}
