package detangle.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Questions of every task and of every protocol that the server speaks, with texts of many lengths, and the models that
 * answer them.
 */
final class SoakQuestions {
    private static final int SHORTEST = 3;
    private static final int SHORT = 40;
    private static final int LONG = 330;
    private static final int TINY = 12;
    private static final String MODELS = "/models/";
    private static final String INPUTS = "inputs";
    private static final String TRUNCATE = "truncate";

    private static final List<String> WORDS =
            List.of(("where when why is my new old lost card account transfer money bank Ada Bob lives in London Paris"
                            + " works for a company that sells red blue cars and books to people who like travel sport"
                            + " they have asked for it again on Monday because the fee was 12 pounds not 7")
                    .split(" "));

    private SoakQuestions() {}

    /**
     * A request.
     *
     * @param path the route
     * @param body everything but the input, if that is named apart
     * @param input what the field {@code inputs} holds, of which a request may hold several in a list
     */
    record Question(String path, Map<String, Object> body, Optional<Object> input) {
        /** Returns the body with this input, or with several. */
        Map<String, Object> with(Object inputs) {
            Map<String, Object> whole = new HashMap<>(body);
            whole.put(INPUTS, inputs);
            return whole;
        }

        /** Returns the body as it is asked alone. */
        Map<String, Object> alone() {
            return input.isPresent() ? with(input.get()) : body;
        }
    }

    /** The models by their names: five as large as the one that ships, and tiny ones. */
    static SequencedMap<String, Path> models(Path folder) throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        SequencedMap<String, Path> larger = MixedTasks.models(folder.resolve("larger"));
        models.put("banking", larger.get("classes"));
        models.put("encoder", larger.get("vectors"));
        for (String name : List.of("tags", "nli", "gliner")) {
            models.put(name, larger.get(name));
        }
        for (String name : List.of("ranker", "qa", "mask", "choice", "gliner2", "gliclass")) {
            models.put(name, TinyServer.write(name, folder.resolve(name)));
        }
        return models;
    }

    /** Three tiny models, for a run of a moment. */
    static SequencedMap<String, Path> fewModels(Path folder) throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        for (String name : List.of("encoder", "tags", "qa")) {
            models.put(name, TinyServer.write(name, folder.resolve(name)));
        }
        return models;
    }

    /** Returns the questions to these models by name. */
    static List<Question> to(Set<String> models, List<Question> questions) {
        return questions.stream()
                .filter(question -> question.path().startsWith(MODELS)
                        && models.contains(question.path().substring(MODELS.length())))
                .toList();
    }

    /** A text of so many words. */
    static String text(Random random, int words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.append('.').toString();
    }

    /** Texts of different lengths; a few are long. */
    private static List<String> texts(Random random, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int most = i % 5 == 4 ? LONG : SHORT;
            texts.add(text(random, SHORTEST + random.nextInt(most - SHORTEST)));
        }
        return texts;
    }

    /** The questions of a seed, with so many texts for each task and protocol. */
    static List<Question> of(long seed, int count) {
        Random random = new Random(seed);
        List<Question> questions = new ArrayList<>();
        List<String> texts = texts(random, count);
        for (String text : texts) {
            add(questions, "banking", Map.of(), text);
            add(questions, "encoder", Map.of(TRUNCATE, true), text);
            add(questions, "tags", Map.of("aggregation_strategy", "none", "ignore_labels", List.of()), text);
            add(questions, "nli", Map.of("candidate_labels", MixedTasks.LABELS), text);
            add(questions, "gliner", Map.of("labels", List.of("person", "city", "card")), text);
            add(questions, "qa", Map.of(), Map.of("question", text(random, 5), "context", text));
            raw(questions, "/predict", Map.of(INPUTS, text));
            raw(questions, "/embed", Map.of(INPUTS, List.of(text, text(random, TINY))));
            raw(questions, "/v1/embeddings", Map.of("model", "encoder", "input", List.of(text)));
            raw(questions, "/v2/models/banking/infer", Map.of(INPUTS, List.of(tensor(text, text(random, TINY)))));
            raw(questions, "/tokenize", Map.of(INPUTS, text));
        }
        for (int i = 0; i < count; i++) {
            String text = text(random, SHORTEST + random.nextInt(TINY - SHORTEST));
            List<String> others = List.of(text(random, TINY), text(random, SHORTEST), text(random, TINY / 2));
            add(questions, "ranker", Map.of(TRUNCATE, true), Map.of("query", text, "texts", others));
            add(questions, "mask", Map.of("top_k", 3), text.replace(".", " [MASK]."));
            add(questions, "choice", Map.of(), Map.of("prompt", text, "choices", others));
            add(questions, "gliner2", Map.of("labels", List.of("person", "city"), "threshold", 0.3), text);
            add(questions, "gliclass", Map.of("candidate_labels", MixedTasks.LABELS), text);
            raw(questions, "/rerank", Map.of("query", text, "texts", others, TRUNCATE, true));
            raw(questions, "/similarity", Map.of(INPUTS, Map.of("source_sentence", text, "sentences", others)));
        }
        return questions;
    }

    private static Map<String, Object> tensor(String... texts) {
        return Map.of("name", "text", "datatype", "BYTES", "shape", List.of(texts.length), "data", List.of(texts));
    }

    private static void add(List<Question> questions, String model, Map<String, Object> parameters, Object input) {
        questions.add(new Question(MODELS + model, Map.of("parameters", parameters), Optional.of(input)));
    }

    private static void raw(List<Question> questions, String path, Map<String, Object> body) {
        questions.add(new Question(path, body, Optional.empty()));
    }
}
