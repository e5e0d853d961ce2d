package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataFilesTest {
    @TempDir
    private Path folder;

    private Path file(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private static String fault(org.junit.jupiter.api.function.Executable reading) {
        return assertThrows(DataException.class, reading).getMessage();
    }

    @Test
    void aFolderForEachClass() throws IOException {
        file("good/1.txt", "fine");
        file("bad/1.txt", "awful");
        file("bad/2.txt", "poor");
        List<DataRow> rows = LabelledFolder.read(folder);
        assertEquals(
                List.of("bad", "bad", "good"),
                rows.stream().map(r -> r.value("label")).toList());
        assertEquals("fine", rows.getLast().text("text"));
    }

    @Test
    void aFolderWithoutTextsIsTold() throws IOException {
        file("good/1.txt", "fine");
        assertEquals(
                folder + " has 1 folders: a folder for each class is needed, with .txt files in it",
                fault(() -> LabelledFolder.read(folder)));
        Path empty = Files.createDirectory(folder.resolve("bad"));
        assertEquals(
                "the class " + empty + " has no .txt files: add some, or remove the folder",
                fault(() -> LabelledFolder.read(folder)));
    }

    @Test
    void aTextOfAClassIsARegularFileOfBoundedLength() throws IOException {
        file("good/1.txt", "\uFEFFfine\n");
        Path other = file("bad/1.txt", "x".repeat(1 << 24));
        assertEquals("fine\n", LabelledFolder.read(folder).getLast().text("text"));
        Files.writeString(other, "x".repeat((1 << 24) + 1));
        assertEquals(
                other + " has more than the 16777216 characters that are read",
                fault(() -> LabelledFolder.read(folder)));
        Files.delete(other);
        Files.createDirectory(other);
        assertEquals(
                other + " is not a regular file: write its content to a file first",
                fault(() -> LabelledFolder.read(folder)));
        Files.delete(other);
        Files.write(other, new byte[] {(byte) 0xe9});
        assertEquals(other + " is not UTF-8: convert it to UTF-8", fault(() -> LabelledFolder.read(folder)));
    }

    @Test
    void sentencesOfConll() throws IOException {
        Path file = file("t.conll", "-DOCSTART- -X- O\n\nAnna NNP B-PER\nsleeps VB O\n\nParis\tB-LOC\n");
        List<TaggedWords> sentences = ConllFile.read(file);
        assertEquals(List.of("Anna", "sleeps"), sentences.getFirst().words());
        assertEquals(List.of("B-LOC"), sentences.getLast().tags());
        assertEquals(file + ", line 6", sentences.getLast().where());
    }

    @Test
    void aWordWithoutATagIsTold() throws IOException {
        Path file = file("t.conll", "Anna B-PER\nsleeps\n");
        assertEquals(file + ", line 2 has the word 'sleeps' and no tag behind it", fault(() -> ConllFile.read(file)));
        assertEquals(
                file("e.conll", "\n") + " has no sentences", fault(() -> ConllFile.read(folder.resolve("e.conll"))));
    }

    @Test
    void linesAndSentencesOfConllHaveAnEnd() throws IOException {
        Path line = file("line.conll", "Anna B-PER\n" + "x".repeat(1 << 17));
        assertEquals(
                line + ", line 2 has more than the 65536 characters that are read", fault(() -> ConllFile.read(line)));
        Path sentence = file("sentence.conll", "\n" + "Anna B-PER\n".repeat((1 << 16) + 1));
        assertEquals(
                sentence
                        + ", the sentence at line 2 has more than the 65536 words that are read: put blank lines between"
                        + " sentences",
                fault(() -> ConllFile.read(sentence)));
    }

    @Test
    void aByteOrderMarkIsNotPartOfTheFirstWord() throws IOException {
        List<TaggedWords> sentences = ConllFile.read(file("t.conll", "\uFEFFAnna B-PER\r\nsleeps O"));
        assertEquals(List.of("Anna", "sleeps"), sentences.getFirst().words());
        assertEquals(List.of("B-PER", "O"), sentences.getFirst().tags());
    }

    @Test
    void theFirstTokenOfAWordHasItsTag() {
        TaggedWords sentence =
                new TaggedWords("t", List.of("Reactivating", "cards", "!"), List.of("B-ACT", "O", "B-END"));
        TokenData data = TokenData.read(List.of(sentence), "t", Rows.encoder(32), Optional.empty());
        assertEquals(List.of("B-ACT", "B-END", "O"), data.labels().names());
        int[] classes = ((Target.TokenClasses) data.examples().getFirst().target()).indices();
        assertArrayEquals(
                new int[] {0, 2, 1}, Arrays.stream(classes).filter(c -> c >= 0).toArray());
        List<String> tokens = Rows.TOKENIZER.encode("Reactivating cards !").tokens();
        for (int t = 1; t < classes.length - 1; t++) {
            assertEquals(tokens.get(t).startsWith("\u2581"), classes[t] >= 0, tokens.get(t));
        }
    }

    @Test
    void rowsWithListsOfTags() {
        List<DataRow> rows = Rows.of(List.of("tokens", "ner_tags"), List.of("a", "b"), List.of(0, 1));
        assertEquals(
                List.of(0, 1),
                TokenData.sentences(rows, DataColumns.DEFAULT).iterator().next().tags());
        List<DataRow> uneven = Rows.of(List.of("tokens", "tags"), List.of("a", "b"), List.of("O"));
        assertEquals(
                "t.csv, row 1 has 2 words in 'tokens' and 1 tags in 'tags'",
                fault(() -> TokenData.sentences(uneven, DataColumns.DEFAULT)));
    }

    @Test
    void anAnswerStandsWhereItIsSaidTo() throws IOException {
        String squad = """
                {"version": "x", "data": [{"title": "t", "paragraphs": [{"context": "\uD83D\uDE00 It is blue.", "qas": [
                  {"id": "q", "question": " Which?", "answers": [{"text": "blue", "answer_start": %d}]}]}]}]}
                """;
        Path good = file("good.json", squad.formatted(8));
        assertEquals("Which?", SquadFile.read(good).getFirst().question());
        Path bad = file("bad.json", squad.formatted(7));
        assertEquals(
                bad + ", question q: the answer 'blue' does not stand at character 7 of its context",
                fault(() -> SquadFile.read(bad)));
        Path other = file("other.json", "{\"data\": []}");
        assertEquals(
                other + " has no questions: data, paragraphs and qas of SQuAD are needed",
                fault(() -> SquadFile.read(other)));
    }

    @Test
    void anAnswerIsInTheWindowsThatHoldItAsAWhole() {
        String before = "one two three four five six seven eight nine ten ";
        QuestionRow row = new QuestionRow(
                "t", "q", before + "blue eleven", "which?", List.of(new QuestionRow.Answer("blue", before.length())));
        QuestionData data = QuestionData.read(List.of(row), "t", Rows.TOKENIZER, 12, 2);
        int found = 0;
        for (QuestionData.Window window : data.windows()) {
            Target.Span span = (Target.Span) window.example().target();
            if (!span.equals(new Target.Span(0, 0))) {
                found++;
                assertEquals(before.length(), window.ends()[span.end()] - "blue".length());
                assertTrue(window.starts()[span.start()] <= before.length());
            }
        }
        assertTrue(data.windows().size() > 2, data.windows().size() + " windows");
        assertTrue(found >= 1, "no window has the answer");
        int end = row.context().length();
        assertEquals(end, Arrays.stream(data.windows().getLast().ends()).max().orElseThrow());
    }

    @Test
    void choicesInAListOrInColumns() {
        List<DataRow> list = Rows.of(List.of("prompt", "choices", "label"), "where?", List.of("here", "there"), "B");
        assertEquals(
                new Target.OneClass(1),
                ChoiceData.read(list, "t", DataColumns.DEFAULT, Rows.encoder(32))
                        .examples()
                        .getFirst()
                        .target());
        List<DataRow> swag = Rows.of(
                List.of("sent1", "sent2", "ending0", "ending1", "label"), "He sits.", "He", "stands", "sleeps", 0);
        Example example = ChoiceData.read(swag, "t", DataColumns.DEFAULT, Rows.encoder(32))
                .examples()
                .getFirst();
        assertArrayEquals(
                Rows.TOKENIZER.encode("He sits.", "He sleeps").ids(),
                example.texts().get(1).ids());
        List<DataRow> bad = Rows.of(List.of("prompt", "choices", "label"), "where?", List.of("a", "b"), 2);
        assertEquals(
                "t.csv, row 1 has the label '2', which is not one of its 2 choices, counted from 0",
                fault(() -> ChoiceData.read(bad, "t", DataColumns.DEFAULT, Rows.encoder(32))));
    }

    @Test
    void blocksFillExamples() {
        List<DataRow> rows = Rows.of(List.of("text"), "my card", "is lost", "in Paris");
        List<Example> examples = MaskedData.blocks(rows, "t", DataColumns.DEFAULT, Rows.TOKENIZER, 4)
                .examples();
        int all = rows.stream()
                .mapToInt(row -> Rows.TOKENIZER.encode(row.text("text")).length() - 2)
                .sum();
        assertEquals((all + 1) / 2, examples.size());
        int[] first = examples.getFirst().texts().getFirst().ids();
        assertEquals(4, first.length);
        assertEquals(Rows.TOKENIZER.encode("my").ids()[0], first[0]);
        assertEquals(all, examples.stream().mapToInt(e -> e.length() - 2).sum());
    }
}
