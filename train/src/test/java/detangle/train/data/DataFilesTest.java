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
import java.util.Map;
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
        Path file = file("t.conll", "-DOCSTART- -X- O\n\nAnna NNP B-PER\nsleeps VB O\n\nParis\tNNP\tB-LOC\n");
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

    /** MultiCoNER names each sentence; a number sign may also be a word. */
    @Test
    void commentsOfConllAreNotWords() throws IOException {
        Path file = file("t.conll", "# id a1\tdomain=train\nParis _ _ B-LOC\n\n# id a2\n\n# _ _ O\n9 _ _ O\n");
        List<TaggedWords> sentences = ConllFile.read(file);
        assertEquals(List.of("Paris"), sentences.getFirst().words());
        assertEquals(List.of("B-LOC"), sentences.getFirst().tags());
        assertEquals(file + ", line 2", sentences.getFirst().where());
        assertEquals(List.of("#", "9"), sentences.getLast().words());
        assertEquals(2, sentences.size());
        Path plain = file("p.conll", "# O\n\n# O\none O\n");
        assertEquals(List.of("#", "one"), ConllFile.read(plain).getLast().words());
    }

    @Test
    void commentsAtTheHeadOfConllAreNotWords() throws IOException {
        Path file = file("t.conll", "# made by X\n\nAnna B-PER\nsleeps O\n");
        assertEquals(List.of("Anna", "sleeps"), ConllFile.read(file).getFirst().words());
        Path documents = file("d.conll", "# by X Y\n-DOCSTART- O\n\n# O\n\n-DOCSTART- O\n\n# a b\none O\n");
        List<List<TaggedWords>> read = ConllFile.documents(documents);
        assertEquals(2, read.size());
        assertEquals(List.of("#"), read.getFirst().getFirst().words());
        assertEquals(List.of("one"), read.getLast().getFirst().words());
        assertEquals(2, ConllFile.read(file("only.conll", "# O\n\n# O\n")).size());
        Path comment = file("comment.conll", "# domain=train\n");
        assertEquals(comment + " has no sentences", fault(() -> ConllFile.read(comment)));
    }

    @Test
    void wordsOfConllHaveAsManyColumnsAsTheFirst() throws IOException {
        Path file = file("t.conll", "Anna\tB-PER\n\nNew York\tB-LOC\n");
        assertEquals(
                file + ", line 3 has 3 columns, and line 1 has 2 columns: give all words as many columns",
                fault(() -> ConllFile.read(file)));
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
        TokenData data = TokenData.read(List.of(sentence), "t", Rows.encoder(32), Optional.empty(), List.of());
        assertEquals(List.of("B-ACT", "B-END", "O"), data.labels().names());
        assertEquals(List.of(), data.notices());
        List<String> ofModel = List.of("O", "B-END", "B-ACT");
        assertEquals(
                ofModel,
                TokenData.read(List.of(sentence), "t", Rows.encoder(32), Optional.empty(), ofModel)
                        .labels()
                        .names());
        int[] classes = ((Target.TokenClasses) data.examples().getFirst().target()).indices();
        assertArrayEquals(
                new int[] {0, 2, 1}, Arrays.stream(classes).filter(c -> c >= 0).toArray());
        List<String> tokens = Rows.TOKENIZER.encode("Reactivating cards !").tokens();
        for (int t = 1; t < classes.length - 1; t++) {
            assertEquals(tokens.get(t).startsWith("\u2581"), classes[t] >= 0, tokens.get(t));
        }
    }

    /** Entities are read from names of tags; the files of conll2003 with numbers have no such names. */
    @Test
    void tagsThatNameNoEntitiesAreTold() {
        TaggedWords sentence = new TaggedWords("t", List.of("a", "b"), List.of(0, 3));
        assertEquals(
                List.of("no tag of t is O or has a form such as B-PER: precision, recall and f1 of entities mean"
                        + " nothing, and accuracy counts the tags"),
                TokenData.read(List.of(sentence), "t", Rows.encoder(32), Optional.empty(), List.of())
                        .notices());
    }

    @Test
    void wordsThatAllHaveOneTagAreRefused() {
        TaggedWords sentence = new TaggedWords("t", List.of("a", "b"), List.of("O", "O"));
        assertEquals(
                "all words of t have the tag 'O': there is nothing to learn",
                fault(() -> TokenData.read(List.of(sentence), "t", Rows.encoder(32), Optional.empty(), List.of())));
    }

    @Test
    void aRowThatIsImpossibleHasNoAnswers() {
        Map<String, Object> answers = Map.of("text", List.of("blue"), "answer_start", List.of(3));
        for (Object impossible : List.of(true, "True", "1", 1)) {
            List<DataRow> rows = Rows.of(
                    List.of("context", "question", "answers", "is_impossible"), "is blue", "?", answers, impossible);
            assertEquals(List.of(), QuestionRow.of(rows.getFirst()).answers());
        }
        List<DataRow> rows =
                Rows.of(List.of("context", "question", "answers", "is_impossible"), "is blue", "?", answers, false);
        assertEquals(1, QuestionRow.of(rows.getFirst()).answers().size());
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

    /** The number of a choice may be the text of another one. */
    @Test
    void aNumberIsTheNumberOfAChoice() {
        List<String> columns = List.of("prompt", "choices", "label");
        List<String> choices = List.of("8", "2", "24", "120");
        for (Map.Entry<Object, Integer> label :
                Map.<Object, Integer>of(2, 2, 2.0, 2, "C", 2, "120", 3).entrySet()) {
            assertEquals(
                    new Target.OneClass(label.getValue()),
                    ChoiceData.read(
                                    Rows.of(columns, "4!?", choices, label.getKey()),
                                    "t",
                                    DataColumns.DEFAULT,
                                    Rows.encoder(32))
                            .examples()
                            .getFirst()
                            .target());
        }
        List<DataRow> text = Rows.of(columns, "4!?", choices, "2");
        assertEquals(
                "t.csv, row 1 has the label '2', which is the text of choice 1 and the number of choice 2, counted"
                        + " from 0: write the letter of the right choice",
                fault(() -> ChoiceData.read(text, "t", DataColumns.DEFAULT, Rows.encoder(32))));
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
