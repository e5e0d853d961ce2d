package detangle.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file with a word a line, as CoNLL 2003 has it: columns with white space between, of which the first is the word and the last is the
 * tag; a blank line ends a sentence, and lines that begin with {@code -DOCSTART-} begin a document.
 */
public final class ConllFile {
    private static final String DOCUMENT = "-DOCSTART-";

    private ConllFile() {}

    /** The sentences of a file. A {@link DataException} if a line has a word without a tag, or there are no sentences. */
    public static List<TaggedWords> read(Path file) {
        List<TaggedWords> sentences = new ArrayList<>();
        List<String> words = new ArrayList<>();
        List<String> tags = new ArrayList<>();
        int first = 1;
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                String[] columns = line.strip().split("\\s+");
                boolean ends = line.isBlank() || columns[0].equals(DOCUMENT);
                if (ends && !words.isEmpty()) {
                    sentences.add(sentence(file, first, words, tags));
                } else if (!ends && columns.length < 2) {
                    throw new DataException(
                            file + ", line " + number + " has the word '" + columns[0] + "' and no tag behind it");
                } else if (!ends) {
                    first = words.isEmpty() ? number : first;
                    words.add(columns[0]);
                    tags.add(columns[columns.length - 1]);
                }
            }
        } catch (CharacterCodingException e) {
            throw new DataException(file + " is not UTF-8: convert it to UTF-8", e);
        } catch (IOException e) {
            throw new DataException(file + " cannot be read: " + e.getMessage(), e);
        }
        if (!words.isEmpty()) {
            sentences.add(sentence(file, first, words, tags));
        }
        if (sentences.isEmpty()) {
            throw new DataException(file + " has no sentences");
        }
        return sentences;
    }

    /** Takes what has been gathered. */
    private static TaggedWords sentence(Path file, int first, List<String> words, List<String> tags) {
        TaggedWords sentence = new TaggedWords(file + ", line " + first, List.copyOf(words), List.copyOf(tags));
        words.clear();
        tags.clear();
        return sentence;
    }
}
