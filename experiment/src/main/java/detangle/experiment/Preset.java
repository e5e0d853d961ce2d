package detangle.experiment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The hyper-parameters that the original's scripts have for a task and a model (microsoft/DeBERTa, experiments).
 *
 * @param task the name of the task in lower case
 * @param name the name of the preset, which the script has for the model: {@code base}, {@code deberta-v3-base-sift}
 * @param arguments options of the original's command with their values, by their full names
 */
public record Preset(String task, String name, List<String> arguments) {
    private static final String RESOURCE = "presets.txt";

    public Preset {
        arguments = List.copyOf(arguments);
    }

    /** Returns all presets, those of a task in the order of its script. */
    public static List<Preset> all() {
        try (InputStream stream = Preset.class.getResourceAsStream(RESOURCE)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> List.of(line.split(" ")))
                    .map(words -> new Preset(words.get(0), words.get(1), words.subList(2, words.size())))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the presets of a task. */
    public static List<Preset> of(String task) {
        return all().stream()
                .filter(preset -> preset.task.equals(task.toLowerCase(Locale.ROOT)))
                .toList();
    }

    /** Returns the preset of a task by its name, if there is one. */
    public static Optional<Preset> find(String task, String name) {
        return of(task).stream()
                .filter(preset -> preset.name.equalsIgnoreCase(name))
                .findFirst();
    }
}
