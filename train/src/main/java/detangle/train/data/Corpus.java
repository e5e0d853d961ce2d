package detangle.train.data;

import detangle.models.text.Tokenizer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * A corpus for pre-training on the disk: a file of UTF-8 with an example a line, whose tokens are spelled as in the
 * vocabulary and divided by spaces, as {@link CorpusWriter} and the original's prepare_data.py write it. Blank lines
 * are passed over. The file is never in memory: an index of at most a million places finds a line, whatever the size of
 * the file. Threads may share one.
 */
public final class Corpus {
    /** The most places of the index, which take eight megabytes. */
    private static final int MAX_PLACES = 1 << 20;

    /** The number of lines whose tokens are looked up at once, so that a file of another kind is refused early. */
    private static final int CHECKED_LINES = 100;

    private static final int SCAN_BYTES = 1 << 20;
    private static final int READ_BYTES = 1 << 13;

    private final Path file;
    private final Map<String, Integer> ids;
    private final int begin;
    private final int end;
    private final BasicFileAttributes attributes;
    private final long[] places;
    private final long stride;
    private final long lines;
    private final long checksum;

    private Corpus(Path file, Tokenizer tokenizer, int mostPlaces, LongConsumer progress) throws IOException {
        this.file = file;
        this.ids = ids(tokenizer);
        int[] frame = tokenizer.encode("").ids();
        this.begin = frame[0];
        this.end = frame[frame.length - 1];
        this.attributes = Files.readAttributes(file, BasicFileAttributes.class);
        this.places = new long[mostPlaces];
        CRC32C sum = new CRC32C();
        long every = 1;
        long count = 0;
        try (FileChannel channel = FileChannel.open(file)) {
            LineBytes line = new LineBytes(file, channel, 0, SCAN_BYTES);
            for (; line.next(sum); count++) {
                if (count < CHECKED_LINES) {
                    tokens(line.text(), count);
                }
                if (count == every * places.length) {
                    for (int i = 1; i < places.length / 2; i++) {
                        places[i] = places[2 * i];
                    }
                    every *= 2;
                }
                if (count % every == 0) {
                    places[Math.toIntExact(count / every)] = line.start();
                }
                progress.accept(line.start());
            }
        }
        if (count == 0) {
            throw new DataException(file + " has no text");
        }
        this.stride = every;
        this.lines = count;
        this.checksum = sum.getValue();
    }

    /** Reads a file once from its beginning to its end, for its index and its checksum. */
    public static Corpus open(Path file, Tokenizer tokenizer) {
        return open(file, tokenizer, MAX_PLACES, place -> {});
    }

    /**
     * Reads a file once, as {@link #open(Path, Tokenizer)} does.
     *
     * @param progress a listener that is told how many bytes have been read, after each line
     */
    public static Corpus open(Path file, Tokenizer tokenizer, LongConsumer progress) {
        return open(file, tokenizer, MAX_PLACES, progress);
    }

    /** @param mostPlaces the most places of the index, an even number */
    static Corpus open(Path file, Tokenizer tokenizer, int mostPlaces, LongConsumer progress) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new DataException(file + " is not a regular file: prepare a corpus with detangle prepare-corpus");
            }
            return new Corpus(file, tokenizer, mostPlaces, progress);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static CorpusException unreadable(Path file, IOException e) {
        return new CorpusException(file + " cannot be read: " + e, e);
    }

    private static Map<String, Integer> ids(Tokenizer tokenizer) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokenizer.vocabSize(); id++) {
            int known = id;
            tokenizer.token(id).ifPresent(token -> ids.put(token, known));
        }
        return ids;
    }

    /** Returns the number of lines that are not blank. */
    public long lines() {
        return lines;
    }

    /** Returns a checksum of the whole file. */
    public long checksum() {
        return checksum;
    }

    /**
     * Reads lines as {@code [CLS] tokens [SEP]}.
     *
     * @param numbers the numbers of the lines, counted from 0 without blank ones
     * @throws DataException if the file has changed since it was opened, or has a token that the tokenizer lacks
     */
    List<int[]> read(long... numbers) {
        try (FileChannel channel = FileChannel.open(file)) {
            int[][] read = new int[numbers.length][];
            for (int i = 0; i < read.length; i++) {
                read[i] = read(channel, numbers[i]);
            }
            checkUnchanged();
            return List.of(read);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private int[] read(FileChannel channel, long number) throws IOException {
        long place = places[Math.toIntExact(number / stride)];
        LineBytes line = new LineBytes(file, channel, place, READ_BYTES);
        CRC32C unused = new CRC32C();
        for (long i = number - number % stride; i <= number; i++) {
            if (!line.next(unused)) {
                throw changed();
            }
        }
        return tokens(line.text(), number);
    }

    private void checkUnchanged() throws IOException {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        if (now.size() != attributes.size() || !now.lastModifiedTime().equals(attributes.lastModifiedTime())) {
            throw changed();
        }
    }

    private DataException changed() {
        return new DataException(file + " was changed while it was read: train again with the file as it is now");
    }

    private int[] tokens(String text, long number) {
        String[] tokens = text.split("[ \t]+");
        int[] read = new int[tokens.length + 2];
        read[0] = begin;
        for (int i = 0; i < tokens.length; i++) {
            Integer id = ids.get(tokens[i]);
            if (id == null) {
                throw new DataException(file + " example " + (number + 1) + " has '" + tokens[i]
                        + "', which is not a token of the tokenizer: prepare the corpus with detangle"
                        + " prepare-corpus and"
                        + " this tokenizer");
            }
            read[i + 1] = id;
        }
        read[tokens.length + 1] = end;
        return read;
    }
}
