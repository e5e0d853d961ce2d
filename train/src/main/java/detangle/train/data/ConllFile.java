package detangle.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file with a word a line, as CoNLL 2003 has it: columns with white space between, of which the first is the word and
 * the last is the tag; a blank line ends a sentence, and lines that begin with {@code -DOCSTART-} begin a document.
 */
public final class ConllFile {
    private static final String DOCUMENT = "-DOCSTART-";

    /**
     * These bounds are far above any corpus. A line or a sentence without an end is refused before it fills the
     * memory.
     */
    private static final int MAX_LINE_LENGTH = 1 << 16;

    private static final int MAX_WORDS = 1 << 16;

    private ConllFile() {}

    /**
     * Reads the sentences of a file.
     *
     * @throws DataException if a line has a word without a tag, there are no sentences, or a line or a sentence is too
     *     long
     */
    public static List<TaggedWords> read(Path file) {
        return documents(file).stream().flatMap(List::stream).toList();
    }

    /**
     * Reads the sentences of each document of a file. What stands before the first line that begins a document is one
     * too.
     *
     * @throws DataException as {@link #read} does
     */
    public static List<List<TaggedWords>> documents(Path file) {
        List<List<TaggedWords>> documents = new ArrayList<>();
        List<TaggedWords> sentences = new ArrayList<>();
        List<String> words = new ArrayList<>();
        List<String> tags = new ArrayList<>();
        int first = 1;
        int number = 0;
        try (BufferedReader lines = DataFile.open(file)) {
            for (String line = line(lines, file, 1); line != null; line = line(lines, file, number + 1)) {
                number++;
                String[] columns = line.strip().split("\\s+");
                boolean begins = columns[0].equals(DOCUMENT);
                boolean ends = line.isBlank() || begins;
                if (ends && !words.isEmpty()) {
                    sentences.add(sentence(file, first, words, tags));
                }
                if (begins && !sentences.isEmpty()) {
                    documents.add(sentences);
                    sentences = new ArrayList<>();
                }
                if (!ends && columns.length < 2) {
                    throw new DataException(
                            file + ", line " + number + " has the word '" + columns[0] + "' and no tag behind it");
                } else if (!ends) {
                    first = words.isEmpty() ? number : first;
                    words.add(columns[0]);
                    tags.add(columns[columns.length - 1]);
                    if (words.size() > MAX_WORDS) {
                        throw new DataException(file + ", the sentence at line " + first + " has more than the "
                                + MAX_WORDS + " words that are read: put blank lines between sentences");
                    }
                }
            }
        } catch (IOException e) {
            throw DataFile.fault(file, e);
        }
        if (!words.isEmpty()) {
            sentences.add(sentence(file, first, words, tags));
        }
        if (!sentences.isEmpty()) {
            documents.add(sentences);
        }
        if (documents.isEmpty()) {
            throw new DataException(file + " has no sentences");
        }
        return documents;
    }

    /** Reads a line without its end; null behind the last line. */
    private static String line(BufferedReader lines, Path file, int number) throws IOException {
        StringBuilder line = new StringBuilder();
        int next = lines.read();
        boolean atEnd = next < 0;
        while (next >= 0 && next != '\n') {
            line.append((char) next);
            if (line.length() > MAX_LINE_LENGTH) {
                throw new DataException(file + ", line " + number + " has more than the " + MAX_LINE_LENGTH
                        + " characters that are read");
            }
            next = lines.read();
        }
        return atEnd ? null : line.toString();
    }

    /** Adds the words that were gathered as a sentence. */
    private static TaggedWords sentence(Path file, int first, List<String> words, List<String> tags) {
        TaggedWords sentence = new TaggedWords(file + ", line " + first, List.copyOf(words), List.copyOf(tags));
        words.clear();
        tags.clear();
        return sentence;
    }
}
