package detangle.train.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;

/** A folder with a folder for each class, whose {@code .txt} files are the texts. */
public final class LabelledFolder {
    private LabelledFolder() {}

    /**
     * Reads the texts as rows with the columns {@code text} and {@code label}, in the order of names.
     *
     * @throws DataException if there are fewer than two classes, one has no texts, or a text is not UTF-8
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
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw DataFile.fault(file, e);
        }
    }
}
