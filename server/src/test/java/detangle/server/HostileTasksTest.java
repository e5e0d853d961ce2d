package detangle.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Inputs and options of each task that are odd, or that ask for answers of any size. */
class HostileTasksTest {
    @TempDir
    private static Path folder;

    private static TinyServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TinyServer.start(
                folder, "nli", "tags", "qa", "mask", "choice", "gliner", "words", "gliner2", "gliclass");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Probe probe(String name, String model, String body, int status, String part) {
        return Probe.json(model + ": " + name, "/models/" + model, body, status, part);
    }

    private static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }

    /** A request of a text with parameters, which are the inside of an object. */
    private static String asked(String text, String parameters) {
        return "{\"inputs\":" + quoted(text) + ",\"parameters\":{" + parameters + "}}";
    }

    /** Labels of two or three letters. */
    private static String numbered(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + (i < 676 ? "" : Character.toString('a' + i / 676))
                        + Character.toString('a' + i / 26 % 26) + Character.toString('a' + i % 26) + "\"")
                .collect(Collectors.joining(",", "[", "]"));
    }

    /** Texts that are unlike others: each is answered by tasks that read long texts in windows. */
    @TestFactory
    Stream<DynamicTest> oddTexts() {
        List<String> texts = List.of(
                "\u0000",
                "\ufeff",
                "\u200d\u200b",
                "\u05d0\u05d1\u05d2 \u0627\u0644\u0633\u0644\u0627\u0645 \u202eabc\u202c",
                "Z\u0351\u0353\u0310 e\u0301\u0301\u0301",
                "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 in \ud83c\udde9\ud83c\uddea",
                "<<ENT>> <<SEP>> <<LABEL>> [SEP] [CLS] [PAD]",
                "a\nb\r\nc\u2028d",
                "a-".repeat(1_500),
                "_-".repeat(1_500));
        List<Probe> probes = new ArrayList<>();
        for (String text : texts) {
            String name = text.length() > 40 ? text.substring(0, 4) + "..." : quoted(text);
            probes.add(probe(name, "tags", asked(text, ""), 200, ""));
            probes.add(probe(name, "gliner", asked(text, "\"labels\":[\"person\"],\"offsets\":\"utf_16\""), 200, ""));
            probes.add(probe(name, "words", asked(text, "\"labels\":[\"person\"]"), 200, ""));
            probes.add(probe(
                    name, "gliclass", asked(text, "\"candidate_labels\":[\"a\",\"b\"],\"truncate\":true"), 200, ""));
        }
        probes.add(probe("blank", "tags", asked(" \t\u2003", ""), 422, "empty"));
        probes.add(probe("blank", "gliner", asked(" \t\u2003", "\"labels\":[\"person\"]"), 200, ""));
        probes.add(probe("blank", "gliclass", asked(" \t", "\"candidate_labels\":[\"a\"]"), 422, "empty"));
        return Probe.tests(server.server(), probes);
    }

    @TestFactory
    Stream<DynamicTest> labels() {
        List<Probe> probes = new ArrayList<>();
        for (String model : List.of("gliner", "words", "nli", "gliclass")) {
            boolean extracts = model.equals("gliner") || model.equals("words");
            String field = extracts ? "\"labels\":" : "\"candidate_labels\":";
            probes.add(probe("no labels", model, asked("a b", field + "[]"), 422, "there are no labels"));
            probes.add(probe("no field", model, asked("a b", field + "null"), 422, "needs the field"));
            probes.add(probe("an empty label", model, asked("a b", field + "[\"\"]"), 422, "a label is empty"));
            probes.add(probe("a blank label", model, asked("a b", field + "[\" \\n\"]"), 422, "a label is empty"));
            probes.add(probe("a text", model, asked("a b", field + "\"a\""), 422, "not an array of texts"));
            probes.add(probe("numbers", model, asked("a b", field + "[1]"), 422, "not a text"));
            probes.add(probe("nulls", model, asked("a b", field + "[null]"), 422, "not a text"));
            probes.add(probe("lists", model, asked("a b", field + "[[\"a\"]]"), 422, "not a text"));
            probes.add(probe(
                    "markers",
                    model,
                    asked("a b", field + "[\"<<ENT>>\",\"<<LABEL>>\",\"[SEP]\",\"a\\nb\",\"\\ud83d\\ude00\"]"),
                    200,
                    ""));
            probes.add(probe(
                    "a label twice", model, asked("a b", field + "[\"a\",\"a\"]"), extracts ? 200 : 422, "twice"));
            // A model for NLI reads a text for each label; the others read all labels at once.
            probes.add(probe(
                    "200 labels", model, asked("a b", field + numbered(200)), model.equals("nli") ? 413 : 200, "200"));
            probes.add(probe(
                    "2000 labels",
                    model,
                    asked("a b", field + numbered(2_000)),
                    model.equals("nli") ? 413 : 422,
                    extracts ? "at most 4096" : "2000"));
        }
        probes.add(probe(
                "labels that are cut off",
                "gliclass",
                asked("a b", "\"truncate\":true,\"candidate_labels\":" + numbered(2_000)),
                422,
                "2000 labels"));
        return Probe.tests(server.server(), probes);
    }

    @TestFactory
    Stream<DynamicTest> schemas() {
        String validated = "{\"structures\":{\"s\":{\"fields\":[{\"name\":\"f\",\"validators\":[{\"pattern\":%s}]}]}}}";
        String fields = IntStream.range(0, 600).mapToObj(i -> "\"f" + i + "\"").collect(Collectors.joining(","));
        return Probe.tests(
                server.server(),
                List.of(
                        schema("nothing", "a b", "{}", 422, "asks for nothing"),
                        schema("a number", "a b", "7", 422, ""),
                        schema("a misspelling", "a b", "{\"entites\":[\"a\"]}", 422, "not a known property"),
                        schema("names twice", "a b", "{\"entities\":[\"a\",\"a\"]}", 422, "twice"),
                        schema("an empty name", "a b", "{\"entities\":[\"\"]}", 422, "empty"),
                        schema("nulls", "a b", "{\"entities\":[null]}", 422, "not a string"),
                        schema(
                                "a threshold",
                                "a b",
                                "{\"entities\":{\"a\":{\"threshold\":1e999}}}",
                                422,
                                "between 0 and 1"),
                        schema("markers", "a b", "{\"entities\":[\"[E]\",\"[SEP_TEXT]\",\"a\\nb\"]}", 200, ""),
                        schema("200 names", "a b", "{\"entities\":" + numbered(200) + "}", 200, ""),
                        schema("2000 names", "a b", "{\"entities\":" + numbered(2_000) + "}", 422, "at most 4096"),
                        schema("blank", " \t", "{\"entities\":[\"a\"]}", 200, ""),
                        schema(
                                "a word without an end",
                                "1a2b".repeat(9_000),
                                "{\"entities\":[\"a\"]}",
                                422,
                                "at most 4096"),
                        schema(
                                "a pattern that goes back for ever",
                                "a".repeat(36) + "! ok",
                                validated.formatted("\"((a{1,9999}){1,9999}){1,9999}\""),
                                422,
                                "takes too long"),
                        schema(
                                "a pattern that is none",
                                "a b",
                                validated.formatted("\"(\""),
                                422,
                                "not a regular expression"),
                        schema(
                                "many fields of many spans",
                                "Ada lives in London ".repeat(90),
                                "{\"structures\":{\"s\":{\"fields\":[" + fields + "]}}}",
                                422,
                                "name fewer fields")));
    }

    private static Probe schema(String name, String text, String schema, int status, String part) {
        return probe(name, "gliner2", asked(text, "\"threshold\":0.01,\"schema\":" + schema), status, part);
    }

    @TestFactory
    Stream<DynamicTest> numbers() {
        List<Probe> probes = new ArrayList<>();
        String labels = "\"labels\":[\"person\"],\"threshold\":";
        for (String threshold : List.of("1e999", "-1e-9", "1.01", "\"0.5\"", "true", "[0.5]", "{}", "9".repeat(40))) {
            probes.add(probe("threshold " + threshold, "gliner", asked("a", labels + threshold), 422, "0.0 to 1.0"));
        }
        probes.add(probe("NaN", "gliner", asked("a", labels + "NaN"), 400, "not JSON"));
        String question =
                "{\"inputs\":{\"question\":\"who?\",\"context\":\"Ada lives in London\"},\"parameters\":{%s}}";
        for (String count : List.of("top_k", "max_answer_len", "max_seq_len")) {
            for (String number : List.of("0", "-1", "1.0", "1e3", "2147483648", "\"1\"", "[1]", "true")) {
                probes.add(probe(
                        count + " " + number,
                        "qa",
                        question.formatted("\"" + count + "\":" + number),
                        422,
                        count + " is not a whole number of at least 1"));
            }
        }
        probes.add(probe("a stride", "tags", asked("a b", "\"stride\":2147483647"), 422, "choose a stride"));
        probes.add(probe("no choices", "choice", "{\"inputs\":{\"prompt\":\"a\",\"choices\":[]}}", 422, "no choices"));
        probes.add(probe("no masks", "mask", asked("a b", ""), 422, "no [MASK]"));
        probes.add(probe("odd targets", "mask", asked("a [MASK]", "\"targets\":[\"\"]"), 422, "0 tokens"));
        return Probe.tests(server.server(), probes);
    }

    /** Answers that are a thousand times as large as their requests, and runs that would take minutes. */
    @TestFactory
    Stream<DynamicTest> amplifiers() {
        List<Probe> probes = new ArrayList<>();
        String all = "\"threshold\":0,\"flat_ner\":false,\"multi_label\":true,\"labels\":";
        for (String model : List.of("gliner", "words")) {
            probes.add(probe(
                    "everything",
                    model,
                    asked("Ada lives in London and ".repeat(2_000), all + numbered(20)),
                    422,
                    "reach the threshold"));
            probes.add(probe(
                    "a word without an end",
                    model,
                    asked("1a2b3c".repeat(10_000), "\"labels\":[\"a\"]"),
                    422,
                    "at most 4096 are read at once"));
            probes.add(probe(
                    "labels without an end",
                    model,
                    asked("a b", "\"labels\":[" + quoted("x ".repeat(20_000)) + "]"),
                    422,
                    "at most 4096 are read at once"));
            probes.add(probe(
                    "windows without an end",
                    model,
                    asked("a ".repeat(40_000), "\"labels\":[\"a\"]"),
                    422,
                    "at most 512 may wait"));
        }
        // Windows that share all but a token, and parts that share all but a character.
        for (String model : List.of("tags", "nli")) {
            probes.add(probe(
                    "windows that hardly go on",
                    model,
                    asked("a ".repeat(40_000), "\"stride\":45"),
                    422,
                    "at most 512 may wait: ask less at once, or with windows that share less (stride)"));
        }
        probes.add(probe(
                "windows beside a question",
                "qa",
                "{\"inputs\":{\"question\":" + quoted("who ".repeat(44)) + ",\"context\":" + quoted("a ".repeat(40_000))
                        + "}}",
                422,
                "at most 512 may wait"));
        probes.add(probe(
                "parts that hardly go on",
                "gliclass",
                asked(
                        "a ".repeat(40_000),
                        "\"candidate_labels\":[\"a\"],\"text_chunk_size\":1000,\"text_chunk_overlap\":999"),
                413,
                "the request has 79001 texts"));
        probes.add(probe(
                "predictions",
                "mask",
                asked("[MASK] ".repeat(40), "\"top_k\":4000,\"truncate\":true"),
                422,
                "ask for fewer (top_k)"));
        String question = "{\"inputs\":{\"question\":\"who?\",\"context\":%s},\"parameters\":{%s}}";
        String most = "\"top_k\":2147483647,\"max_answer_len\":2147483647";
        probes.add(probe("all answers", "qa", question.formatted(quoted("Ada lives"), most), 200, ""));
        probes.add(probe(
                "all answers of a long text",
                "qa",
                question.formatted(quoted("Ada lives in London ".repeat(100)), most),
                422,
                "ask for fewer (top_k)"));
        probes.add(probe("all predictions", "mask", asked("a [MASK]", "\"top_k\":2147483647"), 200, ""));
        return Probe.tests(server.server(), probes);
    }

    /** What would otherwise be passed over. */
    @TestFactory
    Stream<DynamicTest> fields() {
        String tensor = "{\"inputs\":[{\"name\":\"text\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"a\"]}],%s}";
        String embeddings = "/v1/embeddings";
        return Probe.tests(
                server.server(),
                List.of(
                        probe("stream", "nli", "{\"inputs\":\"a\",\"stream\":true}", 422, "no field 'stream'"),
                        probe(
                                "twice",
                                "gliner",
                                "{\"inputs\":\"a\",\"labels\":[\"a\"],\"parameters\":{\"labels\":[]}}",
                                422,
                                "once"),
                        probe("parameters", "nli", "{\"inputs\":\"a\",\"parameters\":[]}", 422, "not an object"),
                        Probe.json(
                                "an id that is a number",
                                "/v2/models/nli/infer",
                                tensor.formatted("\"id\":7"),
                                422,
                                "id is not a text"),
                        Probe.json(
                                "a task that there is not",
                                "/models/nli/pipeline/a%0ab",
                                "{\"inputs\":\"a\"}",
                                404,
                                "a\\nb"),
                        probe(
                                "fields of two tasks",
                                "nli",
                                asked("a", "\"candidate_labels\":[\"a\"],\"top_k\":1"),
                                422,
                                "'candidate_labels' is a field of zero-shot-classification, and the request has"
                                        + " fields of text-classification too"),
                        probe(
                                "fields of two tasks",
                                "gliner2",
                                asked("a", "\"labels\":[\"a\"],\"schema\":{\"entities\":[\"b\"]}"),
                                422,
                                "'schema' is a field of schema-extraction"),
                        probe(
                                "a field of the other task is misspelt",
                                "nli",
                                asked("a", "\"candidate_labels\":[\"a\"],\"multi_labels\":true"),
                                422,
                                "zero-shot-classification has no field 'multi_labels'"),
                        Probe.json(
                                "fields of two tasks, by tensors",
                                "/v2/models/nli/infer",
                                tensor.formatted("\"parameters\":{\"candidate_labels\":[\"a\"],\"stride\":1}"),
                                422,
                                "'candidate_labels' is a field of zero-shot-classification"),
                        probe("no targets", "mask", asked("a [MASK]", "\"targets\":[]"), 422, "targets is empty"),
                        probe(
                                "a mask for nothing",
                                "tags/pipeline/redact",
                                asked("a", "\"masking_char\":\"#\""),
                                422,
                                "masking_char is for an operator that"),
                        probe(
                                "a mask for one label",
                                "tags/pipeline/redact",
                                asked("a", "\"masking_char\":\"#\",\"operators\":[\"PER=mask\"]"),
                                200,
                                ""),
                        probe(
                                "a value for nothing",
                                "tags/pipeline/redact",
                                asked("a", "\"operator\":\"mask\",\"new_value\":\"x\""),
                                422,
                                "new_value is for an operator that"),
                        probe(
                                "a length for nothing",
                                "tags/pipeline/redact",
                                asked("a", "\"hash_length\":8"),
                                422,
                                "hash_length is for an operator that"),
                        Probe.json(
                                "a language that is a number",
                                "/analyze",
                                "{\"text\":\"a\",\"language\":1}",
                                422,
                                "language is not a text"),
                        Probe.json(
                                "a number for logs",
                                "/analyze",
                                "{\"text\":\"a\",\"correlation_id\":1}",
                                422,
                                "correlation_id is not a text"),
                        Probe.json("a name with a slash", "/models/nli/", "{\"inputs\":\"a\"}", 404, "no model nli/"),
                        Probe.json("a name of others", "/models/%2e%2e%2fnli", "{\"inputs\":\"a\"}", 404, "no model"),
                        Probe.json(
                                "stream",
                                embeddings,
                                "{\"model\":\"nli\",\"input\":\"a\",\"stream\":false}",
                                422,
                                "stream"),
                        Probe.json(
                                "another task", embeddings, "{\"model\":\"nli\",\"input\":\"a\"}", 424, "not served"),
                        Probe.json("no model", embeddings, "{\"input\":\"a\"}", 422, "model is not a text")));
    }
}
