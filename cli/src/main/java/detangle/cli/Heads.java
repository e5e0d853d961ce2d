package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The value of {@code --head}. */
final class Heads {
    private Heads() {}

    static Optional<Architecture> of(Optional<String> name) {
        return name.map(n -> Architecture.named(n)
                .orElseThrow(() -> new CliException("there is no head '" + n + "'; there are "
                        + Arrays.stream(Architecture.values())
                                .map(Architecture::text)
                                .collect(Collectors.joining(", ")))));
    }
}
