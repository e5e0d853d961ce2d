package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Texts or pairs of them, one a line: plain, or JSON in a file that is called {@code .jsonl}. */
final class TextLines {
    private TextLines() {}

    record Line(String first, Optional<String> second) {}

    /** @param pairs whether a plain line is two texts with a tab between */
    static List<Line> read(Path file, boolean pairs) {
        String content;
        try {
            content = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CliException(file + " cannot be read as UTF-8: " + e.getMessage());
        }
        boolean json = file.toString().endsWith(".jsonl");
        // Only a line feed ends a line: other separators are a part of the text.
        String[] lines = content.split("\n", -1);
        List<Line> all = new ArrayList<>();
        for (int i = 0; i < lines.length; i++) {
            if (i == lines.length - 1 && lines[i].isEmpty()) {
                break;
            }
            String line = lines[i].endsWith("\r") ? lines[i].substring(0, lines[i].length() - 1) : lines[i];
            String where = file + ", line " + (i + 1);
            all.add(json ? json(where, line) : plain(where, line, pairs));
        }
        return all;
    }

    private static Line plain(String where, String line, boolean pairs) {
        if (!pairs) {
            return new Line(line, Optional.empty());
        }
        int tab = line.indexOf('\t');
        if (tab < 0) {
            throw new CliException(where + " has no tab between two texts");
        }
        return new Line(line.substring(0, tab), Optional.of(line.substring(tab + 1)));
    }

    private static Line json(String where, String line) {
        JsonNode node;
        try {
            node = JsonMapper.shared().readTree(line);
        } catch (JacksonException e) {
            throw new CliException(where + " is no JSON: " + e.getOriginalMessage());
        }
        if (node.isString()) {
            return new Line(node.stringValue(), Optional.empty());
        }
        JsonNode second = node.path("text_pair");
        if (!node.path("text").isString() || !(second.isString() || second.isMissingNode() || second.isNull())) {
            throw new CliException(where + " is neither a string nor an object with text and text_pair");
        }
        return new Line(
                node.path("text").stringValue(),
                second.isString() ? Optional.of(second.stringValue()) : Optional.empty());
    }
}
