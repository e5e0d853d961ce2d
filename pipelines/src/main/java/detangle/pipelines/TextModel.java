package detangle.pipelines;

import detangle.ir.OneLine;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HeadException;
import detangle.models.deberta.InputNames;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Encoding;
import detangle.models.text.PaddedBatch;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
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

/** A model with its tokenizer: what all pipelines stand on. */
final class TextModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TextModel.class);

    private static final Set<Architecture> MASKED_LM = EnumSet.of(Architecture.MASKED_LM, Architecture.MASKED_LM_EMD);

    /**
     * Tokens of a text with what is asked of it, where strangers ask: a window of GLiNER with some two hundred labels
     * has half as many.
     */
    private static final int MAX_TOKENS = 4096;

    /** Characters of a text that are enough to know it by. */
    private static final int QUOTED_CHARACTERS = 60;

    private final Session session;
    private final Tokenizer tokenizer;
    private final PipelineOptions options;
    private final InputEncoder encoder;
    private final Optional<MaskedPlaces> masks;
    private final Optional<Shared> shared;

    /** The parts that threads share that ask at the same time ({@link DynamicBatching}). */
    private record Shared(DynamicBatching options, TextEncoder encoder, TokenBatcher batcher, RunQueue runs) {
        static Shared of(
                Session session,
                Tokenizer tokenizer,
                Optional<MaskedPlaces> masks,
                DynamicBatching batching,
                int maxSequences) {
            TokenBatcher batcher = new TokenBatcher(
                    batching,
                    maxSequences,
                    rows -> rows(session, tokenizer, masks, rows),
                    row -> masks.map(m -> m.cost(row, batching.maxBatchTokens()))
                            .orElseGet(row::length),
                    BatchTurns.of(session.device().name()));
            return new Shared(batching, new TextEncoder(batching), batcher, new RunQueue(batching));
        }
    }

    /** Takes what the model says of one encoding. */
    @FunctionalInterface
    interface Reader {
        /** @param index the encoding's place in the list */
        void read(int index, Row row);
    }

    private TextModel(
            Session session,
            Tokenizer tokenizer,
            PipelineOptions options,
            InputEncoder encoder,
            Optional<MaskedPlaces> masks,
            Optional<Shared> shared) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.options = options;
        this.encoder = encoder;
        this.masks = masks;
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
        Optional<Shared> shared = options.dynamicBatching()
                .map(batching -> Shared.of(session, tokenizer, masks, batching, options.batchSize()));
        InputEncoder encoder = new InputEncoder(
                tokenizer,
                options,
                length,
                session.hasAbsolutePositions(),
                shared.map(Shared::encoder),
                Truncation.Side.RIGHT);
        return new TextModel(session, tokenizer, options, encoder, masks, shared);
    }

    /** Released models have rows of words beyond their tokenizers' tokens, and never fewer. */
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
     * @param head is what is wanted; the checkpoint says whether it can be had
     * @throws PipelineException if the checkpoint does not hold the head
     */
    static TextModel load(Path folder, Architecture head, PipelineOptions options) {
        // A vocabulary is megabytes of text: another processor reads it while this one compiles.
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

    /** Returns the same model, which cuts texts that are too long; only one of the two is to be closed. */
    TextModel cutting() {
        return cutting(Truncation.Side.RIGHT);
    }

    /** Returns the same, which cuts off this end of them. */
    TextModel cutting(Truncation.Side side) {
        return new TextModel(session, tokenizer, options.withTruncation(true), encoder.cutting(side), masks, shared);
    }

    private static Tokenizer joined(CompletableFuture<Tokenizer> tokenizer) {
        try {
            return tokenizer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Returns a session with its tokenizer; the session is closed with it. */
    static TextModel of(Session session, Tokenizer tokenizer, PipelineOptions options) {
        return of(session, tokenizer, SentenceSettings.NONE, options);
    }

    DebertaConfig config() {
        return session.config();
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Returns what inputs are cut to, and the length of windows. */
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
        // A window has two special tokens, and one at least that the window before it has not.
        if (shared < 0 || shared > maxLength() - 3) {
            throw new PipelineException(
                    "windows that share " + shared + " tokens cannot be: choose a stride of 0 to " + (maxLength() - 3));
        }
        return new Truncation(maxLength(), Truncation.Strategy.ONLY_FIRST, Optional.of(shared));
    }

    /**
     * The windows of the texts of one call. Where strangers ask, there may be no more than may wait, and they are
     * counted before they are made: windows that share almost all of their tokens have hundreds of times those of the
     * text.
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
     * Returns what a caller makes of a text by code of its own, where {@link #encode} does not do: by one of a few
     * threads where strangers send texts, and within the caller's deadline.
     *
     * @param characters the text's
     */
    <T> T encoded(int characters, Supplier<T> encode) {
        return shared.isPresent() ? shared.get().encoder.encode(characters, encode) : encode.get();
    }

    /**
     * Does what comes behind the encoder, such as another program: where strangers ask, one piece of work after
     * another in the order in which they come, so that the memory that it takes has a bound, and within the caller's
     * deadline.
     */
    <T> T inTurn(Supplier<T> work) {
        return shared.isPresent() ? shared.get().runs.run(work) : work.get();
    }

    /**
     * Refuses an encoding that is made of a text and of what is asked of it, if strangers ask and it is far longer
     * than what the model takes: how long that is follows from who asks, and attention takes time in the square of it.
     */
    void requireRoom(Encoding encoding, InputRow row) {
        int maxTokens = Math.max(MAX_TOKENS, maxLength());
        if (isShared() && encoding.length() > maxTokens) {
            throw row.unanswerable("is read in " + encoding.length() + " tokens with what is asked of it, and at most "
                    + maxTokens + " are read at once: name fewer or shorter labels, or take out words without end");
        }
    }

    /** Returns whether strangers may ask, so that what an answer takes must have a bound. */
    boolean isShared() {
        return shared.isPresent();
    }

    /** Returns the places of {@code [MASK]}, if this is a model that says what stands there. */
    Optional<MaskedPlaces> masks() {
        return masks;
    }

    /**
     * Runs encodings, those of like length together, so that little is padded. A model that predicts masks gives
     * scores at masks alone, as {@code [1,M,V]}.
     *
     * @param progress told how many are done, after each batch
     */
    void run(List<Encoding> encodings, ProgressListener progress, Reader reader) {
        if (shared.isEmpty()) {
            inBatches(encodings, progress, members -> {
                List<Row> rows = rows(
                        session,
                        tokenizer,
                        masks,
                        members.stream().map(encodings::get).toList());
                for (int row = 0; row < members.size(); row++) {
                    int index = members.get(row);
                    read(reader, index, rows.get(row), encodings.get(index));
                }
            });
            return;
        }
        Supplier<Integer> all = () -> {
            List<Row> rows = shared.get().batcher.run(encodings);
            for (int i = 0; i < rows.size(); i++) {
                read(reader, i, rows.get(i), encodings.get(i));
            }
            return rows.size();
        };
        int done = masks.isPresent() ? masks.get().holding(encodings, shared.get().options, all) : all.get();
        progress.done(done);
    }

    /** Runs a batch. */
    private static List<Row> rows(
            Session session, Tokenizer tokenizer, Optional<MaskedPlaces> masks, List<Encoding> batch) {
        Map<String, Tensor> inputs = inputs(session, tokenizer, batch, 1);
        if (session.head().filter(Architecture.MULTIPLE_CHOICE::equals).isPresent()) {
            // Each choice is scored by itself, so that those of all questions make one batch: i64[B,1,S].
            inputs.replaceAll((name, rows) -> rows.reshape(rows.dim(0), 1, rows.dim(1)));
        }
        masks.ifPresent(m -> inputs.put(
                InputNames.MASKED_ROWS, m.rows(batch, inputs.get(InputNames.IDS).dim(1))));
        Map<String, Tensor> outputs = session.run(inputs);
        return masks.map(m -> m.divided(outputs, batch))
                .orElseGet(() -> IntStream.range(0, batch.size())
                        .mapToObj(row -> new Row(outputs, row, batch.get(row).length()))
                        .toList());
    }

    private void read(Reader reader, int index, Row row, Encoding encoding) {
        reading(encoding, () -> {
            reader.read(index, row);
            return true;
        });
    }

    /**
     * Reads what the model says of an encoding.
     *
     * @throws NotFiniteException if something of it is not a finite number
     */
    <T> T reading(Encoding encoding, Supplier<T> reader) {
        try {
            return reader.get();
        } catch (Row.NotFiniteValue e) {
            String text = tokenizer.decode(encoding.ids(), true).strip();
            throw new NotFiniteException("what the model says of '"
                    + (text.length() > QUOTED_CHARACTERS ? text.substring(0, QUOTED_CHARACTERS) + "..." : text)
                    + "' is " + e.getMessage() + " and not a finite number: "
                    + session.notFiniteWeight()
                            .orElse(session.config().file()
                                    + ": its weights are finite, so computing with them overflows; keep them in f32,"
                                    + " or choose another checkpoint"));
        }
    }

    /**
     * Divides encodings into batches, those of like length together; each batch is given as their places in the list.
     */
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

    /** Runs inputs of a caller of their own, which are not rows of a batch. */
    Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return inTurn(() -> session.run(inputs));
    }

    /** {@code i64[B,S]} each. */
    Map<String, Tensor> inputs(List<Encoding> rows) {
        return inputs(session, tokenizer, rows, 1);
    }

    /** Makes inputs as {@link #inputs(List)} does, padded to a length that no row exceeds. */
    Map<String, Tensor> inputs(List<Encoding> rows, int length) {
        return inputs(session, tokenizer, rows, length);
    }

    /** @param multiple the length is rounded up to a multiple of this */
    private static Map<String, Tensor> inputs(Session session, Tokenizer tokenizer, List<Encoding> rows, int multiple) {
        rows.forEach(row -> checkIds(session.config(), row));
        PaddedBatch batch = PaddedBatch.of(rows, tokenizer.padTokenId(), PaddedBatch.Side.RIGHT, multiple);
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(InputNames.IDS, batch.inputIds());
        inputs.put(InputNames.MASK, batch.attentionMask());
        if (session.config().typeVocabSize() > 0) {
            inputs.put(InputNames.TOKEN_TYPES, batch.tokenTypeIds());
        }
        return inputs;
    }

    /** Tables have a row for each id; a tokenizer of another model makes ids beyond them. */
    private static void checkIds(DebertaConfig config, Encoding row) {
        int id = Arrays.stream(row.ids()).max().orElse(0);
        if (id >= config.vocabSize()) {
            throw new ConfigException(
                    config.file(),
                    "vocab_size is " + config.vocabSize() + ", and the tokenizer makes the id " + id
                            + " of a text: the tokenizer is that of another model");
        }
        int type = Arrays.stream(row.typeIds()).max().orElse(0);
        if (config.typeVocabSize() > 0 && type >= config.typeVocabSize()) {
            throw new ConfigException(
                    config.file(),
                    "type_vocab_size is " + config.typeVocabSize() + ", and the tokenizer makes the token type " + type
                            + " of a text: the tokenizer is that of another model");
        }
    }

    @Override
    public void close() {
        shared.ifPresent(s -> {
            s.encoder.close();
            s.batcher.close();
            s.runs.close();
        });
        session.close();
    }
}
