package detangle.cli;

import detangle.experiment.ExperimentTask;
import detangle.experiment.Preset;
import detangle.experiment.TaskOption;
import detangle.experiment.Tasks;
import detangle.ir.DetangleException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import java.util.stream.Stream;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Reads the words of {@code experiment} as Python's argparse does: the beginning of an option's name stands for the
 * option if no other option begins in the same way, and a later value replaces an earlier one. The named task adds its
 * own options, and a preset adds its arguments before those that are given.
 */
final class ExperimentSpelling implements IParameterPreprocessor {
    @Override
    public boolean preprocess(Stack<String> rest, CommandSpec spec, ArgSpec argument, Map<String, Object> info) {
        List<String> words = new ArrayList<>(rest.reversed());
        try {
            Optional<ExperimentTask> task = task(spec, words);
            task.ifPresent(named -> named.options().forEach(option -> add(spec, option)));
            List<String> spelled = new ArrayList<>();
            value(spec, words, "--preset")
                    .ifPresent(name -> spelled.addAll(preset(task, name).arguments()));
            words.forEach(word -> spelled.add(full(spec, word)));
            rest.clear();
            rest.addAll(spelled.reversed());
        } catch (DetangleException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return false;
    }

    private static Optional<ExperimentTask> task(CommandSpec spec, List<String> words) {
        return value(spec, words, "--task_name")
                .filter(name -> !name.equals(ExperimentCommand.ALL))
                .map(name ->
                        tasks(value(spec, words, "--task_dir").map(Path::of)).named(name));
    }

    static Tasks tasks(Optional<Path> folder) {
        return folder.map(Tasks::findWith).orElseGet(Tasks::find);
    }

    private static Preset preset(Optional<ExperimentTask> task, String name) {
        String of = task.orElseThrow(() -> new Failures.CliException("--preset goes with --task_name"))
                .name();
        return Preset.find(of, name)
                .orElseThrow(() -> new Failures.CliException("the task " + of + " has no preset '" + name + "'; it has "
                        + (Preset.of(of).isEmpty()
                                ? "none"
                                : String.join(
                                        ", ",
                                        Preset.of(of).stream().map(Preset::name).toList()))));
    }

    private static void add(CommandSpec spec, TaskOption option) {
        String name = "--" + option.name();
        if (spec.findOption(name) == null) {
            spec.addOption(OptionSpec.builder(name)
                    .type(String.class)
                    .arity("1")
                    .paramLabel("X")
                    .description(option.description()
                            + (option.otherwise().isEmpty() ? "." : "; " + option.otherwise() + " by default."))
                    .build());
        }
    }

    /** Returns the last value of an option among the words. */
    private static Optional<String> value(CommandSpec spec, List<String> words, String option) {
        Optional<String> value = Optional.empty();
        for (int i = 0; i < words.size(); i++) {
            String word = full(spec, words.get(i));
            if (word.equals(option) && i + 1 < words.size()) {
                value = Optional.of(words.get(i + 1));
            } else if (word.startsWith(option + "=")) {
                value = Optional.of(word.substring(option.length() + 1));
            }
        }
        return value;
    }

    /** Returns a word with the full name of the option that it begins with; other words stay. */
    private static String full(CommandSpec spec, String word) {
        if (!word.startsWith("--") || word.length() <= 2) {
            return word;
        }
        int end = word.indexOf('=') < 0 ? word.length() : word.indexOf('=');
        String name = word.substring(0, end).replace('-', '_').replaceFirst("^__", "--");
        List<String> known = spec.options().stream()
                .flatMap(option -> Stream.of(option.names()))
                .filter(other -> underscored(other).startsWith(name))
                .sorted()
                .distinct()
                .toList();
        Optional<String> exact =
                known.stream().filter(other -> underscored(other).equals(name)).findFirst();
        if (exact.isEmpty() && known.size() > 1) {
            throw new Failures.CliException("the option '" + word.substring(0, end) + "' may be "
                    + String.join(" or ", known) + ": write more of it");
        }
        return exact.or(() -> known.stream().findFirst())
                .map(found -> found + word.substring(end))
                .orElse(word);
    }

    private static String underscored(String name) {
        return "--" + name.replaceFirst("^-+", "").replace('-', '_');
    }
}
