package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.ProblemType;
import detangle.models.text.Tokenizer;
import detangle.train.data.DataColumns;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that describe labelled files, for the commands that train and evaluate. */
final class DataOptions {
    /** The usual length of windows in question answering, which is HuggingFace's. */
    private static final int WINDOW_TOKENS = 384;

    private static final int STRIDE_TOKENS = 128;

    /** The help text of {@code --text-column}. */
    static final String TEXT_COLUMN = "The column of texts; text, sentence, ... .";

    /** The words of {@code --task}. */
    static final class Tasks extends NamedValues<Architecture> {
        Tasks() {
            super(
                    List.of(
                            Architecture.SEQUENCE_CLASSIFICATION,
                            Architecture.TOKEN_CLASSIFICATION,
                            Architecture.QUESTION_ANSWERING,
                            Architecture.MULTIPLE_CHOICE,
                            Architecture.MASKED_LM,
                            Architecture.MASKED_LM_EMD),
                    DataOptions::name);
        }
    }

    /** The words of {@code --problem-type}. */
    static final class Problems extends NamedValues<ProblemType> {
        Problems() {
            super(all(ProblemType.class), NamedValues::lowerCase);
        }
    }

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--task",
            paramLabel = "TASK",
            converter = Tasks.class,
            completionCandidates = Tasks.class,
            description = "The task: ${COMPLETION-CANDIDATES}; by default the one that the files fit.")
    private Optional<Architecture> task;

    @Option(
            names = "--problem-type",
            paramLabel = "TYPE",
            converter = Problems.class,
            completionCandidates = Problems.class,
            description = "The kind of text classification: ${COMPLETION-CANDIDATES}. By default lists are several"
                    + " labels, numbers with"
                    + " a fraction are regression, and everything else is single_label_classification.")
    private Optional<ProblemType> problem;

    @Option(names = "--text-column", paramLabel = "NAME", description = TEXT_COLUMN)
    private Optional<String> textColumn;

    @Option(
            names = "--text-pair-column",
            paramLabel = "NAME",
            description = "The column of second texts, if rows are pairs; text_pair, sentence2, hypothesis, ... .")
    private Optional<String> pairColumn;

    @Option(
            names = "--label-column",
            paramLabel = "NAME",
            description = "The column of labels; label, labels, category, intent, ... .")
    private Optional<String> labelColumn;

    @Option(
            names = "--label-delimiter",
            paramLabel = "C",
            description =
                    "The text between the labels of a row that may have several labels, as in a csv: sport;politics.")
    private Optional<String> labelDelimiter;

    @Option(names = "--input-format", paramLabel = "FORMAT", description = InputOptions.FORMAT)
    private Optional<InputFormat> format;

    @Option(names = "--delimiter", paramLabel = "C", description = InputOptions.DELIMITER)
    private Optional<String> delimiter;

    @Option(
            names = "--max-seq-length",
            paramLabel = "N",
            description =
                    "The most tokens of an example; the most of the model by default, but 384 for question answering.")
    private Optional<Integer> maxLength;

    @Option(
            names = "--refuse-long-rows",
            description =
                    "Refuse a row that has more tokens. By default its end is cut off, and such rows are counted.")
    private boolean refuses;

    @Option(
            names = "--doc-stride",
            paramLabel = "N",
            description =
                    "The number of tokens that two windows of a text share in question answering; 128 by default.")
    private Optional<Integer> stride;

    @Option(
            names = "--line-by-line",
            description = "Take each text as an example of its own for masked-lm. By default texts are joined and cut.")
    private boolean byLine;

    /** Returns HuggingFace's name of a head's task. */
    static String name(Architecture head) {
        return head == Architecture.SEQUENCE_CLASSIFICATION ? "text-classification" : head.text();
    }

    TrainingFile file(Path path) {
        delimiter.filter(d -> Delimiter.named(d).isEmpty()).ifPresent(d -> {
            throw wrongUse("--delimiter is one character, or tab, not '" + d + "'");
        });
        return new TrainingFile(path, format, delimiter.flatMap(Delimiter::named));
    }

    /** Returns the task, if it is given. */
    Optional<Architecture> task() {
        return task;
    }

    /** Returns the task, which is the given one or follows from the files. */
    Architecture head(TrainingFile file) {
        return task.or(file::task)
                .orElseThrow(() -> wrongUse(file.name() + " does not tell what it is for: say --task"));
    }

    LabelledData.Reading reading(Architecture head, Tokenizer tokenizer, DebertaConfig config) {
        if (stride.isPresent() && head != Architecture.QUESTION_ANSWERING) {
            throw wrongUse("--doc-stride is for question-answering, and this is " + name(head) + ": leave it out");
        }
        if (byLine && !head.predictsMasks()) {
            throw wrongUse("--line-by-line is for masked-lm, and this is " + name(head) + ": leave it out");
        }
        checkColumns(head);
        int takes = most(tokenizer, config);
        int usual = head == Architecture.QUESTION_ANSWERING ? Math.min(WINDOW_TOKENS, takes) : takes;
        int length = maxLength.orElse(usual);
        if (length < 3 || stride.filter(s -> s < 0).isPresent()) {
            throw wrongUse("--max-seq-length must be at least 3, and --doc-stride at least 0");
        }
        if (config.positionBiasedInput() && length > config.maxPositionEmbeddings()) {
            throw wrongUse("--max-seq-length is " + length + ", and the model has " + config.maxPositionEmbeddings()
                    + " positions");
        }
        return new LabelledData.Reading(
                tokenizer,
                new DataColumns(textColumn, pairColumn, labelColumn),
                problem,
                labelDelimiter,
                length,
                !refuses,
                stride.orElse(Math.min(STRIDE_TOKENS, length / 3)),
                byLine,
                config.labelNames().names());
    }

    /** Refuses options that the reading of rows of a task does not heed. */
    private void checkColumns(Architecture head) {
        boolean isText = head == Architecture.SEQUENCE_CLASSIFICATION;
        boolean isQuestion = head == Architecture.QUESTION_ANSWERING;
        check(problem, isText, "--problem-type is for text-classification", head);
        check(labelDelimiter, isText, "--label-delimiter is for text-classification", head);
        check(pairColumn, isText, "--text-pair-column is for text-classification", head);
        check(textColumn, !isQuestion, "--text-column is for tasks other than question-answering", head);
        check(labelColumn, !isQuestion && !head.predictsMasks(), "--label-column is for tasks with labels", head);
    }

    private void check(Optional<?> given, boolean isHeeded, String purpose, Architecture head) {
        if (given.isPresent() && !isHeeded) {
            throw wrongUse(purpose + ", and this is " + name(head) + ": leave it out");
        }
    }

    /**
     * Returns the configuration of a model that is measured, with the kind of labels that the user says.
     *
     * @throws CliException if config.json says another one, or numbers are asked of a model with several labels
     */
    DebertaConfig measured(DebertaConfig config, Architecture head) {
        if (problem.isEmpty() || head != Architecture.SEQUENCE_CLASSIFICATION) {
            return config;
        }
        ProblemType asked = problem.get();
        config.statedProblemType().filter(stated -> stated != asked).ifPresent(stated -> {
            throw new CliException(config.file() + ": problem_type is " + stated.text() + ", and --problem-type is "
                    + asked.text() + ": leave it out");
        });
        if (asked == ProblemType.REGRESSION && config.numLabels() != 1) {
            throw new CliException(config.file() + " has " + config.numLabels()
                    + " labels, and --problem-type regression is for a model with one: leave it out");
        }
        return config.withHead(config.architecture(), config.labelNames(), problem);
    }

    /** Returns the most tokens that a model and its tokenizer take. */
    static int most(Tokenizer tokenizer, DebertaConfig config) {
        return Math.min(
                config.maxPositionEmbeddings(), tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE));
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
