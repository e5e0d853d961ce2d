package detangle.cli;

import detangle.ir.OneLine;
import detangle.models.text.WhiteSpace;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * A list of names as people type it: {@code person, city,}. HuggingFace reads labels so: white space around a name is
 * not part of it, and empty names count for nothing. A name in double quotes keeps its commas and spaces.
 */
final class NameList {
    private NameList() {}

    /**
     * Returns the names of an option, in their order. A name that is given twice counts once, with a warning: a second
     * one would take a part of the first one's score.
     *
     * @param given what picocli has divided at commas
     * @throws ParameterException if no name is left
     */
    static List<String> of(CommandSpec spec, String option, List<String> given) {
        List<String> names = given.stream()
                .map(WhiteSpace::strip)
                .map(NameList::unquoted)
                .filter(name -> !WhiteSpace.isBlank(name))
                .toList();
        if (names.isEmpty()) {
            throw new ParameterException(spec.commandLine(), option + " names nothing: give names with commas between");
        }
        List<String> distinct = names.stream().distinct().toList();
        distinct.stream()
                .filter(name -> names.indexOf(name) != names.lastIndexOf(name))
                .forEach(name -> spec.commandLine()
                        .getErr()
                        .println("detangle: "
                                + OneLine.of(option + " names '" + name + "' more than once; it counts once")));
        return distinct;
    }

    private static String unquoted(String name) {
        boolean quoted = name.length() > 1 && name.startsWith("\"") && name.endsWith("\"");
        return quoted ? name.substring(1, name.length() - 1) : name;
    }
}
