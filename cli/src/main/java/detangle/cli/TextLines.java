package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.IOException;
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
        boolean json = file.toString().endsWith(".jsonl");
        List<Line> all = new ArrayList<>();
        try (LineReader lines = new LineReader(file.toString(), Files.newInputStream(file))) {
            for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
                all.add(json ? json(lines.where(), line.get()) : plain(lines.where(), line.get(), pairs));
            }
        } catch (IOException e) {
            throw new CliException(file + " cannot be read: " + e.getMessage());
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
