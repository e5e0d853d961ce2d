package detangle.pipelines;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerException;
import detangle.models.text.Truncation;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes texts and pairs of texts. Inputs that are longer than the model takes are cut or refused, as the options say.
 */
final class InputEncoder {
    private static final Logger LOG = LoggerFactory.getLogger(InputEncoder.class);

    /**
     * A bound on the number of tokens, before the place where a text was cut off, that may differ from those of the
     * whole text.
     */
    private static final int MARGIN_TOKENS = 64;

    private final Tokenizer tokenizer;
    private final PipelineOptions options;
    private final InputLength length;
    private final boolean absolute;
    private final Optional<TextEncoder> threads;
    private final Truncation.Side side;

    /** Whether the warning was given that inputs are longer than sentence-transformers would leave them. */
    private final AtomicBoolean warned = new AtomicBoolean();

    /**
     * @param absolute whether the model has a position for each place, so that no input can be longer than these are
     *     many
     * @param threads encodes the texts where strangers send them; otherwise each caller encodes its own
     * @param side which end of texts is cut off
     */
    InputEncoder(
            Tokenizer tokenizer,
            PipelineOptions options,
            InputLength length,
            boolean absolute,
            Optional<TextEncoder> threads,
            Truncation.Side side) {
        this.tokenizer = tokenizer;
        this.options = options;
        this.length = length;
        this.absolute = absolute;
        this.threads = threads;
        this.side = side;
    }

    /** Returns the same encoder, which cuts inputs that are too long. */
    InputEncoder cutting(Truncation.Side end) {
        return new InputEncoder(tokenizer, options.withTruncation(true), length, absolute, threads, end);
    }

    /** Returns the number of tokens to which inputs are cut. */
    int maxLength() {
        return length.cut().tokens();
    }

    /** Returns {@code [CLS] text [SEP]}, cut or refused if it is longer than the model takes. */
    Encoding encode(String text, InputRow row) {
        row.requireText(text);
        return encodeAny(text, row);
    }

    /** Encodes a text as {@link #encode(String, InputRow)} does, an empty one too: {@code [CLS] [SEP]}. */
    Encoding encodeAny(String text, InputRow row) {
        String head = head(text, row);
        Encoding encoding = encode(head.length(), () -> tokenizer.encode(head));
        requireEnough(encoding, 0, head.length() < text.length(), row);
        return fit(encoding, Truncation.Strategy.ONLY_FIRST, row);
    }

    /**
     * Returns {@code [CLS] text [SEP] pair [SEP]}, cut or refused if it is longer than the model takes.
     *
     * @param cut which of the two texts is cut, unless the options say it
     */
    Encoding encode(TextPair pair, Truncation.Strategy cut, InputRow row) {
        row.requireText(pair.text());
        row.named("the second text of " + row.name()).requireText(pair.textPair());
        String first = head(pair.text(), row);
        String second = head(pair.textPair(), row);
        Encoding encoding = encode(first.length() + second.length(), () -> tokenizer.encode(first, second));
        boolean firstRuns = first.length() < pair.text().length();
        boolean secondRuns = second.length() < pair.textPair().length();
        requireEnough(encoding, 0, firstRuns, row);
        requireEnough(encoding, 1, secondRuns, row);
        Truncation.Strategy strategy = options.truncationStrategy().orElse(cut);
        if (strategy == Truncation.Strategy.LONGEST_FIRST) {
            requireLonger(encoding, firstRuns, secondRuns, row);
        }
        return fit(encoding, strategy, row);
    }

    /** Returns all tokens of a text, however many, for callers that read it in windows. */
    Encoding encodeWhole(String text) {
        return encode(text.length(), () -> tokenizer.encode(text));
    }

    /** Returns all tokens of a pair. */
    Encoding encodeWhole(TextPair pair) {
        return encode(
                pair.text().length() + pair.textPair().length(), () -> tokenizer.encode(pair.text(), pair.textPair()));
    }

    private Encoding encode(int characters, Supplier<Encoding> encode) {
        return threads.isPresent() ? threads.get().encode(characters, encode) : encode.get();
    }

    /**
     * Returns the text. In a shared model that cuts texts, it returns only as much of the kept end as fills the model,
     * so the cost of a text follows from the model and not from the caller.
     */
    private String head(String text, InputRow row) {
        int maxCharacters = length.characters();
        if (threads.isEmpty() || text.length() <= maxCharacters) {
            return text;
        }
        if (!options.truncation()) {
            throw row.unanswerable("has " + text.length() + " characters, and the model takes " + length.most()
                    + " tokens, for which at most " + maxCharacters
                    + " characters are read: shorten it, split it, or let it be cut (truncation)");
        }
        if (side == Truncation.Side.LEFT) {
            int start = text.length() - maxCharacters;
            return text.substring(Character.isLowSurrogate(text.charAt(start)) ? start + 1 : start);
        }
        return text.substring(
                0, Character.isHighSurrogate(text.charAt(maxCharacters - 1)) ? maxCharacters - 1 : maxCharacters);
    }

    /** Refuses a text that was read up to a bound and has so few tokens up to there that its rest would count. */
    private void requireEnough(Encoding encoding, int sequence, boolean runsOn, InputRow row) {
        if (runsOn && tokensOf(encoding, sequence) <= maxLength() + MARGIN_TOKENS) {
            throw row.unanswerable("is read to its " + (side == Truncation.Side.LEFT ? "last " : "first ")
                    + length.characters() + " characters, which are "
                    + tokensOf(encoding, sequence) + " tokens where the model takes " + length.cut()
                    + ": take out what means nothing, such as white space");
        }
    }

    /** Refuses a pair if it is not certain which of its texts has more tokens, because the longer one is cut. */
    private void requireLonger(Encoding encoding, boolean firstRuns, boolean secondRuns, InputRow row) {
        long first = tokensOf(encoding, 0);
        long second = tokensOf(encoding, 1);
        if (firstRuns && (secondRuns || first <= second) || secondRuns && second < first) {
            throw row.unanswerable("is a pair of which both texts are too long to say which is the longer one: at most "
                    + length.characters() + " characters of a text are read");
        }
    }

    private static long tokensOf(Encoding encoding, int sequence) {
        return Arrays.stream(encoding.sequences()).filter(s -> s == sequence).count();
    }

    private Encoding fit(Encoding encoding, Truncation.Strategy cut, InputRow row) {
        int tokens = encoding.length();
        if (tokens <= length.cut().tokens()) {
            return encoding;
        }
        if (options.truncation()) {
            Encoding kept = cut(encoding, cut, row);
            row.cut("has " + tokens + " tokens, and the model takes " + length.cut() + ": "
                    + (tokens - length.cut().tokens()) + " are cut");
            return kept;
        }
        if (tokens > length.most().tokens()) {
            throw row.unanswerable("has " + tokens + " tokens, and the model takes " + length.most()
                    + ": shorten it, split it, "
                    + (absolute
                            ? "or let it be cut (truncation)"
                            : "let it be cut (truncation), or allow more (maximum length)"));
        }
        // sentence-transformers would cut the text; Detangle cuts only what the caller asks to cut.
        if (warned.compareAndSet(false, true)) {
            LOG.warn(
                    "{} has {} tokens and is used whole, though sentence-transformers cuts to {}: let texts be cut"
                            + " (truncation) for the same vectors",
                    row.name(),
                    tokens,
                    length.cut());
        }
        return encoding;
    }

    private Encoding cut(Encoding encoding, Truncation.Strategy strategy, InputRow row) {
        try {
            Encoding kept = new Truncation(maxLength(), strategy, Optional.empty(), side)
                    .apply(encoding)
                    .getFirst();
            if (textsIn(kept) == textsIn(encoding)) {
                return kept;
            }
        } catch (TokenizerException e) {
            // The text to cut is too short to be cut enough. The message below names the row.
        }
        throw row.unanswerable("has " + encoding.length() + " tokens, and the model takes " + length.cut()
                + ", which leaves nothing of the text that is to be cut (" + strategy.text() + ")");
    }

    /** Returns the number of texts of an encoding: two for a pair. */
    private static long textsIn(Encoding encoding) {
        return Arrays.stream(encoding.sequences())
                .filter(s -> s != Encoding.SPECIAL)
                .distinct()
                .count();
    }
}
