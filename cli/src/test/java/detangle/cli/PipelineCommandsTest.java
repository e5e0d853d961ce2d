package detangle.cli;

import static detangle.cli.CommandRuns.json;
import static detangle.cli.CommandRuns.names;
import static detangle.cli.CommandRuns.result;
import static detangle.cli.CommandRuns.run;
import static detangle.cli.CommandRuns.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.cli.CommandRuns.Result;
import detangle.models.deberta.Architecture;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands of pipelines: what they read, and the JSON that users of HuggingFace know. */
class PipelineCommandsTest {
    private static final List<String> QUESTIONS =
            List.of("Where is my new card?", "My card was swallowed.", "What is the exchange rate?");
    private static final String SMILING = "Ada \ud83d\ude00 lives in London.";

    @TempDir
    private Path folder;

    private String model(String className, List<String> labels) throws IOException {
        return TinyModel.write(folder.resolve("model"), className, labels).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"questions.csv", "questions.jsonl", "questions-snappy.parquet", "questions-zstd.parquet"})
    void readsFilesOfEachFormat(String name) throws Exception {
        Path file = name.endsWith(".parquet")
                ? Path.of(getClass().getResource("/parquet/" + name).toURI())
                : folder.resolve(name);
        StringBuilder content = new StringBuilder(name.endsWith(".csv") ? "id,question\n" : "");
        for (String question : QUESTIONS) {
            content.append(
                    switch (name) {
                        case "questions.csv" -> "1,\"" + question + "\"\r\n";
                        case "questions.jsonl" -> "{\"id\":1,\"question\":\"" + question + "\"}\n";
                        default -> question + "\n";
                    });
        }
        if (!name.endsWith(".parquet")) {
            Files.writeString(file, content);
        }
        assertEquals(
                "card_arrival\ncard_swallowed\nexchange_rate\n",
                run("classify", "--file", file.toString(), "--column", "question")
                        .replaceAll(" \\(.*\\)", ""));
    }

    @Test
    void pairsComeFromColumns() throws IOException {
        Path file = Files.writeString(
                folder.resolve("pairs.jsonl"), "{\"text\":\"Where is my card?\",\"text_pair\":\"It is lost.\"}\n");
        String one = run("classify", "--text-pair", "It is lost.", "Where is my card?", "--format", "jsonl");
        String other = run("classify", "--file", file.toString(), "--pair-column", "text_pair", "--format", "jsonl");
        assertEquals(one, other);
        assertEquals(
                List.of("text", "text_pair", "label", "score"),
                names(JsonMapper.shared().readTree(one)));
    }

    @Test
    void aFailureHalfwayLeavesTheRowsBeforeIt() throws IOException {
        Path file =
                Files.writeString(folder.resolve("a.jsonl"), "{\"text\":\"Where is my card?\"}\n{\"texts\":\"b\"}\n");
        Result result = result("classify", "--file", file.toString(), "--format", "json");
        assertEquals(1, result.status());
        assertEquals("[[{\"label\":\"card_arrival\",\"score\":0.933406}]]" + System.lineSeparator(), result.out());
        assertEquals(
                "detangle: " + file + ", row 2 has no 'text'; it has texts: choose with --column"
                        + System.lineSeparator(),
                result.err());
    }

    @Test
    void aLongTextIsClassifiedInWindows() throws IOException {
        String text = "😀 " + "What is the exchange rate? ".repeat(9) + "My card was swallowed.";
        String[] windows = {"classify", "--max-length", "24", "--stride", "8", "--watch", "card_swallowed"};
        JsonNode found = json(with(windows, text)).get(0).get(0);
        assertEquals(List.of("label", "score", "start", "end"), names(found));
        assertEquals(text.codePointCount(0, text.length()), found.get("end").intValue());
        String line = run(with(windows, text)).strip();
        assertTrue(line.endsWith(" at " + found.get("start") + " to " + found.get("end")), line);
        Path file = Files.writeString(folder.resolve("a.txt"), text + "\n");
        String csv = run(with(windows, "--file=" + file, "--format", "csv", "--top-k", "2"));
        assertEquals(3, csv.lines().count(), csv);
        assertTrue(csv.startsWith("text,label,score,start,end"), csv);
        assertEquals(2, result("classify", "--watch", "card_swallowed", text).status());
        assertEquals(
                2, result("classify", "--stride", "8", "--text-pair", "a", text).status());
        Result unknown = result("classify", "--stride", "8", "--watch", "INJECTION", text);
        assertTrue(unknown.err().contains("has no label 'INJECTION'"), unknown.err());
    }

    @Test
    void bertScore() throws IOException {
        String model = model("ForSequenceClassification", List.of("a", "b"));
        Path candidates = Files.writeString(folder.resolve("hyps.txt"), "Where is my card?\n\n");
        Path references = Files.writeString(folder.resolve("refs.txt"), "Where is my new card?\nIt is lost.\n");
        String[] asked = {"bertscore", "-m", model, "-c", candidates.toString(), "-r", references.toString()};
        List<String> lines = run(with(asked, "-l", "1", "-s", "--idf")).lines().toList();
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).startsWith(model + "_L1_idf P: 0."), lines.get(0));
        assertEquals("0.000000\t0.000000\t0.000000", lines.get(2));
        assertEquals(3, run(with(asked, "--all_layers")).lines().count());
        String same = run("bertscore", "-m", model, "--num_layers", "2", "-c", "It is lost.", "-r", "It is lost.");
        assertTrue(same.endsWith("_L2_no-idf P: 1.000000 R: 1.000000 F1: 1.000000" + System.lineSeparator()), same);
        Path folderOfBaselines = Files.createDirectories(folder.resolve("rescale_baseline/en/microsoft"));
        Files.writeString(folderOfBaselines.resolve("model.tsv"), "LAYER,P,R,F\n0,0,0,0\n1,0.5,0.5,0.5\n");
        String rescaled = run(with(
                asked,
                "-l",
                "1",
                "--rescale_with_baseline",
                "--baseline_path",
                folder.resolve("rescale_baseline").toString()));
        assertTrue(rescaled.contains("_L1_no-idf-rescaled P: "), rescaled);
        assertEquals(2, result(with(asked, "--rescale-with-baseline")).status());
        assertEquals(2, result("bertscore", "-c", "a", "-r", "b").status());
        Result layers = result(asked);
        assertTrue(layers.err().contains("choose one of its 2 layers"), layers.err());
        Result unequal = result("bertscore", "-m", model, "-l", "1", "-c", "a", "-r", references.toString());
        assertTrue(unequal.err().contains("has 2 references, and there are 1 candidates"), unequal.err());
    }

    @Test
    void offsetsCountCodePoints() throws IOException {
        String model = model("ForTokenClassification", List.of("O", "I-PER", "I-LOC"));
        for (JsonNode entity : json("token-classification", "--model", model, "--aggregation-strategy", "none", SMILING)
                .get(0)) {
            assertEquals(List.of("entity", "score", "word", "start", "end"), names(entity));
            int start = SMILING.offsetByCodePoints(0, entity.get("start").intValue());
            int end = SMILING.offsetByCodePoints(0, entity.get("end").intValue());
            assertEquals(entity.get("word").stringValue(), SMILING.substring(start, end));
        }
        JsonNode grouped = json("ner", "--model", model, SMILING).get(0);
        grouped.forEach(e -> assertEquals("entity_group", names(e).getFirst()));
    }

    @Test
    void answers() throws IOException {
        String model = model("ForQuestionAnswering", List.of("LABEL_0", "LABEL_1"));
        JsonNode answer = json("question-answering", "--model", model, "--question", "Where?", SMILING)
                .get(0);
        assertEquals(List.of("score", "start", "end", "answer"), names(answer));
        int start = SMILING.offsetByCodePoints(0, answer.get("start").intValue());
        int end = SMILING.offsetByCodePoints(0, answer.get("end").intValue());
        assertEquals(answer.get("answer").stringValue(), SMILING.substring(start, end));
        Path file = Files.writeString(
                folder.resolve("squad.jsonl"), "{\"question\":\"Where?\",\"context\":\"" + SMILING + "\"}\n");
        assertEquals(
                answer,
                json("question-answering", "--model", model, "--file", file.toString())
                        .get(0));
    }

    @Test
    void masks() throws IOException {
        String model = TinyModel.write(
                        folder.resolve("mlm"), "ForMaskedLM", List.of("LABEL_0"), Optional.of(Architecture.MASKED_LM))
                .toString();
        JsonNode one = json("fill-mask", "--model", model, "--top-k", "2", "Where is my [MASK]?")
                .get(0);
        assertEquals(2, one.size());
        assertEquals(List.of("score", "token", "token_str", "sequence"), names(one.get(0)));
        JsonNode two = json("fill-mask", "--model", model, "--targets", "card,money", "[MASK] is my [MASK]?")
                .get(0);
        assertEquals(2, two.size());
        assertEquals(2, two.get(0).size());
    }

    @Test
    void vectors() {
        JsonNode vector =
                json("feature-extraction", "--normalize", QUESTIONS.get(0)).get(0);
        double squares = 0;
        for (JsonNode value : vector) {
            squares += value.doubleValue() * value.doubleValue();
        }
        assertEquals(1, squares, 1e-4);
        JsonNode cut = json("feature-extraction", "--truncate-dim", "8", QUESTIONS.get(0));
        assertEquals(8, cut.get(0).size());
    }

    @Test
    void rankings() throws IOException {
        String model = model("ForSequenceClassification", List.of("LABEL_0"));
        JsonNode ranked = json(
                "text-ranking",
                "--model",
                model,
                "--query",
                "card",
                QUESTIONS.get(0),
                QUESTIONS.get(1),
                QUESTIONS.get(2));
        assertEquals(3, ranked.size());
        for (JsonNode document : ranked) {
            assertEquals(List.of("corpus_id", "score", "text"), names(document));
            assertEquals(
                    QUESTIONS.get(document.get("corpus_id").intValue()),
                    document.get("text").stringValue());
        }
        assertTrue(ranked.get(0).get("score").doubleValue()
                >= ranked.get(2).get("score").doubleValue());
    }

    @Test
    void choices() throws IOException {
        String model = model("ForMultipleChoice", List.of("LABEL_0"));
        JsonNode one =
                json("multiple-choice", "--model", model, "--prompt", "I lost my card.", "I block it.", "I eat.");
        assertEquals(List.of("index", "score", "choice"), names(one.get(0).get(0)));
        Path file = Files.writeString(folder.resolve("swag.csv"), "prompt,a,b\nI lost my card.,I block it.,I eat.\n");
        assertEquals(
                one, json("multiple-choice", "--model", model, "--file", file.toString(), "--choice-columns", "a,b"));
    }

    @Test
    void replacedTokens() throws IOException {
        String model = TinyModel.write(
                        folder.resolve("rtd"),
                        "ForMaskedLM",
                        List.of("LABEL_0"),
                        Optional.of(Architecture.REPLACED_TOKEN_DETECTION))
                .toString();
        JsonNode tokens = json("replaced-token-detection", "--model", model, QUESTIONS.get(0))
                .get(0);
        assertEquals(List.of("score", "word", "start", "end"), names(tokens.get(0)));
        assertEquals(6, tokens.size());
    }
}
