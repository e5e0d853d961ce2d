package detangle.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of SQuAD 1.1 or 2.0: articles with paragraphs, each with questions. It is read value by value, and other
 * values are skipped.
 */
public final class SquadFile {
    /**
     * The most questions and answers of a paragraph. It is far above those of any corpus, and refuses a file without an
     * end before it fills the memory.
     */
    private static final int MAX_QUESTIONS = 1 << 16;

    /**
     * The most characters of a paragraph times its questions and answers. The characters before each answer are counted
     * to find it; so many take about a second.
     */
    private static final long MAX_COUNTED_CHARACTERS = 1L << 29;

    private final Path file;
    private final JsonParser parser;
    private final List<QuestionRow> questions = new ArrayList<>();

    private SquadFile(Path file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /**
     * Reads the questions of a file, in order.
     *
     * @throws DataException if it is not such a file, has no questions, an answer does not stand where it is said to,
     *     or a paragraph is too large
     */
    public static List<QuestionRow> read(Path file) {
        try (BufferedReader characters = DataFile.open(file);
                JsonParser parser = JsonMapper.shared().createParser(characters)) {
            return new SquadFile(file, parser).all();
        } catch (IOException e) {
            throw DataFile.fault(file, e);
        } catch (JacksonException e) {
            if (e.getCause() instanceof CharacterCodingException encoding) {
                throw DataFile.fault(file, encoding);
            }
            String where =
                    e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new DataException(file + " is not JSON" + where, e);
        }
    }

    private List<QuestionRow> all() {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new DataException(file + " is not a file of SQuAD: it has no object with data");
        }
        object(name -> {
            if (name.equals("data")) {
                each(() -> object(field -> {
                    if (field.equals("paragraphs")) {
                        each(this::paragraph);
                    }
                }));
            }
        });
        if (parser.nextToken() != null) {
            throw new DataException(file + ": something follows the object, which is to be the whole file");
        }
        if (questions.isEmpty()) {
            throw new DataException(file + " has no questions: data, paragraphs and qas of SQuAD are needed");
        }
        return questions;
    }

    /** Passes the name of each field of an object, with the parser at the field's value; skips other values. */
    private void object(Consumer<String> field) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            field.accept(name);
            parser.skipChildren(); // A list or an object that has not been read is skipped whole.
        }
    }

    /** Calls for each element of a list, with the parser at its first token; skips other values. */
    private void each(Runnable element) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            element.run();
        }
    }

    private String text() {
        return parser.currentToken() == JsonToken.VALUE_STRING ? parser.getString() : "";
    }

    /** The part of a paragraph that has been read; its text may come last. */
    private static final class Paragraph {
        private String context = "";
        private final List<Draft> drafts = new ArrayList<>();

        /** The number of its questions and answers so far. */
        private int count;
    }

    /** The part of a question that has been read. */
    private static final class Draft {
        private String id = "";
        private String question = "";
        private boolean impossible;
        private final List<QuestionRow.Answer> answers = new ArrayList<>();

        /** The text of the answer that is being read. */
        private String text = "";

        /** The first character of that answer in the paragraph. */
        private int start;
    }

    private void paragraph() {
        Paragraph paragraph = new Paragraph();
        object(name -> {
            if (name.equals("context")) {
                paragraph.context = text();
            } else if (name.equals("qas")) {
                each(() -> paragraph.drafts.add(question(paragraph)));
            }
        });
        if ((long) paragraph.context.length() * paragraph.count > MAX_COUNTED_CHARACTERS) {
            throw new DataException(next() + " has " + paragraph.context.length() + " characters for " + paragraph.count
                    + " questions and answers, which is more than is read: cut the text into paragraphs");
        }
        for (Draft draft : paragraph.drafts) {
            String id = draft.id.isEmpty() ? "question " + (questions.size() + 1) : draft.id;
            questions.add(new QuestionRow(
                    file + ", question " + id,
                    id,
                    paragraph.context,
                    draft.question.stripLeading(),
                    draft.impossible ? List.of() : draft.answers));
        }
    }

    /** Returns the name of the paragraph that is being read, for messages. */
    private String next() {
        return file + ", the paragraph of question " + (questions.size() + 1);
    }

    private Draft question(Paragraph paragraph) {
        Draft draft = new Draft();
        count(paragraph);
        object(name -> {
            switch (name) {
                case "id" -> draft.id = parser.currentToken().isScalarValue() ? parser.getString() : "";
                case "question" -> draft.question = text();
                case "is_impossible" -> draft.impossible = parser.currentToken() == JsonToken.VALUE_TRUE;
                case "answers" ->
                    each(() -> {
                        count(paragraph);
                        answer(draft);
                    });
                default -> {}
            }
        });
        return draft;
    }

    private void count(Paragraph paragraph) {
        if (++paragraph.count > MAX_QUESTIONS) {
            throw new DataException(
                    next() + " has more than the " + MAX_QUESTIONS + " questions and answers that are read");
        }
    }

    private void answer(Draft draft) {
        draft.text = "";
        draft.start = -1;
        object(name -> {
            if (name.equals("text")) {
                draft.text = text();
            } else if (name.equals("answer_start") && parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                draft.start = parser.getValueAsInt(-1);
            }
        });
        draft.answers.add(new QuestionRow.Answer(draft.text, draft.start));
    }
}
