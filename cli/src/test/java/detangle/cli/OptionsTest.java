package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** All options of all commands: one name for one thing, and help that says everything. */
class OptionsTest {
    /** Names that mean something else from command to command, with the reason. */
    private static final Map<String, String> DIFFERENT = Map.ofEntries(
            Map.entry("--format", "export writes models, bench reports, and the others answers"),
            Map.entry("--backend", "bench compares several"),
            Map.entry("--precision", "bench compares several"),
            Map.entry("--threads", "bench compares several"),
            Map.entry("--batch", "bench compares several, and inspect runs nothing"),
            Map.entry("--seq", "bench compares several"),
            Map.entry(
                    "--output",
                    "bench writes several reports, and what answers texts writes to standard output otherwise"),
            Map.entry("--top-k", "what is printed is labels, tokens, answers or texts"),
            Map.entry("--stride", "tokenize prints a line for each window"),
            Map.entry("--head", "fill-mask has those that predict tokens, and a default of its own"),
            Map.entry("--multi-label", "of a text, or of a part of a text"),
            Map.entry("--task", "what is served, or what is learned"),
            Map.entry("--doc-stride", "training has its own default for short windows"),
            Map.entry("--train-file", "bench trains with rows of one class each"),
            Map.entry("--tokenizer-name", "bench has random weights without a folder, and training a configuration"),
            Map.entry("--per-device-train-batch-size", "bench has no recipes"),
            Map.entry("--num-train-epochs", "bench times whole epochs"),
            Map.entry("--weight-type", "training keeps those alone in it that it does not train"),
            Map.entry("--fp16", "that of an experiment is followed by True or False, as in the original"),
            Map.entry("--seed", "the order of rows does not follow from that of an experiment"),
            Map.entry("--max-length", "tokenize cuts to it unasked"),
            Map.entry("--max-seq-length", "prepare-corpus fills lines up to it, and has the original's default"),
            Map.entry("--threshold", "zero-shot-classification prints all labels unasked"),
            Map.entry("--prompt", "sentence-transformers has it before texts to embed, and choices continue it"));

    /** Those that load a model and run it. */
    private static final Set<String> COMPUTING = Set.of(
            "classify",
            "zero-shot-classification",
            "token-classification",
            "extract",
            "redact",
            "question-answering",
            "fill-mask",
            "feature-extraction",
            "text-ranking",
            "bertscore",
            "multiple-choice",
            "replaced-token-detection",
            "run",
            "serve",
            "evaluate",
            "bench");

    private static Map<String, CommandLine> commands() {
        return new TreeMap<>(Main.commands().getSubcommands());
    }

    private static String described(ArgSpec argument) {
        List<String> candidates = new ArrayList<>();
        if (argument.completionCandidates() != null) {
            argument.completionCandidates().forEach(candidates::add);
        }
        return String.join(" ", argument.description())
                .replace("${COMPLETION-CANDIDATES}", String.join(", ", candidates));
    }

    private static Stream<ArgSpec> arguments(CommandLine command) {
        return command.getCommandSpec().args().stream();
    }

    @Test
    void everyCommandAndArgumentIsDescribed() {
        commands().forEach((name, command) -> {
            assertTrue(command.getCommandSpec().usageMessage().description().length > 0, name);
            arguments(command).forEach(a -> assertTrue(!described(a).isBlank(), name + " " + a));
        });
    }

    @Test
    void everyEnumerationListsItsValues() {
        commands()
                .forEach((name, command) -> arguments(command)
                        .filter(a -> a.completionCandidates() != null)
                        .forEach(a -> a.completionCandidates()
                                .forEach(word -> assertTrue(
                                        described(a).contains(word), name + " " + a + " does not name " + word))));
    }

    /** An enumeration that help cannot list would be one whose words are tested by the command itself. */
    @Test
    void oneNameMeansOneThing() {
        Map<String, Set<String>> meanings = new TreeMap<>();
        commands()
                .forEach((name, command) -> command.getCommandSpec().options().stream()
                        .filter(o -> !DIFFERENT.containsKey(o.longestName()))
                        .forEach(o -> meanings.computeIfAbsent(o.longestName(), n -> new TreeSet<>())
                                .add(o.typeInfo().getClassName() + List.of(o.auxiliaryTypes()) + ": " + described(o))));

        assertEquals(
                List.of(),
                meanings.entrySet().stream()
                        .filter(e -> e.getValue().size() > 1)
                        .toList());
    }

    @Test
    void theListOfDifferencesIsNeeded() {
        for (String option : DIFFERENT.keySet()) {
            Set<String> meanings = new TreeSet<>();
            commands().values().stream()
                    .flatMap(c -> c.getCommandSpec().options().stream())
                    .filter(o -> o.longestName().equals(option))
                    .forEach(o -> meanings.add(o.typeInfo().getClassName() + described(o)));
            assertTrue(meanings.size() > 1, option);
        }
    }

    @Test
    void whatComputesTakesPrecisionsThreadsAndTypesOfWeights() {
        commands().forEach((name, command) -> {
            if (COMPUTING.contains(name)) {
                List<String> options = command.getCommandSpec().options().stream()
                        .map(OptionSpec::longestName)
                        .toList();
                assertTrue(
                        options.containsAll(List.of("--backend", "--precision", "--threads", "--weight-type")), name);
            }
        });
    }
}
