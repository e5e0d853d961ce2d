package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.ProblemType;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.train.BatchPlan;
import detangle.train.Batches;
import detangle.train.Recipe;
import detangle.train.data.Collator;
import detangle.train.data.DataColumns;
import detangle.train.data.EpochBatches;
import detangle.train.data.Order;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of bench that say what an epoch of training consists of, by the names that train gives them. */
final class EpochArguments {
    private static final long SEED = 42;

    @Option(
            names = "--train-file",
            paramLabel = "FILE",
            description = "Rows with a text and a label; --training then times whole epochs of them.")
    private Optional<Path> file;

    @Option(
            names = "--tokenizer-name",
            paramLabel = "FOLDER",
            description = "The model whose tokenizer reads --train-file; that of each MODEL by default.")
    private Optional<String> tokenizer;

    @Option(
            names = "--per-device-train-batch-size",
            paramLabel = "N",
            description = "The rows of a batch of --train-file; 8 by default.")
    private Optional<Integer> batch;

    @Option(
            names = "--num-train-epochs",
            paramLabel = "N",
            description = "The number of epochs of each process; 3 by default. The first one is timed apart.")
    private Optional<Integer> epochs;

    /** Returns whether there is a file to train with. */
    boolean areGiven() {
        return file.isPresent();
    }

    /**
     * Checks the options.
     *
     * @param random whether there are models without a folder of their own, and so without a tokenizer
     */
    void check(CommandSpec spec, boolean random) {
        if (file.isEmpty()) {
            if (tokenizer.isPresent() || batch.isPresent() || epochs.isPresent()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--tokenizer-name, --per-device-train-batch-size and --num-train-epochs go with --train-file");
            }
            return;
        }
        if (random && tokenizer.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--random-weights has no tokenizer: name one with --tokenizer-name");
        }
        if (epochs() < 2 || batch() < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--num-train-epochs must be at least 2, and --per-device-train-batch-size at least 1");
        }
    }

    /** Returns the number of epochs of each process. */
    int epochs() {
        return epochs.orElse(3);
    }

    /** Returns the number of rows of a batch. */
    private int batch() {
        return batch.orElse(8);
    }

    /** Returns the batches of an epoch for a model, with its rows in an order of their own in each epoch. */
    Batches batches(Path model) {
        Path vocabulary = tokenizer.map(ModelFolder::of).orElse(model);
        Tokenizer reads = Tokenizers.load(vocabulary);
        DebertaConfig config = DebertaConfig.read(model);
        config.checkTokenizer(reads, vocabulary);
        LabelledData.Reading how = new LabelledData.Reading(
                reads,
                DataColumns.DEFAULT,
                Optional.of(ProblemType.SINGLE_LABEL_CLASSIFICATION),
                Optional.empty(),
                DataOptions.most(reads, config),
                true,
                0,
                false,
                config.labelNames().names());
        TrainingFile given = new TrainingFile(file.orElseThrow(), Optional.empty(), Optional.empty());
        LabelledData rows = LabelledData.read(given, Architecture.SEQUENCE_CLASSIFICATION, how, Optional.empty());
        if (rows.task().labels().size() > config.numLabels()) {
            throw new CliException(given.name() + " has " + rows.task().labels().size() + " labels, and the model "
                    + config.numLabels() + ": name a configuration with as many");
        }
        return new EpochBatches(
                rows.examples(),
                Collator.of(reads.padTokenId(), config.typeVocabSize() > 0),
                new BatchPlan(Recipe.HUGGINGFACE, rows.examples().size(), batch(), 1),
                Order.SHUFFLED,
                SEED);
    }
}
