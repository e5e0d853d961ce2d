package detangle.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;

/** A folder with a folder for each class, whose {@code .txt} files are the texts. */
public final class LabelledFolder {
    /** The most characters of a text, as many as a row of a file may have: far more than a model reads. */
    private static final int MAX_CHARACTERS = 1 << 24;

    private static final int BLOCK_CHARACTERS = 1 << 13;

    private LabelledFolder() {}

    /**
     * Reads the texts as rows with the columns {@code text} and {@code label}, in the order of names.
     *
     * @throws DataException if there are fewer than two classes, one has no texts, or a text is not UTF-8, is too long,
     *     or is not in a regular file
     */
    public static List<DataRow> read(Path folder) {
        List<DataRow> rows = new ArrayList<>();
        List<Path> classes = listed(folder).stream().filter(Files::isDirectory).toList();
        if (classes.size() < 2) {
            throw new DataException(folder + " has " + classes.size()
                    + " folders: a folder for each class is needed, with .txt files in it");
        }
        for (Path ofClass : classes) {
            List<Path> texts = listed(ofClass).stream()
                    .filter(file -> file.getFileName().toString().endsWith(".txt"))
                    .toList();
            if (texts.isEmpty()) {
                throw new DataException("the class " + ofClass + " has no .txt files: add some, or remove the folder");
            }
            for (Path file : texts) {
                SequencedMap<String, Object> columns = new LinkedHashMap<>();
                columns.put("text", text(file));
                columns.put("label", ofClass.getFileName().toString());
                rows.add(new DataRow(file.toString(), columns));
            }
        }
        return rows;
    }

    private static List<Path> listed(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw DataFile.fault(folder, e);
        }
    }

    private static String text(Path file) {
        StringBuilder text = new StringBuilder();
        char[] some = new char[BLOCK_CHARACTERS];
        try (BufferedReader characters = DataFile.open(file)) {
            for (int count = characters.read(some); count >= 0; count = characters.read(some)) {
                text.append(some, 0, count);
                if (text.length() > MAX_CHARACTERS) {
                    throw new DataException(
                            file + " has more than the " + MAX_CHARACTERS + " characters that are read");
                }
            }
        } catch (IOException e) {
            throw DataFile.fault(file, e);
        }
        return text.toString();
    }
}
