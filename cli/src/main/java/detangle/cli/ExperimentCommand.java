package detangle.cli;

import detangle.experiment.Experiment;
import detangle.experiment.ExperimentOptions;
import detangle.experiment.ExperimentTask;
import detangle.experiment.ModelSource;
import detangle.experiment.Preset;
import detangle.experiment.TaskOption;
import detangle.experiment.Tasks;
import detangle.runtime.OptionValues;
import detangle.train.TrainingOptions;
import detangle.train.report.LogEntry;
import detangle.train.report.TrainingLog;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs an experiment, as the original's {@code python -m DeBERTa.apps.run} does. */
@Command(
        name = "experiment",
        description = {
            "Trains, evaluates and predicts the original's tasks: GLUE and others.",
            "Options have the names and defaults of microsoft/DeBERTa's apps.run; the beginning of a name is"
                    + " enough where"
                    + " no other begins so."
        },
        preprocessor = ExperimentSpelling.class,
        mixinStandardHelpOptions = true)
final class ExperimentCommand implements Runnable {
    /** The name that stands for all tasks. */
    static final String ALL = "*";

    private static final long LOG_EVERY = 100;

    @Spec
    private CommandSpec spec;

    @Option(names = "--list", description = "Print all tasks and their presets.")
    private boolean lists;

    @Option(
            names = "--task_name",
            paramLabel = "NAME",
            description = "The task, in any case; '*' prints all of them, as --list does.")
    private Optional<String> taskName;

    @Option(
            names = "--task_dir",
            paramLabel = "PATH",
            description = "A jar, or a folder of jars or classes, with tasks of your own.")
    private Optional<Path> taskDir;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description = "The name of a model, such as base: takes the options of the original's script of the"
                    + " task for this model. Other options on the command line replace them.")
    private Optional<String> preset;

    @Option(names = "--data_dir", paramLabel = "FOLDER", description = "The folder with the files of the task.")
    private Path dataDir = Path.of(".");

    @Option(
            names = "--output_dir",
            paramLabel = "FOLDER",
            description = "The folder to which results and checkpoints are written.")
    private Optional<Path> outputDir;

    @Option(
            names = "--max_seq_length",
            paramLabel = "N",
            description = "The most tokens of an example; longer ones are cut; 128 by default.")
    private int maxSeqLength = 128;

    @Option(names = "--do_train", description = "Train the model.")
    private boolean doTrain;

    @Option(names = "--do_eval", description = "Evaluate the model before training, or without training.")
    private boolean doEval;

    @Option(
            names = "--do_predict",
            description = "Predict the sets without answers, after the training if there is one.")
    private boolean doPredict;

    @Option(
            names = "--eval_batch_size",
            paramLabel = "N",
            description = "The number of examples that are evaluated together; 32 by default.")
    private int evalBatchSize = 32;

    @Option(
            names = "--predict_batch_size",
            paramLabel = "N",
            description = "The number of examples that are predicted together; 32 by default.")
    private int predictBatchSize = 32;

    @Option(
            names = "--tag",
            paramLabel = "NAME",
            description = "The name of results that do not belong to an update; final by default.")
    private String tag = "final";

    @Option(
            names = "--debug",
            arity = "1",
            paramLabel = "True|False",
            description = "Take only the first examples, for a trial, if the task supports this.")
    private boolean debug;

    @Option(
            names = "--export_onnx_model",
            arity = "1",
            paramLabel = "True|False",
            description = "Write the model in ONNX's format with each evaluation.")
    private boolean exportOnnx;

    @Mixin
    private ExperimentModelOptions model;

    @Mixin
    private ExperimentTrainerOptions trainer;

    @Mixin
    private ExperimentOptimizerOptions optimizer;

    @Mixin
    private AdversarialOptions adversarial;

    @Mixin
    private BackendOption backend;

    @Mixin
    private ThreadsOption threads;

    @Override
    public void run() {
        if (lists || taskName.filter(ALL::equals).isPresent()) {
            list(ExperimentSpelling.tasks(taskDir));
            return;
        }
        ExperimentTask task = ExperimentSpelling.tasks(taskDir)
                .named(taskName.orElseThrow(() -> wrongUse("name a task by --task_name; --list prints all")));
        Path output = outputDir.orElseThrow(() -> wrongUse("name a folder for the results by --output_dir"));
        check();
        threads.apply();
        ExperimentOptions options = options(task, output);
        OutputFolder.ofExperiment(output).check(!doTrain || trainer.goesOn());
        OutputFolder.ofExperiment(output).checkWritable();
        ModelSource source = model.source(spec);
        TrainingProgress progress = new TrainingProgress(
                spec.commandLine().getErr(), Boolean.getBoolean("detangle.terminal"), trainer.resumes());
        try (ExperimentLogFile log = new ExperimentLogFile(output, task.name(), progress::say)) {
            log.accept("arguments: " + OptionsAsGiven.of(spec));
            optimizer.notices().forEach(log);
            trainer.notices().forEach(log);
            TrainingLog losses = new TrainingLog(LOG_EVERY, entry -> {
                if (!entry.isEvaluation()) {
                    progress.log(entry);
                    log.write(words(entry));
                }
            });
            new Experiment(options, source, log, List.of(new FreesAfterLoading(), progress, losses)).run(task);
            log.accept("wrote the results to " + output);
        } finally {
            progress.clear();
        }
    }

    /** Refuses values that are wrong, by the names of this command's options. */
    private void check() {
        if (!doTrain && !doEval && !doPredict) {
            throw wrongUse("there is nothing to do: say --do_train, --do_eval or --do_predict");
        }
        NumberChecks numbers = new NumberChecks(spec);
        numbers.atLeast("--eval_batch_size", evalBatchSize, 1);
        numbers.atLeast("--predict_batch_size", predictBatchSize, 1);
        numbers.atLeast("--max_seq_length", maxSeqLength, 8);
        trainer.check(numbers);
        optimizer.check(numbers);
    }

    private static String words(LogEntry entry) {
        StringJoiner line = new StringJoiner("  ", "update " + entry.step() + "  ", "");
        entry.values().forEach((name, value) -> line.add(name + " " + TrainingProgress.number(value)));
        return line.toString();
    }

    private ExperimentOptions options(ExperimentTask task, Path output) {
        TrainingOptions training = OptionValues.with(
                trainer.options(output).with(optimizer.options()), backend.name(), TrainingOptions::withBackend);
        ExperimentOptions options = ExperimentOptions.of(dataDir, output)
                .withMaxSeqLength(maxSeqLength)
                .withWork(doTrain, doEval, doPredict)
                .withEvalBatchSize(evalBatchSize)
                .withPredictBatchSize(predictBatchSize)
                .withTag(tag)
                .withDebug(debug)
                .withDumpInterval(trainer.dumpInterval())
                .withExportOnnxModel(exportOnnx)
                .with(training)
                .withTaskOptions(ofTask(task));
        return OptionValues.with(options, adversarial.sift(), ExperimentOptions::with);
    }

    /** Returns the values of the task's own options. */
    private Map<String, String> ofTask(ExperimentTask task) {
        Map<String, String> values = new LinkedHashMap<>();
        for (TaskOption option : task.options()) {
            String given = spec.findOption("--" + option.name()).getValue();
            values.put(option.name(), given == null ? option.otherwise() : given);
        }
        return values;
    }

    private void list(Tasks tasks) {
        PrintWriter out = spec.commandLine().getOut();
        for (ExperimentTask task : tasks.byName().values()) {
            out.println(task.name() + ": " + task.description());
            task.options().forEach(option -> out.println("    --" + option.name() + ": " + option.description()));
            Preset.of(task.name())
                    .forEach(listed ->
                            out.println("    --preset " + listed.name() + ": " + String.join(" ", listed.arguments())));
        }
        out.flush();
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
