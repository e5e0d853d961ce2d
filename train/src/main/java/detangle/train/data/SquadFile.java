package detangle.train.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A file of SQuAD 1.1 or 2.0: articles with paragraphs, each with questions. It is read article by article. */
public final class SquadFile {
    private SquadFile() {}

    /**
     * Reads the questions of a file, in order.
     *
     * @throws DataException if it is not such a file, has no questions, or an answer does not stand where it is said to
     */
    public static List<QuestionRow> read(Path file) {
        List<QuestionRow> questions = new ArrayList<>();
        try (JsonParser parser = JsonMapper.shared().createParser(Files.newInputStream(file))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new DataException(file + " is not a file of SQuAD: it has no object with data");
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean data = parser.currentName().equals("data");
                JsonToken value = parser.nextToken();
                if (data && value == JsonToken.START_ARRAY) {
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        article(file, parser.readValueAsTree(), questions);
                    }
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException e) {
            throw new DataException(file + " cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            String where =
                    e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new DataException(file + " is not JSON" + where, e);
        }
        if (questions.isEmpty()) {
            throw new DataException(file + " has no questions: data, paragraphs and qas of SQuAD are needed");
        }
        return questions;
    }

    private static void article(Path file, JsonNode article, List<QuestionRow> questions) {
        for (JsonNode paragraph : article.path("paragraphs")) {
            String context = paragraph.path("context").asString("");
            for (JsonNode question : paragraph.path("qas")) {
                String id = question.path("id").asString("question " + (questions.size() + 1));
                List<QuestionRow.Answer> answers = new ArrayList<>();
                if (!question.path("is_impossible").asBoolean(false)) {
                    question.path("answers")
                            .forEach(a -> answers.add(new QuestionRow.Answer(
                                    a.path("text").asString(""),
                                    a.path("answer_start").asInt(-1))));
                }
                questions.add(new QuestionRow(
                        file + ", question " + id,
                        id,
                        context,
                        question.path("question").asString("").stripLeading(),
                        answers));
            }
        }
    }
}
