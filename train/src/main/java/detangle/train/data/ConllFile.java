package detangle.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file with a word a line, as CoNLL 2003 has it: columns with white space between, of which the first is the word and
 * the last is the tag; a blank line ends a sentence, and lines that begin with {@code -DOCSTART-} begin a document. All
 * words have as many columns as the first one. Lines before a sentence that begin with {@code #} and a blank are
 * comments, as in MultiCoNER's files, if they have another number of columns than the words or end with
 * {@code domain=train} or the like. The first word that is not {@code #} says how many columns words have.
 */
public final class ConllFile {
    private static final String DOCUMENT = "-DOCSTART-";
    private static final String COMMENT = "#";

    /**
     * These bounds are far above any corpus. A line or a sentence without an end is refused before it fills the
     * memory.
     */
    private static final int MAX_LINE_LENGTH = 1 << 16;

    private static final int MAX_WORDS = 1 << 16;

    private final Path file;
    private final List<List<TaggedWords>> documents = new ArrayList<>();
    private List<TaggedWords> sentences = new ArrayList<>();

    /** The lines of the sentence that is being read, the comments before it included. */
    private final List<Line> lines = new ArrayList<>();

    /**
     * The blocks at the head of the file that have no lines but those that begin with {@code #}, until another word
     * tells whether they are comments. A block without lines stands for the end of a document.
     */
    private final List<List<Line>> held = new ArrayList<>();

    /** The first word of the file, which has as many columns as all others. */
    private Optional<Line> first = Optional.empty();

    private ConllFile(Path file) {
        this.file = file;
    }

    /**
     * A line of a sentence.
     *
     * @param number its number in the file
     * @param width the number of its columns
     */
    private record Line(int number, String word, String tag, int width) {
        boolean isComment(int widthOfWords) {
            return word.equals(COMMENT) && (width != widthOfWords || tag.contains("="));
        }

        String described() {
            return "line " + number + " has " + width + " columns";
        }
    }

    /**
     * Reads the sentences of a file.
     *
     * @throws DataException if a line has a word without a tag or another number of columns than the first word, there
     *     are no sentences, or a line or a sentence is too long
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
        ConllFile read = new ConllFile(file);
        try (BufferedReader lines = DataFile.open(file)) {
            int number = 1;
            for (String line = line(lines, file, 1); line != null; line = line(lines, file, number)) {
                read.add(line.strip(), number++);
            }
        } catch (IOException e) {
            throw DataFile.fault(file, e);
        }
        return read.all();
    }

    private void add(String text, int number) {
        String[] columns = text.split("\\s+");
        boolean begins = columns[0].equals(DOCUMENT);
        if (text.isEmpty() || begins) {
            endSentence();
        }
        if (begins) {
            endDocument();
        } else if (!text.isEmpty()) {
            if (columns.length < 2) {
                throw new DataException(
                        file + ", line " + number + " has the word '" + columns[0] + "' and no tag behind it");
            }
            lines.add(new Line(number, columns[0], columns[columns.length - 1], columns.length));
            if (lines.size() > MAX_WORDS) {
                throw new DataException(
                        file + ", the sentence at line " + lines.getFirst().number + " has more than the " + MAX_WORDS
                                + " words that are read: put blank lines between sentences");
            }
        }
    }

    private List<List<TaggedWords>> all() {
        endSentence();
        addHeld(Optional.empty());
        endDocument();
        if (documents.isEmpty()) {
            throw new DataException(file + " has no sentences");
        }
        return documents;
    }

    private void endDocument() {
        if (!held.isEmpty()) {
            held.add(List.of());
        } else {
            addDocument();
        }
    }

    private void addDocument() {
        if (!sentences.isEmpty()) {
            documents.add(sentences);
            sentences = new ArrayList<>();
        }
    }

    /** Adds the lines that were gathered as a sentence, or holds them back if they may all be comments. */
    private void endSentence() {
        if (lines.isEmpty()) {
            return;
        }
        List<Line> block = List.copyOf(lines);
        lines.clear();
        Optional<Line> word = first.or(
                () -> block.stream().filter(line -> !line.word.equals(COMMENT)).findFirst());
        if (word.isEmpty()) {
            held.add(block);
        } else {
            addHeld(word);
            addSentence(block, word.get().width);
        }
    }

    /**
     * Adds what was held back.
     *
     * @param word a word that is not a comment; if empty, the last line of a block counts as one
     */
    private void addHeld(Optional<Line> word) {
        for (List<Line> block : held) {
            if (block.isEmpty()) {
                addDocument();
            } else {
                addSentence(block, word.or(() -> first).orElseGet(block::getLast).width);
            }
        }
        held.clear();
    }

    /** Adds the lines of a block as a sentence, without the comments before it. */
    private void addSentence(List<Line> block, int width) {
        List<Line> words =
                block.stream().dropWhile(line -> line.isComment(width)).toList();
        if (words.isEmpty()) {
            return; // The comments were all that stood between two blank lines.
        }
        Line expected = first.orElseGet(words::getFirst);
        first = Optional.of(expected);
        for (Line word : words) {
            if (word.width != expected.width) {
                throw new DataException(file + ", " + word.described() + ", and " + expected.described()
                        + ": give all words as many columns");
            }
        }
        sentences.add(new TaggedWords(
                file + ", line " + words.getFirst().number,
                words.stream().map(Line::word).toList(),
                words.stream().map(Line::tag).toList()));
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
}
