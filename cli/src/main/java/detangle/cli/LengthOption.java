package detangle.cli;

import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The option for the length of inputs: the same option of every command that takes texts, and of the server. */
final class LengthOption {
    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "The most tokens of an input, special ones included; by default the least number that the"
                    + " model's files state. Models without absolute positions take any number. extract counts"
                    + " words.")
    private Optional<Integer> maxLength;

    OptionalInt tokens(CommandSpec spec) {
        if (maxLength.filter(n -> n < 1).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--max-length must be at least 1");
        }
        return maxLength.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }
}
