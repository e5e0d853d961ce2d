package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.cli.Failures.CliException;
import detangle.ir.DType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.files.WholeFiles;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.runtime.OptionValues;
import detangle.runtime.SessionOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback.Evaluation;
import detangle.train.TrainingOptions;
import detangle.train.TrainingResult;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import detangle.train.data.Example;
import detangle.train.data.InputMasking;
import detangle.train.data.Order;
import detangle.train.lora.LoraOptions;
import detangle.train.report.TrainingLog;
import detangle.train.task.TaskEvaluator;
import detangle.train.task.TaskModel;
import detangle.train.task.TaskModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "train",
        description = {
            "Fine-tunes a model on labelled rows, or trains one from scratch.",
            "Options have the names and defaults of HuggingFace's Trainer, with dashes or underscores."
        },
        mixinStandardHelpOptions = true)
final class TrainCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--train-file",
            required = true,
            paramLabel = "FILE",
            description = "Labelled rows: .csv, .tsv, .json, .jsonl or .parquet; .conll with a word a line; a .json of"
                    + " SQuAD; a"
                    + " folder with a folder of .txt files for each class; .txt for masked-lm.")
    private Path trainFile;

    @Option(
            names = "--validation-file",
            paramLabel = "FILE",
            description = "Rows to validate with, in a file of the same kinds.")
    private Optional<Path> validationFile;

    @Option(
            names = "--validation-split",
            paramLabel = "X",
            description = "The share of the rows that is drawn at random to validate with, such as 0.1, instead of such"
                    + " a file.")
    private Optional<Double> validationSplit;

    @Option(
            names = "--output-dir",
            required = true,
            paramLabel = "FOLDER",
            description = "The folder to which the model or the adapter (in PEFT's files), checkpoints and reports are"
                    + " written.")
    private Path outputDir;

    @Option(
            names = "--overwrite-output-dir",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Write into a folder that has a model already, and delete its checkpoints and the files of"
                    + " that model.")
    private boolean overwrites;

    @Mixin
    private ModelArguments model;

    @Mixin
    private DataOptions data;

    @Mixin
    private OptimizerArguments optimizer;

    @Mixin
    private RunArguments run;

    @Mixin
    private EvaluationArguments evaluation;

    @Mixin
    private LoraArguments adapter;

    @Option(
            names = "--weight-type",
            paramLabel = "TYPE",
            description = "The type of weights that are not trained, with --lora: ${COMPLETION-CANDIDATES}.")
    private Optional<WeightTypeOption.WeightType> weightType;

    @Option(
            names = "--input-mask-probability",
            paramLabel = "X",
            description = "The probability with which each token is replaced by [MASK], drawn again in each epoch,"
                    + " so that a small model does not learn rows by heart; 0 by default.")
    private double maskProbability;

    @Option(
            names = "--group-by-length",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Put rows of similar length together.")
    private boolean groups;

    @Mixin
    private LossArguments loss;

    @Mixin
    private SiftArguments sift;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private PrecisionArguments halves;

    @Mixin
    private ReportArguments report;

    @Mixin
    private BackendOption backend;

    @Mixin
    private ThreadsOption threads;

    /** Returns the collator of training: that of evaluations, which also hides tokens if the user asked for it. */
    private Collator hiding(Collator collator, Tokenizer tokenizer, Architecture head, long seed) {
        if (maskProbability == 0) {
            return collator;
        }
        if (head.predictsMasks()) {
            throw new CliException(
                    DataOptions.name(head) + " masks tokens by itself: leave --input-mask-probability out");
        }
        int mask = tokenizer
                .maskTokenId()
                .orElseThrow(() -> new CliException(
                        "the tokenizer has no [MASK], which --input-mask-probability needs: leave it out"));
        return collator.withInputMasking(new InputMasking(mask, maskProbability, seed));
    }

    /** The data to train with, and the data to validate with if there are any. */
    private record Sets(LabelledData training, Optional<LabelledData> validation) {}

    @Override
    public void run() {
        check();
        threads.apply();
        ComputePrecision computing = halves.chosen(precision, backend.name());
        Optional<LoraOptions> lora = adapter.options(
                weightType.map(WeightTypeOption.WeightType::dtype).filter(type -> type != DType.F32));
        TrainingFile file = data.file(trainFile);
        Architecture head = data.head(file);
        Path folder = model.folder();
        if (overwrites) {
            new OutputFolder(outputDir).checkKeeps(folder);
        }
        Path vocabulary = model.vocabulary(folder);
        Tokenizer tokenizer = Tokenizers.load(vocabulary);
        DebertaConfig original = DebertaConfig.read(folder);
        original.checkTokenizer(tokenizer, vocabulary);
        TrainingOptions options = run.options(
                        outputDir, overwrites, validationFile.isPresent() || validationSplit.isPresent())
                .with(halves.scaled(optimizer.options(run.recipe()), run.recipe()))
                .withPrecision(computing);
        TrainingProgress progress = new TrainingProgress(
                spec.commandLine().getErr(), Boolean.getBoolean("detangle.terminal"), run.resumes());
        halves.notice(computing).ifPresent(progress::say);
        LabelledData.Reading how = data.reading(head, tokenizer, original);
        Sets sets = sets(file, how, head, options.seed(), progress);
        List<Example> examples = sets.training.examples();
        TaskModel task = taskModel(folder, vocabulary, sets.training, lora, options.seed());
        task.notices().forEach(progress::say);
        Collator collator = evaluation.collator(how, task.config(), head, options.seed());
        EpochBatches batches = new EpochBatches(
                examples,
                hiding(collator, tokenizer, head, options.seed()),
                options.batchPlan(examples.size(), 1),
                groups ? Order.GROUPED_BY_LENGTH : Order.SHUFFLED,
                options.orderSeed());
        progress.say("training on " + examples.size() + " rows"
                + sets.validation
                        .map(v -> ", validating with " + v.examples().size())
                        .orElse("")
                + (sets.training.task().labels().size() > 1
                        ? ", " + sets.training.task().labels().size() + " labels"
                        : "")
                + ": " + DataOptions.name(head));
        backend.described().ifPresent(device -> progress.say("computing on " + device));
        Optional<TaskEvaluator> evaluator = sets.validation.map(
                v -> new TaskEvaluator(v.examples(), collator, evaluation.batch(), v::scorer, head));
        TrainableModel trained = task.model()
                .withObjective(evaluation.objective(head))
                .withObjective(
                        maskProbability > 0
                                ? Map.of("input_mask_probability", Double.toString(maskProbability))
                                : Map.of());
        Trainer plain = new Trainer(trained, batches, onBackend(options));
        Trainer evaluated = evaluator.map(plain::with).orElse(plain);
        evaluated.check();
        new OutputFolder(outputDir).make();
        try (TrainingOutputs outputs = new TrainingOutputs(outputDir, report.tensorBoard(outputDir))) {
            TrainingLog log = new TrainingLog(report.every(batches, options), entry -> {
                progress.log(entry);
                outputs.add(entry);
            });
            Trainer told = evaluated
                    .with(new FreesAfterLoading())
                    .with(progress)
                    .with(outputs)
                    .with(log);
            TrainingResult result = trained(told, progress);
            write(task, result, lora.isPresent(), List.of(folder, vocabulary));
            double seconds = progress.seconds();
            double epoch = (double) result.steps() / batches.updates();
            boolean isEvaluated =
                    TrainingOutputs.evaluation(result, options, log).isPresent();
            evaluator.filter(e -> !isEvaluated).ifPresent(e -> {
                SessionOptions loaded = OptionValues.with(
                        EvaluateCommand.sessionOptions(head), backend.name(), SessionOptions::withBackend);
                // The output folder holds a model, or an adapter of the model that training began with.
                Path whole = lora.isPresent() ? folder : outputDir;
                SessionOptions adapted = lora.isPresent() ? loaded.withAdapter(outputDir) : loaded;
                log.onEvaluate(new Evaluation(
                        result.steps(), epoch, EvaluateCommand.evaluate(whole, task.config(), adapted, e), false));
            });
            outputs.end(
                    new TrainingOutputs.Ended(
                            result,
                            epoch,
                            examples.size(),
                            progress.rows(),
                            progress.updates(),
                            seconds,
                            options,
                            sets.validation.map(v -> v.examples().size()).orElse(0)),
                    log,
                    OptionsAsGiven.of(spec));
            spec.commandLine().getOut().print(outputs.table());
            spec.commandLine().getOut().flush();
            progress.say("wrote the " + (lora.isPresent() ? "adapter" : "model") + " and report.html to " + outputDir);
        }
    }

    private void check() {
        model.check(adapter.isAsked());
        if (validationFile.isPresent() && validationSplit.isPresent()) {
            throw wrongUse("--validation-split goes without --validation-file");
        }
        if (validationSplit.filter(x -> !(x > 0 && x < 1)).isPresent()) {
            throw wrongUse("--validation-split is between 0 and 1");
        }
        evaluation.check(spec);
        if (!(maskProbability >= 0 && maskProbability < 1)) {
            throw wrongUse("--input-mask-probability must be at least 0 and below 1");
        }
        report.check();
        halves.check();
        run.check(validationFile.isPresent() || validationSplit.isPresent());
        run.checkpoint().ifPresent(new OutputFolder(outputDir)::checkIsNot);
        new OutputFolder(outputDir).check(overwrites || run.resumes());
        backend.check();
        loss.check();
        sift.options(run.recipe()); // Refuses numbers outside their ranges.
    }

    private static TrainingResult trained(Trainer trainer, TrainingProgress progress) {
        try {
            return trainer.train();
        } finally {
            progress.clear(); // The message of a failure needs a line of its own.
        }
    }

    /** @param reads the folders of the model and the tokenizer that training began with */
    private void write(TaskModel task, TrainingResult result, boolean adapts, List<Path> reads) {
        try {
            task.model().writer().orElseThrow().write(outputDir, result.parameters());
            if (overwrites) {
                new OutputFolder(outputDir).deleteOthers(adapts ? Optional.empty() : Optional.of(task.files()), reads);
            }
        } catch (IOException e) {
            throw new CliException("the model cannot be written to " + outputDir + ": " + WholeFiles.reason(e));
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private Sets sets(
            TrainingFile file, LabelledData.Reading how, Architecture head, long seed, TrainingProgress progress) {
        Optional<TrainingFile> validationRows = validationFile.map(data::file);
        LabelledData.checkColumns(
                head,
                how,
                Stream.concat(Stream.of(file), validationRows.stream()).toList());
        LabelledData all = LabelledData.read(file, head, how, Optional.empty());
        all.notices().forEach(progress::say);
        if (validationSplit.isPresent()) {
            LabelledData.Parts parts = all.split(validationSplit.get(), file.name(), seed);
            parts.training().notices().forEach(progress::say);
            return new Sets(parts.training(), Optional.of(parts.validation()));
        }
        Optional<LabelledData> validation =
                validationRows.map(rows -> LabelledData.read(rows, head, how, Optional.of(all.task())));
        validation.ifPresent(v -> v.notices().forEach(progress::say));
        return new Sets(all, validation);
    }

    /** Makes the model to train. With an adapter, the encoder's weights in single precision can be freed afterwards. */
    private TaskModel taskModel(
            Path folder, Path vocabulary, LabelledData training, Optional<LoraOptions> lora, long seed) {
        Architecture head = training.task().head();
        TrainingModelOptions losses = TrainingModelOptions.of(head).with(loss.options(training));
        TaskModelOptions options = TaskModelOptions.of(head)
                .with(OptionValues.with(losses, sift.options(run.recipe()), TrainingModelOptions::with))
                .withSeed(seed);
        TaskModel whole = model.taskModel(folder, vocabulary, training.task(), options);
        return lora.map(asked -> whole.withAdapter(asked, model.name(folder), seed))
                .orElse(whole);
    }

    private TrainingOptions onBackend(TrainingOptions options) {
        return OptionValues.with(options, backend.name(), TrainingOptions::withBackend);
    }
}
