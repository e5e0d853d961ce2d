package detangle.hostile;

import detangle.cli.CommandRun;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Files of inputs for the command that runs models on ids. */
final class CaseReader implements Reader {
    private static final String FILE = "cases.json";

    /** A row of more ids than this is work for a model, whose time grows with the square of the length. */
    private static final int LONGEST_ROW = 1024;

    /** A row of more ids than this is refused before a model runs. */
    private static final int REFUSED_ROW = 1 << 20;

    private static final Pattern ROW = Pattern.compile("\\[[0-9,\\s]++\\]");

    /** Made once in each process, beside its working folder, in which nothing may be left. */
    private static final class Model {
        static final Path FOLDER = folder();

        private static Path folder() {
            try {
                Path folder = Path.of(System.getProperty("java.io.tmpdir")).resolveSibling("model-of-cases");
                return TinyModel.write(folder, "ForSequenceClassification", List.of("a", "b"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public String name() {
        return "cases";
    }

    @Override
    public int megabytes() {
        return 64;
    }

    @Override
    public void read(Path folder) throws IOException {
        if (isWorkOfModel(folder.resolve(FILE))) {
            return;
        }
        Path output = Model.FOLDER.resolve("out.safetensors");
        try {
            CommandRun.of(
                    "run",
                    Model.FOLDER.toString(),
                    "--inputs",
                    folder.resolve(FILE).toString(),
                    "--output",
                    output.toString());
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static boolean isWorkOfModel(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > 8 << 20) {
            return false;
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        return ROW.matcher(text)
                .results()
                .mapToLong(row -> row.group().chars().filter(c -> c == ',').count())
                .anyMatch(length -> length > LONGEST_ROW && length <= REFUSED_ROW);
    }

    private static Hostile text(String name, String text, String expected) {
        return new Hostile(name, FolderWriter.file(FILE, text), expected);
    }

    /** A file with one case of these fields. */
    private static String one(String fields) {
        return "{\"cases\":[{\"name\":\"a\"," + fields + "}]}";
    }

    private static Hostile fields(String name, String fields, String expected) {
        return text(name, one(fields), expected);
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                fields("a short one", "\"input_ids\":[[1,5,2]]", ""),
                fields(
                        "all fields",
                        "\"input_ids\":[[1,5,2],[1,2,0]],\"attention_mask\":[[1,1,1],[1,1,0]],"
                                + "\"token_type_ids\":[[0,0,0],[0,0,0]],\"labels\":[1,0]",
                        ""),
                fields(
                        "a mask of pairs",
                        "\"input_ids\":[[1,5,2]],\"attention_mask\":[[[1,0,1],[1,1,1],[0,1,1]]],\"labels\":null",
                        ""),
                text(
                        "two cases and more",
                        "{\"of\":\"nobody\",\"cases\":[{\"name\":\"a\",\"input_ids\":[[1,2]]},"
                                + "{\"name\":\"b\",\"input_ids\":[[3]],\"attention_mask\":null}]}",
                        ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>(List.of(
                text("no JSON", "cases", "not valid JSON"),
                text("a list", "[]", "no list"),
                text("no cases", "{}", "no list"),
                text("cases that are an object", "{\"cases\":{}}", "no list"),
                text("a case that is a number", "{\"cases\":[1]}", "not an object"),
                text("cases twice", "{\"cases\":[],\"cases\":[]}", "not valid JSON"),
                text("something behind the end", "{\"cases\":[]}{}", "follows its end"),
                text("half a file", "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[1,", "not valid JSON"),
                text("no name", "{\"cases\":[{\"input_ids\":[[1]]}]}", "no name"),
                text("a name that is a number", "{\"cases\":[{\"name\":1,\"input_ids\":[[1]]}]}", "not a text"),
                text(
                        "one name for two",
                        "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[1]]},{\"name\":\"a\",\"input_ids\":[[1]]}]}",
                        "two cases"),
                text(
                        "a name of controls",
                        "{\"cases\":[{\"name\":\"\\u001b[31m\\u202e\\n\",\"input_ids\":[[9999]]}]}",
                        "outside the vocabulary"),
                text(
                        "a name of a megabyte",
                        "{\"cases\":[{\"name\":\"" + "n".repeat(1 << 20) + "\",\"input_ids\":[[9999]]}]}",
                        "outside the vocabulary"),
                fields("a million brackets", "\"input_ids\":" + "[".repeat(1_000_000), "not a list of numbers"),
                fields("a million brackets elsewhere", "\"other\":" + "[".repeat(1_000_000), "there is no 'other'"),
                text("a million brackets beside", "{\"other\":" + "[".repeat(1_000_000), "nested too deeply"),
                fields("no ids", "\"attention_mask\":[[1]]", "input_ids are missing"),
                fields("ids that are null", "\"input_ids\":null", "input_ids are missing"),
                fields("ids that are a word", "\"input_ids\":\"1\"", "not a list"),
                fields("ids without rows", "\"input_ids\":[1,2,3]", "not a list of rows"),
                fields("ids in three lists", "\"input_ids\":[[[1,2],[3,4]]]", "must be i64"),
                fields("ids in four lists", "\"input_ids\":[[[[1]]]]", "must be i64"),
                fields("no row", "\"input_ids\":[]", "empty list"),
                fields("an empty row", "\"input_ids\":[[]]", "empty list"),
                fields("rows of other lengths", "\"input_ids\":[[1,2],[3]]", "differ in length"),
                fields("numbers beside rows", "\"input_ids\":[[1],2]", "differ in length"),
                fields("rows beside numbers", "\"input_ids\":[1,[2]]", "differ in length"),
                fields("rows below numbers", "\"input_ids\":[[1],[[2]]]", "differ in length"),
                fields("an id that is a word", "\"input_ids\":[[\"1\"]]", "not a number"),
                fields("an id that is null", "\"input_ids\":[[null]]", "not a number"),
                fields("an id that is true", "\"input_ids\":[[true]]", "not a number"),
                fields("an id that is an object", "\"input_ids\":[[{}]]", "not a number"),
                fields("half an id", "\"input_ids\":[[1.5]]", "not a whole number"),
                fields("NaN", "\"input_ids\":[[NaN]]", "not valid JSON"),
                fields("an id below zero", "\"input_ids\":[[-1]]", "outside the vocabulary"),
                fields("the id behind the last", "\"input_ids\":[[4001]]", "outside the vocabulary"),
                fields("an id of 2^64", "\"input_ids\":[[18446744073709551616]]", "cases.json"),
                fields("an id of 1e400", "\"input_ids\":[[1e400]]", "too large"),
                fields("an id of 900 digits", "\"input_ids\":[[" + "9".repeat(900) + "]]", "too large"),
                fields("an id of a million digits", "\"input_ids\":[[" + "9".repeat(1_000_000) + "]]", "too long"),
                fields("an unknown field", "\"input_ids\":[[1]],\"position_ids\":[[0]]", "there is no 'position_ids'"),
                fields("a misspelt field", "\"input_ids\":[[1]],\"attention_msk\":[[0]]", "there is no"),
                fields("a field twice", "\"input_ids\":[[1]],\"input_ids\":[[2]]", "not valid JSON"),
                fields("a mask of another shape", "\"input_ids\":[[1,2]],\"attention_mask\":[[1]]", "attention_mask"),
                fields("a mask of other pairs", "\"input_ids\":[[1,2]],\"attention_mask\":[[[1,1]]]", "attention_mask"),
                fields("a mask of padding alone", "\"input_ids\":[[1,2]],\"attention_mask\":[[0,0]]", ""),
                fields("a mask that begins with padding", "\"input_ids\":[[1,2]],\"attention_mask\":[[0,1]]", ""),
                fields("a mask of pairs that see nothing", "\"input_ids\":[[1]],\"attention_mask\":[[[0]]]", ""),
                fields("a mask of numbers", "\"input_ids\":[[1,2]],\"attention_mask\":[[7,-3]]", ""),
                fields("a mask of halves", "\"input_ids\":[[1,2]],\"attention_mask\":[[0.5,1]]", "not a whole number"),
                fields("labels of another batch", "\"input_ids\":[[1,2]],\"labels\":[1,0]", "case a: labels"),
                fields("a label behind the last", "\"input_ids\":[[1,2]],\"labels\":[2]", "outside the 2 labels"),
                fields("half a label", "\"input_ids\":[[1,2]],\"labels\":[0.5]", "not a whole number"),
                fields("a label of 1e300", "\"input_ids\":[[1,2]],\"labels\":[1e300]", "not a whole number"),
                fields("labels nested five times", "\"input_ids\":[[1,2]],\"labels\":[[[[[1]]]]]", "up to 4 deep"),
                fields("labels of another head", "\"input_ids\":[[1,2]],\"start_positions\":[0]", ""),
                fields("three million numbers", "\"input_ids\":[[" + "1,".repeat(3_000_000) + "1]]", "2097152 numbers"),
                text("5 000 cases", "{\"cases\":[" + cases(5_000) + "]}", "case c4999: input_ids"),
                new Hostile(
                        "UTF-16",
                        FolderWriter.file(FILE, one("\"input_ids\":[[1]]").getBytes(StandardCharsets.UTF_16)),
                        "UTF-16"),
                new Hostile(
                        "a megabyte of 0xff",
                        FolderWriter.file(FILE, SentencePieceReader.filled(1 << 20, 0xff)),
                        FILE)));
        made.addAll(StrangeFiles.inThePlaceOf(FILE, folder -> {}));
        return made;
    }

    /** All are fine but the last. */
    private static String cases(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "{\"name\":\"c" + i + "\",\"input_ids\":[[" + (i == count - 1 ? 9999 : 1) + "]]}")
                .collect(Collectors.joining(","));
    }
}
