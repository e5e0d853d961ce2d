package detangle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Small files of tasks that are not of GLUE, in the forms in which the data sets have them. */
final class TaskFiles {
    private static final int ROWS = 4;

    private static final Map<String, String> JSON_LINES = Map.of(
            "BoolQ", "{'passage': 'My card is %1$d.', 'question': 'is it lost', 'label': %2$s}",
            "CB", "{'premise': 'My card %1$d.', 'hypothesis': 'a card', 'label': '%3$s'}",
            "SRTE", "{'premise': 'My card %1$d.', 'hypothesis': 'a card', 'label': '%4$s'}",
            "MultiRC",
                    "{'passage': {'text': 'My card.', 'questions': [{'question': 'is it', 'idx': %1$d, 'answers': ["
                            + "{'text': 'yes', 'idx': 0, 'label': 1}, {'text': 'no', 'idx': 1, 'label': 0}]}]}}",
            "COPA",
                    "{'premise': 'My card %1$d.', 'choice1': 'it broke', 'choice2': 'it is new', 'question': 'cause',"
                            + " 'label': %5$d}",
            // The passage is longer than an example, so that there are two windows.
            "ReCoRD",
                    "{'passage': {'text': 'My card and my bank%6$s.', 'entities': [{'start': 3, 'end': 6},"
                            + " {'start': 15, 'end': 18}]}, 'qas': [{'query': 'The @placeholder is lost.',"
                            + " 'idx': %1$d, 'answers': [{'start': 3, 'end': 6, 'text': 'card'}]}]}",
            "WiC",
                    "{'sentence1': 'My card.', 'sentence2': 'a card', 'word': 'card', 'start1': 3, 'end1': 7,"
                            + " 'start2': 2, 'end2': 6, 'label': %2$s}",
            "WSC",
                    "{'text': 'Mark said he did %1$d.', 'label': %2$s, 'target': {'span1_index': 0,"
                            + " 'span1_text': 'Mark', 'span2_index': 2, 'span2_text': 'he'}}",
            "RACE",
                    "{'article': 'My card is %1$d.', 'answers': ['B'], 'questions': ['What is lost ?'], 'options':"
                            + " [['a bank', 'my card', 'nothing', 'you']]}",
            "AlphaNLI", "{'obs1': 'My card %1$d.', 'obs2': 'I called.', 'hyp1': 'I lost it.', 'hyp2': 'I sang.'}");

    private TaskFiles() {}

    /** Writes the files of a task into a new folder. */
    static Path write(Path folder, String task) throws IOException {
        Files.createDirectories(folder);
        switch (task) {
            case "NER" -> {
                for (String split : List.of("train", "valid", "test")) {
                    Files.writeString(folder.resolve(split + ".txt"), """
                            -DOCSTART- -X- -X- O

                            Anna NNP B-NP B-PER
                            lost VBD B-VP O
                            it PRP B-NP O

                            -DOCSTART- -X- -X- O

                            The DT B-NP O
                            bank NN I-NP B-ORG
                            of IN B-PP I-ORG
                            Rome NNP B-NP I-ORG
                            slept VBD B-VP O
                            """);
                }
            }
            case "XNLI" -> {
                Files.write(
                        folder.resolve("train.tsv"),
                        rows("header", i -> "a\tb\tc\td\te\tf\tg\th\tMy card " + i + "\ta card\tneutral"));
                for (String split : List.of("dev", "test")) {
                    Files.write(
                            folder.resolve("xnli." + split + ".tsv"),
                            rows(
                                    "language\tgold_label\tsentence1\tsentence2",
                                    i -> (i < 2 ? "en" : "fr") + "\tentailment\tMy card " + i + "\ta card"));
                }
            }
            case "SQuAD1.1", "SQuAD2.0" -> {
                for (String split : List.of("train", "dev")) {
                    Files.writeString(folder.resolve(split + "-v" + task.substring(5) + ".json"), squad(task));
                }
            }
            default -> {
                List<String> lines =
                        IntStream.range(0, ROWS).mapToObj(i -> line(task, i)).toList();
                for (String split : splits(task)) {
                    Files.write(folder.resolve(split + ".jsonl"), lines);
                }
                if (task.equals("AlphaNLI")) {
                    Files.write(folder.resolve("train-labels.lst"), List.of("1", "2", "1", "2"));
                    Files.write(folder.resolve("dev-labels.lst"), List.of("2", "2", "1", "1"));
                }
            }
        }
        return folder;
    }

    private static List<String> splits(String task) {
        return switch (task) {
            case "RACE" -> List.of("train_middle", "train_high", "test_middle", "test_high");
            case "AlphaNLI" -> List.of("train", "dev", "test");
            case "WiC" -> List.of("train", "val", "test", "train_weak");
            default -> List.of("train", "val", "test");
        };
    }

    private static String line(String task, int row) {
        return JSON_LINES
                .get(task)
                .formatted(
                        row,
                        row % 2 == 0,
                        List.of("contradiction", "neutral", "entailment").get(row % 3),
                        row % 2 == 0 ? "entailment" : "not_entailment",
                        row % 2,
                        " my money".repeat(14))
                .replace('\'', '"');
    }

    private static List<String> rows(String header, java.util.function.IntFunction<String> row) {
        return IntStream.range(-1, ROWS)
                .mapToObj(i -> i < 0 ? header : row.apply(i))
                .toList();
    }

    private static String squad(String task) {
        StringBuilder questions = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            questions
                    .append(i == 0 ? "" : ",")
                    .append("{'id': 'q" + i + "', 'question': 'What is lost?', 'answers': [{'text': 'My card',"
                            + " 'answer_start': 0}]}");
        }
        if (task.equals("SQuAD2.0")) {
            for (int i = 0; i < 2; i++) {
                questions.append(
                        ",{'id': 'n" + i + "', 'question': 'Who lost it?', 'is_impossible': true, 'answers': []}");
            }
        }
        return ("{'version': 'x', 'data': [{'title': 't', 'paragraphs': [{'context': 'My card is lost.', 'qas': ["
                        + questions + "]}]}]}")
                .replace('\'', '"');
    }
}
