package detangle.hostile;

import static detangle.hostile.FolderWriter.file;

import detangle.train.data.ConllFile;
import detangle.train.data.LabelledFolder;
import detangle.train.data.SquadFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files that only training reads: questions of SQuAD, words with tags as CoNLL 2003 has them, and folders with a folder
 * for each class.
 */
final class TrainingFilesReader implements Reader {
    private static final String SQUAD = "squad.json";
    private static final String CONLL = "words.conll";
    private static final String CLASSES = "classes";
    private static final String TEXT = CLASSES + "/good/1.txt";

    @Override
    public String name() {
        return "training";
    }

    @Override
    public int megabytes() {
        return 32;
    }

    @Override
    public void read(Path folder) throws IOException {
        Path words = folder.resolve(CONLL);
        if (Files.exists(words, LinkOption.NOFOLLOW_LINKS)) {
            ConllFile.read(words);
        } else if (Files.isDirectory(folder.resolve(CLASSES))) {
            LabelledFolder.read(folder.resolve(CLASSES));
        } else {
            SquadFile.read(folder.resolve(SQUAD));
        }
    }

    private static Hostile squad(String name, String content, String expected) {
        return new Hostile(SQUAD + ": " + name, file(SQUAD, content), expected);
    }

    private static Hostile conll(String name, String content, String expected) {
        return new Hostile(CONLL + ": " + name, file(CONLL, content), expected);
    }

    /** Returns a folder of two classes, with this text in the first one. */
    private static Hostile classes(String name, String content, String expected) {
        return new Hostile(TEXT + ": " + name, otherClass().and(file(TEXT, content)), expected);
    }

    private static FolderWriter otherClass() {
        return file(CLASSES + "/bad/1.txt", "It is late.");
    }

    /** Returns a file with one paragraph of a text and questions. */
    private static String paragraph(String context, String questions) {
        return "{\"data\":[{\"paragraphs\":[{\"qas\":[" + questions + "],\"context\":\"" + context + "\"}]}]}";
    }

    private static String answered(String text, String start) {
        return "{\"id\":\"q\",\"question\":\"Which?\",\"answers\":[{\"text\":\"" + text + "\",\"answer_start\":" + start
                + "}]}";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                squad("one question", paragraph("It is blue.", answered("blue", "6")), ""),
                squad(
                        "of version 2",
                        "{\"version\":\"v2.0\",\"data\":[{\"title\":\"t\",\"paragraphs\":[{\"context\":\"a b\",\"qas\":["
                                + "{\"id\":\"1\",\"question\":\"c\",\"is_impossible\":true,\"answers\":[],"
                                + "\"plausible_answers\":[{\"text\":\"a\",\"answer_start\":0}]}]}]}]}",
                        ""),
                conll("two sentences", "-DOCSTART- O\n\nAnna B-PER\nsleeps O\n\nParis\tB-LOC\n", ""),
                classes("a text", "It is fine.\n", ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>(List.of(
                squad("a list", "[]", "no object with data"),
                squad("no data", "{}", "no questions"),
                squad("data that are a number", "{\"data\":1}", "no questions"),
                squad("articles that are numbers", "{\"data\":[1,[2]]}", "no questions"),
                squad("paragraphs that are texts", "{\"data\":[{\"paragraphs\":[\"a\"]}]}", "no questions"),
                squad("half a file", "{\"data\":[{\"paragraphs\":[{\"context\":\"a", "is not JSON"),
                squad("something behind the end", paragraph("a", answered("a", "0")) + "{}", "something follows"),
                squad("a million brackets", "[".repeat(1_000_000), "no object with data"),
                squad("a million brackets beside", "{\"other\":" + "[".repeat(1_000_000), "is not JSON"),
                squad("a million brackets for a text", paragraph("a", "[".repeat(1_000_000)), "is not JSON"),
                squad("an answer behind the end", paragraph("a", answered("a", "1")), "does not stand"),
                squad("an answer before the text", paragraph("a", answered("a", "-1")), "does not stand"),
                squad("an answer at 2^64", paragraph("a", answered("a", "18446744073709551616")), SQUAD),
                squad("an answer at a text", paragraph("a", answered("a", "\"0\"")), "does not stand"),
                squad("an answer of halves of characters", paragraph("\ud83d\ude00", answered("\\ud83d", "0")), ""),
                squad(
                        "an id of controls",
                        paragraph("a", answered("b", "0").replace("\"q\"", "\"\\u001b[31m\\n\"")),
                        SQUAD),
                squad(
                        "an id of a megabyte",
                        paragraph("a", answered("b", "0").replace("q\"", "q".repeat(1 << 20) + "\"")),
                        SQUAD),
                squad("an answer of a megabyte", paragraph("a", answered("b".repeat(1 << 20), "0")), "does not stand"),
                squad("100 000 empty questions", paragraph("a", "{},".repeat(100_000) + "{}"), "65536 questions"),
                squad(
                        "100 000 answers",
                        paragraph("a", "{\"answers\":[" + "{},".repeat(100_000) + "{}]}"),
                        "65536 questions and answers"),
                squad(
                        "a long text with many questions",
                        paragraph("\u0101".repeat(1 << 20), (answered("\u0101", "1048575") + ",").repeat(600) + "{}"),
                        "which is more than is read"),
                squad(
                        "a million values that nobody reads",
                        paragraph("a", answered("a", "0"))
                                .replace("\"data\"", "\"other\":[" + "{},".repeat(1_000_000) + "{}],\"data\""),
                        ""),
                new Hostile(
                        SQUAD + ": UTF-16", file(SQUAD, paragraph("a", "").getBytes(StandardCharsets.UTF_16)), "UTF-8"),
                new Hostile(
                        SQUAD + ": Latin-1",
                        file(SQUAD, paragraph("\u00e9", "").getBytes(StandardCharsets.ISO_8859_1)),
                        "UTF-8"),
                conll("a word without a tag", "Anna\n", "no tag behind it"),
                conll("a word of a megabyte", "a".repeat(1 << 20) + " O\n", "65536 characters"),
                conll("a sentence without an end", "a O\n".repeat(100_000), "65536 words"),
                conll("a million blank lines", "\n".repeat(1_000_000) + "a O\n", ""),
                conll("white space alone", " \t\u2003\n".repeat(1000), "no sentences"),
                conll("controls", "\u001b[31m\n", "no tag behind it"),
                conll("tags of a megabyte together", ("a " + "B-" + "x".repeat(1000) + "\n\n").repeat(1000), ""),
                conll("line ends of old Macs", "Anna B-PER\rsleeps O\r", ""),
                new Hostile(CONLL + ": UTF-16", file(CONLL, "a O\n".getBytes(StandardCharsets.UTF_16)), "UTF-8"),
                new Hostile(
                        CONLL + ": a megabyte of 0xff",
                        file(CONLL, SentencePieceReader.filled(1 << 20, 0xff)),
                        "UTF-8"),
                new Hostile(CLASSES + ": one class", otherClass(), "has 1 folders"),
                new Hostile(
                        CLASSES + ": a class without texts",
                        otherClass().and(folder -> Files.createDirectory(folder.resolve(CLASSES + "/good"))),
                        "has no .txt files"),
                classes("controls", "\u001b[31m\0", ""),
                new Hostile(
                        TEXT + ": UTF-16",
                        otherClass().and(file(TEXT, "fine".getBytes(StandardCharsets.UTF_16))),
                        "UTF-8")));
        StrangeFiles.inThePlaceOf(TEXT, otherClass()).stream()
                .filter(strange -> !isText(strange.name()))
                .forEach(made::add);
        made.addAll(StrangeFiles.inThePlaceOf(SQUAD, folder -> {}));
        StrangeFiles.inThePlaceOf(CONLL, folder -> {}).stream()
                .filter(strange -> !isOfWords(strange.name()))
                .forEach(made::add);
        return made;
    }

    /** Returns whether the file holds some text or none, which any text may be. */
    private static boolean isText(String name) {
        return Stream.of("/proc", "zeros", "nothing", "page", "Git LFS").anyMatch(name::endsWith)
                && !name.endsWith("link to nothing");
    }

    /** Returns whether the file has lines with a word and something behind it, which are sentences with tags. */
    private static boolean isOfWords(String name) {
        return name.endsWith("/proc") || name.endsWith("Git LFS");
    }
}
