package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.train.data.ConllFile;
import detangle.train.data.DataRow;
import detangle.train.data.LabelledFolder;
import detangle.train.data.QuestionRow;
import detangle.train.data.SquadFile;
import detangle.train.data.TaggedWords;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A file or folder to train with or to evaluate with.
 *
 * @param path the path of the file or folder
 * @param format the format of rows; if empty, the file's name decides
 * @param delimiter the delimiter of a csv; if empty, it is found in the header
 */
record TrainingFile(Path path, Optional<InputFormat> format, Optional<Character> delimiter) {
    /** The endings of files with a word a line and its tag last; in a .conllu, other columns stand there. */
    private static final Set<String> TAGGED = Set.of("conll", "bio", "iob", "iob2", "annotated");

    /** The number of characters of a JSON file that are read to find its kind. */
    private static final int HEAD_CHARACTERS = 1 << 12;

    String name() {
        return path.toString();
    }

    /** Returns whether it is a file with a word a line and its tag last. */
    boolean isTagged() {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        return format.isEmpty() && TAGGED.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    /** Returns whether it is a file of SQuAD, which is one JSON object. */
    private boolean isSquad() {
        if (knownFormat().filter(f -> f == InputFormat.json).isEmpty()) {
            return false;
        }
        check();
        try (Utf8Reader reader = RowFiles.reader(path)) {
            char[] head = new char[HEAD_CHARACTERS];
            int count = Math.max(0, reader.read(head, 0, head.length));
            String start = new String(head, 0, count).strip();
            return start.startsWith("{") && (start.contains("\"paragraphs\"") || start.contains("\"data\""));
        }
    }

    private Optional<InputFormat> knownFormat() {
        return format.or(() -> InputFormat.of(path));
    }

    /** Returns the task of the file's content, if that is clear. */
    Optional<Architecture> task() {
        if (Files.isDirectory(path)) {
            return Optional.of(Architecture.SEQUENCE_CLASSIFICATION);
        }
        check();
        if (isTagged()) {
            return Optional.of(Architecture.TOKEN_CLASSIFICATION);
        }
        if (isSquad()) {
            return Optional.of(Architecture.QUESTION_ANSWERING);
        }
        if (knownFormat().filter(f -> !f.hasColumns()).isPresent()) {
            return Optional.of(Architecture.MASKED_LM);
        }
        try (RowSource source = open()) {
            return taskOf(source.next().orElseThrow(() -> new CliException(name() + " has no rows")));
        }
    }

    private static Optional<Architecture> taskOf(SourceRow row) {
        Set<String> names = row.columns().keySet();
        if (names.containsAll(Set.of("context", "question", "answers"))) {
            return Optional.of(Architecture.QUESTION_ANSWERING);
        }
        if ((names.contains("tokens") || names.contains("words"))
                && names.stream().anyMatch(name -> name.endsWith("tags") || name.equals("labels"))) {
            return Optional.of(Architecture.TOKEN_CLASSIFICATION);
        }
        boolean choices = Set.of("choices", "options", "endings", "ending0", "choice0").stream()
                .anyMatch(names::contains);
        if (choices || names.containsAll(Set.of("choice1", "choice2"))) {
            return Optional.of(Architecture.MULTIPLE_CHOICE);
        }
        return names.isEmpty() ? Optional.empty() : Optional.of(Architecture.SEQUENCE_CLASSIFICATION);
    }

    /** Refuses what can be read only once, such as a pipe: training looks what a file holds before it reads it. */
    private void check() {
        RowFiles.check(path);
        if (!Files.isRegularFile(path)) {
            throw new CliException(name()
                    + " is not a regular file, and training reads its files more than once: write it to a file first");
        }
    }

    /** Opens the rows of the file one by one. */
    RowSource open() {
        check();
        InputFormat known = knownFormat()
                .orElseThrow(() -> new CliException(name() + " has an unknown ending: " + InputFormat.KNOWN
                        + "; for other names say" + " --input-format"));
        return known == InputFormat.parquet
                ? RowFiles.parquet(path, List.of(), true)
                : RowFiles.rows(RowFiles.reader(path), name(), known, delimiter, List.of(), true, line -> {});
    }

    /** Reads the rows of the file, or of a folder with a folder for each class. */
    List<DataRow> rows() {
        if (Files.isDirectory(path)) {
            return LabelledFolder.read(path);
        }
        List<DataRow> rows = new ArrayList<>();
        try (RowSource source = open()) {
            for (Optional<SourceRow> row = source.next(); row.isPresent(); row = source.next()) {
                rows.add(row(source, row.get()));
            }
        }
        return rows;
    }

    /** Returns a row with a name for messages; one that cannot be read is refused. */
    static DataRow row(RowSource source, SourceRow row) {
        String where = source.nameOf(row);
        row.fault().ifPresent(fault -> {
            throw new CliException(where + " " + fault);
        });
        return new DataRow(where, row.columns());
    }

    /** Reads the rows without blank lines of text, for a masked language model. */
    List<DataRow> texts() {
        boolean lines = knownFormat().filter(f -> !f.hasColumns()).isPresent();
        return rows().stream()
                .filter(row -> !lines
                        || !row.columns().firstEntry().getValue().toString().isBlank())
                .toList();
    }

    /** Reads the sentences of a file with a word a line; empty if it is a file of rows. */
    Optional<List<TaggedWords>> sentences() {
        if (!isTagged()) {
            return Optional.empty();
        }
        check();
        return Optional.of(ConllFile.read(path));
    }

    /** Reads the questions of a file of SQuAD; empty if it is a file of rows. */
    Optional<List<QuestionRow>> questions() {
        if (!isSquad()) {
            return Optional.empty();
        }
        if (InputFormat.isCompressed(path)) {
            throw new CliException(name() + " is compressed, and files of SQuAD are not read so: unpack it first");
        }
        return Optional.of(SquadFile.read(path));
    }
}
