package detangle.experiment.reading;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.PredictionFiles;
import detangle.experiment.Predictions;
import detangle.experiment.TaskHead;
import detangle.experiment.TaskOption;
import detangle.experiment.data.TaskInput;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.WhiteSpace;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.QuestionData;
import detangle.train.data.SquadFile;
import detangle.train.metrics.AnswerScorer;
import detangle.train.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * SQuAD asks for the part of a text that answers a question. The original's repository has no such task, though its
 * paper reports results; head, windows and measures are those of HuggingFace's run_qa.py.
 *
 * @param version the version of the data: 1.1, or 2.0 with questions that have no answer
 */
record SquadTask(String version) implements FineTuningTask {
    private static final String STRIDE = "doc_stride";
    private static final int STRIDE_DIVISOR = 3;

    @Override
    public String name() {
        return "squad" + version;
    }

    @Override
    public String description() {
        return "parts of a text that answer questions, SQuAD " + version;
    }

    @Override
    public String origin() {
        return "https://rajpurkar.github.io/SQuAD-explorer";
    }

    @Override
    public List<TaskOption> options() {
        return List.of(new TaskOption(
                STRIDE,
                "",
                "the number of tokens that two windows of a text share; a third of max_seq_length otherwise"));
    }

    @Override
    public TaskHead head() {
        return TaskHead.of(Task.of(Architecture.QUESTION_ANSWERING));
    }

    @Override
    public List<Example> training(TaskInput input) {
        return data(input, "train").examples();
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        QuestionData data = data(input, "dev");
        return List.of(new EvaluationSet(
                        "dev",
                        data.examples(),
                        predictions -> scored(data, predictions).scores(),
                        (predictions, where) -> submit(scored(data, predictions), where))
                .withCritical("f1"));
    }

    /**
     * Writes {@code submit-SET-PREFIX.json}, which the evaluation script of SQuAD takes: the answers by the ids of
     * questions.
     */
    private static void submit(AnswerScorer scorer, PredictionFiles.Where where) throws IOException {
        SequencedMap<String, String> answers = scorer.answers();
        answers.replaceAll((id, answer) -> WhiteSpace.strip(answer)); // Tokens begin with the space before a word.
        Files.writeString(where.file("submit", "json"), JsonMapper.shared().writeValueAsString(answers) + "\n");
    }

    /** Returns the questions of the other set, as those of the test set are not public. */
    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return evaluation(input);
    }

    private QuestionData data(TaskInput input, String split) {
        String file = split + "-v" + version + ".json";
        return QuestionData.read(
                SquadFile.read(input.folder().file(file)),
                file,
                input.features().tokenizer(),
                input.features().maxLength(),
                stride(input));
    }

    private static int stride(TaskInput input) {
        String given = input.options().getOrDefault(STRIDE, "");
        if (given.isEmpty()) {
            return input.features().maxLength() / STRIDE_DIVISOR;
        }
        try {
            return Integer.parseUnsignedInt(given);
        } catch (NumberFormatException e) {
            throw new DataException("--" + STRIDE + " is '" + given + "', which is not a number of tokens", e);
        }
    }

    private static AnswerScorer scored(QuestionData data, Predictions predictions) {
        AnswerScorer scorer = new AnswerScorer(data);
        for (int i = 0; i < predictions.size(); i++) {
            Map<String, Tensor> outputs = new HashMap<>();
            for (String name : List.of(OutputNames.START_LOGITS, OutputNames.END_LOGITS)) {
                float[] logits = predictions.values(name, i);
                outputs.put(name, Tensor.of(logits, 1, logits.length));
            }
            scorer.add(Map.of(), outputs);
        }
        return scorer;
    }
}
