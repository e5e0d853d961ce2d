package detangle.pipelines;

import detangle.ir.OneLine;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HeadException;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model with its tokenizer, on which all pipelines are built. With {@link DynamicBatching} it is shared: threads that
 * ask at the same time share batches, and what an answer takes has a bound, as a server needs.
 */
final class TextModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TextModel.class);

    private static final Set<Architecture> MASKED_LM = EnumSet.of(Architecture.MASKED_LM, Architecture.MASKED_LM_EMD);

    /**
     * The most tokens of a text with its labels or options in a shared model: a window of GLiNER with some two hundred
     * labels has half as many.
     */
    private static final int MAX_TOKENS = 4096;

    /** The number of characters of a text that messages quote. */
    private static final int QUOTED_CHARACTERS = 60;

    private final ModelRows rows;
    private final PipelineOptions options;
    private final InputEncoder encoder;
    private final Optional<Shared> shared;

    /** The parts of a shared model: threads for encoding, batches, and a queue of other work. */
    private record Shared(DynamicBatching options, TextEncoder encoder, TokenBatcher batcher, RunQueue runs) {
        static Shared of(ModelRows rows, DynamicBatching batching, int maxSequences) {
            TokenBatcher batcher = new TokenBatcher(
                    batching,
                    maxSequences,
                    rows::run,
                    row -> rows.masks()
                            .map(m -> m.cost(row, batching.maxBatchTokens()))
                            .orElseGet(row::length),
                    BatchTurns.of(rows.session().device().name()));
            return new Shared(batching, new TextEncoder(batching), batcher, new RunQueue(batching));
        }
    }

    /** Receives the outputs of the model for one encoding. */
    @FunctionalInterface
    interface Reader {
        /** @param index the index of the encoding in the list */
        void read(int index, Row row);
    }

    private TextModel(ModelRows rows, PipelineOptions options, InputEncoder encoder, Optional<Shared> shared) {
        this.rows = rows;
        this.options = options;
        this.encoder = encoder;
        this.shared = shared;
    }

    private static TextModel of(
            Session session, Tokenizer tokenizer, SentenceSettings sentence, PipelineOptions options) {
        warnOfOtherTokenizer(session.config(), tokenizer);
        InputLength length = InputLength.of(
                session.config(), session.hasAbsolutePositions(), tokenizer, sentence, options.maxLength());
        OptionalInt mask =
                session.head().filter(MASKED_LM::contains).isPresent() ? tokenizer.maskTokenId() : OptionalInt.empty();
        Optional<MaskedPlaces> masks = mask.isPresent()
                ? Optional.of(new MaskedPlaces(mask.getAsInt(), session.config().vocabSize()))
                : Optional.empty();
        ModelRows rows = new ModelRows(session, tokenizer, masks);
        Optional<Shared> shared =
                options.dynamicBatching().map(batching -> Shared.of(rows, batching, options.batchSize()));
        InputEncoder encoder = new InputEncoder(
                tokenizer,
                options,
                length,
                session.hasAbsolutePositions(),
                shared.map(Shared::encoder),
                Truncation.Side.RIGHT);
        return new TextModel(rows, options, encoder, shared);
    }

    /**
     * Warns of a tokenizer with more tokens than the model has rows of words. Released models have at least as many
     * rows as tokens.
     */
    private static void warnOfOtherTokenizer(DebertaConfig config, Tokenizer tokenizer) {
        int tokens = tokenizer.vocabSize();
        int rows = config.vocabSize();
        if (tokens > rows) {
            LOG.warn(
                    "{}: vocab_size is {}, and the tokenizer has {} tokens: it may be that of another model",
                    OneLine.of(config.file().toString()),
                    rows,
                    tokens);
        }
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer.
     *
     * @param head the head that the pipeline needs
     * @throws PipelineException if the checkpoint does not hold the head
     */
    static TextModel load(Path folder, Architecture head, PipelineOptions options) {
        // A vocabulary has megabytes of text, so another processor reads it while this one compiles.
        CompletableFuture<Tokenizer> tokenizer = CompletableFuture.supplyAsync(() -> Tokenizers.load(folder));
        Session session = session(folder, head, options);
        try {
            return of(session, joined(tokenizer), SentenceSettings.read(folder), options);
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    private static Session session(Path folder, Architecture head, PipelineOptions options) {
        try {
            SessionOptions session = options.session().withHead(head).withMaskedRows(MASKED_LM.contains(head));
            return Session.load(folder, session);
        } catch (HeadException e) {
            throw new PipelineException(e.getMessage());
        }
    }

    /** Returns the same model, which cuts texts that are too long. Close only one of the two. */
    TextModel cutting() {
        return cutting(Truncation.Side.RIGHT);
    }

    /** Returns the same model, which cuts off an end of texts that are too long. Close only one of the two. */
    TextModel cutting(Truncation.Side side) {
        return new TextModel(rows, options.withTruncation(true), encoder.cutting(side), shared);
    }

    private static Tokenizer joined(CompletableFuture<Tokenizer> tokenizer) {
        try {
            return tokenizer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Returns a model of a session and its tokenizer. The session is closed with the model. */
    static TextModel of(Session session, Tokenizer tokenizer, PipelineOptions options) {
        return of(session, tokenizer, SentenceSettings.NONE, options);
    }

    DebertaConfig config() {
        return rows.session().config();
    }

    Tokenizer tokenizer() {
        return rows.tokenizer();
    }

    /** Returns the number of tokens to which inputs are cut, which is also the length of windows. */
    int maxLength() {
        return encoder.maxLength();
    }

    /**
     * Returns windows of a text, each as long as the model takes.
     *
     * @param shared how many tokens two windows share
     * @throws PipelineException if windows of this length cannot share so many
     */
    Truncation windows(int shared) {
        // A window has two special tokens, and at least one token that the window before it does not have.
        if (shared < 0 || shared > maxLength() - 3) {
            throw new PipelineException(
                    "windows that share " + shared + " tokens cannot be: choose a stride of 0 to " + (maxLength() - 3));
        }
        return new Truncation(maxLength(), Truncation.Strategy.ONLY_FIRST, Optional.of(shared));
    }

    /**
     * Makes the windows of the texts of one call. In a shared model their number is bounded by the number of texts that
     * may wait. They are counted before they are made, because windows that share almost all of their tokens have
     * hundreds of times as many tokens as the text.
     */
    final class Windows {
        private long count;

        List<Encoding> of(Encoding whole, Truncation cut) {
            count += cut.windows(whole);
            shared.ifPresent(s -> s.batcher.requireRoom(count));
            return cut.apply(whole);
        }
    }

    /** Returns the name of one of several texts in messages. */
    static String name(String what, int index, int of) {
        return of == 1 ? "the " + what : what + " " + (index + 1);
    }

    /** Encodes a text as {@link InputEncoder#encode(String, InputRow)} does. */
    Encoding encode(String text, InputRow row) {
        return encoder.encode(text, row);
    }

    /** Encodes a text as {@link InputEncoder#encodeAny(String, InputRow)} does. */
    Encoding encodeAny(String text, InputRow row) {
        return encoder.encodeAny(text, row);
    }

    /** Encodes a text as {@link InputEncoder#encodeWhole(String)} does. */
    Encoding encodeWhole(String text) {
        return encoder.encodeWhole(text);
    }

    /** Encodes a pair as {@link InputEncoder#encodeWhole(TextPair)} does. */
    Encoding encodeWhole(TextPair pair) {
        return encoder.encodeWhole(pair);
    }

    /** Encodes a pair as {@link InputEncoder#encode(TextPair, Truncation.Strategy, InputRow)} does. */
    Encoding encode(TextPair pair, Truncation.Strategy cut, InputRow row) {
        return encoder.encode(pair, cut, row);
    }

    /**
     * Encodes a text by the caller's own code. In a shared model one of a few threads does this, within the caller's
     * deadline.
     *
     * @param characters the number of characters of the text
     */
    <T> T encoded(int characters, Supplier<T> encode) {
        return shared.isPresent() ? shared.get().encoder.encode(characters, encode) : encode.get();
    }

    /**
     * Runs work behind the encoder, such as another program. In a shared model it runs one piece of work after another
     * in the order in which callers come, within the caller's deadline, so that the memory of this work is bounded.
     */
    <T> T inTurn(Supplier<T> work) {
        return shared.isPresent() ? shared.get().runs.run(work) : work.get();
    }

    /**
     * Refuses an encoding of a text with its labels or options that is far longer than the model takes, in a shared
     * model. The caller decides this length, and attention takes time in the square of it.
     */
    void requireRoom(Encoding encoding, InputRow row) {
        int maxTokens = Math.max(MAX_TOKENS, maxLength());
        if (isShared() && encoding.length() > maxTokens) {
            throw row.unanswerable("is read in " + encoding.length() + " tokens with what is asked of it, and at most "
                    + maxTokens + " are read at once: name fewer or shorter labels, or take out words without end");
        }
    }

    /**
     * Returns whether the model is shared, as on a server, so that the time and memory of an answer must be bounded.
     */
    boolean isShared() {
        return shared.isPresent();
    }

    /** Returns the places of {@code [MASK]}, if the model predicts masks. */
    Optional<MaskedPlaces> masks() {
        return rows.masks();
    }

    /**
     * Runs encodings. Encodings of similar length run together, so that little is padded. A model that predicts masks
     * has scores only at masks, {@code [1,M,V]}.
     *
     * @param progress receives the number of finished encodings after each batch
     */
    void run(List<Encoding> encodings, ProgressListener progress, Reader reader) {
        if (shared.isEmpty()) {
            inBatches(encodings, progress, members -> {
                List<Row> batch = rows.run(members.stream().map(encodings::get).toList());
                for (int row = 0; row < members.size(); row++) {
                    int index = members.get(row);
                    read(reader, index, batch.get(row), encodings.get(index));
                }
            });
            return;
        }
        Supplier<Integer> all = () -> {
            List<Row> answered = shared.get().batcher.run(encodings);
            for (int i = 0; i < answered.size(); i++) {
                read(reader, i, answered.get(i), encodings.get(i));
            }
            return answered.size();
        };
        int done = masks().isPresent() ? masks().get().holding(encodings, shared.get().options, all) : all.get();
        progress.done(done);
    }

    private void read(Reader reader, int index, Row row, Encoding encoding) {
        reading(encoding, () -> {
            reader.read(index, row);
            return true;
        });
    }

    /**
     * Reads the outputs of the model for an encoding.
     *
     * @throws NotFiniteException if an output is not a finite number
     */
    <T> T reading(Encoding encoding, Supplier<T> reader) {
        try {
            return reader.get();
        } catch (Row.NotFiniteValue e) {
            String text = tokenizer().decode(encoding.ids(), true).strip();
            throw new NotFiniteException("the answer of the model to '"
                    + (text.length() > QUOTED_CHARACTERS ? text.substring(0, QUOTED_CHARACTERS) + "..." : text)
                    + "' is " + e.getMessage() + " and not a finite number: "
                    + rows.session()
                            .notFiniteWeight()
                            .orElse(config().file()
                                    + ": its weights are finite, so computing with them overflows; keep them in f32,"
                                    + " or choose another checkpoint"));
        }
    }

    /** Divides encodings into batches of similar length. A batch is a list of indices of encodings. */
    void inBatches(List<Encoding> encodings, ProgressListener progress, Consumer<List<Integer>> batch) {
        List<Integer> order = IntStream.range(0, encodings.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> encodings.get(i).length()))
                .toList();
        for (int first = 0; first < order.size(); first += options.batchSize()) {
            List<Integer> members = order.subList(first, Math.min(order.size(), first + options.batchSize()));
            batch.accept(members);
            progress.done(first + members.size());
        }
    }

    /** Runs inputs that a caller has made itself and that are not rows of a batch. */
    Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return inTurn(() -> rows.session().run(inputs));
    }

    /** Returns the inputs of a padded batch, {@code i64[B,S]} each. */
    Map<String, Tensor> inputs(List<Encoding> encodings) {
        return rows.inputs(encodings, 1);
    }

    /** Makes inputs as {@link #inputs(List)} does, padded to a length that no row exceeds. */
    Map<String, Tensor> inputs(List<Encoding> encodings, int length) {
        return rows.inputs(encodings, length);
    }

    @Override
    public void close() {
        shared.ifPresent(s -> {
            s.encoder.close();
            s.batcher.close();
            s.runs.close();
        });
        rows.session().close();
    }
}
