package detangle.runtime;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.text.Batch;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Classifies texts with a sequence-classification model. Any number of threads may use one.
 *
 * <pre>{@code
 * try (TextClassifier classifier = TextClassifier.load(Path.of("models/pretrained/banking77-small"))) {
 *     System.out.println(classifier.classify("Where is my card?").getFirst().label());
 * }
 * }</pre>
 */
public final class TextClassifier implements AutoCloseable {
    private static final int BATCH = 32;

    private final Session session;
    private final Tokenizer tokenizer;

    private TextClassifier(Session session, Tokenizer tokenizer) {
        this.session = session;
        this.tokenizer = tokenizer;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static TextClassifier load(Path folder) {
        return load(folder, Optional.empty());
    }

    /** As {@link #load(Path)}, on the backend of that name if one is given. */
    public static TextClassifier load(Path folder, Optional<String> backend) {
        Session session = Session.load(
                folder,
                SessionOptions.DEFAULT
                        .withBackend(backend)
                        .withHead(Optional.of(Architecture.SEQUENCE_CLASSIFICATION))
                        .withHiddenStates(false));
        try {
            return new TextClassifier(session, Tokenizers.load(folder));
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    /** All labels of a text, the surest first. A {@link TextException} if it is empty or too long. */
    public List<Classification> classify(String text) {
        return classify(List.of(text)).getFirst();
    }

    /** All labels of each text, in the texts' order. */
    public List<List<Classification>> classify(List<String> texts) {
        return classify(texts, BATCH, done -> {});
    }

    /**
     * All labels of each text, in the texts' order. Texts of like length are run together, so that little is padded.
     *
     * @param batch how many are run at once
     * @param progress told how many texts are done, after each batch
     */
    public List<List<Classification>> classify(List<String> texts, int batch, IntConsumer progress) {
        List<Encoding> encodings =
                IntStream.range(0, texts.size()).mapToObj(i -> tokens(texts, i)).toList();
        List<Integer> order = IntStream.range(0, texts.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> encodings.get(i).length()))
                .toList();
        List<List<Classification>> results = new ArrayList<>();
        texts.forEach(t -> results.add(List.of()));
        for (int first = 0; first < order.size(); first += batch) {
            List<Integer> members = order.subList(first, Math.min(order.size(), first + batch));
            Tensor logits = run(members.stream().map(encodings::get).toList());
            for (int row = 0; row < members.size(); row++) {
                results.set(members.get(row), ranked(logits, row));
            }
            progress.accept(first + members.size());
        }
        return results;
    }

    private Encoding tokens(List<String> texts, int index) {
        String text = texts.get(index);
        String which = texts.size() == 1 ? "the text" : "text " + (index + 1);
        if (text.isBlank()) {
            throw new TextException(which + " is empty: there is nothing to classify");
        }
        Encoding encoding = tokenizer.encode(text);
        int longest = session.config().maxPositionEmbeddings();
        if (encoding.length() > longest) {
            throw new TextException(which + " has " + encoding.length() + " tokens, and the model takes " + longest
                    + ": shorten it or split it");
        }
        return encoding;
    }

    private Tensor run(List<Encoding> rows) {
        Batch batch = Batch.of(rows, tokenizer.padTokenId(), Batch.Side.RIGHT, 1);
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("input_ids", batch.inputIds());
        inputs.put("attention_mask", batch.attentionMask());
        if (session.config().typeVocabSize() > 0) {
            inputs.put("token_type_ids", batch.tokenTypeIds());
        }
        return session.run(inputs).get("logits");
    }

    private List<Classification> ranked(Tensor logits, int row) {
        List<String> labels = session.config().labels();
        double[] values = new double[labels.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = logits.getDouble((long) row * values.length + i);
        }
        double[] scores = Scores.of(values, session.config().problemType());
        List<Classification> all = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            all.add(new Classification(labels.get(i), scores[i]));
        }
        all.sort(Comparator.comparingDouble(Classification::score).reversed());
        return List.copyOf(all);
    }

    @Override
    public void close() {
        session.close();
    }
}
