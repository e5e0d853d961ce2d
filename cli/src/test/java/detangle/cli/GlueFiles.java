package detangle.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Small files in the forms of GLUE's tasks. */
final class GlueFiles {
    private static final List<String> TEXTS = List.of("the sky is blue", "a red rose", "it rains", "we sing \"songs\"");

    private GlueFiles() {}

    /**
     * Writes the files of a task.
     *
     * @param rows the number of rows to train with
     */
    static Path write(Path folder, String task, int rows) throws IOException {
        Files.createDirectories(folder);
        switch (task) {
            case "STS-B" -> write(folder, "i\tg\tf\ty\to\ta\tb\t", "\t%2$d.5", true, rows, 2);
            case "RTE" -> write(folder, "i\t", "\t%3$s", true, rows, 2);
            case "MRPC" -> write(folder, "%2$d\t1\t2\t", "", true, rows, 2);
            case "QNLI" -> write(folder, "i\t", "\t%3$s", true, rows, 2);
            case "SST-2" -> {
                write(folder, "", "\t%2$d", true, rows, 1);
                table(folder.resolve("test.tsv"), "i\t", "", true, 3, 1);
            }
            case "CoLA" -> {
                write(folder, "src\t%2$d\t*\t", "", false, rows, 1);
                table(folder.resolve("test.tsv"), "i\t", "", true, 3, 1);
            }
            case "QQP" -> {
                write(folder, "i\t1\t2\t", "\t%2$d", true, rows, 2);
                table(folder.resolve("test.tsv"), "i\t", "", true, 3, 2);
            }
            case "MNLI", "ANLI" -> {
                String before = "i\tp\tq\tgenre%2$d\tx\tx\tx\tx\t";
                table(folder.resolve("train.tsv"), before, "\t%4$s", true, rows, 2);
                for (String set : List.of("dev_matched", "dev_mismatched", "test_matched", "test_mismatched")) {
                    table(folder.resolve(set + ".tsv"), before, "\t%4$s", true, 3, 2);
                }
                for (String round : List.of("R1", "R2", "R3")) {
                    Path of =
                            Files.createDirectories(folder.resolve("anli_v0.1").resolve(round));
                    table(of.resolve("train.tsv"), "u\t", "\t%4$s", true, 2, 2);
                }
            }
            default -> throw new IllegalArgumentException(task);
        }
        return folder;
    }

    /** Writes train.tsv, dev.tsv and test.tsv of one form. */
    private static void write(Path folder, String before, String after, boolean header, int rows, int texts)
            throws IOException {
        table(folder.resolve("train.tsv"), before, after, header, rows, texts);
        table(folder.resolve("dev.tsv"), before, after, header, 3, texts);
        table(folder.resolve("test.tsv"), before, after, header, 3, texts);
    }

    private static void table(Path file, String before, String after, boolean header, int rows, int texts)
            throws IOException {
        StringBuilder table = new StringBuilder(header ? "the names of the columns\n" : "");
        for (int i = 0; i < rows; i++) {
            String second = texts == 2 ? "\t" + TEXTS.get((i + 1) % TEXTS.size()) : "";
            table.append(String.format(
                    before + "%1$s" + second + after + "\n",
                    TEXTS.get(i % TEXTS.size()),
                    i % 2,
                    i % 2 == 0 ? "entailment" : "not_entailment",
                    List.of("neutral", "entailment", "contradiction").get(i % 3)));
        }
        Files.writeString(file, table);
    }
}
